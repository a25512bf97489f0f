"""Kinds of findings of the send gate, and who may send in spite of which: one table."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.people import Role


class Kind(StrEnum):
    """What can be wrong."""

    UNSENDABLE = "unsendable"
    """A recovery phrase or a private key."""
    SECRET = "secret"  # noqa: S105  names a kind of finding
    PUBLIC = "public"
    """Something about a person, where everybody reads."""
    BLANK = "blank"
    EMPTY = "empty"
    LENGTH = "length"
    REPLIED = "replied"
    """Another agent answered meanwhile."""
    WROTE = "wrote"
    """The customer wrote meanwhile."""
    CHANGED = "changed"
    """Somebody else has the ticket now, or it is closed."""
    NOTE_WORDS = "note_words"
    LANGUAGE = "language"
    FILE = "file"
    LINK = "link"
    ADVICE = "advice"
    TIME = "time"


class Remedy(StrEnum):
    """Whether a text may be sent in spite of a finding."""

    OFF = "off"
    """It is not looked for."""
    REASON = "reason"
    """With a reason, which is logged."""
    NEVER = "never"


class Policy(Struct, frozen=True):
    """What a desk has set itself; the `[gate]` table of the settings."""

    note_words: tuple[str, ...] = ()
    advice_words: tuple[str, ...] = ()
    time_words: tuple[str, ...] = ()
    file_words: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    """Names of lists that stand instead of ours."""
    link_hosts: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Remedy by kind, where it is not ours."""


class Rule(Struct, frozen=True):
    """One line of the table."""

    title: str
    """Marked with `msg`."""
    remedy: Remedy = Remedy.REASON
    below_lead: Remedy | None = None
    """Where an agent below lead may do less."""
    is_locked: bool = False
    """No setting changes it."""
    advice: str = ""
    """Marked with `msg`."""


_PHRASE = msg(
    "Never ask for it, never repeat it. If the customer sent it, tell them to move everything to a new wallet now: "
    "who has read it can take all of it. Mask it in the text, and report it to Security Response."
)
RULES: Mapping[Kind, Rule] = {
    Kind.UNSENDABLE: Rule(msg("Recovery phrase or private key"), Remedy.NEVER, is_locked=True, advice=_PHRASE),
    Kind.SECRET: Rule(msg("Secret in the text"), advice=msg("Name the last four characters instead.")),
    Kind.PUBLIC: Rule(
        msg("Personal on a public thread"),
        below_lead=Remedy.NEVER,
        is_locked=True,
        advice=msg("Ask the customer to continue in a private message; only a lead may send this here."),
    ),
    Kind.BLANK: Rule(msg("Not filled in"), Remedy.NEVER, is_locked=True),
    Kind.EMPTY: Rule(msg("Emptied or missing")),
    Kind.LENGTH: Rule(msg("Too long"), Remedy.NEVER, is_locked=True),
    Kind.REPLIED: Rule(msg("A colleague was faster")),
    Kind.WROTE: Rule(msg("The customer wrote meanwhile")),
    Kind.CHANGED: Rule(msg("The ticket moved on")),
    Kind.NOTE_WORDS: Rule(
        msg("Reads like an internal note"),
        advice=msg("⟪composer.toggle_mode⟫ makes it a note: the customer never reads it."),
    ),
    Kind.LANGUAGE: Rule(msg("Another language")),
    Kind.FILE: Rule(msg("Attachment missing")),
    Kind.LINK: Rule(msg("Link to a stranger"), advice=msg("Customers learn from us which links to trust.")),
    Kind.ADVICE: Rule(msg("Investment advice")),
    Kind.TIME: Rule(msg("A time without a promise")),
}
SECRETS: Mapping[str, str] = {
    "recovery_phrase": msg("recovery phrase"),
    "private_key": msg("private key"),
    "card": msg("card number"),
    "code": msg("password or code"),
    "api_key": msg("API key"),
    "resident_id": msg("resident id"),
    "iban": msg("bank account"),
}
"""Kinds of `text.secrets` in words, by their value."""
LEADS = frozenset({Role.LEAD, Role.DUTY_MANAGER, Role.ADMIN})
SWITCHABLE = tuple(kind.value for kind, rule in RULES.items() if not rule.is_locked)
"""Kinds a setting may switch."""


def remedy_of(kind: Kind, role: Role | None, policy: Policy) -> Remedy:
    """What an agent of this role may do about a finding of this kind."""
    rule = RULES[kind]
    wanted = policy.kinds.get(kind.value)
    if wanted is not None and not rule.is_locked and wanted in set(Remedy):
        return Remedy(wanted)
    return rule.remedy if rule.below_lead is None or role in LEADS else rule.below_lead


def title_of(kind: Kind) -> str:
    """Its name, marked with `msg`."""
    return RULES[kind].title


def advice_for(kind: Kind) -> str:
    """What to do instead, marked with `msg`; empty when the finding says it all."""
    return RULES[kind].advice
