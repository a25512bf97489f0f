"""The first thing on the screen: a skeleton of the desk, painted before anything slow is imported.

Only `os`, `sys` and what Python has loaded anyway may be imported here. The keyboard is made raw at once, so that
keys typed ahead are neither echoed nor lost. Whoever writes to standard output or asks for something on the terminal
before the desk is up gets the ordinary screen back first.
"""

import os
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TextIO

    Environ = Mapping[str, str]

BAR, SIDE, MIDDLE, INK = "#0e1217", "#161b22", "#11151b", "#8d99a6"
"""Bar, queue and customer, conversation, quiet text: the default theme's colours."""
QUEUE_OF_THREE, QUEUE_OF_TWO, CUSTOMER = 46, 42, 38
"""How wide the desk draws its panes."""
ROOMY, QUEUE_TIGHT, CUSTOMER_TIGHT = 140, 42, 34
"""Under so many columns the side panes of three give some of theirs to the conversation."""
CONVERSATION, QUEUE_WIDEST = 62, 86
"""What the conversation beside three panes needs no more than; the queue takes the rest until every column of it is there."""
QUEUE_SLIM = 36
"""The queue of two panes under a hundred columns."""
COMMANDS = ("run", "demo")
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[m\x1b[?1049l\x1b[?25h"


class _State:
    """What `leave` and `hand_over` undo."""

    saved: "list[Any] | None" = None
    streams: "tuple[TextIO, TextIO] | None" = None
    stand_ins: "tuple[Any, Any] | None" = None
    """Kept for ever: `print` holds only a borrowed reference to the stream it writes to."""


def refusal(environ: "Environ | None" = None) -> str:
    """Why the desk cannot be drawn here, in words for the person; empty when it can."""
    environ = os.environ if environ is None else environ
    if not (os.isatty(0) and os.isatty(1)):
        return "The desk needs a terminal on standard input and output. `supportdesk tickets` works without one."
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return f"The terminal says it is {environ.get('TERM') or 'nothing'} (TERM). Set TERM to what it really is."
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "").replace("_", "")
    if encoding not in ("utf8", ""):
        return f"The locale uses {sys.stdout.encoding}; the desk needs UTF-8, for example LANG=C.UTF-8."
    return ""


def is_screen(environ: "Environ") -> bool:
    """Whether GNU screen stands between us and the terminal; tmux, which calls itself screen too, says so elsewhere."""
    term = environ.get("TERM", "")
    return term.startswith("screen.") or bool(environ.get("STY")) or (term.startswith("screen") and not environ.get("TMUX"))


def shows_true_colours(environ: "Environ") -> bool:
    """Whether 24-bit colours arrive. GNU screen 4 takes their numbers for dim, underlined, reverse and black, and hands the
    terminal's COLORTERM on all the same."""
    return environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") and not is_screen(environ)


def is_wanted(arguments: "Sequence[str]") -> bool:
    """Whether these arguments open the desk on this terminal."""
    if arguments and (arguments[0] not in COMMANDS or "--help" in arguments):
        return False
    return os.environ.get("SUPPORTDESK_SPLASH", "1") != "0" and not refusal()


def paint() -> None:
    """Show the skeleton and make the keyboard raw."""
    if _State.saved is not None:
        return
    try:
        _State.saved = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        raw[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        termios.tcsetattr(0, termios.TCSANOW, raw)
        width, height = os.get_terminal_size(1)
    except (termios.error, OSError):
        if (attributes := hand_over()) is not None:
            termios.tcsetattr(0, termios.TCSANOW, attributes)
        return
    os.write(1, (ENTER + skeleton(width or 80, height or 24, os.environ)).encode())
    _State.streams = sys.stdout, sys.stderr
    _State.stand_ins = _Leaving(sys.stdout), _Leaving(sys.stderr)
    sys.stdout, sys.stderr = _State.stand_ins


def leave() -> None:
    """Give the ordinary screen and keyboard back, if the skeleton is still up."""
    if (attributes := hand_over()) is not None:
        os.write(1, LEAVE.encode())
        termios.tcsetattr(0, termios.TCSANOW, attributes)


def hand_over() -> "list[Any] | None":
    """Give the painted screen to the driver: the keyboard's attributes from before, None when nothing was painted."""
    if _State.streams is not None:
        sys.stdout, sys.stderr = _State.streams
        _State.streams = None
    attributes, _State.saved = _State.saved, None
    return attributes


def skeleton(width: int, height: int, environ: "Environ") -> str:
    """The writes that draw title, panes and last line for a terminal of this size."""
    bar, side, middle = _sgr(environ, BAR, INK), _sgr(environ, SIDE), _sgr(environ, MIDDLE)
    panes = _panes(width, height)
    title = " supportdesk"[:width]
    if not bar:
        walls = [x if is_side else x - 1 for x, is_side in panes[1:]]
        rows = "".join(f"\x1b[{y};{x}H│" for x in walls for y in range(2, height))
        return f"\x1b[m\x1b[H\x1b[2J\x1b[7m{title.ljust(width - 1)}\x1b[m{rows}"
    parts = [bar, "\x1b[H\x1b[2J", title]
    for y in range(2, height):
        parts.append(f"\x1b[{y}H")
        for x, is_side in panes:
            parts.append(f"\x1b[{y};{x}H" if x > 1 else "")
            parts.append(f"{side if is_side else middle}\x1b[K")
    return "".join(parts) + "\x1b[m"


def _panes(width: int, height: int) -> "list[tuple[int, bool]]":
    """The column where each pane begins, and whether it is one at the side."""
    if width >= 120:
        queue, customer = queue_of_three(width), CUSTOMER if width >= ROOMY else CUSTOMER_TIGHT
        return [(1, True), (queue + 1, False), (width - customer + 1, True)]
    if width > 80 or (width == 80 and height > 24):
        return [(1, True), ((QUEUE_OF_TWO if width >= 100 else QUEUE_SLIM) + 1, False)]
    return [(1, True)]


def queue_of_three(width: int) -> int:
    """How wide the queue is beside conversation and customer: on a wide screen there is room for subjects, then for owners."""
    spare = min(QUEUE_WIDEST, width - CONVERSATION - CUSTOMER)
    return max(QUEUE_OF_THREE, spare) if width >= ROOMY else QUEUE_TIGHT


def _sgr(environ: "Environ", ground: str, ink: str = "") -> str:
    """The sequence for a background and an ink, as far as the terminal has colours; empty when it has not."""
    if environ.get("NO_COLOR"):
        return ""
    if shows_true_colours(environ):
        ground, ink = (
            ";".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) if colour else "" for colour in (ground, ink)
        )
        return f"\x1b[0;48;2;{ground}m" + (f"\x1b[38;2;{ink}m" if ink else "")
    if "256color" in environ.get("TERM", ""):
        return f"\x1b[0;48;5;{_nearest(ground)}m" + (f"\x1b[38;5;{_nearest(ink)}m" if ink else "")
    return ""


def _nearest(colour: str) -> int:
    """The grey of the 256 colours closest to a colour; the skeleton has no others."""
    level = sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) / 3
    return min(255, max(232, 232 + round((level - 8) / 10)))


class _Leaving:
    """A standard stream that leaves the skeleton before the first word is written."""

    def __init__(self, stream: "TextIO") -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Leave, then write."""
        leave()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        if name == "buffer":
            leave()
        return getattr(self._stream, name)
