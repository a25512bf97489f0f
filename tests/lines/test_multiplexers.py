"""The real desk in GNU screen and in tmux: colours, keys, coming back from elsewhere, and the end of the session."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.lines.conftest import need
from tests.lines.line import COLUMNS, ROWS, Line, Place

pytestmark = pytest.mark.pty
F9 = "\x1b[20~"
IDLE_S = 0.5
IDLE_CPU_S = 0.25


class Screen:
    """GNU screen with a folder of its own for sockets."""

    def __init__(self, place: Place) -> None:
        self._script = str(place.script)
        self._rc = place.folder / "screenrc"
        self._rc.write_text("startup_message off\ndeflogin off\n", "ascii")
        (place.folder / "s").mkdir(mode=0o700)
        self.environ = {"SCREENDIR": str(place.folder / "s")}

    def start(self) -> list[str]:
        return ["screen", "-c", str(self._rc), "-S", "desk", "sh", self._script]

    def attach(self) -> list[str]:
        return ["screen", "-c", str(self._rc), "-r", "desk"]

    def detach(self) -> list[str]:
        return ["screen", "-d", "desk"]

    def end(self) -> list[str]:
        return ["screen", "-S", "desk", "-X", "quit"]


class Tmux:
    """Tmux with a socket of its own and no configuration."""

    def __init__(self, place: Place) -> None:
        self._script = str(place.script)
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(place.folder / "tmux")]
        self.environ: dict[str, str] = {}

    def start(self) -> list[str]:
        return [*self._tmux, "new-session", f"sh {shlex.quote(self._script)}"]

    def attach(self) -> list[str]:
        return [*self._tmux, "attach"]

    def detach(self) -> list[str]:
        return [*self._tmux, "detach-client"]

    def end(self) -> list[str]:
        return [*self._tmux, "kill-server"]


@contextmanager
def ended(through: Screen | Tmux) -> Iterator[None]:
    """Whatever happens, the session is gone afterwards."""
    try:
        yield
    finally:
        tell(through, through.end(), check=False)


def tell(through: Screen | Tmux, command: list[str], *, check: bool = True) -> None:
    """Run a command of the multiplexer from outside, as another terminal would."""
    names = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/", "LANG": "C.UTF-8", **through.environ}
    subprocess.run(command, check=check, capture_output=True, timeout=20, env=names)


def grounds(line: Line) -> set[str]:
    """The colours behind the text, but for the multiplexer's own last line."""
    return {cell.bg for row in line.cells()[:-1] for cell in row}


@pytest.mark.parametrize(("kind", "ticket"), [(Screen, 24), (Tmux, 16)])
def test_a_session_is_sent_from_left_alone_come_back_to_and_ended(
    tmp_path: Path, server: ServerThread, kind: type[Screen] | type[Tmux], ticket: int
) -> None:
    name = kind.__name__.lower()
    need(name)
    folder = tmp_path / "p"
    folder.mkdir()
    place = Place(folder, server, ticket)
    through = kind(place)
    with ended(through):
        with Line(through.start(), place, is_plain=False, environ=dict(through.environ)) as line:
            line.write_reply(f"in {name}")
            line.resize(COLUMNS - 10, ROWS - 4)
            line.wait_for("pasted␄ one")
            line.send(F9)
            ((shown, body),) = line.wait_sent(f"in {name}")
            assert shown == "agent"
            assert body.startswith("您好，")
            assert body.endswith("pasted␄ one\ntwo")
            line.wait_for("replied")
            assert grounds(line) >= {"121212", "1c1c1c"}, "the theme's grounds, as near as 256 colours come"
            assert len(grounds(line)) <= 8
            line.send("n")
            line.wait_for("Internal note")
            line.send("kept over ")
            line.wait_for("kept over")
            tell(through, through.detach())
            assert line.wait_exit() == 0
        before = place.cpu_s()
        with Line(["sleep", str(IDLE_S)], place, is_plain=False) as nobody:
            nobody.wait_exit()
        assert place.cpu_s() - before < IDLE_CPU_S, "a desk nobody looks at sleeps"
        with Line(through.attach(), place, is_plain=False, environ=dict(through.environ)) as line:
            line.wait_for("kept over")
            line.send("detaching")
            line.wait_for("kept over detaching")
            line.same_as_fresh(but_last=2)
            line.signal(9)
            line.wait_exit()
        assert not place.is_gone
        tell(through, through.end())
        with Line(["true"], place, is_plain=False) as nobody:
            nobody.wait_gone()
    assert "kept over detaching" in place.kept()
    assert place.sent("kept over") == []
    assert len(place.sent(f"in {name}")) == 1
