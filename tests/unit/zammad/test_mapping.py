"""Zammad's answers become tickets, entries and people, whatever is in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import macros, mapping
from supportdesk_tui.backends.zammad.client import to_found
from supportdesk_tui.backends.zammad.mapping import Assets
from supportdesk_tui.backends.zammad.words import Lens, Ranked, to_priorities, to_states
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.sla import ClockKind
from supportdesk_tui.domain.ticket import Channel, Phase, Priority
from tests.unit.zammad.samples import answers, lens

NO_ASSETS = Assets(Node())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from(
    """id assets Ticket ticket_id ticket_article_ids TicketArticle attachments preferences links tags mentions Mention
    state_id 1 created_at escalation_at group_ids perform body content_type link_object link_object_value User article.note
    ticket.tags value record_ids records tickets""".split()  # noqa: SIM905  a table reads better as words
)
SHAPED = st.recursive(JSON | st.just(1), lambda inner: st.dictionaries(KEYS, inner, max_size=6) | st.lists(inner, max_size=2))


def test_every_shape_of_a_search_in_the_documentation_is_read() -> None:
    shown = answers("GET", "/tickets/search")
    assert len(shown) == 5
    for answer in shown[:4]:
        found = to_found(answer)
        rows = [mapping.to_summary(row, found.assets, lens()) for row in found.rows]
        assert [row.subject for row in rows][-1:] == ["Welcome to Zammad!"]
        assert rows[-1].number in {"#20001", "#97001"}
        assert rows[-1].customer_name in {"Nicole Braun", "nicole.braun@zammad.org", ""}
        assert (rows[-1].channel, rows[-1].status.phase, rows[-1].owner) == (Channel.PHONE, Phase.NEW, None)
    assert to_found(shown[3]).total == 2
    assert to_found(shown[4]).total == 1
    assert to_found(shown[4]).rows == []


def test_answer_of_a_search_of_6_2_is_read() -> None:
    answer = Node({"tickets": [2, 1], "tickets_count": 2, "assets": {"Ticket": {"1": {"id": 1}, "2": {"id": 2}}}})
    assert [row.text("id") for row in to_found(answer).rows] == ["2", "1"]
    assert to_found(answer).total is None


def test_newest_shape_of_a_search_is_read() -> None:
    found = to_found(Node({"records": [{"id": 5, "state_id": 99, "state": "parked", "owner_id": 1}], "total_count": 41}))
    [row] = [mapping.to_summary(one, found.assets, lens()) for one in found.rows]
    assert (found.total, row.status.title, row.status.phase, row.owner) == (41, "parked", Phase.OPEN, None)


def test_thread_of_the_documentation_is_read() -> None:
    [thread] = answers("GET", "/ticket_articles/by_ticket/{ticket_id}")
    entries = [mapping.to_entry(row, NO_ASSETS) for row in thread.each()]
    assert [entry.kind for entry in entries][:2] == [EntryKind.CUSTOMER, EntryKind.AGENT]
    assert entries[0].author == "David Bell <david@example.com>"
    assert "1 x Café Kopi susu\n" in entries[0].body
    assert all(entry.seq and entry.at.year == 2021 for entry in entries)
    assert all("<" not in entry.body.replace("<david", "") for entry in entries)


def test_ticket_that_is_linked_comes_with_its_subject() -> None:
    [shown] = answers("GET", "/links")
    whole = Node({**shown.value, "ticket_id": 40} if isinstance(shown.value, dict) else {})
    [link] = mapping.to_ticket(whole, lens()).links
    assert (link.id, link.number, link.relation, link.subject, link.status.phase) == (
        "41", "#93039", "related", "test", Phase.SOLVED
    )  # fmt: skip


def test_agent_of_the_documentation_is_read() -> None:
    [me] = answers("GET", "/users/me")
    agent = mapping.to_agent(me)
    assert (agent.id, agent.name, agent.teams) == ("3", "Christopher Miller", ("1", "2", "3"))
    assert mapping.access_of(me) == {"full"}


def test_states_mean_what_their_kind_says_whatever_they_are_called() -> None:
    rows = [
        {"id": 1, "name": "neu", "state_type_id": 1},
        {"id": 2, "name": "offen", "state_type_id": 2},
        {"id": 3, "name": "warten auf Erinnerung", "state_type_id": 3},
        {"id": 8, "name": "warten auf Kunde", "state_type_id": 3},
        {"id": 4, "name": "geschlossen", "state_type_id": 5},
        {"id": 9, "name": "pending close"},
        {"id": 10, "name": "???", "state_type_id": 77},
    ]
    phases = {one.id: one.status.phase for one in to_states([Node(row) for row in rows]).values()}
    assert phases == {
        "1": Phase.NEW,
        "2": Phase.OPEN,
        "3": Phase.SNOOZED,
        "8": Phase.PENDING,
        "4": Phase.SOLVED,
        "9": Phase.PENDING,
        "10": Phase.OPEN,
    }


@pytest.mark.parametrize(
    ("names", "ranks"),
    [
        (["1 low", "2 normal", "3 high"], [Priority.P4, Priority.P3, Priority.P1]),
        (["3 high", "1 low", "2 normal"], [Priority.P1, Priority.P4, Priority.P3]),
        (["low", "high"], [Priority.P3, Priority.P1]),
        (["only"], [Priority.P3]),
        (["1", "2", "3", "4", "5"], [Priority.P4, Priority.P4, Priority.P3, Priority.P2, Priority.P1]),
        ([], []),
    ],
)
def test_priorities_are_put_in_order(names: list[str], ranks: list[Priority]) -> None:
    read = to_priorities([Node({"id": number, "name": name}) for number, name in enumerate(names)])
    assert [read[str(number)].rank for number in range(len(names))] == ranks


def test_priority_out_of_use_keeps_its_tickets_in_sight() -> None:
    read = to_priorities([Node({"id": 1, "name": "1 low"}), Node({"id": 2, "name": "9 old", "active": False})])
    assert (read["2"].rank, read["2"].is_active) == (Priority.P3, False)
    assert Lens(priorities=read).priority_id(Priority.P1) == "1"


def test_priority_that_is_not_there_is_written_as_the_nearest() -> None:
    three = Lens(priorities={"1": Ranked(Priority.P4), "2": Ranked(Priority.P3), "3": Ranked(Priority.P1)})
    assert [three.priority_id(one) for one in Priority] == ["3", "3", "2", "1"]
    assert Lens().priority_id(Priority.P1) is None


def test_clock_is_the_deadline_that_comes_first() -> None:
    row = {"id": 1, "created_at": "2026-01-01T00:00:00Z", "last_contact_customer_at": "2026-01-02T00:00:00Z"}
    due = "2026-01-03T00:00:00.000Z"
    for name, kind in (("first_response", ClockKind.FIRST), ("update", ClockKind.NEXT), ("close", ClockKind.RESOLVE)):
        clock = mapping.to_summary(Node({**row, "escalation_at": due, f"{name}_escalation_at": due}), NO_ASSETS, lens()).clock
        assert clock.kind is kind
        assert clock.started_at is not None
        assert clock.started_at.day == (2 if kind is ClockKind.NEXT else 1)
    assert mapping.to_summary(Node(row), NO_ASSETS, lens()).clock.due_at is None


@pytest.mark.parametrize(
    ("article", "kind"),
    [
        ({"sender_id": 2, "type_id": 1, "internal": True}, EntryKind.CUSTOMER),
        ({"sender_id": 1, "type_id": 10, "internal": True}, EntryKind.NOTE),
        ({"sender_id": 1, "type_id": 10, "internal": False}, EntryKind.AGENT),
        ({"sender_id": 1, "type_id": 1, "internal": True}, EntryKind.AGENT),
        ({"sender_id": 3, "type_id": 1, "internal": False}, EntryKind.BOT),
        ({"sender_id": 3, "type_id": 10, "internal": True}, EntryKind.NOTE),
        ({"sender": "Agent", "type": "phone"}, EntryKind.AGENT),
        ({}, EntryKind.SYSTEM),
    ],
)
def test_who_speaks_is_decided_by_the_sender_and_mail_marked_internal_still_went_out(
    article: dict[str, object], kind: EntryKind
) -> None:
    assert mapping.to_entry(Node(article), NO_ASSETS).kind is kind


def test_files_are_listed_with_inline_images_and_without_the_other_form_of_the_words() -> None:
    files = [
        {"id": 17, "filename": "portal\x1b.txt", "size": "19", "preferences": {"Mime-Type": "text/plain"}},
        {"id": 18, "filename": "shot.png", "size": "2048", "preferences": {"Content-Type": "image/png; name=shot.png"}},
        {"id": 19, "filename": "message.html", "size": "5", "preferences": {"content-alternative": True}},
        {"id": 20, "filename": "x", "size": None, "preferences": None},
    ]
    body = '<p>See <img src="/api/v1/ticket_attachment/5/9/18?view=inline"> 4012 8888 8888 1881</p>'
    row = {"id": 9, "ticket_id": 5, "content_type": "text/html", "body": body, "attachments": files}
    entry = mapping.to_entry(Node(row), NO_ASSETS)
    assert [(one.id, one.size, one.media_type, one.inline) for one in entry.attachments] == [
        ("5/9/17", 19, "text/plain", False),
        ("5/9/18", 2048, "image/png", True),
        ("5/9/20", 0, "application/octet-stream", False),
    ]
    assert "\x1b" not in entry.attachments[0].name
    assert entry.masked == ("card",)
    assert "4012" not in entry.body
    assert entry.body.startswith("See [image: shot.png]")


def test_fields_the_admin_made_are_facts_of_the_ticket() -> None:
    row = {"id": 4, "title": "x", "order_no": "A-1", "is_urgent": True, "areas": ["a", "b"], "empty": None, "tree": {"a": 1}}
    ticket = mapping.to_ticket(Node({"ticket_id": 4, "assets": {"Ticket": {"4": row}}}), lens())
    assert [(one.name, one.value) for one in ticket.fields] == [
        ("order_no", "A-1"), ("is_urgent", "yes"), ("areas", "a, b"), ("empty", "")
    ]  # fmt: skip


@given(JSON | SHAPED)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_without_an_error(value: object) -> None:
    node, look = Node(value), lens()
    mapping.to_ticket(node, look)
    mapping.merged_into(node, look)
    mapping.to_agent(node)
    mapping.access_of(node)
    mapping.to_customer(node, node, look)
    mapping.to_article(node, "en")
    for row in (node, *mapping.articles_of(node), *to_found(node).rows):
        mapping.to_entry(row, Assets(node))
        mapping.to_summary(row, Assets(node), look)
        mapping.raw_words(row)
    to_states([node])
    to_priorities([node])
    macros.from_module(node, node, look)
    macros.from_macro(node, node, look, mapping.EPOCH)
