"""What is told of a change to many: only keys that do something here, names as the desk knows them, a few reasons."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    MarkRead,
    Outcome,
    SetField,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.store.state import DeskState, Level, OutboxItem, OutboxPhase, SessionState
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.sending_many import REASONS, sorted_out, told_of_many
from supportdesk_tui.sync.telling import told
from tests import make

TICKETS = tuple(TicketId(f"t{n}") for n in range(1, 7))
NUMBERS = tuple((ticket, f"HX-{ticket}") for ticket in TICKETS)


def at_desk(*lacking: Capability) -> Common:
    """An agent's desk whose product can do all but these."""
    store = Store(
        DeskState(session=SessionState(make.session(capabilities=frozenset(Capability) - set(lacking)), make.directory()))
    )
    return Common(store, Cache(None))


def sent(*refused: str, change: object = None) -> tuple[OutboxItem, OutboxItem | None]:
    """A change to six tickets, the first of which were refused for these reasons."""
    deed = change or Assign(AgentId("a2"))
    item = make.outbox_item(1, OutboxPhase.SENDING, change=deed, tickets=TICKETS, numbers=NUMBERS)
    reasons = [*refused, *[""] * (len(TICKETS) - len(refused))]
    outcomes = [Outcome(ticket, not reason, reason) for ticket, reason in zip(TICKETS, reasons, strict=True)]
    return sorted_out(item, outcomes)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Assign(AgentId("a2")), "6 tickets assigned to Agent 2"),
        (Assign(None), "6 tickets are nobody's now"),
        (Assign(make.ME), "6 tickets taken"),
        (Transfer(TeamId("frontline-cn")), "6 tickets moved to Frontline-CN"),
        (SetStatus("open"), f"6 tickets set to {make.OPEN.title}"),
        (SetPriority(Priority.P1), "6 tickets set to P1"),
        (Tag(add=("vip", "bug")), "6 tickets tagged vip, bug"),
        (Tag(remove=("vip",)), "6 tickets: tag vip taken off"),
        (Snooze(None), "6 tickets snoozed until the customer answers"),
        (Snooze(make.NOW), "6 tickets snoozed"),
        (Watch(), "6 tickets watched"),
        (Watch(False), "6 tickets no longer watched"),
        (MarkRead(read=False), "6 tickets unread again"),
        (SetField("txid", "x"), "6 tickets changed"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_kind_is_told_by_what_it_did(change: Change, line: str) -> None:
    assert told_of_many(sent(change=change)[0], at_desk()) == (f"{line} · ⟪desk.undo⟫ takes all back", Level.DONE)


def test_no_key_is_named_that_takes_nothing_back() -> None:
    common = at_desk(Capability.UNDO)
    assert told_of_many(sent()[0], common) == ("6 tickets assigned to Agent 2", Level.DONE)
    text, level = told_of_many(sent("closed")[0], common)
    assert (text, level) == ("5 of 6 tickets assigned to Agent 2 · ⟪outbox.open⟫ shows the other one · closed", Level.WARN)


def test_each_reason_is_named_once_and_only_a_few_of_them() -> None:
    done, rest = sent("a", "b", "a", "c", "d")
    text, _ = told_of_many(done, at_desk())
    assert text.endswith(" · a; b; c") and REASONS == 3
    assert rest is not None and told(rest, at_desk()) is None, "one line tells of both"
    assert [one.reason for one in rest.outcomes] == ["a", "b", "a", "c", "d"]


def test_a_ticket_the_server_says_nothing_of_is_not_called_done() -> None:
    item = make.outbox_item(1, OutboxPhase.SENDING, change=SetStatus("solved"), tickets=TICKETS, numbers=NUMBERS)
    done, rest = sorted_out(item, [Outcome(ticket, True) for ticket in TICKETS[:5]])
    assert (done.tickets, rest is not None and rest.tickets) == (TICKETS[:5], TICKETS[5:])
    assert rest is not None and (rest.number, rest.numbers, rest.is_bulk) == ("HX-t6", (), False), "one ticket is no batch"


def test_who_and_what_is_not_known_here_is_called_by_its_id() -> None:
    common = at_desk()
    assert told_of_many(sent(change=Assign(AgentId("x9")))[0], common)[0].startswith("6 tickets assigned to x9 · ")
    assert told_of_many(sent(change=Transfer(TeamId("moon")))[0], common)[0].startswith("6 tickets moved to moon · ")
    undo = make.outbox_item(2, OutboxPhase.SENT, change=Undo(ChangeKey("gone")), tickets=TICKETS)
    undone = told_of_many(replace(undo, outcomes=tuple(Outcome(one, True) for one in TICKETS)), common)
    assert undone == ("Taken back: 6 tickets changed", Level.DONE)
