"""A token that ends, and a server that speaks a newer language: one word to the agent, nothing lost, nothing done by guess."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, Load, LoadKind
from supportdesk_tui.domain.changes import Note, SetStatus
from supportdesk_tui.domain.errors import SignInNeeded
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import Channel, Phase
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import DeskState, Draft, Level, LinkPhase, OutboxPhase
from tests.contract.answers import QUICK
from tests.contract.rawserver import raw_server, said
from tests.net.spoiling import spoiling
from tests.sync.desk import ALL_LIVE, desk, native
from tests.sync.fake import until
from tests.unit.native.test_mapping import ROW


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """A seeded exchange."""
    with ServerThread(tickets=30, seed=1, ticking=False) as one:
        yield one


def revoke_all(server: ServerThread) -> None:
    """Every token of the first agent is good for nothing any more."""
    with server.engine.connect() as connection:
        hashes = connection.execute(text("SELECT hash FROM tokens")).scalars().all()
    for hashed in hashes:
        server.parts.tokens.revoke(str(hashed))


def notes(server: ServerThread) -> list[str]:
    """What was said in notes of ours, by the server's own table."""
    with server.engine.connect() as connection:
        rows = connection.execute(text("SELECT body FROM entries WHERE body LIKE 'after the token%' ORDER BY seq"))
        return [str(row.body) for row in rows]


async def test_token_that_ends_is_told_once_and_everything_goes_on_with_the_next(server: ServerThread, tmp_path: Path) -> None:
    tokens = [server.token_for("li.wei")]

    async def connect() -> Backend:
        return NativeBackend(server.url, tokens[-1])

    async with desk(tmp_path, connect) as one:
        await one.live()
        await one.show(ALL_LIVE)
        ticket = one.state.queue.rows[0].id
        one.store.dispatch(DraftChanged(Draft(ticket, body="half a word")))
        told: list[str] = []

        def listen(state: DeskState) -> None:
            notice = state.view.notice
            if notice is not None and notice.level is Level.WARN and (not told or told[-1] != f"{notice.at}{notice.text}"):
                told.append(f"{notice.at}{notice.text}")

        one.store.subscribe(listen)
        await asyncio.to_thread(revoke_all, server)
        for number in range(3):
            one.engine.perform(Apply((ticket,), Note(f"after the token {number}")))
        for kind in (LoadKind.SEARCH, LoadKind.VIEWS, LoadKind.RESYNC):
            one.engine.perform(Load(kind))
        one.engine.perform(Load(LoadKind.TICKET, ticket))
        await until(lambda: one.state.link.phase is LinkPhase.SIGN_IN)
        await until(lambda: one.engine.busy == 0)
        keys = [item.key for item in one.state.outbox]
        assert {item.phase for item in one.state.outbox} == {OutboxPhase.QUEUED}
        assert len([line for line in told if "supportdesk login" in line]) == 1
        assert notes(server) == []
        tokens.append(await asyncio.to_thread(server.token_for, "li.wei"))
        one.engine.perform(Load(LoadKind.RESYNC))
        await until(lambda: one.state.link.phase is LinkPhase.LIVE)
        await until(lambda: {item.phase for item in one.state.outbox} == {OutboxPhase.SENT})
        assert [item.key for item in one.state.outbox] == keys
        assert notes(server) == [f"after the token {number}" for number in range(3)]
        draft = one.state.draft(ticket)
        assert draft is not None
        assert draft.body == "half a word"


async def test_role_that_was_taken_away_refuses_the_write_and_keeps_its_words(server: ServerThread, tmp_path: Path) -> None:
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        ticket = one.state.queue.rows[0].id
        with server.engine.begin() as connection:
            connection.execute(text("UPDATE agents SET role = 'auditor' WHERE login = 'li.wei'"))
        server.parts.desk.load_agents()
        one.engine.perform(Apply((ticket,), Note("after the token was less worth")))
        await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.REFUSED])
        [item] = one.state.outbox
        assert isinstance(item.change, Note)
        assert (item.change.body, "role" in item.reason) == ("after the token was less worth", True)
        assert notes(server) == []
        one.engine.sign_in_again()
        await until(lambda: one.state.link.phase is LinkPhase.LIVE and one.engine.busy == 0)
        await until(lambda: one.state.session.session is not None and one.state.session.session.agent.role == "auditor")


async def test_words_of_a_newer_server_are_shown_as_they_are() -> None:
    newer = ROW | {"status": "waiting_on_regulator", "phase": "limbo", "channel": "hologram", "priority": 9, "weight": 12.5}
    older = {name: value for name, value in (ROW | {"id": "t2"}).items() if name not in {"tags", "watchers"}}
    broken = {name: value for name, value in (ROW | {"id": "t3"}).items() if name != "version"}
    body = json.dumps({"items": [newer, older, broken], "epoch": 7}).encode()
    async with raw_server(said(body)) as server:
        backend = NativeBackend(server.url, "token", limits=QUICK)
        page = await backend.list_tickets(QueueQuery(), None)
        await backend.close()
    first, second = page.items
    assert str(first.status.title) == "waiting on regulator"
    assert (first.status.phase, first.channel, int(first.priority)) == (Phase.OPEN, Channel.OTHER, 4)
    assert (second.tags, page.bad_items) == ((), 1)


async def test_word_the_server_does_not_know_is_refused_whole(server: ServerThread, tmp_path: Path) -> None:
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        row = one.state.queue.rows[0]
        one.engine.perform(Apply((row.id,), SetStatus("waiting_on_regulator")))
        await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.REFUSED])
    token = server.token_for("li.wei")
    backend = NativeBackend(server.url, token)
    await backend.open()
    assert (await backend.get_ticket(TicketId(row.id))).summary.status.name == row.status.name
    await backend.close()
    await asyncio.to_thread(revoke_all, server)
    stale = NativeBackend(server.url, token)
    with pytest.raises(SignInNeeded):
        await stale.open()
    await stale.close()


async def test_copy_with_a_bad_item_says_so_and_has_the_rest(tmp_path: Path, server: ServerThread) -> None:
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE tickets SET number = :x WHERE id = (SELECT max(id) FROM tickets)"), {"x": "canary"})
    token = server.token_for("li.wei")
    async with spoiling(server.url, (b'"number":"canary"', b'"number":{"a":1} ')) as url:

        async def connect() -> Backend:
            return NativeBackend(url, token)

        async with desk(tmp_path, connect) as one:
            said_so: list[str] = []
            one.store.subscribe(lambda state: said_so.append(state.view.notice.text if state.view.notice else ""))
            await one.live()
            await one.show(ALL_LIVE)
            await until(lambda: any("1 items of the server" in line for line in said_so))
            await until(lambda: any("1 items of the server" in line for line in one.state.queue.problems))
            assert len(one.state.queue.rows) > 10


async def test_next_run_knows_what_the_copy_lacks_before_it_hears_of_the_server(tmp_path: Path, server: ServerThread) -> None:
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE tickets SET number = :x WHERE id = (SELECT max(id) FROM tickets)"), {"x": "canary"})
    token = server.token_for("li.wei")
    spoilt = ((b'"number":"canary"', b'"number":{"a":1} '), (b'"title":"Promises"', b'"title":[4]'))
    async with spoiling(server.url, *spoilt) as url:

        async def connect() -> Backend:
            return NativeBackend(url, token)

        async with desk(tmp_path, connect) as one:
            await one.live()
            await until(lambda: one.state.queue.bad_views == 1 and one.common.bad_items == 1)
    async with desk(tmp_path, None) as one:
        assert one.state.queue.bad_views == 1
        await one.show(ALL_LIVE)
        assert any("1 items of the server" in line for line in one.state.queue.problems)
