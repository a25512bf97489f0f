"""What of an answer cannot be read costs that much and no more, and is said: a field its text, a list its count."""

import json
from typing import Any

import httpx
import pytest

from supportdesk_tui.backends.native import mapping
from supportdesk_tui.backends.native.events import to_notices
from supportdesk_tui.backends.native.mapping import Lens
from supportdesk_tui.backends.native.reading import UNREADABLE, mended, misread
from supportdesk_tui.domain.feed import TicketChanged
from supportdesk_tui.domain.ids import CustomerId, TicketId
from supportdesk_tui.domain.queue import bad_items_of
from supportdesk_tui.domain.ticket import Phase, Priority, TicketSummary
from supportdesk_tui.wire import schema as wire
from supportdesk_tui.wire.sse import SseEvent
from tests.contract.answers import answered, backend
from tests.unit.native.test_mapping import AT, CUSTOMER, ROW

AGENT = {"id": "a1", "name": "Li", "login": "li", "role": "l1", "state": "away", "load": 1, "capacity": 2}
VIEW = {"id": "mine", "title": "Mine", "q": "owner:me", "sort": "clock", "count": 3}


def read_row(**changed: Any) -> TicketSummary:
    row, lost = mended(json.dumps(ROW | changed).encode(), wire.TicketRow)
    assert lost == 0
    return mapping.to_summary(row, Lens())


def test_field_of_another_type_is_kept_as_text_and_the_row_stands() -> None:
    row = read_row(priority="urgent", owner={"id": "a9"}, tags="vip", clock=17, unread=None, subject=["a\x1b[31m"])
    assert dict(row.unknown) == {
        "priority": "urgent", "owner": '{"id":"a9"}', "tags": "vip", "clock": "17", "unread": "null",
        "subject": '["a\\u001b[31m"]',
    }  # fmt: skip
    assert (row.id, row.version, row.owner, row.tags, row.unread) == ("t1", 7, None, (), 0)
    assert row.subject == '["a\\u001b[31m"]'
    assert row.status.phase is Phase.PENDING


def test_words_of_a_newer_server_are_named_field_by_field() -> None:
    row = read_row(status="waiting_on_regulator", phase="limbo", channel="hologram", priority=9)
    assert dict(row.unknown) == {"status": "waiting on regulator", "channel": "hologram", "priority": "9"}
    assert (row.said("priority"), row.said("owner")) == ("9", None)
    assert read_row().unknown == ()


def test_status_and_phase_of_another_type_or_missing_are_no_known_status() -> None:
    assert dict(read_row(phase=3).unknown) == {"status": "waiting customer"}
    nameless = read_row(status={"code": 4})
    assert (nameless.said("status"), nameless.status.title) == ('{"code":4}', '{"code":4}')
    older = {name: value for name, value in ROW.items() if name not in {"phase", "priority", "channel"}}
    row = mapping.to_summary(mended(json.dumps(older).encode(), wire.TicketRow)[0], Lens())
    assert dict(row.unknown) == {"status": "waiting customer", "priority": "?", "channel": ""}
    assert row.priority is Priority.P1


@pytest.mark.parametrize("name", ["id", "number", "customer_id", "version", "created_at"])
def test_row_without_what_makes_it_a_ticket_is_not_shown_as_one(name: str) -> None:
    with pytest.raises(UNREADABLE):
        mended(json.dumps(ROW | {name: {"a": 1}}).encode(), wire.TicketRow)


def test_bad_fields_deep_inside_an_answer_are_taken_by_the_nearest_that_can_be_spared() -> None:
    fields = [{"name": "txid", "title": "TXID", "value": {"hash": "0x1"}, "required": True}, {"name": 4}]
    out = {"row": ROW | {"clock": {"kind": "next", "due_at": "soon"}}, "fields": fields, "links": [{"id": 1}], "stage": "s"}
    opened, lost = mended(json.dumps(out | {"handover": ""}).encode(), wire.TicketOut)
    ticket = mapping.to_ticket(opened, Lens(), lost)
    assert (ticket.bad_items, [(one.name, one.value) for one in ticket.fields]) == (2, [("txid", '{"hash":"0x1"}')])
    assert dict(ticket.summary.unknown) == {"clock": '{"kind":"next","due_at":"soon"}'}
    assert misread(opened.fields[0]) == {"value": '{"hash":"0x1"}'}


async def test_every_list_says_how_many_items_of_it_could_not_be_read() -> None:
    bodies: dict[str, Any] = {
        "/api/v1/views": [VIEW, VIEW | {"count": "many"}, 3],
        "/api/v1/directory": {"agents": [AGENT, {"id": 3}], "tags": ["vip", 4], "statuses": [{"name": "open"}]},
        "/api/v1/customers/c1": CUSTOMER | {"kyc": [{"name": 5}], "tier": 6},
        "/api/v1/articles": [{"id": "k"}],
        "/api/v1/tickets/t1": {"row": ROW, "links": [{"id": 1}], "stage": "s", "handover": ""},
    }

    def handler(request: httpx.Request) -> httpx.Response:
        return answered(200, json.dumps(bodies[request.url.path]).encode())

    desk = backend(handler)
    views = await desk.list_views()
    assert ([view.id for view in views], bad_items_of(views)) == (["mine"], 2)
    directory = await desk.get_directory()
    assert ([one.id for one in directory.agents], directory.tags, directory.bad_items) == (["a1"], ("vip",), 3)
    customer = await desk.get_customer(CustomerId("c1"))
    assert (customer.kyc, len(customer.movements), customer.bad_items) == ((), 1, 5)
    assert bad_items_of(await desk.search_articles("x", None)) == 1
    assert (await desk.get_ticket(TicketId("t1"))).bad_items == 1
    await desk.close()


def test_event_with_a_field_it_cannot_read_is_news_and_no_gap() -> None:
    data = json.dumps({"seq": 7, "at": AT, "row": ROW | {"priority": "urgent"}})
    [notice] = to_notices(SseEvent("ticket", data, "7"), Lens())
    assert isinstance(notice, TicketChanged)
    assert notice.ticket.said("priority") == "urgent"
