"""What stands between the driver and the tty, free of Textual: settings, the writer, the input filter, our own output."""

import base64
import contextlib
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, Protocol, runtime_checkable

from msgspec import Struct

from supportdesk_tui.text.safe import sanitize_line

CHUNK: Final = 8192
"""Bytes given to the tty at once, so that a stop is noticed between chunks."""
PASTE_LIMIT: Final = 1_048_576
"""Characters of one paste that are kept; editors cut earlier and say so."""
PASTE_END: Final = "\x1b[201~"
QUARANTINE_S: Final = 0.012
"""Silence that ends a paste; a forged end inside pasted text is found within it."""
TORN_S: Final = 0.3
"""How long the rest of a torn sequence or an unfinished answer is waited for."""
STUCK_PASTE_S: Final = 1.0
"""After this silence inside a paste, a lone Escape or Ctrl+C ends it: the terminal never sent the end."""


class TerminalSettings(Struct, frozen=True, kw_only=True):
    """What the driver does differently on request."""

    diff: bool = True
    """Write only what changed; `SUPPORTDESK_DIFF=0` in the environment turns it off too."""
    kitty_keys: bool = False
    """Ask for the kitty keyboard protocol; off because it breaks Chinese input methods in some terminals."""
    escape_delay_s: float = 0.03
    """How long a lone ESC waits for the rest of a sequence before it is the Escape key; `ESCDELAY` (ms) wins."""
    colours: str = "auto"
    """How many colours to write: `full` and `256` whatever the environment says; anything else asks the environment."""
    report_dir: Path | None = None
    """Where a crash leaves its report; None for no report."""


@runtime_checkable
class HangUpAware(Protocol):
    """An app that wants to save its state when the line or the system ends it."""

    def on_hangup(self, why: str) -> None:
        """Save what must not be lost; called once, before the app is asked to exit."""


class Writer(threading.Thread):
    """Writes to the tty in a thread of its own; nobody who hands it text ever waits for the terminal."""

    def __init__(self, fd: int, *, on_drained: Callable[[], None], on_broken: Callable[[], None]) -> None:
        super().__init__(name="terminal-output", daemon=True)
        self._fd = fd
        self._on_drained, self._on_broken = on_drained, on_broken
        self._queue: deque[bytes] = deque()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._is_broken = False
        self._tells_when_drained = False
        self.backlog = 0
        """Bytes handed over and not yet taken by the terminal."""
        self.sent = 0
        """Bytes the terminal has taken."""

    def write(self, text: str) -> None:
        """Queue text; a broken terminal swallows it."""
        if text and not self._is_broken:
            data = text.encode("utf-8", "replace")
            with self._wake:
                self._queue.append(data)
                self.backlog += len(data)
                self._wake.notify()

    def tell_when_drained(self) -> None:
        """Call `on_drained` once, from the thread, when everything queued is out."""
        with self._wake:
            self._tells_when_drained = True
            self._wake.notify()

    def stop(self, timeout_s: float) -> bool:
        """Write what is queued and end; False when the terminal did not take it in time."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self.join(timeout_s)
        return not self.is_alive()

    def run(self) -> None:
        """Write chunk by chunk until stopped or the terminal is gone."""
        while (data := self._next()) is not None:
            try:
                for start in range(0, len(data), CHUNK):
                    self._put(data[start : start + CHUNK])
            except OSError:
                self._is_broken = True
                with self._wake:
                    self._queue.clear()
                    self.backlog = 0
                self._on_broken()
                return

    def _put(self, data: bytes) -> None:
        while data:
            count = os.write(self._fd, data)
            data = data[count:]
            self.sent += count
            with self._wake:
                self.backlog -= count

    def _next(self) -> bytes | None:
        with self._wake:
            while not self._queue:
                if self._tells_when_drained:
                    self._tells_when_drained = False
                    self._on_drained()
                if self._is_stopping:
                    return None
                self._wake.wait()
            return self._queue.popleft()


class Piece(Struct, frozen=True):
    """A part of what the terminal sent."""

    kind: Literal["keys", "sequence", "escape", "paste"]
    """Typed characters; one complete sequence (a key, the mouse, a report); Escape pressed alone; pasted text."""
    text: str


@cache
def _token() -> re.Pattern[str]:
    """The next part of what was typed; made when the first key comes."""
    return re.compile(
        r"(?P<keys>[^\x1b]+)"
        r"|(?P<answer>\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\))"
        r"|(?P<string>\x1b[\]P_^X][^\x07\x1b]*\x1b?\Z)"
        r"|(?P<csi>\x1b\[(?:\[[A-E]|[0-?]*[ -/]*[@-Z\\-~]))"
        r"|(?P<ss3>\x1bO[ -~])"
        r"|(?P<torn>\x1b(?:\[[0-?]*[ -/]*|\[\[|O)?\Z)"
        r"|(?P<alt>\x1b[^\x1b\[O])"
        r"|(?P<lone>\x1b)"
    )


_UNTYPED = re.compile("[\x00\x80-\x9f]")


class InputFilter:
    """Sorts what the terminal sends, so that a paste stays text and an answer is never taken for typing.

    Nothing between the marks of a paste can become a key press; a forged end mark inside it is recognised by the
    true one that follows. Answers to queries and unknown sequences are dropped.
    """

    def __init__(
        self, *, is_known: Callable[[str], bool], escape_delay_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_known = is_known
        self._escape_delay_s = escape_delay_s
        self._now = now
        self._held = ""
        self._paste: list[str] | None = None
        self._tail: str | None = None
        self._heard_at = 0.0

    @property
    def timeout_s(self) -> float | None:
        """After how much silence `idle` must be called, None for never."""
        if self._tail is not None:
            return QUARANTINE_S
        if self._held and self._paste is None:
            return self._escape_delay_s if len(self._held) <= 2 else TORN_S
        return None

    def feed(self, text: str) -> list[Piece]:
        """Sort the next characters; what is not complete yet is held back."""
        silence_s, self._heard_at = self._now() - self._heard_at, self._now()
        pieces: list[Piece] = []
        if self._tail is not None:
            self._tail += text
            if len(self._tail) > PASTE_LIMIT:
                pieces += self.idle()
        elif self._paste is not None:
            if text in ("\x1b", "\x03") and silence_s >= STUCK_PASTE_S:
                pieces.append(self._pasted())
            else:
                self._take_paste(self._held + text)
        else:
            self._take_typed(self._held + text, pieces)
        return pieces

    def idle(self) -> list[Piece]:
        """The line has been silent for `timeout_s`: decide about what was held back."""
        pieces: list[Piece] = []
        if self._tail is not None:
            inside, mark, rest = self._tail.rpartition(PASTE_END)
            self._tail = None
            if mark and self._paste is not None:
                self._paste.append(inside)
            pieces.append(self._pasted())
            self._take_typed(rest, pieces)
        elif self._paste is None and (held := self._held):
            self._held = ""
            if held == "\x1b":
                pieces.append(Piece("escape", held))
            elif len(held) == 2:
                pieces.append(Piece("sequence", held))
        return pieces

    def _take_typed(self, text: str, pieces: list[Piece]) -> None:
        self._held = ""
        position = 0
        while position < len(text) and (found := _token().match(text, position)):
            position = found.end()
            token, kind = found[0], found.lastgroup
            if kind == "csi" and token.endswith("[200~"):
                self._paste = []
                self._take_paste(text[position:])
                return
            if kind in {"string", "torn"}:
                self._held = token if len(token) < CHUNK else ""
            elif kind == "keys":
                if typed := _UNTYPED.sub("", token):
                    pieces.append(Piece("keys", typed))
            elif kind == "lone":
                pieces.append(Piece("escape", token))
            elif kind == "alt" or (kind in {"csi", "ss3"} and self._is_known(token)):
                pieces.append(Piece("sequence", token))

    def _take_paste(self, text: str) -> None:
        assert self._paste is not None  # noqa: S101 — called only inside a paste
        before, mark, after = text.partition(PASTE_END)
        if mark:
            self._held, self._tail = "", after
        else:
            torn = next((n for n in range(len(PASTE_END) - 1, 0, -1) if text.endswith(PASTE_END[:n])), 0)
            before, self._held = text[: len(text) - torn], text[len(text) - torn :]
        if sum(map(len, self._paste)) < PASTE_LIMIT:
            self._paste.append(before)

    def _pasted(self) -> Piece:
        text = "".join(self._paste or ())[:PASTE_LIMIT].replace(PASTE_END, "").replace("\x1b[200~", "")
        self._paste, self._held = None, ""
        return Piece("paste", text.replace("\r\n", "\n").replace("\r", "\n"))


OutputKind = Literal["title", "notification", "clipboard", "bell"]
TITLE_LIMIT: Final = 80
NOTIFICATION_LIMIT: Final = 200
CLIPBOARD_LIMIT: Final = 100_000
BELL_PAUSE_S: Final = 1.0


class OwnOutput:
    """Makes the few sequences we send ourselves: sanitised, capped and rate-limited in this one place."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._rung_at = float("-inf")

    def sequence(self, kind: OutputKind, text: str = "") -> str:
        """The sequence to write, or nothing when it is too large or too soon."""
        if kind == "bell":
            if self._now() - self._rung_at < BELL_PAUSE_S:
                return ""
            self._rung_at = self._now()
            return "\a"
        if kind == "title":
            return f"\x1b]2;{sanitize_line(text, TITLE_LIMIT)}\a"
        if kind == "notification":
            return f"\x1b]9;{sanitize_line(text, NOTIFICATION_LIMIT)}\a"
        data = text.encode("utf-8", "replace")
        return f"\x1b]52;c;{base64.b64encode(data).decode()}\a" if len(data) <= CLIPBOARD_LIMIT else ""


def erases_with_colour(environ: Mapping[str, str]) -> bool:
    """Whether erasing paints the background colour (terminfo's `bce`): screen, tmux and the old hardware terminals lack it."""
    return not environ.get("TERM", "").startswith(("screen", "tmux", "vt", "ansi", "sun", "cygwin"))


def reset_sequence(*, kitty: bool) -> str:
    """Everything that leaves a terminal as a shell expects it."""
    kitty_off = "\x1b[<u" if kitty else ""
    return f"\x1b[?2026l\x1b[m\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1002l\x1b[?1006l\x1b[?1004l{kitty_off}\x1b[?1049l\x1b[?25h"


def write_if_ready(fd: int, text: str) -> None:
    """Write to a terminal that may be stalled: given up at once when it takes nothing."""
    import select

    with contextlib.suppress(OSError):
        if select.select([], [fd], [], 0)[1]:
            os.write(fd, text.encode())
