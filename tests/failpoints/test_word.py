"""A change that may have left waits for the agent's word, however often the client is killed meanwhile; then it goes once."""

import random
import signal
from pathlib import Path

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.sending import new_key
from tests import make
from tests.failpoints.conftest import Stage, last_entry, table
from tests.sync.desk import desk
from tests.sync.fake import until

KILLS = 4


async def test_what_waits_for_a_word_is_not_sent_by_any_desk_that_is_killed_and_started_again(
    stage: Stage, tmp_path: Path
) -> None:
    folder, log = tmp_path / "client", tmp_path / "log"
    ledger, since, chance = Ledger(folder / "outbox"), last_entry(stage.server.engine), random.Random(7)
    ledger.open()
    for number, ticket in enumerate(stage.tickets):
        note = make.outbox_item(
            number, OutboxPhase.SENDING, key=new_key(), change=Note(f"word-{number}"), tickets=(TicketId(ticket),)
        )
        ledger.put_item(stage.agent, note)
    ledger.close()
    job = {"folder": str(folder), "url": stage.server.url, "token": stage.token, "log": str(log), "agent": stage.agent}
    stage.born(part="asker", plan="", **job)
    assert (stage.buried(), log.read_text()) == (signal.SIGKILL, "asked\n")
    for _ in range(KILLS):
        stage.born(part="onlooker", plan="", lives_s=chance.uniform(0.3, 1.2), **job)
        assert stage.buried() == signal.SIGALRM
    assert "connected" in log.read_text(), "no life was long enough to send anything"
    assert table(stage.server.engine, since) == []

    async def connect() -> Backend:
        return NativeBackend(stage.server.url, stage.token)

    async with desk(folder, connect) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        waiting = one.state.outbox
        assert [(item.phase, item.needs_word) for item in waiting] == [(OutboxPhase.UNKNOWN, True)] * len(stage.tickets)
        await one.engine.outbox.retry(next(item.key for item in waiting if item.change == Note("word-1")))
        await until(lambda: table(stage.server.engine, since))
        await until(lambda: any(item.phase is OutboxPhase.SENT for item in one.state.outbox))
        assert table(stage.server.engine, since) == [("word-1", stage.tickets[1], "note")]
