"""Answers of Chatwoot as the desk reads them: everything there is, and nothing that breaks it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.chatwoot import client, macro, mapping, query
from supportdesk_tui.backends.chatwoot.words import Inbox, Lens
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.people import AgentState, Role
from supportdesk_tui.domain.sla import ClockKind
from supportdesk_tui.domain.ticket import Channel, Phase, Priority
from supportdesk_tui.text.safe import FORBIDDEN
from tests.unit.chatwoot.samples import AGENT, CONTACT, CONVERSATION, MAIL, MESSAGE, SLA

LENS = Lens(
    me=AgentId("3"), agents={AgentId("3"): "Alice"}, teams={"2": "Payments"}, inboxes={"1": Inbox("Mail", "Channel::Email")},
    titles={"txid": "Transaction"},
)  # fmt: skip
TICKET = TicketId("7")


def summary(**changes: Any) -> Any:
    """The sample conversation with other values."""
    return mapping.to_summary(Node({**CONVERSATION, **changes}), LENS)


def entry(**changes: Any) -> Any:
    """The sample message with other values."""
    return mapping.to_entry(Node({**MESSAGE, **changes}), TICKET, LENS)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_conversation_is_read_whole() -> None:
    row = summary()
    assert (row.id, row.number, row.subject) == ("7", "#7", "Withdrawal?")
    assert (row.channel, row.category, row.status.name, row.status.phase) == (Channel.EMAIL, "1", "open", Phase.OPEN)
    assert (row.priority, row.tags, row.unread) == (Priority.P2, ("vip",), 2)
    assert (row.customer_id, row.customer_name) == ("5", "Jane Roe")
    assert (row.owner, row.owner_name, row.team) == ("3", "Alice", TeamId("2"))
    assert (row.created_at, row.updated_at) == (at(1_700_000_000), at(1_700_000_150))
    assert row.version == 1_700_000_200_123_456


def test_opened_conversation_shows_fields_by_their_titles_and_who_waits() -> None:
    ticket = mapping.to_ticket(Node(CONVERSATION), [Node(AGENT)], LENS)
    shown = {field.name: (field.title, field.value) for field in ticket.fields}
    assert shown["txid"] == ("Transaction", "0xabc")
    assert shown["waiting_since"][1] == "2023-11-14 22:14 UTC"
    assert ticket.summary.watched
    assert ticket.watchers == ("3",)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("open", Phase.OPEN),
        ("pending", Phase.PENDING),
        ("snoozed", Phase.SNOOZED),
        ("resolved", Phase.SOLVED),
        ("brand_new_one", Phase.OPEN),
    ],
)
def test_status_means_what_it_says_and_an_unknown_one_stays_in_sight(status: str, phase: Phase) -> None:
    read = summary(status=status).status
    assert (read.name, read.phase) == (status, phase)


def test_nobody_and_a_bot_own_nothing() -> None:
    meta = {name: value for name, value in CONVERSATION["meta"].items() if not name.startswith("assignee")}
    assert summary(meta=meta).owner is None
    assert summary(meta={**CONVERSATION["meta"], "assignee_type": "AgentBot"}).owner is None


def test_subject_is_the_mails_else_public_words_else_the_name() -> None:
    note = {**MESSAGE, "private": True, "content": "secret"}
    activity = {**MESSAGE, "message_type": 2, "content": "resolved by Bob"}
    assert summary(additional_attributes={}).subject == "**We** look"
    for hidden in (note, activity, None):
        assert summary(additional_attributes={}, last_non_activity_message=hidden, messages=[hidden]).subject == "Jane Roe"


@pytest.mark.parametrize(("priority", "read"), [("urgent", 1), ("high", 2), ("medium", 3), ("low", 4), (None, 4), ("new", 4)])
def test_priority_is_one_of_four(priority: str | None, read: int) -> None:
    assert summary(priority=priority).priority == read


def test_clock_is_the_next_deadline_of_the_service_level() -> None:
    first = summary(applied_sla=SLA).clock
    assert (first.kind, first.due_at) == (ClockKind.FIRST, at(1_700_003_600))
    answered = summary(applied_sla=SLA, first_reply_created_at=1_700_000_040).clock
    assert (answered.kind, answered.due_at) == (ClockKind.NEXT, at(1_700_000_650))
    calm = summary(applied_sla=SLA, first_reply_created_at=1_700_000_040, waiting_since=0).clock
    assert (calm.kind, calm.due_at) == (ClockKind.RESOLVE, at(1_700_086_400))
    assert summary(applied_sla=SLA, status="resolved").clock.kind is ClockKind.NONE
    assert summary().clock.kind is ClockKind.NONE


@pytest.mark.parametrize(
    ("changes", "kind", "author"),
    [
        ({}, EntryKind.AGENT, "3"),
        ({"private": True}, EntryKind.NOTE, "3"),
        ({"message_type": 0, "sender": {**CONTACT, "type": "contact"}}, EntryKind.CUSTOMER, None),
        ({"message_type": 2, "sender": None}, EntryKind.SYSTEM, None),
        ({"message_type": 3, "sender": None}, EntryKind.BOT, None),
        ({"sender": {"id": 1, "name": "Bot", "type": "agent_bot"}}, EntryKind.BOT, None),
        ({"message_type": 9}, EntryKind.SYSTEM, None),
    ],
)
def test_number_of_a_message_says_who_speaks(changes: dict[str, Any], kind: EntryKind, author: str | None) -> None:
    read = entry(**changes)
    assert (read.kind, read.author_id) == (kind, author)


@given(st.integers() | st.text() | st.none(), st.dictionaries(st.text(), st.text()))
def test_what_is_private_is_a_note_whatever_else_it_is(kind: object, sender: dict[str, str]) -> None:
    assert entry(private=True, message_type=kind, sender=sender).kind is EntryKind.NOTE


def test_mail_is_read_whole_with_its_files_and_things() -> None:
    read = mapping.to_entry(Node(MAIL), TICKET, LENS)
    assert "Where is it?" in read.body
    assert "You wrote" in read.body
    assert "[location 38.7 -9.1]" in read.body
    assert "<" not in read.body
    [file] = read.attachments
    assert (file.id, file.name, file.media_type, file.size) == ("7/500/9", "回单 1.png", "image/png", 12)


def test_key_of_a_message_is_kept_where_the_answer_carries_it() -> None:
    assert entry(echo_id="k-1").key == "k-1"
    assert entry().key is None


def test_contact_is_read_with_what_warns() -> None:
    context = mapping.to_customer(Node(CONTACT), [Node(CONVERSATION)], LENS)
    customer = context.customer
    assert (customer.id, customer.name, customer.uid, customer.language, customer.region) == (
        "5",
        "Jane Roe",
        "u-5",
        "pt",
        "PT",
    )
    assert context.account[0].warn
    assert {fact.name: fact.value for fact in context.account}["plan"] == "gold"
    assert [contact.number for contact in context.contacts] == ["#7"]
    nameless = mapping.to_customer(Node({"id": 8, "name": " ", "phone_number": "+1"}), [], LENS)
    assert nameless.customer.name == "+1"


def test_agent_is_read_by_the_name_they_chose() -> None:
    agent = mapping.to_agent(Node(AGENT))
    assert (agent.id, agent.name, agent.role, agent.state) == ("3", "Alice", Role.L2, AgentState.BUSY)
    assert mapping.to_agent(Node({**AGENT, "role": "administrator"})).role is Role.ADMIN


def test_page_of_an_article_is_built_here() -> None:
    row = {"id": 1, "title": "Limits", "content": "…", "portal_slug": "help", "slug": "limits", "locale": "pt_BR"}
    assert mapping.to_article(Node(row), "https://desk.example").url == "https://desk.example/hc/help/articles/limits"
    assert mapping.to_article(Node(row), "https://desk.example").language == "pt"
    assert mapping.to_article(Node({**row, "slug": "../../evil?x"}), "https://desk.example").url == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error":"Resource could not be found"}', "Resource could not be found"),
        (b'{"errors":["You need to sign in","now"]}', "You need to sign in; now"),
        (b'{"message":"Name can\'t be blank","attributes":["name"]}', "Name can't be blank"),
        (b"Retry later\n", "Retry later"),
        (b"<html>502</html>", ""),
        (b"", ""),
        (b"x" * 300, ""),
    ],
)
def test_refusal_is_read_in_every_form(body: bytes, reason: str) -> None:
    said = client.said(body)
    assert said.reason == reason
    assert dict(said.fields) == ({"name": reason} if b"attributes" in body else {})


# --- anything

NAMES = st.sampled_from(
    sorted({*CONVERSATION, *MESSAGE, *MAIL, *CONTACT, *AGENT, *SLA, "applied_sla", "email", "full", "payload"})
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "0", "\x1b[2J", "{{x}}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=25,
)


@given(JSON)
def test_any_answer_is_read_without_an_error_and_is_safe_to_draw(value: object) -> None:
    for base in (value, {**CONVERSATION, **value} if isinstance(value, dict) else value):
        node = Node(base)
        ticket = mapping.to_ticket(node, [node], LENS)
        context = mapping.to_customer(node, [node], LENS)
        mapping.to_agent(node)
        article = mapping.to_article(node, "https://desk.example")
        drawn = [ticket.summary.subject, ticket.summary.customer_name, context.customer.name, article.title]
        drawn += [field.value for field in ticket.fields] + [fact.value for fact in context.account]
        assert not any(FORBIDDEN.search(text) for text in drawn)
        query.saved(node)


@given(JSON)
def test_any_message_is_read_without_an_error_and_is_safe_to_draw(value: object) -> None:
    for base in (value, {**MAIL, **value} if isinstance(value, dict) else value):
        node = Node(base)
        read = mapping.to_entry(node, TICKET, LENS)
        mapping.raw_words(node)
        assert not FORBIDDEN.search(read.body.replace("\n", ""))
        assert not any(FORBIDDEN.search(file.name) for file in read.attachments)


@given(JSON)
def test_any_macro_is_read_without_an_error(value: object) -> None:
    node = Node({"id": 1, "name": "x", "actions": value if isinstance(value, list) else [value]})
    macro.read(node, Node(CONVERSATION), LENS)
    macro.listed([Node(value), node], [node])


@given(st.binary(max_size=300))
def test_any_refusal_is_read_without_an_error(body: bytes) -> None:
    client.said(body)


# --- a row after words


def pushed(**changes: Any) -> Node:
    """The sample message as an event tells it, an hour after the sample conversation."""
    about = {"assignee_id": 4, "unread_count": 5, "last_activity_at": 1_700_003_600}
    data = {**MESSAGE, "created_at": 1_700_003_600, "updated_at": "2023-11-14T23:13:20.250Z", "conversation": about}
    return Node({**data, "message_type": 0, **changes})


def test_row_after_words_of_a_customer_is_as_the_server_has_it() -> None:
    lens = Lens(agents={AgentId("4"): "Bob"})
    chat = summary(meta={**CONVERSATION["meta"], "channel": "Channel::WebWidget"}, additional_attributes={})
    row = mapping.after_words(chat, pushed(content="Still nothing"), lens)
    assert row is not None
    assert (row.subject, row.unread, row.owner, row.owner_name) == ("Still nothing", 5, AgentId("4"), "Bob")
    assert (row.updated_at, row.version) == (at(1_700_003_600), 1_700_003_600_250_000)
    assert (row.status, row.priority, row.tags) == (chat.status, chat.priority, chat.tags)
    next_one = mapping.after_words(row, pushed(content="In the same millisecond"), lens)
    assert next_one is not None
    assert next_one.subject == "In the same millisecond"


@pytest.mark.parametrize(
    "changes",
    [
        {"private": True, "message_type": 1},
        {"message_type": 2},
        {"created_at": 1_700_003_599},
        {"content": None},
    ],
)
def test_subject_stays_where_the_words_are_not_the_newest_said_in_public(changes: dict[str, Any]) -> None:
    chat = summary(meta={**CONVERSATION["meta"], "channel": "Channel::WebWidget"}, additional_attributes={})
    row = mapping.after_words(chat, pushed(**changes), LENS)
    assert row is not None
    assert row.subject == chat.subject
    mail = mapping.after_words(summary(), pushed(content="New words"), LENS)
    assert mail is not None
    assert mail.subject == "Withdrawal?"


def test_words_that_tell_too_little_leave_the_row_to_be_read() -> None:
    assert mapping.after_words(summary(applied_sla=SLA), pushed(), LENS) is None
    assert mapping.after_words(summary(), pushed(updated_at=None), LENS) is None
    assert mapping.after_words(summary(), pushed(conversation=None), LENS) is None
    newer = summary(updated_at=1_800_000_000.5)
    assert mapping.after_words(newer, pushed(), LENS) is newer


@given(JSON)
def test_any_words_leave_a_row_that_is_safe_to_draw(value: object) -> None:
    row = mapping.after_words(summary(), pushed(**(value if isinstance(value, dict) else {"conversation": value})), LENS)
    assert row is None or not FORBIDDEN.search(row.subject + row.owner_name)
