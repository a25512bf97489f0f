"""Secrets in what people write: found offline, and replaced by a mark before anything is drawn, kept, told or indexed.

Clean text costs a few scans in C; a detector runs only when what every secret of its family has is there. All of it is
linear in the length of the text. A text passes `admit` where it enters; the mark `▒▒ … ▒▒` is ours alone, because the
strict filter changes those shades in a stranger's text.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from supportdesk_tui.text.marks import KIND_OF, MARK, MARKS, SHADE, in_words, restore
from supportdesk_tui.text.safe import (
    LIMIT,
    LINE_LIMIT,
    SafeText,
    cut,
    join,
    replace_spans,
    sanitize_with_flags,
)
from supportdesk_tui.text.secret_kinds.kind import Kind, Secret

__all__ = ["MARKS", "NEVER_SENT", "Admitted", "Kind", "Secret", "admit", "admit_line", "find", "in_words", "mask", "restore"]

NEVER_SENT = frozenset({Kind.RECOVERY_PHRASE, Kind.PRIVATE_KEY})
"""What nobody may send to anybody, with any reason."""


def _classes(letters: str, digits: str, others: str = "") -> bytes:
    """A table for bytes.translate: what letters, digits and some others become; the rest, and all but ASCII, is a blank."""
    chars = map(chr, range(128))
    table = (letters if char.isalpha() else digits if char.isdigit() else letters if char in others else " " for char in chars)
    return "".join(table).encode() + b" " * 128


REACH = 4_096
"""How far behind a limit a text is looked at, so that a secret is known before it is cut in two."""
_BETWEEN = {
    **dict.fromkeys("\u3000\xa0\u2007\u2008\u2009\u200a\u202f", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
}
"""What is written between the groups of a number in documents and on web pages."""
_DIGITS = _classes(" ", "0")
_SHAPES = _classes("a", "0")
_RUNS = _classes("a", "a", "_-+/=.")
_WORDS = _classes("a", " ")
_LONGER = b"a" * 11
"""A word that no list has."""
_TWELVE = rb" aaa(?<!aaa aaa)(?:a{0,7}+ {1,32}+aaa){11}"
"""The shape of twelve words of three to ten letters, as `_WORDS` leaves them; tried where such words begin, not at each."""


class Admitted(NamedTuple):
    """A stranger's text, safe to draw and without its secrets."""

    text: SafeText
    flags: tuple[str, ...] = ()
    """What the filter met; see `safe.Sanitized`."""
    kinds: tuple[Kind, ...] = ()
    """What is hidden, each kind once, in the order it stands."""


def find(text: str) -> tuple[Secret, ...]:
    """The secrets of a text, in order and disjoint; of two that overlap the one that is never sent gives its name."""
    plain = _western(text)
    found = sorted(_all(plain), key=lambda one: (one.start, -one.end))
    kept: list[Secret] = []
    for one in found:
        last = kept[-1] if kept else None
        if last is None or one.start >= last.end:
            kept.append(one)
        else:
            kind = one.kind if one.kind in NEVER_SENT and last.kind not in NEVER_SENT else last.kind
            kept[-1] = Secret(kind, last.start, max(last.end, one.end))
    return tuple(kept)


def mask(text: SafeText) -> tuple[SafeText, tuple[Kind, ...]]:
    """The text with a mark in the place of every secret, and the kinds that were there."""
    found = find(text)
    if not found:
        return text, ()
    masked = replace_spans(text, ((one.start, one.end, MARKS[one.kind]) for one in found))
    return masked, tuple(dict.fromkeys(one.kind for one in found))


def admit(raw: str | bytes, *, multiline: bool = True, limit: int | None = LIMIT, keeps_marks: bool = False) -> Admitted:
    """Make a stranger's text safe and hide its secrets: the one call at the port boundary.

    `keeps_marks` is for text from our own server and our own disk, where a mark stands for what was hidden before.
    """
    if keeps_marks and isinstance(raw, str) and SHADE in raw:
        return _with_marks(raw, multiline=multiline, limit=limit)
    room = None if limit is None else limit + REACH
    safe, flags = sanitize_with_flags(raw, multiline=multiline, limit=room)
    masked, kinds = mask(safe)
    if limit is not None and len(masked) > limit:
        masked = _cut(masked, limit)
        flags = tuple(dict.fromkeys((*flags, "truncated")))
    return Admitted(masked, flags, kinds)


def _cut(text: SafeText, limit: int, end: str = "") -> SafeText:
    """The beginning of a longer text, without a part of a mark: that would be a stranger's the next time it is read."""
    room = limit - len(end)
    torn = next((mark.start() for mark in MARK.finditer(text) if mark.start() < room < mark.end()), room)
    return cut(text, torn + len(end), end=end)


def admit_line(raw: str | bytes, limit: int = LINE_LIMIT, *, keeps_marks: bool = False) -> SafeText:
    """`admit` for a field that is drawn as one line."""
    return admit(raw, multiline=False, limit=limit, keeps_marks=keeps_marks).text


def _with_marks(raw: str, *, multiline: bool, limit: int | None) -> Admitted:
    flags: list[str] = []
    parts: list[SafeText] = []
    for part in MARK.split(raw):
        if part in KIND_OF:
            parts.append(MARKS[KIND_OF[part]])
        else:
            safe, met = sanitize_with_flags(part, multiline=multiline, limit=limit)
            parts.append(safe)
            flags.extend(met)
    text, _ = mask(join(parts))
    if limit is not None and len(text) > limit:
        text = _cut(text, limit, "…")
        flags.append("truncated")
    kinds = (KIND_OF[found[0]] for found in MARK.finditer(text))
    return Admitted(text, tuple(dict.fromkeys(flags)), tuple(dict.fromkeys(kinds)))


def _western(text: str) -> str:
    """Full-width letters, every script's digits and spaces, and dashes, as ASCII, each in its place; the text itself when
    there are none."""
    if text.isascii() or _elsewhere().search(text) is None or _odd().search(text) is None:
        return text
    from unicodedata import decimal

    return _odd().sub(lambda odd: _BETWEEN.get(odd[0]) or str(decimal(odd[0], "")) or chr(ord(odd[0]) - 0xFEE0 & 0x7F), text)


@cache
def _elsewhere() -> re.Pattern[str]:
    """Outside the blocks most text is written in, which have no digits but ASCII's and no full-width letters."""
    return re.compile(
        "[\xa0\u2007-\u2013\u202f\u2212]|[^\x00-\u065f\u2000-\ua61f\uac00-\uff0c\uff0e\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uffff\U0001f000-\U0001fbef]"
    )


@cache
def _odd() -> re.Pattern[str]:
    return re.compile("[^\\D0-9]|[\uff0d\uff21-\uff3a\uff41-\uff5a]|(?<=[\uff10-\uff19])\u3000|[\xa0\u2007-\u2013\u202f\u2212]")


def _all(text: str) -> Iterator[Secret]:
    """What every family finds, each asked, and its patterns loaded, only when its gate is open."""
    data = text.encode("utf-8", "replace")
    if b"0" * 13 in data.translate(_DIGITS, b" -\n"):
        from supportdesk_tui.text.secret_kinds import numbers

        yield from _of(Kind.CARD, numbers.find_cards(text))
        yield from _of(Kind.RESIDENT_ID, numbers.find_resident_ids(text))
    if b"aa00" in data.translate(_SHAPES):
        from supportdesk_tui.text.secret_kinds import numbers

        yield from _of(Kind.IBAN, numbers.find_ibans(text))
    runs = data.translate(_RUNS, b"\n")
    if b"a" * 16 in runs:
        yield from _long_words(text, runs)
    if b'"ciphertext"' in data:
        from supportdesk_tui.text.secret_kinds import keys

        yield from _of(Kind.PRIVATE_KEY, keys.find_keystores(text))
    if _speaks(text):
        from supportdesk_tui.text.secret_kinds import spoken, tokens

        low = spoken.lower(text)
        yield from _of(Kind.CODE, spoken.find_codes(text, low))
        yield from _of(Kind.API_KEY, tokens.find_authenticators(low))
    if not text.isascii() or _twelve().search(b" " + data.translate(_WORDS).replace(_LONGER, b" ")):
        from supportdesk_tui.text.secret_kinds import phrases

        yield from _of(Kind.RECOVERY_PHRASE, phrases.find_phrases(text))


def _long_words(text: str, runs: bytes) -> Iterator[Secret]:
    """What is at least sixteen characters long."""
    from supportdesk_tui.text.secret_kinds import spoken, tokens

    yield from _of(Kind.API_KEY, tokens.find_formed(text))
    yield from _of(Kind.API_KEY, tokens.find_named(spoken.lower(text)))
    if "PRIVATE KEY" not in text and b"a" * 50 not in runs:
        return
    from supportdesk_tui.text.secret_kinds import keys

    if "PRIVATE KEY" in text:
        yield from _of(Kind.PRIVATE_KEY, keys.find_pem(text))
    if b"a" * 50 in runs:
        yield from _of(Kind.PRIVATE_KEY, keys.find_base58(text))
        yield from _of(Kind.PRIVATE_KEY, keys.find_named(text))


def _speaks(text: str) -> bool:
    """Whether a word stands in the text that names a code; what is no ASCII is left out before Latin ones are looked for."""
    low = text.encode("ascii", "ignore").lower()
    for word in _LATIN_NAMES:  # any() with a generator costs three times this, on every row of a queue
        if word in low:
            return True
    if text.isascii() or _begins().search(text) is None:
        return False
    wide = text.lower()
    return any(word in wide for word in _OTHER_NAMES)


_LATIN_NAMES = (b"pass", b"pwd", b"code", b"pin", b"otp", b"2fa", b"cv", b"authenticator", b"contrase")
_OTHER_NAMES = ("密", "口令", "码", "碼", "验证", "驗證", "парол", "パスワード", "비밀번호")
"""One of them is in every text that holds a code, in lower case."""


@cache
def _begins() -> re.Pattern[str]:
    """Their first characters, in either case."""
    return re.compile("[密口码碼验驗пПパ비]")


@cache
def _twelve() -> re.Pattern[bytes]:
    return re.compile(_TWELVE)


def _of(kind: Kind, places: Iterable[tuple[int, int]]) -> Iterator[Secret]:
    return (Secret(kind, start, end) for start, end in places)
