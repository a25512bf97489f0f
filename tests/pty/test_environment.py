"""Odd terminals, locales and streams: the desk works, or refuses in words with its exit code; never a traceback."""

import shlex
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.pty.program import DESK, ROOT, TABS, configure, environ_in, open_desk
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty
PROGRAM = " ".join(map(shlex.quote, DESK))


def at_shell(folder: Path, line: str, token: str = "", **environ: str | None) -> Terminal:
    """A shell line in a terminal, run to its end; it says the exit code last."""
    command = ["/bin/sh", "-c", f"{line}; echo code=$?"]
    with Terminal(command, columns=160, environ=environ_in(folder, token, **environ), cwd=str(ROOT), also=TABS) as terminal:
        terminal.wait_exit()
    return terminal


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{} run >&-", 2),
        ("{} run <&-", 2),
        ("{} run > out", 2),
        ("{} run | cat", 0),
        ("TERM= {} run", 2),
        ("{} keys >&-", 0),
        ("{} keys > /dev/full", 1),
        ("{} tickets list 2>&-", 3),
        ("{} keys | head -1", 0),
    ],
)
def test_streams_that_are_no_terminal_are_refused_in_words(tmp_path: Path, line: str, code: int) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    terminal = at_shell(tmp_path, f"cd {tmp_path}; " + line.format(f"PYTHONPATH={ROOT} {PROGRAM}"), "token")
    assert f"code={code}" in terminal.text
    assert "Traceback" not in terminal.text
    assert not terminal.is_alternate
    assert list((tmp_path / "state").glob("crash-*")) == []
    if code == 2:
        assert "terminal" in terminal.text


@pytest.mark.parametrize("locale", ["C", "no_such_LOCALE"])
def test_every_locale_draws_chinese(tmp_path: Path, locale: str) -> None:
    configure(tmp_path, "http://127.0.0.1:9", 'locale = "zh_CN"')
    with open_desk(tmp_path, "", "run", "--offline", LANG=locale, LC_ALL=locale) as terminal:
        terminal.wait_for("无网络")
        terminal.wait_for("命令")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0


def test_a_locale_that_is_not_utf8_is_refused_in_words(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    line = f"PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=latin-1 {PROGRAM} run"
    terminal = at_shell(tmp_path, line, LANG="C", LC_ALL="C")
    assert "code=2" in terminal.text
    assert "UTF-8" in terminal.text


@pytest.mark.parametrize(
    ("environ", "absent"),
    [
        ({"NO_COLOR": "1"}, ("SGR 38", "SGR 48", "SGR 30-37", "SGR 40-47", "SGR 90-97", "SGR 100-107")),
        ({"TERM": "linux", "COLORTERM": None}, ("SGR 38", "SGR 48")),
        ({"TERM": "xterm-256color", "COLORTERM": None}, ("SGR 38;2", "SGR 48;2")),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor"}, ("SGR 38;2", "SGR 48;2")),
        ({"COLUMNS": "11", "LINES": "3"}, ()),
    ],
)
def test_colours_and_sizes_are_what_the_terminal_has(
    tmp_path: Path, environ: dict[str, str | None], absent: tuple[str, ...]
) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    command = [*DESK, "run", "--offline"]
    with Terminal(command, columns=140, rows=40, environ=environ_in(tmp_path) | environ, cwd=str(ROOT)) as terminal:
        terminal.wait_for("Nothing waits here")
        terminal.wait_for("palette")
        assert len(terminal.lines[-1].rstrip()) > 100
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
    assert [shape for shape in terminal.lexer.shapes if shape.startswith(absent or "none")] == []


def test_full_colours_that_were_set_are_written_where_the_line_does_not_tell_of_them(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9", 'colours = "full"')
    environ = environ_in(tmp_path) | {"COLORTERM": None}
    with Terminal([*DESK, "run", "--offline"], columns=140, rows=40, environ=environ, cwd=str(ROOT)) as terminal:
        terminal.wait_for("Nothing waits here")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
    assert [shape for shape in terminal.lexer.shapes if shape.startswith("SGR 48;2")]


@pytest.mark.parametrize(("limit", "what"), [("-n 64", "files"), ("-v 700000", "memory")])
def test_a_desk_with_little_of_everything_works_or_says_so_and_keeps_the_text(
    tmp_path: Path, server: ServerThread, limit: str, what: str
) -> None:
    configure(tmp_path, server.url)
    command = ["/bin/sh", "-c", f"ulimit {limit}; exec {PROGRAM}"]
    environ = environ_in(tmp_path, server.token_for(DEMO_LOGIN))
    with Terminal(command, columns=140, rows=40, environ=environ, cwd=str(ROOT)) as terminal:
        terminal.wait_until(lambda: "● live" in terminal.text and " 4 " in terminal.lines[0], f"a desk with little {what}")
        terminal.send("4")
        terminal.wait_for(" of 4")
        terminal.send("\rn")
        terminal.wait_for("Internal note")
        terminal.send("typed with little room")
        terminal.wait_for("typed with little room")
        terminal.press("ctrl+q")
        terminal.wait_for("Leave?")
        terminal.send("y")
        assert terminal.wait_exit() == 0
    assert any(b"typed with little room" in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
