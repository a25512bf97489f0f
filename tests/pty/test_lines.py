"""The real desk on bad lines: hostile pastes, a terminal that stalls or changes its size while sending, tmux."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.pty.poison import PoisonedServer
from tests.pty.program import DESK, ROOT, configure, environ_in, start_writing
from tests.pty.terminal import Terminal, unlike

pytestmark = pytest.mark.pty


def server_has(server: ServerThread, words: str) -> bool:
    """Whether words are in the server's own files."""
    folder = Path(server.db_url.removeprefix("sqlite:///")).parent
    return any(words.encode() in path.read_bytes() for path in folder.iterdir() if path.is_file())


def same_as_fresh(terminal: Terminal) -> None:
    """The screen is what a full paint makes of it; but for the last line, whose notice the key that asks for it takes away."""
    terminal.settle(0.4)
    lived = terminal.cells()[:-1]
    terminal.press("ctrl+l")
    terminal.settle(0.4)
    assert unlike(lived, terminal.cells()[:-1]) == [], terminal.text


def test_hostile_pastes_and_answers_are_text_and_send_nothing(tmp_path: Path, server: ServerThread) -> None:
    with start_writing(tmp_path, server, "before ") as terminal:
        for hostile in (
            "PWNED\x1b\x04\x1b[20~\r",
            "PWNED\x1b[201~\x04\r\x1b[20~y",
            "\x1b[200~PWNED\x1b[200~\x11y",
            "PWNED\x00\x1b]52;c;UFdORUQ=\x07\x9b31m\x11y",
            "PWNED " * 200_000 + "\x04",
        ):
            terminal.paste(hostile)
            terminal.settle(0.3)
        terminal.send("\x1b]11;rgb:1/1/1\x1b\\\x1b[?62;22c\x1bP>|xterm\x1b\\" + "\x1b[<35;5;5M" * 2_000 + "\x1b[<0;1;1M" * 200)
        terminal.send("after")
        terminal.wait_for("after")
        assert terminal.status is None
        assert not server_has(server, "PWNED")
        assert [one for one in terminal.lexer.commands if not one.startswith("9;")] == []
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGTERM


def test_a_storm_of_sizes_while_sending_loses_nothing(tmp_path: Path, server: ServerThread) -> None:
    words = "sent in a storm of sizes"
    with start_writing(tmp_path, server, words) as terminal:
        terminal.press("ctrl+d")
        for columns, rows in ((80, 24), (1, 1), (300, 80), (2, 50), (40, 5), (140, 40)) * 4:
            terminal.resize(columns, rows)
        terminal.wait_until(lambda: server_has(server, words), "the note at the server")
        terminal.resize(120, 40)
        same_as_fresh(terminal)
        assert "HX-" in terminal.text or "late" in terminal.text


def test_a_stalled_terminal_holds_up_neither_keys_nor_network(tmp_path: Path, server: ServerThread) -> None:
    words = "sent while the terminal stood still"
    with start_writing(tmp_path, server, words[:4]) as terminal:
        terminal.reading = False
        for columns in range(100, 180):
            terminal._set_size(columns, 40)  # a full paint each: more than the buffers of a pseudo terminal hold
            terminal.lexer.resize(columns, 40)
            terminal.send("\x0c")
            terminal.pump(0.01)
        terminal.send(words[4:])
        terminal.press("ctrl+d")
        terminal.wait_until(lambda: server_has(server, words), "the note at the server, with nobody reading the terminal")
        terminal.resize(140, 40)
        terminal.reading = True
        terminal.wait_until(lambda: words in terminal.text, "the note on the screen")
        same_as_fresh(terminal)
        terminal.reading = False
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGTERM


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """A tmux server of the test's own."""
    found = shutil.which("tmux")
    if found is None:
        pytest.skip("tmux is not installed")
    command = [found, "-f", "/dev/null", "-S", str(tmp_path / "tmux.sock")]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)


def test_no_customer_reaches_the_buffer_and_the_titles_of_tmux(tmp_path: Path, server: ServerThread, tmux: list[str]) -> None:
    def ask(*words: str) -> str:
        return subprocess.run([*tmux, *words], check=True, capture_output=True, text=True, timeout=20).stdout

    with PoisonedServer(server.url) as poison:
        configure(tmp_path, poison.url)
        environ = {name: value for name, value in environ_in(tmp_path, server.token_for(DEMO_LOGIN)).items() if value}
        exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items())
        desk = f"cd {ROOT}; exec env {exports} LANG=C.UTF-8 {' '.join(map(shlex.quote, DESK))}"
        ask("new-session", "-d", "-x", "140", "-y", "40", "-n", "desk", desk)
        ask("set-option", "-g", "set-clipboard", "on")
        ask("set-option", "-g", "allow-passthrough", "on")
        ask("set-buffer", "untouched")
        before = ask("display-message", "-p", "#{pane_title}|#{window_name}")
        pid = int(ask("display-message", "-p", "#{pane_pid}"))
        watch = Terminal(["/bin/true"])
        with watch:
            watch.wait_until(lambda: "● live" in ask("capture-pane", "-p"), "a desk")
            for keys in ("4", "Enter", "V", "Escape", "j", "G"):
                ask("send-keys", keys)
                watch.pump(0.3)
            watch.wait_until(lambda: "pwned-" in ask("capture-pane", "-p"), "hostile words on the screen")
            assert ask("show-buffer") == "untouched"
            assert ask("display-message", "-p", "#{pane_title}|#{window_name}") == before
            ask("kill-session")
            watch.wait_until(lambda: not _lives(pid), "end of the desk")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
