"""What a found secret is: its kind and its place."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a secret opens; the value travels on the wire and in the log, the value of the secret never does."""

    RECOVERY_PHRASE = "recovery_phrase"
    PRIVATE_KEY = "private_key"
    CARD = "card"
    CODE = "code"
    """Passwords, PINs and one-time codes, known by the word before them."""
    API_KEY = "api_key"
    """API keys and tokens, JWT, the secret of an authenticator app."""
    RESIDENT_ID = "resident_id"
    """Chinese resident identity number, GB 11643."""
    IBAN = "iban"


class Secret(NamedTuple):
    """One secret in a text: `text[start:end]`, in code points."""

    kind: Kind
    start: int
    end: int
