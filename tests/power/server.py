"""The server under a power cut: what it had answered is in its log, and everything else follows from the log."""

import os
import random
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from supportdesk_tui.server.http.tokens import hash_token
from supportdesk_tui.server.runner import open_parts
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.engine import Database
from supportdesk_tui.server.storage.log import rebuild_projections
from tests.power.disk import Tree
from tests.power.recorder import watched
from tests.power.serving import PASSWORD
from tests.power.trace import Op
from tests.server.test_log import dump

_KEY = re.compile(rb'"key":"(power-[0-9-]+)"')
_TOKEN = re.compile(rb'"token":"([\w-]+)"')
_EVENT = re.compile(rb"(?:^|\n)id: (\d+)\n")


class Recording(Struct):
    """One life of a server, from an empty folder on."""

    name: str
    before: Tree
    ops: list[Op]
    signed_out: str
    """The token that was signed out."""

    def judge(self) -> "ServerJudge":
        """Who knows what it promised."""
        return ServerJudge(self)


def record(seed: int, folder: Path, steps: int) -> Recording:
    """Start a server where there is nothing, use it, stop it."""
    root = folder / "disk"
    root.mkdir(parents=True)
    environment = {"XDG_DATA_HOME": str(root)}
    with watched([sys.executable, "-m", "tests.power.serving"], root, {}, environment) as run:
        assert run.process.stdout is not None
        pid, url = (run.process.stdout.readline().strip() for _ in range(2))
        try:
            signed_out = _use(url, seed, steps)
        finally:
            os.kill(int(pid), signal.SIGTERM)
            run.process.wait(30)
    return Recording("server", {}, run.ops, signed_out)


def _use(url: str, seed: int, steps: int) -> str:
    chance = random.Random(seed)
    with httpx.Client(base_url=f"{url}/api/v1", timeout=30) as http:
        tokens = [_read(http.post("/session", json={"login": "li.wei", "password": PASSWORD}))["token"] for _ in range(2)]
        http.delete("/session", headers={"Authorization": f"Bearer {tokens[1]}"}).raise_for_status()
        http.headers["Authorization"] = f"Bearer {tokens[0]}"
        listener = threading.Thread(target=_listen, args=(url, tokens[0]))
        listener.start()
        try:
            _work(http, chance, seed, steps)
        finally:
            http.delete("/agents/me/tokens")
            listener.join(10)
    return str(tokens[1])


def _work(http: httpx.Client, chance: random.Random, seed: int, steps: int) -> None:
    """Notes mostly, a reply with what follows from it, a change of one ticket, of all, and one taken back again."""
    tickets, tagged = [str(row["id"]) for row in _read(http.get("/tickets"))["items"]], ""
    for number in range(steps):
        key, ticket = f"power-{seed}-{number:06d}", chance.choice(tickets)
        body = f"words {seed}-{number} " + "x" * chance.choice((0, 0, 200, 9_000))
        tag = {"type": "tag", "add": [f"t{number}"]}
        deeds: list[tuple[str, dict[str, Any] | None]] = [(f"/tickets/{ticket}/notes", {"body": body})] * 4
        deeds += [(f"/tickets/{ticket}/replies", {"body": body, "then": [tag]}), (f"/tickets/{ticket}/changes", tag)]
        deeds += [("/changes", {"tickets": tickets, "change": tag})]
        deeds += [(f"/changes/{tagged}/undo", None)] if tagged else []
        path, given = chance.choice(deeds)
        headers = {"Idempotency-Key": key}
        _read(http.post(path, headers=headers) if given is None else http.post(path, json=given, headers=headers))
        tagged = key if given is tag else ""  # what others build on is not taken back


def _read(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _listen(url: str, token: str) -> None:
    """Hear of everything, as a desk does, until signed out."""
    headers = {"Authorization": f"Bearer {token}"}
    with suppress(httpx.HTTPError), httpx.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=30) as stream:
        for _ in stream.iter_bytes():
            pass


class ServerJudge:
    """Opens what a power cut left as the server does, and says what is wrong with it."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._keys: set[str] = set()
        """Of changes that were answered."""
        self._tokens: set[str] = set()
        self._is_signed_out = False
        self._told = 0
        """The newest event the feed has told."""
        self.promised = 0
        self.draft_loss_s = 0.0

    def take(self, op: Op) -> None:
        """Take in what the server did next: what it sends is promised."""
        if op.kind != "send":
            return
        self._keys |= {one.decode() for one in _KEY.findall(op.data)}
        self._tokens |= {one.decode() for one in _TOKEN.findall(op.data)}
        self._is_signed_out = self._is_signed_out or op.data.startswith(b"HTTP/1.1 204")
        self._told = max([self._told, *(int(one) for one in _EVENT.findall(op.data))])

    def is_snapshot(self, op: Op, following: Op | None) -> bool:
        """The log itself says what it must hold."""
        return False

    def saw(self, root: Path) -> None:
        """Nothing to remember."""

    def judge(self, root: Path) -> list[str]:
        """What is wrong; may change the files."""
        self.promised += len(self._keys) + len(self._tokens) + self._is_signed_out
        found = list(root.rglob("desk.db"))
        if not found:
            return [f"lost: the whole database, {len(self._keys)} answers"] if self._keys or self._tokens else []
        try:
            parts = open_parts(f"sqlite:///{found[0]}")
        except SQLAlchemyError as error:
            return [f"does not start: {error}"]
        try:
            return [*self._answered(parts.database), *_follows(parts.database)]
        except SQLAlchemyError as error:
            return [f"cannot be used: {error}"]
        finally:
            parts.database.close()

    def _answered(self, database: Database) -> Iterator[str]:
        with database.reading() as connection:
            keys = set(connection.execute(select(tables.keys.c.key)).scalars())
            logged = set(connection.execute(select(tables.events.c.key)).scalars())
            numbers = list(connection.execute(select(tables.events.c.seq).order_by(tables.events.c.seq)).scalars())
            good = connection.execute(select(tables.tokens.c.hash, tables.tokens.c.revoked_at))
            tokens = {row[0]: row[1] for row in good}
        yield from (f"lost: the answer to {key}" for key in self._keys - keys)
        yield from (f"lost: the events of {key}" for key in self._keys - logged)
        if numbers != list(range(1, len(numbers) + 1)):
            yield "holes: the log's numbers do not follow each other"
        if self._told > len(numbers):
            yield f"told: event {self._told} was told, the log ends at {len(numbers)}"
        yield from (f"lost: the token {one[:4]}…" for one in self._tokens if hash_token(one) not in tokens)
        if self._is_signed_out and tokens.get(hash_token(self._recording.signed_out)) is None:
            yield "revoked: who had signed out is in again"


def _follows(database: Database) -> Iterator[str]:
    """The projections are what the log makes of them, and the file is whole."""

    def rebuilt(connection: Connection) -> list[str]:
        if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
            return ["damaged: the database"]
        before = dump(connection)
        rebuild_projections(connection)
        after = dump(connection)
        return [f"projection: {name} is not what the log makes of it" for name in before if before[name] != after[name]]

    yield from database.write(rebuilt)
