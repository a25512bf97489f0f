"""The door for foreign text on its way to the screen: made safe, measured in cells, cut, padded and wrapped."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len

from supportdesk_tui.i18n.catalog import _, msg
from supportdesk_tui.text.clusters import clusters
from supportdesk_tui.text.marks import in_words, restore
from supportdesk_tui.text.safe import SafeText, plain_emoji, sanitize_line

if TYPE_CHECKING:
    from textual.content import Content

_WIDE = (
    "\u1100-\u115f\u2e80-\u9fff\ua000-\ua4cf\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001f64f\U0001f900-\U0001f9ff\U00020000-\U0003fffd"
)
_FIRST_WIDE = "\u2e80"
"""Below it stand scripts that are broken at blanks only."""
_OPENERS = "（「『【《〈［｛“‘"
_CLOSERS = "，。、！？：；）」』】》〉］｝”’…·～"
HIDDEN = (
    msg("▒▒ recovery phrase ▒▒"),
    msg("▒▒ private key ▒▒"),
    msg("▒▒ card number ▒▒"),
    msg("▒▒ code ▒▒"),
    msg("▒▒ API key ▒▒"),
    msg("▒▒ ID number ▒▒"),
    msg("▒▒ IBAN ▒▒"),
)
"""What stands in the place of a secret; `text.marks` has it, and it is translated when drawn."""
_MARKS = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f"


@cache
def _token() -> re.Pattern[str]:
    """What a line may be broken between: blanks, words, and single Han or Kana characters with their punctuation."""
    word = rf"[^ {_WIDE}{_OPENERS}{_CLOSERS}]+"
    return re.compile(
        rf" +|[{_OPENERS}]*(?:[{_WIDE}][{_MARKS}]*[,.;:!?)]*|{word}(?:’{word})*)[{_CLOSERS}]*"
        rf"|[{_OPENERS}{_CLOSERS}]+"
    )


def cells(text: str) -> int:
    """Columns a text takes on the screen."""
    return len(text) if text.isascii() else cell_len(text)


class _Emoji:
    """How pictures are drawn; one per process, as a terminal has one width table."""

    is_full = False


def use_emoji(policy: str) -> None:
    """Draw emoji `safe` (one plain picture each) or `full` (as they were sent)."""
    _Emoji.is_full = policy == "full"


def shown(text: str) -> SafeText:
    """Any text as it may be drawn: safe, and with emoji every terminal places alike unless asked otherwise."""
    safe = in_words(text if isinstance(text, SafeText) else restore(text), _)
    return plain_emoji(safe) if _may_hold_pictures(safe) else safe


def shown_line(text: str) -> SafeText:
    """The same for what is drawn on one line."""
    safe = in_words(sanitize_line(text) if isinstance(text, SafeText) else restore(text, is_line=True), _)
    return plain_emoji(safe) if _may_hold_pictures(safe) else safe


def _may_hold_pictures(text: str) -> bool:
    """Whether there may be anything for `plain_emoji` to do: it looks at every character, and few texts need it."""
    if text.isascii() or _Emoji.is_full:
        return False
    return max(text) >= "\U0001f000" or any(mark in text for mark in "\ufe0f\u200d\ufe0e\u20e3")


def content(text: str) -> "Content":
    """Foreign text for Textual's own widgets: never read as markup."""
    from textual.content import Content

    return Content(shown(text))


def cut(text: str, width: int, end: str = "…") -> str:
    """At most `width` columns of a line, `end` included when something is left out."""
    if cells(text) <= width:
        return text
    room = width - cells(end)
    if room < 0:
        return ""
    return _head(text, room) + end


def fit(text: str, width: int, end: str = "…") -> str:
    """Exactly `width` columns of a line: cut or padded."""
    if width <= 0:
        return ""
    text = cut(text, width, end)
    return text + " " * (width - cells(text))


def fit_right(text: str, width: int) -> str:
    """Exactly `width` columns, padded on the left."""
    if width <= 0:
        return ""
    text = cut(text, width)
    return " " * (width - cells(text)) + text


def wrap(text: str, width: int) -> Iterator[str]:
    """The lines of a text at a width: Latin between words, Han between characters, nothing wider than `width`."""
    width = max(2, width)
    for line in text.split("\n"):
        if cells(line) <= width:
            yield line.rstrip(" ")
        else:
            yield from _wrap_line(line, width)


def wrap_some(text: str, width: int, limit: int) -> tuple[list[str], bool]:
    """The first lines of a wrapped text, and whether there are more."""
    lines = list(islice(wrap(text, width), limit + 1))
    return lines[:limit], len(lines) > limit


def _wrap_line(line: str, width: int) -> Iterator[str]:
    row, used = "", 0
    for token in _tokens(line):
        size = cells(token)
        if used + size <= width:
            row, used = row + token, used + size
            continue
        if token.isspace():
            yield row.rstrip(" ")
            row, used = "", 0
            continue
        if row.strip(" "):
            yield row.rstrip(" ")
        *full, row = _pieces(token, width)
        yield from full
        used = cells(row)
    if row.strip(" "):
        yield row.rstrip(" ")


def _tokens(line: str) -> Iterator[str]:
    if max(line) < _FIRST_WIDE:
        yield from re.findall(" +|[^ ]+", line)
        return
    at = 0
    for match in _token().finditer(line):
        if match.start() > at:
            yield line[at : match.start()]
        yield match[0]
        at = match.end()
    if at < len(line):
        yield line[at:]


def _pieces(token: str, width: int) -> Iterator[str]:
    """A token in parts of at most `width` columns."""
    while cells(token) > width:
        head = _head(token, width) or next(clusters(token))
        yield head
        token = token[len(head) :]
    if token:
        yield token


def _head(text: str, width: int) -> str:
    """As many whole characters as fit into a width."""
    if text[: width + 1].isascii():
        return text[:width]
    used = 0
    kept: list[str] = []
    for cluster in clusters(text):
        used += cells(cluster)
        if used > width:
            break
        kept.append(cluster)
    return "".join(kept)
