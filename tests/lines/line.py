"""The real desk behind a real line: sshd, mosh, GNU screen and tmux, each started by the test and private to it.

    place = Place(tmp_path, server)
    with Line(sshd.command(place.script), place, is_plain=True) as line:
        line.wait_for("● live")

A `Place` is where one agent's files are and how the desk is started there; it outlives the lines to it. A `Line` is the
terminal in front: what runs in it is the client of the line, and `place.pid` is the desk behind it.
"""

import contextlib
import os
import shlex
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

from wcwidth import wcwidth

from supportdesk_tui.server.runner import DEMO_LOGIN
from tests.pty.program import DESK, ROOT, configure, environ_in
from tests.pty.terminal import DEADLINE_S, Terminal, unlike

SLOW_S: Final = DEADLINE_S
"""What a start may take: a login, the line's own programs, and the desk."""
COLUMNS, ROWS = 120, 36
LEAVING_S: Final = DEADLINE_S
"""A desk whose line is gone has ended after so long, on the busiest machine too; its own limit is 3 s."""


class Served(Protocol):
    """A running server, in this process or another."""

    url: str
    db_url: str

    def token_for(self, login: str) -> str:
        """A token for an agent."""
        ...


class Place:
    """One agent's folder, and the command that opens the desk in it."""

    def __init__(self, folder: Path, server: Served, ticket: int, more: str = "hold_s = 1", **environ: str) -> None:
        """Make the files; `ticket` is the number of the ticket that is written to here, and nowhere else."""
        self.folder = folder
        self.server = server
        self._ticket = ticket
        configure(folder, server.url, more)
        token = folder / "token"
        token.write_text(server.token_for(DEMO_LOGIN), "ascii")
        token.chmod(0o600)
        with (folder / "config" / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f'token_file = "{token}"\n')
        names = {name: value for name, value in environ_in(folder).items() if value} | {"LC_ALL": "C.UTF-8", **environ}
        names |= {"SUPPORTDESK_TERMINAL_STATS": str(folder / "stats")}
        exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in names.items())
        self.script = folder / "desk.sh"
        self.script.write_text(f"cd {ROOT}\n{exports}\necho $$ > {folder}/pid\nexec {shlex.join(DESK)}\n", "utf-8")

    @property
    def pid(self) -> int:
        """The desk that was started last."""
        return int((self.folder / "pid").read_text("ascii"))

    @property
    def is_gone(self) -> bool:
        """Whether the desk that was started last has ended."""
        return _state(self.pid) in {"", "Z"}

    @property
    def is_working(self) -> bool:
        """Whether a thread of the desk runs or would like to."""
        with contextlib.suppress(OSError, ValueError):
            return any(_state_in(one) == "R" for one in Path(f"/proc/{self.pid}/task").glob("*/stat"))
        return False

    def cpu_s(self) -> float:
        """Processor time the desk has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def gate(self) -> str:
        """What the last desk said of its output gate when it ended."""
        return (self.folder / "stats").read_text("ascii").split()[0]

    @property
    def reports(self) -> list[str]:
        """Crash reports; there must be none."""
        return [path.name for path in (self.folder / "state").glob("crash-*")]

    def kept(self) -> str:
        """Every draft and every change that is on the disk."""
        found = []
        for path in (self.folder / "data").rglob("*.db"):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
                tables = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                found += [str(row) for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
        return "\n".join(found)

    def case(self) -> str:
        """The whole number of this place's ticket, with the day in it."""
        return self._ask("SELECT number FROM tickets WHERE number LIKE ?", f"%-{self._ticket:06d}")[0][0]

    def sent(self, words: str) -> list[tuple[str, str]]:
        """Kind and body of the entries in the server's own table that hold these words."""
        rows = self._ask("SELECT kind, body FROM entries WHERE body LIKE ? ORDER BY seq", f"%{words}%")
        return [(kind, body) for kind, body in rows]

    def _ask(self, sql: str, value: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.server.db_url.removeprefix("sqlite:///"), timeout=10)) as connection:
            return [tuple(map(str, row)) for row in connection.execute(sql, (value,))]


class Line(Terminal):
    """A terminal with the client of a line in it, and the desk at the other end."""

    def __init__(
        self,
        command: Sequence[str],
        place: Place,
        *,
        is_plain: bool,
        environ: Mapping[str, str | None] | None = None,
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        """Start a client; `is_plain` says that it passes on the desk's own bytes and every one of them is lexed."""
        self.place = place
        self._is_plain = is_plain
        self._shown: tuple[tuple[int, int, int], list[str]] = ((-1, 0, 0), [])
        super().__init__(command, columns=columns, rows=rows, environ=environ, cwd=str(place.folder))

    @property
    def lines(self) -> list[str]:
        """The screen as text; half a wide character, which mosh leaves while it overwrites one, is a blank as on a terminal."""
        if self._shown[0] != (now := (len(self.raw), self._screen.columns, self._screen.lines)):
            self._shown = (now, [self._row(y) for y in range(self._screen.lines)])
        return self._shown[1]

    def _row(self, y: int) -> str:
        row = [self._screen.buffer[y][x].data for x in range(self._screen.columns)]
        return "".join(now or ("" if wcwidth(before[:1]) == 2 else " ") for before, now in pairwise(["", *row]))

    def violations(self) -> list[str]:
        """Writes no program of ours may make; what screen, tmux and mosh write is theirs."""
        return super().violations() if self._is_plain else []

    def press(self, *keys: str) -> None:
        """Press keys as this terminal sends them: arrows differ where the line's program asked for it."""
        for key in keys:
            if "1" in self.modes and key in {"up", "down", "left", "right"}:
                self.send("\x1bO" + {"up": "A", "down": "B", "right": "C", "left": "D"}[key])
            else:
                super().press(key)

    def _is_working(self) -> bool:
        return super()._is_working() or self.place.is_working

    # -- what an agent does

    def open_ticket(self) -> None:
        """Wait for the desk and open this place's ticket by its number."""
        self.wait_until(lambda: "● live" in self.text and " 4 " in self.lines[0], "views", deadline_s=SLOW_S)
        case = self.place.case()
        self.send("gn")
        self.wait_for("Case number")
        self.send(f"{case}\r")
        self.wait_until(lambda: case[-6:] in self.lines[1], "an open ticket")

    def start_writing(self, words: str, *, key: str = "n") -> None:
        """Open a ticket and write something."""
        self.open_ticket()
        self.send(key)
        self.wait_for("Internal note" if key == "n" else "Reply to")
        self.send(words)
        self.wait_for(words)

    def write_reply(self, words: str) -> None:
        """Open a ticket and write a reply: Chinese words, a macro, and a paste with what must never act."""
        self.start_writing(f"您好，{words} ", key="r")
        self.press("ctrl+g")
        self.wait_for("g General")
        self.send("gh")
        self.wait_until(lambda: "正在" in "".join(self._composer()), "the macro's text")
        self.paste("pasted\x04 one\rtwo")
        self.wait_for("pasted␄ one")

    def _composer(self) -> list[str]:
        start = next((at for at, line in enumerate(self.lines) if "Reply to" in line), ROWS)
        return self.lines[start + 1 :]

    def wait_sent(self, words: str) -> list[tuple[str, str]]:
        """Wait until words are at the server; all entries that have them."""
        self.wait_until(lambda: self.place.sent(words), f"{words!r} at the server", deadline_s=SLOW_S)
        return self.place.sent(words)

    def wait_gone(self) -> None:
        """Wait until the desk has ended, as it must when its line is gone."""
        self.wait_until(lambda: self.place.is_gone, "end of the desk", deadline_s=LEAVING_S)
        assert self.place.reports == []
        assert self.place.gate == "gate=0"

    def same_as_fresh(self, *, but_last: int = 1) -> None:
        """The screen is what a full paint makes of it; but for the last lines, whose notice a key takes away."""
        self.settle(0.25)
        lived = self.cells()[:-but_last]
        self.press("ctrl+l")
        self.settle(0.25)
        assert unlike(lived, self.cells()[:-but_last]) == [], self.text


def parent_of(pid: int) -> int:
    """The process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[1])


def _state(pid: int) -> str:
    try:
        return _state_in(Path(f"/proc/{pid}/stat"))
    except OSError:
        return ""


def _state_in(stat: Path) -> str:
    return stat.read_text("ascii", "replace").rpartition(")")[2].split()[0]
