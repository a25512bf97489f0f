"""Starts the harness app in a pseudo terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.pty.terminal import Terminal

ROOT = Path(__file__).parents[2]


class StartHarness(Protocol):
    """Starts the harness with arguments; more of the environment by name."""

    def __call__(self, *arguments: str, columns: int = 100, rows: int = 30, **environ: str) -> Terminal: ...


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], list[str]]:
    """The lines the harness has written so far."""
    path = tmp_path / "harness.log"
    return lambda: path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartHarness]:
    """Starts harness apps that end with the test."""
    with ExitStack() as stack:

        def start_harness(*arguments: str, columns: int = 100, rows: int = 30, **environ: str) -> Terminal:
            names = {"HARNESS_LOG": str(tmp_path / "harness.log"), "HARNESS_REPORTS": str(tmp_path / "reports"), **environ}
            command = [sys.executable, "-m", "tests.pty.harness", *arguments]
            terminal = Terminal(command, columns=columns, rows=rows, environ=names, cwd=str(ROOT))
            stack.enter_context(terminal)
            terminal.wait_for("tick" if "tick" in arguments else "ready")
            if "tick" not in arguments:
                terminal.settle()
            return terminal

        yield start_harness


@pytest.fixture(scope="session")
def server() -> Iterator[ServerThread]:
    """A real backend; its clocks stand still."""
    with ServerThread(tickets=40, seed=7, ticking=False) as running:
        yield running
