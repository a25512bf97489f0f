"""Our Textual driver: a desk that survives hang-ups, stalled lines and hostile pastes, and writes only what changed.

This module and `ui/diff.py` are the only ones that touch Textual's inner seams. An app gets all of it by
`driver_class=DeskDriver`; what it may change stands in `TerminalSettings`, read from `app.terminal_settings`.
"""

import asyncio
import codecs
import contextlib
import contextvars
import os
import re
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import RenderableType
from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen

from supportdesk_tui import splash
from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.ui.crash import guard_crashes, write_report
from supportdesk_tui.ui.diff import Gate, Painter, color_system
from supportdesk_tui.ui.terminal import (
    HangUpAware,
    InputFilter,
    OutputKind,
    OwnOutput,
    Piece,
    TerminalSettings,
    Writer,
    erases_with_colour,
    reset_sequence,
    write_if_ready,
)
from supportdesk_tui.ui.trace import TerminalTrace

BACKLOG_LIMIT: Final = 32_768
"""Bytes the terminal may owe before frames are skipped; one full repaint follows when it has caught up."""
WHOLE_FRAME: Final = 512
"""Frames up to this size arrive in one piece and need no synchronized update around them."""
STOP_S: Final = 1.0
"""How long a stalled terminal is waited for at the end."""
PATIENCE_S: Final = 2.5
"""How long an app may take to end after a hang-up before the process ends without it."""
_COPY = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/=]{0,133400}\x07")
"""What Textual's own copying sends, up to the size we send ourselves; its other commands to the terminal are dropped."""
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_REPORT = re.compile(r"\x1b\[(?:\?\d+;\d\$y|<\d+;-?\d+;-?\d+[Mm]|\d+;\d+R|[IO])")
_CTRL_ENTER = frozenset({"\x1b[13;5u", "\x1b[27;5;13~"})
"""How terminals that are set so tell it from Enter, unasked."""
_KITTY_KEY = re.compile(r"\x1b\[[\d:;]*[u~A-FHPQRS]")


class DeskDriver(LinuxDriver):
    """Drives a real terminal: signals, input, output and the diff layer."""

    def __init__(self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        settings = getattr(app, "terminal_settings", None)
        self.settings = settings if isinstance(settings, TerminalSettings) else TerminalSettings()
        """What the app asked for."""
        self.gate = Gate()
        """The output gate; its count must stay 0."""
        self.skipped_frames = 0
        """Frames not drawn because the terminal did not read."""
        self.trace = TerminalTrace(self.settings.report_dir)
        """What a killed desk leaves for the next one."""
        self._out_fd = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self._writer: Writer | None = None
        self._own = OwnOutput()
        colours = color_system(app.console, os.environ, self.settings.colours)
        self._painter = Painter(colours, self.gate, erases=erases_with_colour(os.environ))
        self._draws_changes = self.settings.diff and os.environ.get("SUPPORTDESK_DIFF", "1") != "0"
        self._hung_up = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self._context = contextvars.copy_context()
        vars(constants)["DISABLE_KITTY_KEY"] = not self.settings.kitty_keys
        vars(app)["_display"] = self._display
        self._crash = guard_crashes(app, self.settings.report_dir)
        self._loop.set_exception_handler(self._loop_failed)
        self._catch_signals()

    # -- start and stop ------------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal: raw keys, alternate screen, mouse, and an empty memory of what it shows."""
        if self._writer is not None or not self._owns_terminal():
            return
        self._writer = Writer(
            self._out_fd,
            on_drained=self._from_thread(self._catch_up),
            on_broken=self._from_thread(partial(self.hang_up, "the terminal is gone", signal.SIGHUP)),
        )
        self._writer.start()
        inherited = splash.hand_over()
        with contextlib.suppress(termios.error):
            self.attrs_before = inherited or termios.tcgetattr(self.fileno)
            raw = termios.tcgetattr(self.fileno)
            raw[tty.LFLAG] = self._patch_lflag(raw[tty.LFLAG])
            raw[tty.IFLAG] = self._patch_iflag(raw[tty.IFLAG])
            raw[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, raw)
        self._painter.forget()
        self.write(
            ("" if inherited else "\x1b[?1049h")
            + ("\x1b[?1000h\x1b[?1002h\x1b[?1006h" if self._mouse else "")
            + "\x1b[?25l\x1b[?7l\x1b[?1004h\x1b[?2004h"
            + ("\x1b[>25u" if self.settings.kitty_keys else "")
            + ("" if os.environ.get("TERM_PROGRAM") == "Apple_Terminal" else "\x1b[?2026$p")
        )
        self._start_input()
        self._tell_size()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self._app.post_message(self.SignalResume())

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._writer is None:
            return
        self.disable_input()
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(reset_sequence(kitty=self.settings.kitty_keys))

    def suspend_application_mode(self) -> None:
        """Give the terminal to somebody else for a while."""
        self.stop_application_mode()
        if self._writer is not None:
            self._writer.stop(STOP_S)
            self._writer = None

    def disable_input(self) -> None:
        """Stop reading keys; what was typed and not read is thrown away."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._loop.remove_reader(self.fileno):
            with contextlib.suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def close(self) -> None:
        """Write the last bytes; a terminal that does not take them in time is left alone, process and all."""
        for name in ("SIGHUP", "SIGTERM", "SIGQUIT", "SIGINT", "SIGTSTP", "SIGCONT", "SIGWINCH"):
            self._loop.remove_signal_handler(getattr(signal, name))
        took_all = self._writer is None or self._writer.stop(STOP_S)
        self.trace.remove()
        self._tell_counts()
        if not took_all:
            os._exit(self._app.return_code or 0)
        self._writer = None

    def _tell_counts(self) -> None:
        """Say what the gate met and how many frames were skipped, in the file that SUPPORTDESK_TERMINAL_STATS names."""
        if path := os.environ.get("SUPPORTDESK_TERMINAL_STATS"):
            with contextlib.suppress(OSError):
                Path(path).write_text(f"gate={self.gate.count} skipped={self.skipped_frames}\n", encoding="ascii")

    def _loop_failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error nobody waited for: in a callback it ends the app in order, of a forgotten task it leaves a report."""
        error = context.get("exception")
        if isinstance(error, Exception) and "handle" in context:
            self._crash(error)
        elif isinstance(error, Exception):
            write_report(error, self.settings.report_dir)

    def _owns_terminal(self) -> bool:
        """Whether we are in the foreground; from the background any output would stop the process again."""
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        return True

    # -- signals -------------------------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        add = self._loop.add_signal_handler
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            add(signal.SIGHUP, self.hang_up, "the terminal hung up", signal.SIGHUP)
        add(signal.SIGTERM, self.hang_up, "the system asked the desk to end", signal.SIGTERM)
        add(signal.SIGQUIT, self.hang_up, "the system asked the desk to end", signal.SIGQUIT)
        add(signal.SIGINT, self._interrupted)
        add(signal.SIGTSTP, self._stopped)
        add(signal.SIGCONT, self._continued)
        add(signal.SIGWINCH, self._tell_size)

    def hang_up(self, why: str, number: int) -> None:
        """End in good order: the app saves, exits and the terminal is restored; never later than `PATIENCE_S`."""
        if self._hung_up:
            return
        self._hung_up = True
        code = 128 + number
        watchdog = threading.Timer(PATIENCE_S, self._end_at_once, (code,))
        watchdog.daemon = True
        watchdog.start()
        self._loop.remove_reader(self.fileno)
        try:
            if isinstance(self._app, HangUpAware):
                self._app.on_hangup(why)
        finally:
            self._app.exit(return_code=code)

    def _end_at_once(self, code: int) -> None:
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        write_if_ready(self._out_fd, reset_sequence(kitty=self.settings.kitty_keys))
        self.trace.remove()
        os._exit(code)

    def _interrupted(self) -> None:
        if self._writer is not None:
            self.hang_up("interrupted", signal.SIGINT)

    def _stopped(self) -> None:
        if self._auto_restart and self._writer is not None:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continued(self) -> None:
        if not self._auto_restart:
            return
        if self._writer is not None:
            self.suspend_application_mode()
        self.start_application_mode()
        self._app.refresh(layout=True)

    def _tell_size(self) -> None:
        """Tell the app how large the terminal is; it may have garbled what it showed, so nothing is assumed of it."""
        self._painter.forget()
        try:
            width, height = os.get_terminal_size(self._out_fd)
        except OSError:
            width = height = 0
        size = Size(width or 80, height or 24)
        self._app.post_message(events.Resize(size, size))

    def _from_thread(self, act: Callable[[], None]) -> Callable[[], None]:
        def schedule() -> None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(act, context=self._context)

        return schedule

    # -- input ---------------------------------------------------------------------------------------------------

    def _start_input(self) -> None:
        delay = os.environ.get("ESCDELAY", "")
        delay_s = int(delay) / 1000 if delay.isdecimal() else self.settings.escape_delay_s
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._keyboard = Keyboard(kitty=self.settings.kitty_keys)
        self._filter = InputFilter(is_known=self._keyboard.is_known, escape_delay_s=delay_s)
        self._loop.add_reader(self.fileno, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self.fileno, 65_536)
        except InterruptedError:
            return
        except OSError:
            data = b""
        if not data:
            self.hang_up("the terminal is gone", signal.SIGHUP)
            return
        self._deliver(self._filter.feed(self._decode(data)))

    def _silence(self) -> None:
        self._idle_timer = None
        self._deliver(self._filter.idle())

    def _deliver(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            for message in self._keyboard.messages(piece):
                self.process_message(message)
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if (timeout_s := self._filter.timeout_s) is not None:
            self._idle_timer = self._loop.call_later(timeout_s, self._silence)

    def send_message(self, message: Message) -> None:
        """Hand a message to the app; input is read in its own loop, so no thread is crossed."""
        self._app.post_message(message)

    # -- output --------------------------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Queue what Textual writes outside frames; what we send ourselves goes through `emit`."""
        if data == "\x07":
            self.emit("bell")
        elif self._writer is not None and (not data.startswith("\x1b]") or _COPY.fullmatch(data)):
            self._writer.write(data)

    def emit(self, kind: OutputKind, text: str = "") -> bool:
        """Set the title, notify, copy or ring: sanitised, capped, rate-limited; False when it was not sent."""
        sequence = self._own.sequence(kind, text)
        if self._writer is None or not sequence:
            return False
        self._writer.write(sequence)
        return True

    def redraw(self) -> None:
        """Paint everything anew, whatever the terminal shows now (Ctrl+L)."""
        self._painter.forget()
        self._app.refresh()

    def _catch_up(self) -> None:
        if not self._hung_up:
            self._app.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Stands in for `App._display`: draws an update as changes, or skips it while the terminal does not read."""
        app, writer = self._app, self._writer
        try:
            if renderable is None or writer is None or app._batch_count or not app._running or app._closed:
                return
            if writer.backlog > BACKLOG_LIMIT:
                self.skipped_frames += 1
                writer.tell_when_drained()
                return
            frame = self._frame(renderable)
            if len(frame) > WHOLE_FRAME and app._sync_available:
                frame = f"{SYNC_START}{frame}{SYNC_END}"
            writer.write(frame)
        finally:
            app.post_display_hook()

    def _frame(self, renderable: RenderableType) -> str:
        app = self._app
        cursor = app.screen.outer_size.clamp_offset(app.cursor_position)
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            if self._draws_changes:
                return self._painter.paint(renderable, app.size, cursor)
            self._gate_update(renderable)
            return f"{renderable.render_segments(app.console)}\x1b[{cursor.y + 1};{cursor.x + 1}H"
        self._painter.forget()
        segments = [
            segment if segment.control else segment._replace(text=self.gate.clean(segment.text))
            for segment in app.console.render(renderable)
        ]
        return app.console._render_buffer(segments)

    def _gate_update(self, update: LayoutUpdate | ChopsUpdate) -> None:
        if isinstance(update, LayoutUpdate):
            update.strips = [[self.gate.clean_strip(strip) for strip in line] for line in update.strips]
        else:
            update.chops = [{x: chop and self.gate.clean_strip(chop) for x, chop in line.items()} for line in update.chops]


class Keyboard:
    """Textual's key decoder, fed with complete sequences only, so that it never has to wait for a clock."""

    def __init__(self, *, kitty: bool) -> None:
        self._parser = XTermParser()
        self._kitty = kitty

    def is_known(self, sequence: str) -> bool:
        """Whether a sequence is a key, the mouse, focus or a report the app understands."""
        if sequence in ANSI_SEQUENCES_KEYS or sequence in _CTRL_ENTER or _REPORT.fullmatch(sequence):
            return True
        return self._kitty and _KITTY_KEY.fullmatch(sequence) is not None

    def messages(self, piece: Piece) -> list[Message]:
        """The events a piece of input stands for."""
        if piece.kind == "paste":
            return [events.Paste(sanitize(piece.text))]
        if piece.kind == "escape":
            return [events.Key("escape", piece.text)]
        if piece.text in _CTRL_ENTER:
            return [events.Key("ctrl+enter", None)]
        found = list(self._parser.feed(piece.text))
        if self._parser._timeout_time is not None:
            self._parser._timeout_time = 0
            found += self._parser.tick()
        return found


def desk_driver(app: App[Any]) -> DeskDriver | None:
    """The driver of a running app, None when it runs without a terminal."""
    driver = app._driver
    return driver if isinstance(driver, DeskDriver) else None
