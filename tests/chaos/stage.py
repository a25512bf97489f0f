"""Processes of one schedule: server, proxy and clients, all forked from a warm parent, so that a start costs no imports.

A forked client is the real program: it gets a pseudo terminal, an environment and a home of its own, and calls `main()`.
The parent must have one thread only and no open database.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from msgspec import Struct

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")

# Imported here so that no forked process has to.
import supportdesk_tui.__main__ as program
import supportdesk_tui.app
import supportdesk_tui.backends.native.adapter
import supportdesk_tui.cli.assemble
import supportdesk_tui.cli.opening
import supportdesk_tui.commands.catalog
import supportdesk_tui.commands.keymap
import supportdesk_tui.sync.engine
import supportdesk_tui.ui.keys
import supportdesk_tui.ui.perform
import supportdesk_tui.ui.screens.catalog  # noqa: F401  imported to be warm, as all of these
from supportdesk_tui.failpoints import armed
from supportdesk_tui.server.runner import ServeOptions, ServerThread, run_server
from tests.chaos.proxy import Fault, serve
from tests.pty.terminal import Terminal

AGENTS: Final = ("li.wei", "chen.jing", "sofia.reyes")
COLUMNS, ROWS = 110, 32
FIRST_FREE_FD = 3
START_S = 20.0


class Seeded(Struct, frozen=True):
    """A database to begin with, made once for all schedules."""

    database: Path
    tokens: dict[str, str]
    """By login."""
    tickets: tuple[tuple[str, str], ...]
    """Id and number of open ones."""


def seed(folder: Path) -> Seeded:
    """Make the database every schedule begins with."""
    database = folder / "seeded.db"
    server = ServerThread(f"sqlite:///{database}", tickets=60, seed=11, ticking=False)
    tokens = {login: server.token_for(login) for login in AGENTS}
    server._socket.close()
    server.parts.database.close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = connection.execute(
            "SELECT id, number FROM tickets WHERE phase = 'open' AND channel <> 'chat' AND language = 'en' ORDER BY n LIMIT 6"
        ).fetchall()
    return Seeded(database, tokens, tuple((str(one), str(number)) for one, number in rows))


def fork(log: Path, work: "Work") -> tuple[int, int]:
    """Run `work` in a process of its own; its id, and the reading end of a pipe it can write to."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(theirs, FIRST_FREE_FD)
            os.closerange(FIRST_FREE_FD + 1, 1024)
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            for number in (1, 2):
                os.dup2(out, number)
            _plain_signals()
            work.run(FIRST_FREE_FD)
        except BaseException as problem:
            os.write(2, f"{type(problem).__name__}: {problem}\n".encode())
            raise
        finally:
            os._exit(1)
    os.close(theirs)
    return pid, ours


def _plain_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


class Work:
    """What a forked process does."""

    def run(self, tell: int) -> None:
        """Do it; `tell` is a pipe to the parent."""
        raise NotImplementedError


class Serving(Work):
    """The server, as `supportdesk serve` runs it."""

    def __init__(self, database: Path, port: int, failpoints: str) -> None:
        self.options = ServeOptions(db_url=f"sqlite:///{database}", port=port)
        self.failpoints = failpoints

    def run(self, tell: int) -> None:
        """Serve; say so once requests are answered."""
        with armed(self.failpoints):
            run_server(self.options, partial(_tell, tell))


def _tell(pipe: int, _: str) -> None:
    os.write(pipe, b"1")


class Proxying(Work):
    """The proxy."""

    def __init__(self, port: int, server_port: int, faults: Sequence[Fault], trace: Path) -> None:
        self.port = port
        self.server_port = server_port
        self.faults = faults
        self.trace = trace

    def run(self, tell: int) -> None:
        """Pass on; every fault that was done is a line in the log."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        os.write(tell, b"1")
        trace = os.open(self.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        serve(listener, self.server_port, self.faults, 1, trace)


class Desk(Terminal):
    """The real program on a pseudo terminal, forked from this process."""

    is_asleep = False
    keys: "list[tuple[float, int, str]]"
    """What was typed: when, how many bytes had been written by then, what."""
    _seen: tuple[int, list[str]] = (-1, [])

    @property
    def lines(self) -> list[str]:
        """The screen as text, put together once for what has been read so far: it is looked at far more often."""
        if self._seen[0] != len(self.raw):
            buffer, blank = self._screen.buffer, self._screen.default_char
            columns = range(self._screen.columns)
            self._seen = (
                len(self.raw),
                [
                    "".join([buffer[y][x].data if x in buffer[y] else blank.data for x in columns])
                    for y in range(self._screen.lines)
                ],
            )
        return self._seen[1]

    def send(self, text: str | bytes) -> None:
        """Type, and remember when."""
        self.__dict__.setdefault("keys", []).append((time.monotonic(), len(self.raw), str(text)))
        super().send(text)

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""
        super().resize(columns, rows)
        self._seen = (-1, [])

    @staticmethod
    def _become(command: Sequence[str], environ: Mapping[str, str | None], cwd: str | None) -> NoReturn:
        try:
            os.closerange(FIRST_FREE_FD, 1024)
            _plain_signals()
            ours = ("SUPPORTDESK_", "COLUMNS", "LINES")
            names = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
            names |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
            names |= {name: value for name, value in environ.items() if value is not None}
            os.environ.clear()
            os.environ.update(names)
            os.chdir(cwd or "/")
            for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
                stream = open(fd, mode, encoding="utf-8", closefd=False)  # noqa: SIM115  the terminal
                setattr(sys, name, stream)
                setattr(sys, f"__{name}__", stream)
            sys.argv = list(command)
            with armed(names.get("SUPPORTDESK_FAILPOINTS", "")):
                program.main()
            sys.stdout.flush()
            os._exit(0)
        except SystemExit as end:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        finally:
            os._exit(70)

    def asleep(self, is_asleep: bool) -> None:
        """Stop the process, or let it go on."""
        self.is_asleep = is_asleep
        self.signal(signal.SIGSTOP if is_asleep else signal.SIGCONT)

    @property
    def is_alive(self) -> bool:
        """Whether the program runs."""
        return not self._is_over()


class Stage:
    """Everything that runs in one schedule; use as a context manager."""

    def __init__(self, folder: Path, seeded: Seeded, faults: Sequence[Fault], *, hold_s: int, server_failpoints: str) -> None:
        self.folder = folder
        self.seeded = seeded
        self.database = folder / "server.db"
        folder.mkdir(parents=True)
        shutil.copyfile(seeded.database, self.database)
        self.server_port, self.proxy_port = _free_ports(2)
        self.server_pid = 0
        self.proxy_pid = 0
        self.desks: list[Desk] = []
        self.ended: list[Desk] = []
        """Those that were replaced; their bytes are looked at as well."""
        self.is_meant_down = False
        """The server is not to be started again by who finds it dead."""
        self.hold_s = hold_s
        self._faults = faults
        self._failpoints = server_failpoints

    def __enter__(self) -> "Stage":
        self.start_server(self._failpoints)
        proxying = Proxying(self.proxy_port, self.server_port, self._faults, self.folder / "trace.log")
        self.proxy_pid = self._started(proxying, self.folder / "proxy.log")
        return self

    def __exit__(self, *_: object) -> None:
        for desk in self.desks:
            desk.close()
        for pid in (self.server_pid, self.proxy_pid):
            _kill(pid)

    # --- server and proxy

    def start_server(self, failpoints: str = "") -> None:
        """Start it, on the same database and port as before."""
        self.server_pid = self._started(Serving(self.database, self.server_port, failpoints), self.folder / "server.log")

    def kill_server(self) -> None:
        """SIGKILL."""
        _kill(self.server_pid)
        self.server_pid = 0

    def is_server_alive(self) -> bool:
        """Whether it runs; one that a failpoint killed is taken note of."""
        if self.server_pid and os.waitpid(self.server_pid, os.WNOHANG)[0]:
            self.server_pid = 0
        return bool(self.server_pid)

    def heal(self) -> None:
        """No more faults from here on."""
        os.kill(self.proxy_pid, signal.SIGUSR1)
        if not self.is_server_alive():
            self.start_server()

    def _started(self, work: Work, log: Path) -> int:
        pid, pipe = fork(log, work)
        ready = bool(select.select([pipe], [], [], START_S)[0]) and os.read(pipe, 1) == b"1"
        os.close(pipe)
        if not ready:
            _kill(pid)
            raise RuntimeError(f"{type(work).__name__} did not start: {log.read_text(errors='replace')[-500:]}")
        return pid

    @property
    def faults_done(self) -> list[str]:
        """What the proxy did."""
        log = self.folder / "proxy.log"
        return log.read_text("utf-8", "replace").splitlines() if log.exists() else []

    @property
    def trace(self) -> list[str]:
        """Every change that was asked for or looked for on the line, and the answers; see `Proxy._follow`."""
        return (self.folder / "trace.log").read_text("utf-8", "replace").splitlines()

    # --- clients

    def desk(self, login: str, home: str, failpoints: str = "") -> Desk:
        """Start a client; two with the same home are two windows of one person."""
        place = self.folder / home
        if not place.exists():
            (place / "config").mkdir(parents=True)
            (place / "token").write_text(self.seeded.tokens[login])
            (place / "token").chmod(0o600)
            (place / "config" / "config.toml").write_text(
                f'hold_s = {self.hold_s}\n[profiles.work]\nurl = "http://127.0.0.1:{self.proxy_port}"\n'
                f'token_file = "{place / "token"}"\n'
            )
        environ = {f"SUPPORTDESK_{name}_DIR": str(place / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        environ |= {"HOME": str(place), "SUPPORTDESK_FAILPOINTS": failpoints}
        environ |= {"SUPPORTDESK_TERMINAL_STATS": str(place / f"stats-{len(self.desks) + len(self.ended)}")}
        environ |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "DBUS_SESSION_BUS_ADDRESS": ""}
        desk = Desk(["supportdesk"], columns=COLUMNS, rows=ROWS, environ=environ, cwd=str(place))
        self.desks.append(desk)
        return desk

    def let_go(self, desk: Desk) -> None:
        """A client that has ended; what it wrote is kept."""
        self.desks.remove(desk)
        self.ended.append(desk)
        desk.hang_up()

    def keep(self, place: Path) -> None:
        """Copy what there is of this schedule, for whoever looks into it: files, every byte on a terminal, every key."""
        shutil.copytree(self.folder, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("token"))
        for number, desk in enumerate((*self.ended, *self.desks)):
            (place / f"terminal-{number}.bytes").write_bytes(desk.raw)
            lines = [f"{at:.3f} {written} {text!r}" for at, written, text in desk.__dict__.get("keys", [])]
            (place / f"terminal-{number}.keys").write_text("\n".join(lines) + "\n")

    # --- the first oracle: the server's own tables

    def rows(self, text: str) -> list[tuple[str, str, str]]:
        """Body, ticket and kind of every entry with a text in it, in the order they were committed."""
        sql = "SELECT body, ticket, kind FROM entries WHERE body LIKE ? ORDER BY seq"
        return [(str(body), str(ticket), str(kind)) for body, ticket, kind in self.ask(sql, f"%{text}%")]

    def back_up(self) -> None:
        """Keep the database as it is now; the server is killed for it and started again."""
        self.kill_server()
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.database, self.folder / "backup.db")
        self.start_server()

    def put_back(self) -> None:
        """The database as it was backed up, and nothing of what came later; the server is not running then."""
        self.kill_server()
        for side in ("", "-wal", "-shm"):
            self.database.with_name(self.database.name + side).unlink(missing_ok=True)
        shutil.copyfile(self.folder / "backup.db", self.database)

    def revoke(self, login: str, *, is_revoked: bool) -> None:
        """Make an agent's token invalid, or valid again; the server keeps good ones in memory, so it is to be restarted."""
        at = time.time_ns() // 1_000_000 if is_revoked else None
        sql = "UPDATE tokens SET revoked_at = ? WHERE agent = (SELECT id FROM agents WHERE login = ?)"
        with closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            connection.execute(sql, (at, login))

    def ask(self, sql: str, *values: str) -> list[tuple[str, ...]]:
        """Rows of the server's own database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _kill(pid: int) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
