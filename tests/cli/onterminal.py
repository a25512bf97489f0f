"""Runs the real program on a pseudo terminal, as a person would, and reads what it draws."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tests.pty.lexer import Lexer

LIMIT_S = 60.0
"""How long anything may take before a test calls it missing."""
ROWS, COLUMNS = 40, 140


class OnTerminal:
    """One program and the terminal it runs on."""

    def __init__(self, command: list[str], environ: Mapping[str, str], folder: Path) -> None:
        self.shown = bytearray()
        """Everything written to the terminal so far."""
        self._heard = 0
        self._lexer = Lexer(columns=COLUMNS, rows=ROWS)
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._child = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=dict(environ), start_new_session=True, cwd=folder
        )
        os.close(terminal)
        self.pid = self._child.pid

    def __enter__(self) -> "OnTerminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        was_running = self._child.poll() is None
        if was_running:
            self._child.kill()
            self._child.wait()
        os.close(self._master)
        if kind is None:
            assert self._lexer.close(was_killed=was_running) == [], "writes that no program of ours may make"

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def until(self, text: bytes) -> None:
        """Wait until the program wrote something."""
        self.wait(lambda: text in self.shown, f"{text!r} on the terminal")

    def next(self, text: bytes) -> None:
        """Wait until the program wrote something behind what was waited for so last."""
        self.wait(lambda: text in self.shown[self._heard :], f"{text!r} next on the terminal")
        self._heard = self.shown.index(text, self._heard) + len(text)

    def ended(self) -> int:
        """Wait for the program's end; its exit code."""
        self.wait(lambda: self._child.poll() is not None, "the program's end")
        return self._child.returncode

    def wait(self, holds: Callable[[], object], what: str) -> None:
        """Wait for anything; what the program writes meanwhile is read, so that it never waits for the terminal."""
        deadline = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < deadline, f"{what}; the last of the terminal: {bytes(self.shown[-1000:])!r}"
            self._read()

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.05)[0]:
            try:
                data = os.read(self._master, 65_536)
                self.shown += data
                self._lexer.feed(data)
            except OSError:  # nobody holds the other end any more
                self._child.wait(LIMIT_S)
