"""The skeleton: there before the imports, and gone when anything else wants the terminal."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pty.conftest import ROOT, StartHarness
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str | None]:
    """Folders of its own for the real program."""
    kinds = ("CONFIG", "DATA", "CACHE", "STATE")
    return {"HOME": str(tmp_path), **{f"SUPPORTDESK_{kind}_DIR": str(tmp_path / kind.lower()) for kind in kinds}}


def program(code: str, environ: dict[str, str | None]) -> Terminal:
    """Python code in a terminal, the command line's arguments being those of `run`."""
    return Terminal([sys.executable, "-c", code], environ=environ, cwd=str(ROOT))


def test_keys_typed_while_the_imports_run_reach_the_desk(
    start: StartHarness, log: Callable[[], list[str]], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.pty.harness", "splash"]
    with Terminal(
        command, columns=160, rows=48, environ={"HARNESS_LOG": str(tmp_path / "harness.log")}, cwd=str(ROOT)
    ) as terminal:
        terminal.wait_until(lambda: terminal.is_alternate, "skeleton")
        terminal.send("\x1b[B\r")
        terminal.wait_for("▸ 000001")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        assert [line for line in log() if line.startswith("key ")][:2] == ["key down", "key enter"]
        assert terminal.raw.count(b"\x1b[?1049h") == 1
        assert terminal.raw.count(b"\x1b[?1049l") == 1
        assert terminal.violations() == []


def test_the_skeleton_is_painted_before_anything_slow_is_imported(environ: dict[str, str | None]) -> None:
    code = (
        "import sys; sys.argv = ['supportdesk', 'run']\n"
        "from supportdesk_tui import __main__, splash\n"
        "slow = {'textual', 'rich', 'click', 'asyncio', 'typing', 're', 'supportdesk_tui.cli'}\n"
        "before = {name for name in sys.modules}\n"
        "splash.paint(); loaded = sorted(slow & set(sys.modules)); splash.leave(); print('loaded', loaded)"
    )
    with program(code, environ) as terminal:
        terminal.wait_for("loaded")
        loaded = terminal.text.partition("loaded")[2].split("]")[0]
        assert "textual" not in loaded
        assert "click" not in loaded
        assert "asyncio" not in loaded


def test_wrong_use_is_told_on_the_ordinary_screen(environ: dict[str, str | None]) -> None:
    command = [sys.executable, "-m", "supportdesk_tui", "run", "--no-such-option"]
    with Terminal(command, environ=environ, cwd=str(ROOT)) as terminal:
        assert terminal.wait_exit() == 2
        assert "no-such-option" in terminal.text
        assert not terminal.is_alternate
        assert b"\x1b[?1049h" in terminal.raw


def test_a_question_before_the_desk_is_asked_on_the_ordinary_screen(environ: dict[str, str | None]) -> None:
    code = "from supportdesk_tui import splash; splash.paint(); print('who?', flush=True); print('got', input())"
    with program(code, environ) as terminal:
        terminal.wait_for("who?")
        assert not terminal.is_alternate
        terminal.send("me\r")
        terminal.wait_for("got me")


def test_a_failure_after_the_skeleton_restores_the_terminal(environ: dict[str, str | None]) -> None:
    code = "from supportdesk_tui import splash; splash.paint(); import no_such_module_at_all"
    with program(code, environ) as terminal:
        assert terminal.wait_exit() == 1
        assert not terminal.is_alternate
        assert "no_such_module_at_all" in terminal.text


def test_a_dumb_terminal_gets_words_instead_of_a_skeleton(environ: dict[str, str | None]) -> None:
    command = [sys.executable, "-m", "supportdesk_tui", "run"]
    with Terminal(command, environ={**environ, "TERM": "dumb"}, cwd=str(ROOT)) as terminal:
        assert terminal.wait_exit() == 2
        assert "TERM" in terminal.text
        assert b"\x1b" not in terminal.raw


def test_help_is_printed_without_a_skeleton(environ: dict[str, str | None]) -> None:
    with Terminal([sys.executable, "-m", "supportdesk_tui", "run", "--help"], environ=environ, cwd=str(ROOT)) as terminal:
        assert terminal.wait_exit() == 0
        assert b"\x1b[?1049h" not in terminal.raw
