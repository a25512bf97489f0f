"""A server and a nursery of processes for all tests of this folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import Engine, text

from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.server.runner import ServerThread


@dataclass
class Stage:
    """A seeded server, damaged files of a client, and a nursery of processes."""

    server: ServerThread
    token: str
    tickets: list[str]
    agent: AgentId
    database: Path
    nursery: "subprocess.Popen[str]"

    def born(self, **job: object) -> None:
        self._pipe(self.nursery.stdin).write(json.dumps(job) + "\n")
        self._pipe(self.nursery.stdin).flush()

    def buried(self) -> int:
        """The signal the last child died of; waits for it."""
        return int(self._pipe(self.nursery.stdout).readline())

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    command = [sys.executable, "-m", "tests.failpoints.nursery"]
    nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with nursery, ServerThread(f"sqlite:///{folder / 'server.db'}", tickets=20, ticking=False) as server:
        tickets = open_tickets(server.engine)
        agent = next(one for one in server.parts.desk.agents.values() if one.login == "li.wei")
        yield Stage(server, server.token_for("li.wei"), tickets, AgentId(agent.id), folder / "server.db", nursery)
        if nursery.stdin is not None:
            nursery.stdin.close()


def open_tickets(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id FROM tickets WHERE phase = 'open' ORDER BY id LIMIT 3"))
        return [str(row[0]) for row in rows]


def table(engine: Engine, since: int) -> list[tuple[str, str, str]]:
    """(body, ticket, kind) of everything said after a sequence number."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT body, ticket, kind FROM entries WHERE seq > :since"), {"since": since})
        return [(str(body), str(ticket), str(kind)) for body, ticket, kind in rows]


def last_entry(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT max(seq) FROM entries")).scalar() or 0)
