"""Every failpoint there is, killed at and raised at: what was written is sent once or visibly not sent, and drafts are kept.

The names come out of the syntax tree, so that a new failpoint is covered by being there. Points of the client are met by
a child process on real files that starts from damaged ones; those of the server by a server process with its own
database. The truth is the server's table and what the files and the next run of the client show.
"""

import ast
import asyncio
import signal
import sqlite3
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.failpoints import armed
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.sync.common import Options
from tests.arch.source import PACKAGE, calls, modules
from tests.failpoints import scenario
from tests.failpoints.conftest import Stage, last_entry, table
from tests.failpoints.scenario import EARLIER, is_quiet, prepare
from tests.sync.desk import Desk, desk
from tests.sync.fake import until

ARGUMENTS = [
    node.args
    for module in modules(PACKAGE)
    if "failpoint(" in module.text
    for node, name in calls(module)
    if name == "failpoint"
]
NAMES = sorted(str(args[0].value) for args in ARGUMENTS if len(args) == 1 and isinstance(args[0], ast.Constant))
CLIENT = [name for name in NAMES if not name.startswith("server.")]
SERVER = [name for name in NAMES if name.startswith("server.")]


def check(one: Desk, rows: list[tuple[str, str, str]], written: set[str], tickets: list[str]) -> None:
    """Each word at most once on the server, as a note where it belongs; each written word there, in the outbox or a draft."""
    words = Counter(word for body, _, _ in rows for word in body.split())
    assert not [word for word, times in words.items() if times > 1]
    assert {kind for _, _, kind in rows} <= {"note"}
    for body, ticket, _ in rows:
        for word in body.split():
            number = word.removeprefix("note-")
            assert ticket == (tickets[int(number)] if number.isdecimal() else tickets[2 if "draft" in word else 0])
    kept = " ".join([str(item.change) for item in one.engine.outbox.book.items])
    kept += " ".join(draft.body for draft in one.state.drafts.values())
    kept += " ".join(text for form in one.state.forms.values() for _, text in (*form.texts, *form.other))
    assert not {word for word in written if not words[word] and word not in kept}


@pytest.mark.parametrize("name", CLIENT)
@pytest.mark.parametrize("act", ["kill", "raise"])
async def test_client_broken_anywhere_loses_and_doubles_nothing(stage: Stage, tmp_path: Path, name: str, act: str) -> None:
    folder, log = tmp_path / "client", tmp_path / "log"
    prepare(folder, stage.agent, stage.tickets)
    since = last_entry(stage.server.engine)
    url, written = stage.server.url, set(EARLIER)
    plan = f"{name}=kill" if act == "kill" else f"{name}=raise@1"
    job = {"folder": str(folder), "url": url, "token": stage.token, "tickets": stage.tickets, "log": str(log)}
    stage.born(part="client", plan=plan, **job)
    ended = stage.buried()
    assert ended == (signal.SIGKILL if act == "kill" else 0), f"{name} is never passed, or the client hangs"
    written |= set(log.read_text().split()) if log.exists() else set()

    async def connect() -> Backend:
        return NativeBackend(url, stage.token)

    async with desk(folder, connect) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        await until(lambda: is_quiet(one))
        check(one, table(stage.server.engine, since), written, stage.tickets)


@pytest.mark.parametrize("name", SERVER)
@pytest.mark.parametrize("act", ["kill", "raise"])
async def test_server_broken_anywhere_does_everything_once(stage: Stage, tmp_path: Path, name: str, act: str) -> None:
    db, log, folder = tmp_path / "server.db", tmp_path / "log", tmp_path / "client"
    with sqlite3.connect(stage.database) as source, sqlite3.connect(db) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    prepare(folder, stage.agent, stage.tickets)
    db_url, address, written = f"sqlite:///{db}", [""], set(EARLIER)
    since = last_entry(stage.server.engine)
    with ExitStack() as servers:
        if act == "kill":
            stage.born(part="server", plan=f"{name}=kill", db=db_url, log=str(log))
            await until(lambda: log.exists() and log.read_text().endswith("\n"))
            address = log.read_text().split()
        else:
            server = servers.enter_context(ServerThread(db_url, ticking=False))
            address = [server.url, server.token_for("li.wei")]
            servers.enter_context(armed(f"{name}=raise@1"))

        async def connect() -> Backend:
            return NativeBackend(*address)

        async with desk(folder, connect, Options(hold_s=30)) as one:
            await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
            for number, ticket in enumerate(stage.tickets):
                await scenario.write(one, TicketId(ticket), f"note-{number}", written.add)
            if act == "kill":
                assert await asyncio.to_thread(stage.buried) == signal.SIGKILL, f"{name} is never passed"
                server = servers.enter_context(ServerThread(db_url, ticking=False))
                address[:] = [server.url, server.token_for("li.wei")]
                one.engine.sign_in_again()
            await until(lambda: is_quiet(one))
            check(one, table(server.engine, since), written, stage.tickets)


def test_every_failpoint_has_a_name_of_its_own_that_can_be_read() -> None:
    assert len(NAMES) == len(ARGUMENTS)
    assert len(set(NAMES)) == len(NAMES)
    assert len(SERVER) >= 4
    assert len(CLIENT) >= 15
