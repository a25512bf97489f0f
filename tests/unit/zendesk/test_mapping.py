"""What Zendesk says, as the desk has it: the published examples, and anything at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zendesk import directory, macros, mapping, writing
from supportdesk_tui.backends.zendesk.client import Quota, number_of, said
from supportdesk_tui.backends.zendesk.query import quoted, to_search
from supportdesk_tui.backends.zendesk.words import Field, Lens, default_statuses
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.changes import Assign, Note, Reply, SetField, SetPriority, SetStatus, Tag, Transfer, Watch
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import NotFound, Refused
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.people import Agent, AgentState, Role
from supportdesk_tui.domain.queue import MY_TEAMS, QueueQuery
from supportdesk_tui.domain.sla import ClockKind
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, Status
from supportdesk_tui.text.safe import FORBIDDEN, SafeText, sanitize_line
from tests.specs.strict import FOLDER

EXAMPLES = json.loads((FOLDER / "zendesk" / "oas.agent.json").read_text(encoding="utf-8"))["components"]["examples"]
ME = Agent(AgentId("35334"), sanitize_line("Ana"), Role.L2, (TeamId("98738"),), (), (), AgentState.AVAILABLE, 0, 0)
LENS = Lens(
    me=ME,
    agents={ME.id: ME},
    groups={TeamId("98738"): "Level 2"},
    statuses={**default_statuses(), "pending/9": Status("pending/9", Phase.PENDING, sanitize_line("Bank"))},
    status_names={"9": "pending/9"},
    status_numbers={"pending/9": "9"},
    fields={
        "27642": Field("27642", sanitize_line("Order"), "text", True),
        "27648": Field("27648", sanitize_line("Gift"), "tagger"),
    },
)


def example(name: str, *path: str) -> Node:
    return Node(EXAMPLES[name]["value"]).at(*path)


def test_published_ticket_is_read_whole() -> None:
    opened = mapping.to_ticket(example("TicketResponseExample", "ticket"), [], LENS)
    row = opened.summary
    assert (row.id, row.number, row.subject) == ("35436", "#35436", "Help, my printer is on fire!")
    assert (row.status.phase, row.priority, row.channel) == (Phase.OPEN, Priority.P2, Channel.TICKET)
    assert (row.owner, row.team, row.tags, row.watched) == ("235323", "98738", ("enterprise", "other_tag"), True)
    assert row.updated_at == datetime(2011, 5, 5, 10, 38, 52, tzinfo=UTC)
    assert mapping.stamp_of(row.version) == "2011-05-05T10:38:52Z"
    assert [(one.title, one.value, one.required) for one in opened.fields] == [("Order", "745", True), ("Gift", "yes", False)]
    assert mapping.linked_ids(example("TicketResponseExample", "ticket")) == {"9873764": "task_of"}


def test_published_comments_are_read_with_who_speaks() -> None:
    for row in example("TicketCommentsResponseExample").each("comments"):
        entry = mapping.to_entry(row, LENS)
        assert entry.body
        assert entry.seq == row.number("id")
        assert entry.kind is (EntryKind.CUSTOMER if row.flag("public") else EntryKind.NOTE)
        assert [file.name for file in entry.attachments] == [one.text("file_name") for one in row.each("attachments")]


def test_published_macro_is_a_preview_of_words_and_steps() -> None:
    after = example("MacroChangesToTicketsResponseExample", "result", "ticket")
    text = macros.to_macro_text(after, Node(), Node({"group_id": 98738, "custom_fields": []}), LENS)
    assert (text.body, text.is_note) == ("Assigned to Agent Uno.", True)
    assert text.then == (Assign(AgentId("235323")), SetField("27642", "745"))


def test_published_views_fields_and_articles_are_read() -> None:
    assert directory.to_field(
        Node({"id": 1, "title": "T", "custom_field_options": [{"name": "Card", "value": "c"}]})
    ).options == {"c": "Card"}
    for row in example("TicketFieldsResponseExample").each("ticket_fields"):
        assert directory.to_field(row).number == row.text("id")
    for row in example("ViewsResponseExample").each("views"):
        assert mapping.to_view(row, {}).query.view == row.text("id")
    for row in example("MacrosResponseExample").each("macros"):
        assert mapping.to_macro(row).title


def test_closed_ticket_is_closed_whatever_status_of_the_account_it_keeps() -> None:
    lens = Lens(status_names={"5": "solved"})
    assert mapping.status_of(Node({"status": "closed", "custom_status_id": 5}), lens).phase is Phase.CLOSED
    assert mapping.status_of(Node({"status": "pending", "custom_status_id": 9}), LENS).title == "Bank"
    unknown = mapping.status_of(Node({"status": "parked"}), lens)
    assert (unknown.title, unknown.phase) == ("parked", Phase.OPEN)


def test_deadline_is_the_earliest_that_runs() -> None:
    metrics = [
        {"breach_at": "2026-01-03T00:00:00Z", "stage": "active", "metric": "requester_wait_time"},
        {"breach_at": "2026-01-02T00:00:00Z", "stage": "active", "metric": "first_reply_time"},
        {"breach_at": "2026-01-01T00:00:00Z", "stage": "achieved", "metric": "next_reply_time"},
    ]
    made = datetime(2025, 12, 31, tzinfo=UTC)
    clock = mapping.clock_of(Node({"slas": {"policy_metrics": metrics}}), made)
    assert (clock.kind, clock.due_at, clock.paused) == (ClockKind.FIRST, datetime(2026, 1, 2, tzinfo=UTC), False)
    paused = mapping.clock_of(Node({"slas": {"policy_metrics": [{**metrics[0], "stage": "paused"}]}}), made)
    assert paused.paused
    assert mapping.clock_of(Node({"slas": {"policy_metrics": []}}), made).due_at is None


def test_words_are_the_text_or_the_markup_or_what_was_heard() -> None:
    assert mapping.words_of(Node({"body": "plain", "html_body": "<p>markup</p>"})).text == "plain"
    assert mapping.words_of(Node({"body": "", "html_body": "<p>one</p><p>two</p>"})).text.split() == ["one", "two"]
    assert mapping.words_of(Node({"body": "", "data": {"transcription_text": "hello"}})).text == "hello"
    masked = mapping.words_of(Node({"html_body": "<p>card 4111 1111 1111 1111</p>"}))
    assert "card" in masked.kinds
    assert "4111 1111 1111 1111" not in masked.text


@pytest.mark.parametrize(
    ("body", "words", "fields"),
    [
        ({"error": "RecordNotFound", "description": "Not found"}, "Not found (RecordNotFound)", {}),
        ({"error": {"title": "Forbidden", "message": "You do not have access"}}, "You do not have access (Forbidden)", {}),
        ({"error": "Couldn't authenticate you"}, "Couldn't authenticate you", {}),
        (
            {
                "error": "RecordInvalid",
                "description": "Errors",
                "details": {"status": [{"description": "closed", "error": "x"}]},
            },
            "Errors (RecordInvalid); closed",
            {"status": "closed"},
        ),
        ([], "", {}),
        ({"error": {"title": []}, "details": "x"}, "", {}),
    ],
)
def test_refusal_is_a_word_or_an_object(body: Any, words: str, fields: dict[str, str]) -> None:
    read = said(json.dumps(body).encode())
    assert (read.reason, dict(read.fields)) == (words, fields)


def test_page_of_a_proxy_says_nothing() -> None:
    assert said(b"<html>").reason == ""


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "699"}, False),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "12"}, True),
        ({"ratelimit-limit": "700", "ratelimit-remaining": "12", "ratelimit-reset": "41"}, True),
        ({"rate-limit": "700", "rate-limit-limit": "700", "rate-limit-remaining": "3", "rate-limit-reset": "9"}, True),
        ({"zendesk-ratelimit-tickets-index": "total=100; remaining=99; resets=41"}, False),
        ({"zendesk-ratelimit-tickets-index": "total=100; remaining=2; resets=41"}, True),
        ({"ratelimit-limit": "many", "ratelimit-remaining": "-1", "zendesk-ratelimit-x": "soon"}, False),
        ({}, False),
    ],
)
def test_both_families_of_quota_headers_are_heard(headers: dict[str, str], waits: bool) -> None:
    quota = Quota()
    quota.heard(headers)
    assert (quota.wait_s > 0) is waits
    assert quota.wait_s <= 60


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("phase:new,open,pending,on_hold,snoozed", "status<solved"),
        ("phase:open", "status:open"),
        ("owner:me prio:p1", "assignee:me priority:urgent"),
        ("owner:nobody tag:vip", 'assignee:none tags:"vip"'),
        ("prio:p3,p4", ""),
    ],
)
def test_query_is_said_in_words_of_the_search(line: str, words: str) -> None:
    asked = to_search(grammar.parse(line).query, LENS)
    assert sorted(asked.words.split()) == sorted(words.split())


def test_word_the_search_would_take_for_a_term_is_quoted() -> None:
    asked = to_search(QueueQuery(text='refund "not here" status:closed -x a*'), LENS)
    assert asked.words == 'refund "not here" "status:closed" "-x" "a*"'


def test_groups_are_searched_by_name_and_quotes_cannot_break_out() -> None:
    asked = to_search(QueueQuery(teams=frozenset({MY_TEAMS}), tags=frozenset({'a" status:closed'})), LENS)
    assert asked.words == 'group:"Level 2" tags:"a  status:closed"'
    assert quoted('x"y') == '"x y"'
    assert to_search(QueueQuery(phases=frozenset({Phase.SNOOZED})), LENS).is_nothing
    assert to_search(QueueQuery(statuses=frozenset({"nope"})), LENS).is_nothing
    assert to_search(QueueQuery(languages=frozenset({"zh"}), unread=True), LENS).unapplied == ("lang", "is:unread")


def test_reply_and_what_follows_are_one_request() -> None:
    row = Node({"tags": ["a", "b"], "group_id": 98738})
    then = (SetStatus("pending/9"), SetPriority(Priority.P1), Tag(("c",), ("a",)), Tag(("d",)), SetField("27642", "7"), Watch())
    body = writing.to_body(Reply("Hi", then, cc=("x@example.com",)), row, LENS)
    assert body["comment"] == {"body": "Hi", "public": True}
    assert (body["custom_status_id"], body["priority"], body["tags"]) == (9, "urgent", ["b", "c", "d"])
    assert body["followers"] == [{"user_id": "35334", "action": "put"}]
    assert "status" not in body
    assert writing.to_body(Note("n"), row, LENS)["comment"]["public"] is False
    moved = writing.to_body(Transfer(TeamId("5"), "wrong desk"), row, LENS)
    assert moved == {"group_id": 5, "assignee_id": None, "comment": {"body": "wrong desk", "public": False}}


@pytest.mark.parametrize("change", [SetStatus("nope"), SetField("1", "x"), Assign(AgentId("ana")), Transfer(TeamId("x"))])
def test_change_to_something_unknown_is_refused_before_it_leaves(change: SetStatus | SetField | Assign | Transfer) -> None:
    with pytest.raises(Refused) as raised:
        writing.to_body(change, Node(), LENS)
    assert raised.value.fields


def test_field_is_written_as_its_kind_wants_it() -> None:
    options = {"product_card": "Card", "product_loan": "Loan"}
    title = sanitize_line("T")
    assert Field("1", title, "tagger", options=options).written("Card") == "product_card"
    assert Field("1", title, "multiselect", options=options).written("Card, product_loan") == ["product_card", "product_loan"]
    assert Field("1", title, "checkbox").written("yes") is True
    assert Field("1", title, "integer").written("-5") == -5
    assert Field("1", title, "text").written("") is None
    assert mapping.shown(Field("1", title, "multiselect", options=options), Node(["product_card", "x"])) == "Card, x"


@pytest.mark.parametrize("name", ["", "#", "4029/../1", "٣", "1" * 30, "-1"])
def test_number_that_is_none_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        number_of(TicketId(name))


KEYS = sorted(
    {
        "id",
        "status",
        "priority",
        "tags",
        "via",
        "channel",
        "custom_fields",
        "value",
        "slas",
        "policy_metrics",
        "breach_at",
        "stage",
    }
    | {
        "body",
        "html_body",
        "attachments",
        "public",
        "author_id",
        "created_at",
        "updated_at",
        "fields",
        "comment",
        "scoped_body",
    }
    | {"requester_id", "assignee_id", "follower_ids", "name", "title", "actions", "field", "type", "error", "details", "size"}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=12),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_is_read_without_an_error_and_safe_to_draw(value: Any) -> None:
    node = Node(value)
    opened = mapping.to_ticket(node, [node], LENS)
    entry = mapping.to_entry(node, LENS)
    customer = mapping.to_customer(Node({"user": value, "organizations": [value]}), [node], LENS)
    text = macros.to_macro_text(node, node, Node(), LENS)
    drawn = [opened.summary.subject, opened.summary.status.title, entry.body, entry.author, customer.customer.name, text.body]
    drawn += [
        mapping.to_macro(node).preview,
        mapping.to_article(node, "https://z.example").title,
        mapping.to_view(node, {}).title,
    ]
    assert all(isinstance(one, SafeText) for one in drawn)
    assert not any(FORBIDDEN.search(one.replace("\n", "")) for one in drawn)
    assert isinstance(directory.is_shown(node), bool)
    said(json.dumps(value, default=str).encode())
    writing.is_done({"tags": ["x"], "status": "open", "custom_fields": [{"id": 1, "value": "x"}]}, node, LENS)
