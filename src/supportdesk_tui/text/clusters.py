"""Where one character, as a person sees it, ends and the next begins."""

from collections.abc import Iterator
from unicodedata import category

ZWJ = "\u200d"
ZWNJ = "\u200c"
_JOINERS = (ZWJ, ZWNJ)
PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
)
"""Body of a regular expression class: what may carry an emoji selector or be joined to others."""


def is_mark(char: str) -> bool:
    """Whether a character hangs on the one before it (variation selectors are marks too)."""
    return char >= "\u0300" and category(char)[0] == "M"


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    if char in _JOINERS:
        return True
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f" or is_mark(char)


def clusters(text: str) -> Iterator[str]:
    """The characters as a person sees them: UAX 29, made simpler by what the sanitiser lets through."""
    start, size = 0, len(text)
    while start < size:
        end = start + 1
        if _is_flag_letter(text[start]) and end < size and _is_flag_letter(text[end]):
            end += 1
        while end < size and (_extends(text[end]) or text[end - 1] in _JOINERS):
            end += 1
        yield text[start:end]
        start = end


def border_before(text: str, at: int) -> int:
    """The last place not after `at` where text can be cut without splitting a character."""
    if at <= 0 or at >= len(text):
        return max(0, min(at, len(text)))
    while at > 0 and (_extends(text[at]) or text[at - 1] in _JOINERS):
        at -= 1
    if _is_flag_letter(text[at]):
        first = at
        while first > 0 and _is_flag_letter(text[first - 1]):
            first -= 1
        at -= (at - first) % 2
    return at
