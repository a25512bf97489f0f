r"""Half characters in JSON: its grammar allows `"\ud83d"` alone (RFC 8259 §8.2), and one of them spoils a whole answer."""

import re
from typing import Any

import msgspec

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape of a JSON string: a pair that makes one character, a half of one, or any other."""


def decode_whole(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw | str) -> Any:
    """Decode; a document that cannot be read because of half characters is read with a replacement character for each."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        written = body.encode() if isinstance(body, str) else bytes(body)
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], written)
        if whole == written:
            raise
        return decoder.decode(whole)
