"""A strict lexer of what the program writes to a terminal: every byte is text or a sequence of a clean run, or a violation.

    lexer = Lexer(columns=80, rows=24)
    lexer.feed(data)                   # as often as there is data, cut anywhere
    assert lexer.close() == []         # every violation; an unfinished sequence is one, unless the program was killed
    assert lexer.left_behind() == []   # what a shell would find changed

It shares no table with the program: which code points are invisible is read from the Unicode database, which sequences
there are from ECMA-48, and which of them are allowed from the list below. `python -m tests.pty.lexer` runs the desk,
uses everything that draws differently, and prints the shapes it wrote: that is where the list comes from.
"""

import base64
import binascii
import codecs
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from unicodedata import category

LEARNT: Final = frozenset(
    {
        *("BEL", "BS", "CR", "LF"),
        *("CSI H", "CSI n H", "CSI n;n H", "CSI C", "CSI n C"),
        *("CSI K", "CSI n X", "CSI 2 J"),
        *("CSI ?7h", "CSI ?7l", "CSI ?25h", "CSI ?25l", "CSI ?1049h", "CSI ?1049l"),
        *("CSI ?1000h", "CSI ?1000l", "CSI ?1002h", "CSI ?1002l", "CSI ?1006h", "CSI ?1006l"),
        *("CSI ?1004h", "CSI ?1004l", "CSI ?2004h", "CSI ?2004l", "CSI ?2026h", "CSI ?2026l", "CSI ?2026$p"),
        *("SGR", "SGR 0", "SGR 1", "SGR 7", "SGR 22", "SGR 27", "SGR 39", "SGR 49"),
        *("SGR 30-37", "SGR 40-47", "SGR 90-97", "SGR 100-107"),
        *("SGR 38;2;r;g;b", "SGR 48;2;r;g;b", "SGR 38;5;n", "SGR 48;5;n"),
        *("OSC 2", "OSC 9", "OSC 52"),
    }
)
"""The shapes a clean run writes. A number stands for itself, `n` for one within the screen; colours are within 0–255."""
THEMED: Final = frozenset({f"SGR {code}" for code in (2, 3, 4, 9, 23, 24, 29)})
"""Dim, italic, underlined, struck out, and their ends: a theme may ask for them, those of a clean run do not."""
RESTORING: Final = ("?7h", "?25h", "?1049l", "?1000l", "?1002l", "?1006l", "?1004l", "?2004l", "?2026l")
"""Modes as a shell wants them."""
TITLE, NOTIFICATION, CLIPBOARD = 80, 200, 100_000
"""Characters of a title and of a notification, bytes of a copied text."""
CONTEXT: Final = 6
"""Characters before a joiner or a tag that decide whether it means something: the flag of a country's part has six tags."""
LONGEST: Final = 140_000
"""Characters a sequence may have before it counts as one that never ends."""

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<params>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>[^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\)"
    r"|(?P<string>\x1b[PX^_][^\x1b\x07]*(?:\x07|\x1b\\))"
    r"|(?P<torn>\x1b(?:\[[0-?]*[ -/]*|\][^\x00-\x1f\x7f-\x9f]*\x1b?|[PX^_][^\x1b\x07]*\x1b?|[ -/]*)?\Z)"
    r"|(?P<escape>\x1b[ -/]*[0-~])"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
_NAMES = {"\x07": "BEL", "\x08": "BS", "\r": "CR", "\n": "LF"}
_JOINERS = "\u200c\u200d"
_VISIBLE_FORMAT = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_VISIBLE_FORMAT |= {chr(code) for code in (*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4))}
"""Format characters that have a picture: signs of Arabic, Syriac and Kaithi, joiners of hieroglyphs and shorthand."""
_FILLERS = set("\u115f\u1160\u3164\uffa0\u034f")
"""Letters and marks without a picture, which the database does not call format characters."""
_FLAG_TAGS = {chr(code) for code in range(0xE0020, 0xE0080)}


class Violation(NamedTuple):
    """Something on the wire that no clean run writes."""

    at: int
    """Where it begins, in characters since the start."""
    what: str
    written: str

    def __str__(self) -> str:
        return f"{self.what} at {self.at}: {self.written[:80]!r}"


class Lexer:
    """Takes a program's output piece by piece; `also` allows further shapes, for programs that are not the desk."""

    def __init__(self, *, columns: int, rows: int, also: frozenset[str] = frozenset()) -> None:
        self.violations: list[Violation] = []
        """What was met so far."""
        self.shapes: Counter[str] = Counter()
        """The shapes met, and how often."""
        self.commands: list[str] = []
        """Operating system commands in order: titles, notifications, copies."""
        self._allowed = LEARNT | THEMED | also
        self._columns, self._rows = columns, rows
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._pending = ""
        self._at = 0
        self._modes: dict[str, bool] = {}
        self._is_plain = True
        self._before = ""

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has had this size too: a write made for an earlier one may still be on its way."""
        self._columns, self._rows = max(columns, self._columns), max(rows, self._rows)

    def feed(self, data: bytes) -> None:
        """Read on."""
        text = self._pending + self._decode(data)
        self._pending = ""
        position = 0
        while position < len(text) and (found := _TOKEN.match(text, position)):
            if found["torn"] is not None and len(found[0]) < LONGEST:
                self._pending = found[0]
                break
            self._take(found)
            position = found.end()
            self._at += len(found[0])

    def close(self, *, was_killed: bool = False) -> list[Violation]:
        """The output is over; all violations. A killed program may leave its last sequence unfinished."""
        if (rest := self._pending + self._decode(b"", final=True)) and not was_killed:
            self._report("unfinished", rest)
        self._pending = ""
        return self.violations

    def left_behind(self) -> list[str]:
        """What a shell would find changed: modes that are not as it wants them, and colours still on."""
        wanted = {mode[:-1]: mode[-1] == "h" for mode in RESTORING}
        left = [mode for mode, is_on in self._modes.items() if is_on != wanted.get(mode, False)]
        return left + ([] if self._is_plain else ["SGR"])

    def _report(self, what: str, written: str) -> None:
        self.violations.append(Violation(self._at, what, written))

    def _take(self, found: re.Match[str]) -> None:
        if found["text"] is not None:
            text = self._before + found["text"]
            for odd in hidden(text, len(self._before)):
                self._report(f"hidden code point U+{ord(odd):04X}", odd)
            self._before = text[-CONTEXT:]
            return
        self._before = ""
        if found["final"] is not None:
            for shape in self._sequence(found["params"], found["between"], found["final"]):
                self._meet(shape, found[0])
        elif found["osc"] is not None:
            self.commands.append(found["osc"])
            self._meet(_command(found["osc"]), found[0])
        elif found["control"] is not None:
            self._meet(_NAMES.get(found[0], f"control {ord(found[0]):#04x}"), found[0])
        else:
            self._meet(f"ESC {found[0][1:2]}", found[0])

    def _meet(self, shape: str, written: str) -> None:
        self.shapes[shape] += 1
        if shape not in self._allowed:
            self._report(shape, written)

    def _sequence(self, params: str, between: str, final: str) -> Iterator[str]:
        if params[:1] in set("<=>?") or between:
            if params.startswith("?") and final in "hl" and not between:
                for mode in params[1:].split(";"):
                    self._modes[f"?{mode}"] = final == "h"
                    yield f"CSI ?{mode}{final}"
            else:
                yield f"CSI {params}{between}{final}"
        elif final == "m":
            self._is_plain = params.rsplit(";", maxsplit=1)[-1] in ("", "0")
            yield from _looks(params)
        else:
            yield self._movement(params, final)

    def _movement(self, params: str, final: str) -> str:
        """The shape of a move or an erasure, with its numbers held against the screen."""
        if not params:
            return f"CSI {final}"
        numbers = params.split(";")
        limits = {"H": (self._rows, self._columns), "C": (self._columns,), "X": (self._columns,)}.get(final)
        if limits is None or len(numbers) > len(limits):
            return f"CSI {params} {final}"
        for number, limit in zip(numbers, limits, strict=False):
            if not number.isdecimal() or not 1 <= int(number) <= limit:
                return f"CSI {params} {final}"
        return f"CSI {';'.join('n' * len(numbers))} {final}"


def hidden(text: str, start: int = 0) -> list[str]:
    """Code points from `start` on that have no picture, or change order or look of others, where they have no business."""
    if text.isascii():
        return []
    return [char for at, char in enumerate(text) if at >= start and char > "~" and _is_hidden(text, at, char)]


def _is_hidden(text: str, at: int, char: str) -> bool:
    if char in _FILLERS:
        return True
    kind = category(char)
    if kind not in {"Cc", "Cf", "Cs", "Zl", "Zp"} and not (kind == "Cn" and ord(char) & 0xFFFE == 0xFFFE):
        return False
    if char in _JOINERS:
        return at == 0 or text[at - 1].isascii()
    if char in _FLAG_TAGS:
        return "\U0001f3f4" not in text[max(0, at - CONTEXT) : at]
    return char not in _VISIBLE_FORMAT


def _looks(params: str) -> Iterator[str]:
    if not params:
        yield "SGR"
        return
    codes = iter(params.split(";"))
    for code in codes:
        if code in ("38", "48"):
            yield _colour(code, codes)
            continue
        number = int(code) if code.isdecimal() else -1
        start = number // 10 * 10
        is_colour = start in (30, 40, 90, 100) and number % 10 <= 7
        yield f"SGR {start}-{start + 7}" if is_colour else f"SGR {code}"


def _colour(code: str, codes: Iterator[str]) -> str:
    kind = next(codes, "")
    values = [next(codes, "") for _ in range({"2": 3, "5": 1}.get(kind, 0))]
    if not values or not all(value.isdecimal() and int(value) <= 255 for value in values):
        return f"SGR {code};{kind};{';'.join(values)}"
    return f"SGR {code};{kind};{'r;g;b' if kind == '2' else 'n'}"


def _command(osc: str) -> str:
    """The shape of an operating system command; one with too much or anything odd in it is named in full."""
    number, _, value = osc.partition(";")
    fits: dict[str, Callable[[], bool]] = {
        "2": lambda: len(value) <= TITLE,
        "9": lambda: len(value) <= NOTIFICATION,
        "52": lambda: _is_copy(value),
    }
    is_fine = number in fits and fits[number]() and not hidden(value)
    return f"OSC {number}" if is_fine else f"OSC {osc[:60]}"


def _is_copy(value: str) -> bool:
    kind, _, data = value.partition(";")
    try:
        return kind == "c" and len(base64.b64decode(data, validate=True)) <= CLIPBOARD
    except binascii.Error:
        return False


def learn() -> Counter[str]:
    """The shapes of a clean run: the harness app with all it can draw, in four kinds of terminal, and the real program."""
    from tests.pty.terminal import Terminal

    met: Counter[str] = Counter()
    terminals: tuple[dict[str, str | None], ...] = (
        {},
        {"COLORTERM": None},
        {"TERM": "linux", "COLORTERM": None},
        {"NO_COLOR": "1"},
    )
    for environ in terminals:
        command = [sys.executable, "-m", "tests.pty.harness", "mouse", "splash"]
        with Terminal(command, columns=100, rows=30, environ=environ) as terminal:
            terminal.wait_for("ready")
            terminal.press("down", "down", "pagedown", "f2")
            terminal.wait_for("overlay")
            terminal.press("escape", "f5", "tab", "x", "y", "left", "left", "ctrl+l")
            terminal.settle()
            terminal.press("ctrl+q")
            terminal.wait_exit()
        met += terminal.lexer.shapes
    desk = [sys.executable, "-m", "supportdesk_tui"]
    with Terminal([*desk, "demo", "--tickets", "40"], columns=140, rows=40) as terminal:
        terminal.wait_for("live")
        terminal.press("j", "enter", "?")
        terminal.settle(1.0)
        terminal.press("escape", "r", "h", "i", "left", "right", "escape", "ctrl+q")
        terminal.wait_exit()
    met += terminal.lexer.shapes
    with Terminal([*desk, "--help"]) as terminal:
        terminal.wait_exit()
    return met + terminal.lexer.shapes


if __name__ == "__main__":
    for shape, count in sorted(learn().items()):
        sys.stdout.write(f"{count:7} {shape}{'' if shape in LEARNT else '   NOT IN THE LIST'}\n")
