"""Another agent at the same desk, now or at the next start: each has their own words, and nobody sends the other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Assign, Note
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged, FormTyped
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync.common import Options
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make
from tests.sync.desk import ALL_LIVE, Desk, desk
from tests.sync.fake import FakeBackend, FakeServer, until
from tests.unit.sync.test_forms import FORM

HELD = Options(hold_s=60.0)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=20, ticking=False) as one:
        yield one


class Tokens:
    """Signs in whoever has the desk now."""

    def __init__(self, server: ServerThread) -> None:
        self._server = server
        self.login = "li.wei"

    async def __call__(self) -> Backend:
        return NativeBackend(self._server.url, self._server.token_for(self.login))


async def written_by_li(one: Desk) -> None:
    """A draft, a form, a change that was sent, one that is held; all of it on the disk."""
    await one.live()
    await one.show(ALL_LIVE)
    first, second = (row.id for row in one.state.queue.rows[:2])
    await one.open(first)
    one.engine.perform(Apply((first,), Assign(None)))
    await until(lambda: bool(one.state.undo_stack) and any(item.phase is OutboxPhase.SENT for item in one.state.outbox))
    one.engine.perform(Apply((second,), Note("held by li"), hold=True))
    await until(lambda: any(item.phase is OutboxPhase.HELD for item in one.state.outbox))
    one.store.dispatch(DraftChanged(Draft(first, body="words of li", is_saved=False)), FormTyped(FORM))
    await until(lambda: one.state.drafts[first].is_saved and all(form.is_saved for form in one.state.forms.values()))


def shown(one: Desk) -> tuple[list[str], list[str], list[str], int]:
    """What somebody has written or done: drafts, forms, what has not left, and how much could be taken back."""
    waiting = [getattr(item.change, "body", "") for item in one.state.outbox if item.phase is OutboxPhase.HELD]
    return (
        [draft.body for draft in one.state.drafts.values()],
        [form.texts[0][1] for form in one.state.forms.values()],
        waiting,
        len([item for item in one.state.outbox if isinstance(item.change, Assign) and item.key in one.state.undo_stack]),
    )


async def for_mei(one: Desk) -> None:
    """Mei has the desk, and it shows nothing of Li's; what she writes is hers."""
    await until(lambda: "Mei" in str(one.state.session.session and one.state.session.session.agent.name))
    await one.live()
    assert shown(one) == ([], [], [], 0)
    await one.show(ALL_LIVE)
    one.store.dispatch(DraftChanged(Draft(one.state.queue.rows[0].id, body="words of mei", is_saved=False)))
    await until(lambda: all(draft.is_saved for draft in one.state.drafts.values()))


async def test_who_signs_in_at_a_running_desk_finds_nothing_of_the_one_before_and_they_find_all_of_it_again(
    server: ServerThread, tmp_path: Path
) -> None:
    tokens = Tokens(server)
    async with desk(tmp_path, tokens, HELD) as one:
        await written_by_li(one)
        tokens.login = "mei.lin"
        one.engine.sign_in_again()
        await for_mei(one)
        tokens.login = "li.wei"
        one.engine.sign_in_again()
        await until(lambda: shown(one)[:3] == (["words of li"], ["半句话 é"], ["held by li"]))
    tokens.login = "mei.lin"
    async with desk(tmp_path, tokens, HELD) as one:
        await until(lambda: shown(one)[0] == ["words of mei"])


async def test_changes_of_who_signs_in_are_asked_for_again_where_the_disk_would_not_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = replace(make.session(), agent=replace(make.session().agent, id=AgentId("a2")))
    sessions, read, refusals = [make.session(), theirs], Ledger.items, [StorageError("the disk would not")]
    ledger = Ledger(tmp_path / "outbox")
    ledger.open()
    item = make.outbox_item(1, OutboxPhase.HELD, change=Note("held by them"))
    ledger.put_item(AgentId("a2"), item)
    ledger.close()

    def items(self: Ledger, agent: AgentId) -> list[OutboxItem]:
        if agent == "a2" and refusals:
            raise refusals.pop()
        return read(self, agent)

    async def connect() -> Backend:
        return FakeBackend(FakeServer(), sessions.pop(0) if sessions[1:] else sessions[0])

    monkeypatch.setattr(Ledger, "items", items)
    async with desk(tmp_path, connect, HELD) as one:
        await one.live()
        one.engine.sign_in_again()
        await until(lambda: [waiting.key for waiting in one.state.outbox] == [item.key])
        assert not refusals
