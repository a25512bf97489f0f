"""A terminal for tests: starts a real program in a pseudo terminal, plays an xterm for it and keeps every byte.

    with Terminal([sys.executable, "-m", "tests.pty.harness"], columns=100, rows=30) as terminal:
        terminal.wait_for("ready")
        terminal.send("hello\\r")
        terminal.wait_for("hello")
        assert terminal.violations() == []

`terminal.lines` is what a person sees (pyte), `terminal.raw` every byte that was written, `violations()` what in it no
program of ours may send: a test that leaves its `with` block with one fails. `reading = False` makes it a terminal that
has stalled. Nothing here sleeps: every wait has a condition and a deadline.
"""

import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pyte

from tests.pty.lexer import Lexer

DEADLINE_S: Final = 60.0
"""How long a condition may take on a busy machine before the test fails."""
KEYS: Final = {
    **{"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F"},
    **{"pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "shift+tab": "\x1b[Z"},
    **{"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " "},
    **{f"f{n}": code for n, code in enumerate(("\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~"), 1)},
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
ANSWERS: Final = {"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[c": "\x1b[?62;22c", "\x1b[0c": "\x1b[?62;22c"}
_CONTROL = re.compile(
    r"\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b\[(?P<private>[<=>?][0-9;]*[ -/]*[@-~])|\x1b\[(?P<csi>[0-9;:]*[ -/]*[@-~])"
    r"|\x1b(?P<escape>[^\[\]])|(?P<control>[\x00-\x1f\x7f-\x9f])"
)
_CLOCKED = re.compile(r"[▸ ] +(late|near|soon)? *\d+[mhd][ !]")
CLOCK_COLUMNS: Final = 11
_TORN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?)?\Z")


class Cell(NamedTuple):
    """What one cell shows; ink that a blank does not show is left out."""

    text: str
    fg: str
    bg: str
    marks: tuple[bool, ...]


def unlike(lived: list[list[Cell]], fresh: list[list[Cell]]) -> list[tuple[int, int]]:
    """Row and column of the cells that differ, but for what the clock of a queue's row says: a minute may end in between."""
    found = []
    for y, (old, new) in enumerate(zip(lived, fresh, strict=True)):
        is_clocked = all(_CLOCKED.match("".join(cell.text for cell in row[:CLOCK_COLUMNS])) for row in (old, new))
        start = CLOCK_COLUMNS if is_clocked else 0
        found += [(y, x) for x in range(start, len(old)) if old[x] != new[x]]
    return found


class EmulatedScreen(pyte.Screen):
    """A pyte screen that erases the whole display in the current background, as xterm does."""

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        if how == 2:
            for y in range(self.lines):
                for x in range(self.columns):
                    self.buffer[y][x] = self.cursor.attrs
            self.dirty.update(range(self.lines))
        else:
            super().erase_in_display(how, *args, **kwargs)


class Terminal:
    """A pseudo terminal with a program in it; use as a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str | None] | None = None,
        cwd: str | None = None,
        also: frozenset[str] = frozenset(),
    ) -> None:
        """Start a program; `environ` adds to a scrubbed environment, None takes a name out; `also` allows it more shapes."""
        self.raw = bytearray()
        """Everything the program wrote."""
        self.lexer = Lexer(columns=columns, rows=rows, also=also)
        """What reads every byte of it."""
        self.ended_at: float | None = None
        """When its end was seen on the terminal, on the monotonic clock."""
        self.reading = True
        """False plays a terminal that has stalled: nothing is read, its buffers fill up."""
        self.answering = True
        """Whether queries are answered as an xterm would."""
        self.titles: list[str] = []
        """Window titles that were set."""
        self.is_alternate = False
        """Whether the alternate screen is on."""
        self.modes: set[str] = set()
        """Private modes that are on."""
        self.may_gate = False
        """Whether forbidden text may reach the output gate: only where a test sends it there."""
        self.status: int | None = None
        """How the program ended: its exit code, or minus the signal; None while it runs."""
        self._pending = ""
        self._was_cut = False
        handle, self._stats = tempfile.mkstemp(prefix="terminal-stats-")
        os.close(handle)
        self._screen = EmulatedScreen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = __import__("codecs").getincrementaldecoder("utf-8")("replace").decode
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self._become(command, {"SUPPORTDESK_TERMINAL_STATS": self._stats, **(environ or {})}, cwd)
        self._set_size(columns, rows)

    @staticmethod
    def _become(command: Sequence[str], environ: Mapping[str, str | None], cwd: str | None) -> None:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)  # as in a terminal, wherever the tests run: `nohup` and `&` ignore them
        scrubbed = ("TEXTUAL", "SSH_", "SUPPORTDESK_", "COLUMNS", "LINES", "NO_COLOR", "TMUX", "STY", "ESCDELAY", "COV_")
        names = {name: value for name, value in os.environ.items() if not name.startswith(scrubbed)}
        names |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        names.update({name: value for name, value in environ.items() if value is not None})
        for name in [name for name, value in environ.items() if value is None]:
            names.pop(name, None)
        try:
            if cwd:
                os.chdir(cwd)
            os.execvpe(command[0], list(command), names)
        finally:
            os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close()
        try:
            if kind is None and (found := self.violations()):
                raise AssertionError(f"{len(found)} writes no program of ours may make: {found[:5]}")
            if kind is None and self.gated and not self.may_gate:
                raise AssertionError(f"{self.gated} forbidden code points came as far as the output gate")
        finally:
            Path(self._stats).unlink(missing_ok=True)

    # -- what it shows

    @property
    def lines(self) -> list[str]:
        """The screen as text, one string a row."""
        return [str(line) for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""
        return min(self._screen.cursor.x, self._screen.columns - 1), self._screen.cursor.y

    def cells(self) -> list[list[Cell]]:
        """Every cell as it looks."""
        rows = []
        for y in range(self._screen.lines):
            row = [self._screen.buffer[y][x] for x in range(self._screen.columns)]
            rows.append([self.cell_of(char) for char in row])
        return rows

    @staticmethod
    def cell_of(char: Any) -> Cell:
        """How one character of the emulator looks."""
        marks = (char.underscore, char.strikethrough, char.reverse)
        if char.data == " " and not any(marks):
            return Cell(" ", "", char.bg, marks)
        return Cell(char.data, char.fg, char.bg, (*marks, char.bold, char.italics))

    # -- what a person does

    def send(self, text: str | bytes) -> None:
        """Type or paste exactly these characters."""
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(self.fd, data) :]
            self.pump(0)

    def press(self, *keys: str) -> None:
        """Press keys by name; a name that is none is typed."""
        for key in keys:
            self.send(KEYS.get(key, key))

    def paste(self, text: str) -> None:
        """Paste text as a terminal with bracketed paste does."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size; what was on it is gone, as on the worst of terminals."""
        self.pump(0)
        self.lexer.resize(columns, rows)
        self._screen.resize(rows, columns)
        self._screen.reset()
        if "7" not in self.modes:
            self._screen.reset_mode(7, private=True)
        self._set_size(columns, rows)

    def spoil(self) -> None:
        """Overwrite the screen as a foreign program would."""
        self._stream.feed("\x1b[H\x1b[m" + "GARBAGE " * 40)

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal's side."""
        if self.fd >= 0:
            self._was_cut = True
            os.close(self.fd)
            self.fd = -1

    # -- waiting

    def wait_for(self, text: str, *, deadline_s: float = DEADLINE_S) -> None:
        """Wait until text is on the screen."""
        self.wait_until(lambda: text in self.text, f"{text!r} on the screen", deadline_s=deadline_s)

    def wait_until(self, is_true: Callable[[], object], what: str = "condition", *, deadline_s: float = DEADLINE_S) -> None:
        """Wait until a condition holds, reading what the program writes."""
        end = time.monotonic() + deadline_s
        while not is_true():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} within {deadline_s} s; exit status {self.status}; screen:\n{self.text}")
            self.pump(0.02)

    def settle(self, silence_s: float = 0.15) -> None:
        """Read until the program has been silent for a while and is not merely waiting for a processor."""
        end = time.monotonic() + DEADLINE_S
        while self.pump(silence_s) or self._is_working():
            if time.monotonic() > end:
                raise AssertionError("the program never fell silent")

    def wait_exit(self, *, deadline_s: float = DEADLINE_S) -> int:
        """Wait for the program's end and return its exit code, or minus the signal that ended it."""
        self.wait_until(self._is_over, "end of the program", deadline_s=deadline_s)
        self.pump(0)
        assert self.status is not None
        return self.status

    def _is_working(self) -> bool:
        """Whether a thread of the program runs or would like to; one that ended does not."""
        for stat in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                if stat.read_text().rpartition(")")[2].split()[0] == "R":
                    return True
        return False

    def cpu_s(self) -> float:
        """Processor time the program has used."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:  # noqa: PTH123 — a kernel file, not a path
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def violations(self) -> list[str]:
        """Everything in the output that no program of ours may send; of one that was killed or still runs, the torn end may."""
        if self.status is not None:
            self.lexer.close(was_killed=self.status == -signal.SIGKILL or self._was_cut)
        return [str(violation) for violation in self.lexer.violations]

    @property
    def gated(self) -> int:
        """How often the output gate had to take something out, as the program said at its end; 0 before that."""
        found = re.search(r"gate=(\d+)", Path(self._stats).read_text(encoding="ascii"))
        return int(found[1]) if found else 0

    def left_behind(self) -> list[str]:
        """What a shell would find changed in this terminal."""
        return self.lexer.left_behind()

    def pump(self, timeout_s: float) -> int:
        """Read what is there, waiting up to `timeout_s` for it; how many bytes came."""
        count = 0
        while self.fd >= 0 and self.reading and select.select([self.fd], [], [], 0 if count else timeout_s)[0]:
            try:
                data = os.read(self.fd, 65_536)
            except OSError as problem:
                if problem.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                self.ended_at = self.ended_at or time.monotonic()
                break
            count += len(data)
            self._take(data)
        if not self.reading or self.fd < 0:
            select.select([], [], [], timeout_s)
        return count

    def close(self) -> None:
        """End the program, politely first."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            if self._is_over():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)
                os.kill(self.pid, number)
            self.reading = True
            with contextlib.suppress(AssertionError):
                self.wait_exit(deadline_s=4)
        self.hang_up()

    def _is_over(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _take(self, data: bytes) -> None:
        self.raw += data
        self.lexer.feed(data)
        text = self._pending + self._decode(data)
        self._pending = ""
        if torn := _TORN.search(text):
            text, self._pending = text[: torn.start()], torn[0]
        start = 0
        for found in _CONTROL.finditer(text):
            if found["osc"] is not None or found["private"] is not None or found[0] in ANSWERS:
                self._stream.feed(text[start : found.start()])
                start = found.end()
                self._control(found)
        self._stream.feed(text[start:])

    def _control(self, found: re.Match[str]) -> None:
        if self.answering and found[0] in ANSWERS:
            os.write(self.fd, ANSWERS[found[0]].encode())
        if found["osc"]:
            number, _, value = found["osc"].partition(";")
            if number in {"0", "2"}:
                self.titles.append(value)
        elif (mode := found["private"]) and mode[0] == "?" and mode[-1] in "hl":
            self._mode(mode[1:-1], is_on=mode[-1] == "h")

    def _mode(self, number: str, *, is_on: bool) -> None:
        (self.modes.add if is_on else self.modes.discard)(number)
        if number == "7":
            (self._screen.set_mode if is_on else self._screen.reset_mode)(7, private=True)
        elif number == "1049":
            self.is_alternate = is_on
            self._screen.reset()
