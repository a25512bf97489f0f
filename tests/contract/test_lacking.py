"""What a product cannot do is said beforehand, with a reason, and refused when it is asked all the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability as Can
from supportdesk_tui.domain.changes import (
    Change,
    Escalate,
    Link,
    MakePromise,
    MarkRead,
    Merge,
    SetAgentState,
    SetField,
    SetPriority,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.errors import Unsupported
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TeamId, TicketId
from supportdesk_tui.domain.ticket import Priority
from tests.contract.floor import Floor, new_key

TOMORROW = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=1)
ASKED: dict[Can, Callable[[TicketId], Change]] = {
    Can.TRANSFER: lambda _: Transfer(TeamId("nobody")),
    Can.PRIORITY: lambda _: SetPriority(Priority.P1),
    Can.TAG: lambda _: Tag(add=("x",)),
    Can.FIELD: lambda _: SetField("x", "y"),
    Can.SNOOZE: lambda _: Snooze(TOMORROW),
    Can.WATCH: lambda _: Watch(),
    Can.READ_MARK: lambda _: MarkRead(),
    Can.MERGE: Merge,
    Can.LINK: Link,
    Can.ESCALATE: lambda _: Escalate(TeamId("nobody"), "x"),
    Can.PROMISE: lambda _: MakePromise("x", TOMORROW),
    Can.UNDO: lambda _: Undo(new_key()),
    Can.AGENT_STATE: lambda _: SetAgentState("busy"),
}


async def test_every_gap_of_the_product_is_in_the_session_with_its_reason(floor: Floor, desk: Backend) -> None:
    session = await desk.open()
    for capability, reason in floor.lacks.items():
        assert session.lacking[capability] == reason
        assert len(reason) > 10
    assert all(session.lacking[one] == "role" for one in set(session.lacking) - set(floor.lacks))


async def test_change_the_product_cannot_do_is_refused_before_it_leaves(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("What can you not do?")
    before = (await desk.get_ticket(ticket)).summary
    for capability in ASKED.keys() & floor.lacks.keys():
        with pytest.raises(Unsupported):
            await desk.apply(ticket, ASKED[capability](ticket), new_key())
    assert (await desk.get_ticket(ticket)).summary.updated_at == before.updated_at


async def test_presence_on_a_product_without_it_is_no_error(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Is anybody there?")
    await desk.attend(ticket, Activity.VIEWING)
    await desk.attend(None, Activity.GONE)
