"""The strict filter: whatever a stranger wrote becomes SafeText here, and nowhere else.

It works on code points, never on escape sequences: ESC itself is replaced, so nothing can be put together again
from pieces. Clean text costs one scan by a compiled class; only what that scan stops at is looked at closely.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from supportdesk_tui.text.clusters import PICTURES, ZWJ, ZWNJ, border_before, clusters, is_mark


class SafeText(str):
    """Text that holds no control, escape, bidi or invisible code point; only this module makes it."""

    __slots__ = ()


NO_TEXT = SafeText("")

LIMIT = 1_048_576
"""Code points kept of a body; the rest is cut and flagged."""
LINE_LIMIT = 200
"""Code points kept of a field that is one line in a list."""
SHOWN_CHARS, SHOWN_LINES, SHOWN_LINE = 65_536, 2_000, 4_000
"""What a pane draws of one body before "open full"."""
MARKS = 8
"""Combining marks a character may carry."""
TAB = 4
_PLAIN_SHADES = {"░": ".", "▓": "█"}
SYMBOL = "□"
"""Stands for what has no picture of its own."""
NEWLINE_SYMBOL = "⏎"

_CONTROLS_BASIC = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_CONTROLS = _CONTROLS_BASIC + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
)
"""C0 without tab and line feed, DEL, C1 without NEL, lone surrogates and noncharacters."""
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f"
_HIDDEN_BASIC = "\u00ad\u034f\u115f\u1160\u180b-\u180f\u200b\u2060-\u2065\u3164\ufeff\uffa0\ufff9-\ufffc"
_HIDDEN = _HIDDEN_BASIC + "\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
_MEANT_BASIC = "\u200c\u200d\ufe00-\ufe0f"
_MEANT = _MEANT_BASIC + "\U000e0020-\U000e007f\U000e0100-\U000e01ef"
"""Invisible, but needed by some scripts and emoji: kept only where it means something."""
_BREAKS = "\r\x85\u2028\u2029"
_SHADES_BASIC = "\u2591-\u2593"
_SHADES = _SHADES_BASIC + "\U0001fb8c-\U0001fb9f"
"""What the mark of a hidden secret is drawn with; a stranger's become other characters, so that a mark is always ours."""

FORBIDDEN = re.compile(f"[{_CONTROLS}{_BIDI}{_HIDDEN}{_BREAKS}\t]")
"""What SafeText never holds and a terminal is never sent: the output gate of the driver uses it too."""
_ASCII_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_MARKED = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a"
    "\ua66f-\ua6f1\ua802-\uabed\ufb1e\ufe20-\ufe2f"
)
"""Blocks of the basic plane that hold combining marks; text without them needs no counting."""
_PLANES = "\U000101fd-\U0001efff\U0001fffe-\U0001ffff\U0002fffe-\U0002ffff\U000323b0-\U0010ffff"
"""Everything above the basic plane that is neither emoji nor Han: few texts hold any, so all of it is looked at closely."""

_JOINING = "\u0600-\u061b\u061d-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
"""Arabic and Indic scripts, where a joiner changes how letters look."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_PICTURE = f"[{PICTURES}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
_LINE_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_LINE_START = re.compile("\n[^\\w\x00-\x7f]")
_MANY_MARKS = re.compile(f"[^\\w\x00-\x7f]{{{MARKS + 1},}}")


@cache
def _suspect() -> re.Pattern[str]:
    return re.compile(f"[{_CONTROLS_BASIC}{_BIDI}{_HIDDEN_BASIC}{_MEANT_BASIC}{_BREAKS}{_SHADES}{_MARKED}{_PLANES}]")


@cache
def _close_look() -> re.Pattern[str]:
    return re.compile(
        "(?P<kept>"
        "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
        "|\U000e0077\U000e006c\U000e0073)\U000e007f"
        f"|{_PICTURE}(?:{ZWJ}{_PICTURE}){{0,3}}"
        "|[0-9#*]\ufe0f\u20e3"
        f"|[{_HAN}][\ufe00-\ufe02\U000e0100-\U000e01ef]"
        f"|(?<=[{_JOINING}])[{ZWNJ}{ZWJ}](?=[{_JOINING}])(?=\\w)"
        ")"
        f"|(?P<control>[{_CONTROLS}]+)|(?P<bidi>[{_BIDI}]+)|(?P<hidden>[{_HIDDEN}{_MEANT}])|(?P<shade>[{_SHADES}])"
    )


@cache
def _picture_tail() -> re.Pattern[str]:
    return re.compile(f"[\u20e3\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|{ZWJ}[{PICTURES}]")


class Sanitized(NamedTuple):
    """Safe text and what the filter met on the way."""

    text: SafeText
    flags: tuple[str, ...]
    """Of `control_chars`, `bidi`, `invisible`, `combining`, `encoding`, `truncated`."""


def sanitize(raw: str | bytes, *, multiline: bool = True, limit: int | None = LIMIT) -> SafeText:
    """Make a stranger's text safe to draw; the only way to get SafeText from a str."""
    return sanitize_with_flags(raw, multiline=multiline, limit=limit).text


def sanitize_line(raw: str | bytes, limit: int = LINE_LIMIT) -> SafeText:
    """Make a field safe that is drawn as one line; a line break becomes ⏎."""
    return sanitize_with_flags(raw, multiline=False, limit=limit).text


def sanitize_with_flags(raw: str | bytes, *, multiline: bool = True, limit: int | None = LIMIT) -> Sanitized:
    """Make text safe and say what was odd about it, so that an entry can carry a warning."""
    if type(raw) is SafeText and (multiline or "\n" not in raw) and (limit is None or len(raw) <= limit):
        return Sanitized(raw, ())
    flags: list[str] = []
    text = _decode(raw, limit, flags)
    text = _filter(text, flags)
    if not multiline and "\n" in text:
        text = _base_line_starts(text.strip("\n").replace("\n", NEWLINE_SYMBOL))
    if limit is not None and len(text) > limit:
        text = text[: border_before(text, limit)]
        flags.append("truncated")
    return Sanitized(SafeText(text), tuple(dict.fromkeys(flags)))


def _decode(raw: str | bytes, limit: int | None, flags: list[str]) -> str:
    if isinstance(raw, bytes):
        raw = raw if limit is None else raw[: limit * 4 + 4]
        text = raw.decode("utf-8", "replace")
        if "\ufffd" in text:
            flags.append("encoding")
    else:
        text = str(raw)
    if limit is not None and len(text) > limit:
        text = text[: border_before(text, limit)]
        flags.append("truncated")
    return text


def _filter(text: str, flags: list[str]) -> str:
    scan = _ASCII_SUSPECT if text.isascii() else _suspect()
    if scan.search(text) is not None:
        text = _look_closely(_LINE_BREAK.sub("\n", text), flags)
        text = _base_line_starts(_cap_marks(text, flags))
    return _expand_tabs(text) if "\t" in text else text


def _look_closely(text: str, flags: list[str]) -> str:
    met: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "kept":
            return match[0]
        if kind == "control":
            met.add("control_chars")
            return "".join(map(_symbol, match[0]))
        if kind == "bidi":
            met.add("bidi")
            return SYMBOL * len(match[0])
        if kind == "shade":
            return _PLAIN_SHADES.get(match[0], "#")
        met.add("invisible")
        return ""

    text = _close_look().sub(replace, text)
    flags.extend(sorted(met))
    return text


@cache
def _symbol(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else SYMBOL


def _cap_marks(text: str, flags: list[str]) -> str:
    def cap(match: re.Match[str]) -> str:
        if not any(map(is_mark, set(match[0]))):
            return match[0]
        kept: list[str] = []
        count = 0
        for char in match[0]:
            if is_mark(char):
                count += 1
            elif char not in {ZWJ, ZWNJ}:
                count = 0
            if count <= MARKS:
                kept.append(char)
        return "".join(kept)

    capped = _MANY_MARKS.sub(cap, text)
    if len(capped) != len(text):
        flags.append("combining")
    return capped


def _base_line_starts(text: str) -> str:
    text = SYMBOL + text if text and is_mark(text[0]) else text
    return _LINE_START.sub(lambda match: f"\n{SYMBOL}{match[0][1]}" if is_mark(match[0][1]) else match[0], text)


def _expand_tabs(text: str) -> str:
    return "\n".join(_expand_line(line) if "\t" in line else line for line in text.split("\n"))


def _expand_line(line: str) -> str:
    if line.isascii():
        return line.expandtabs(TAB)
    from unicodedata import east_asian_width

    pieces: list[str] = []
    column = 0
    for piece in line.split("\t"):
        column += sum(0 if is_mark(char) else 2 if east_asian_width(char) in "WF" else 1 for char in piece)
        gap = TAB - column % TAB
        column += gap
        pieces.append(piece + " " * gap)
    pieces[-1] = line.rpartition("\t")[2]
    return "".join(pieces)


def replace_spans(text: SafeText, spans: Iterable[tuple[int, int, SafeText]]) -> SafeText:
    """Put other safe words in the place of stretches `(start, end, words)`, which are in order and disjoint."""
    pieces: list[str] = []
    at = 0
    for start, end, words in spans:
        pieces += (text[at:start], words)
        at = end
    return SafeText("".join((*pieces, text[at:])))


def join(parts: Iterable[SafeText], separator: str = "") -> SafeText:
    """Put safe texts together; safe because every SafeText is safe at both ends. `separator` is ours."""
    return SafeText(separator.join(parts))


def lines(text: SafeText) -> list[SafeText]:
    """The lines of a safe text."""
    return [SafeText(line) for line in text.split("\n")]


def cut(text: SafeText, size: int, *, measure: Callable[[str], int] = len, end: str = "…") -> SafeText:
    """At most `size` of a text, `end` included, never splitting a character; pass a cell-width function as `measure`."""
    if size <= 0:
        return NO_TEXT
    if measure(text) <= size:
        return text
    room = size - measure(end)
    if room < 0:
        return NO_TEXT
    if measure is len:
        return SafeText(text[: border_before(text, room)] + end)
    if text[: room + 1].isascii():
        return SafeText(text[:room] + end)
    kept: list[str] = []
    for cluster in clusters(text):
        room -= measure(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return SafeText("".join(kept) + end)


def excerpt(text: SafeText) -> tuple[SafeText, bool]:
    """What a pane draws of a body, and whether something was left for "open full"."""
    shown = text[: border_before(text, SHOWN_CHARS)]
    rows = shown.split("\n")
    long_line = any(len(row) > SHOWN_LINE for row in rows)
    if len(shown) == len(text) and len(rows) <= SHOWN_LINES and not long_line:
        return text, False
    kept = (row if len(row) <= SHOWN_LINE else row[: border_before(row, SHOWN_LINE - 1)] + "…" for row in rows[:SHOWN_LINES])
    return SafeText("\n".join(kept)), True


def plain_emoji(text: SafeText) -> SafeText:
    """Emoji as terminals with old width tables can place them: no selectors, joins or skin tones; unknown ones become □."""
    if text.isascii():
        return text
    from unicodedata import category

    simple = _base_line_starts(_cap_marks(_picture_tail().sub("", text), []))
    if all(category(char) != "Cn" for char in simple if char > "\u2fff"):
        return text if simple == text else SafeText(simple)
    return SafeText("".join(SYMBOL if char > "\u2fff" and category(char) == "Cn" else char for char in simple))


def reveal(raw: str | bytes) -> SafeText:
    r"""Raw text with everything odd spelled out (`\x1b`, `\u202e`), for the raw view."""
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    odd = re.compile(f"[{_CONTROLS}{_BIDI}{_HIDDEN}{_MEANT}]")
    text = odd.sub(lambda match: f"\\x{ord(match[0]):02x}" if match[0] < "\x80" else ascii(match[0])[1:-1], text)
    return sanitize(text, limit=None)
