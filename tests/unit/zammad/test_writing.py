"""What is sent to Zammad when an agent answers: on the customer's own way, and never a note by mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import writing
from supportdesk_tui.domain.changes import Assign, Create, Reply, SetPriority, SetStatus, Snooze, Transfer, Undo
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TeamId
from supportdesk_tui.domain.ticket import Channel, Priority
from tests.unit.zammad.samples import lens

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def replied(*articles: dict[str, Any], email: str = "jane@example.com", cc: tuple[str, ...] = ()) -> writing.Spoken:
    rows = {str(number): {"id": number, **row} for number, row in enumerate(articles, 1)}
    whole = {
        "ticket_id": 5,
        "ticket_article_ids": [*map(int, rows)],
        "assets": {
            "Ticket": {"5": {"id": 5, "title": "Lost", "customer_id": 7, "create_article_type_id": 11}},
            "User": {"7": {"id": 7, "email": email}},
            "TicketArticle": rows,
        },
    }
    return writing.reply(Reply("Words.", cc=cc), Node(whole), ())


MAIL = {"sender_id": 2, "type_id": 1, "from": "Jane <j@home.example>", "message_id": "<m1>", "subject": "Help"}


def test_mail_is_answered_by_mail_to_who_wrote_last_in_their_thread() -> None:
    sent = replied(MAIL, {"sender_id": 1, "type_id": 1, "from": "desk"}, cc=("a@example.com", "b@example.com")).body
    assert (sent["type"], sent["to"], sent["cc"]) == ("email", "Jane <j@home.example>", "a@example.com, b@example.com")
    assert (sent["in_reply_to"], sent["subject"], sent["internal"]) == ("<m1>", "Re: Help", False)


def test_address_for_answers_comes_first_and_re_is_not_doubled() -> None:
    sent = replied(MAIL | {"reply_to": "other@example.com", "subject": "RE: Help"}).body
    assert (sent["to"], sent["subject"]) == ("other@example.com", "RE: Help")


@pytest.mark.parametrize("kind", [5, 11, 10])
def test_calls_and_forms_are_answered_by_mail_to_the_customers_address(kind: int) -> None:
    sent = replied({"sender_id": 2, "type_id": kind, "from": "Jane", "subject": None}).body
    assert (sent["type"], sent["to"], sent["subject"]) == ("email", "jane@example.com", "Re: Lost")


def test_customer_without_an_address_is_answered_on_the_pages_and_the_agent_is_told() -> None:
    sent = replied({"sender_id": 2, "type_id": 5}, email="")
    assert (sent.body["type"], sent.body["internal"]) == ("note", False)
    assert "no address" in sent.says


@pytest.mark.parametrize(
    ("kind", "answered"),
    [(2, "sms"), (12, "telegram personal-message"), (13, "whatsapp message"), (7, "twitter direct-message"),
     (9, "facebook feed comment"), (8, "facebook feed comment"), (6, "twitter status")],
)  # fmt: skip
def test_other_channels_are_answered_as_they_came(kind: int, answered: str) -> None:
    sent = replied({"sender_id": 2, "type_id": kind, "from": "+4930123", "message_id": "m9"}).body
    assert (sent["type"], sent["in_reply_to"]) == (answered, "m9")


def test_copies_that_cannot_be_sent_are_said() -> None:
    assert "copy" in replied({"sender_id": 2, "type_id": 2, "from": "+4930123"}, cc=("a@example.com",)).says
    assert "copy" in replied({"sender_id": 2, "type_id": 5}, email="", cc=("a@example.com",)).says
    assert replied(MAIL, cc=("a@example.com",)).says == ""


def test_note_is_always_internal_and_never_mail() -> None:
    sent = writing.note("between us", (File("a.txt", "text/plain", b"\xff"),))
    assert (sent["type"], sent["internal"]) == ("note", True)
    assert sent["attachments"] == [{"filename": "a.txt", "data": "/w==", "mime-type": "text/plain"}]


def test_fields_of_changes() -> None:
    bodies = [
        writing.to_setting(change, lens(), NOW).body
        for change in (Assign(None), Assign(AgentId("4")), Transfer(TeamId("2")), SetStatus("closed"), SetPriority(Priority.P1))
    ]
    assert bodies == [{"owner_id": 1}, {"owner_id": 4}, {"group_id": 2, "owner_id": 1}, {"state_id": 4}, {"priority_id": 3}]


def test_sleep_needs_a_time_and_without_one_is_long() -> None:
    until = NOW + timedelta(hours=5)
    assert writing.to_setting(Snooze(until), lens(), NOW).body == {"state_id": 3, "pending_time": "2026-11-22T13:00:00.000Z"}
    endless = writing.to_setting(Snooze(None), lens(), NOW)
    assert endless.body["pending_time"] == "2026-12-22T08:00:00.000Z"
    assert "until the customer writes" in endless.says


@pytest.mark.parametrize("change", [SetStatus("nope"), SetStatus("removed"), Assign(AgentId("x")), Transfer(TeamId("../1"))])
def test_what_zammad_has_not_is_refused_before_it_leaves(change: Assign) -> None:
    with pytest.raises(Refused) as raised:
        writing.to_setting(change, lens(), NOW)
    assert raised.value.fields


def test_what_zammad_cannot_do_is_said() -> None:
    with pytest.raises(Unsupported):
        writing.to_setting(Undo(ChangeKey("k")), lens(), NOW)


def test_new_ticket_for_an_address_makes_the_customer() -> None:
    call = writing.new_ticket(Create("jane@example.com", Channel.PHONE, "1", "s", "b"), "1")
    assert (call["customer_id"], call["group_id"]) == ("guess:jane@example.com", 1)
    assert (call["article"]["type"], call["article"]["sender"]) == ("phone", "Customer")
    mail = writing.new_ticket(Create("7", Channel.EMAIL, "1", "s", "b"), "1")
    assert (mail["customer_id"], mail["article"]["type"], mail["article"]["sender"]) == ("7", "note", "Agent")
