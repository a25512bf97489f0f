"""Queries as Chatwoot is asked them, addresses the desk goes to, and forms it writes."""

import email.policy
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.chatwoot import files, writing
from supportdesk_tui.backends.chatwoot.query import MOST_LISTS, to_asked
from supportdesk_tui.backends.chatwoot.words import Inbox, Lens
from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.queue import QueueQuery

LENS = Lens(
    me=AgentId("3"),
    my_teams=(TeamId("1"), TeamId("2")),
    agents={AgentId("3"): "Alice", AgentId("4"): "Bob"},
    teams={"1": "One", "2": "Two", "3": "Three"},
    inboxes={
        "1": Inbox("Mail", "Channel::Email"),
        "2": Inbox("Site", "Channel::WebWidget"),
        "3": Inbox("WA", "Channel::Whatsapp"),
    },
)


def lists(line: str) -> list[dict[str, Any]]:
    """What is asked for, without what is the same everywhere."""
    asked = to_asked(grammar.parse(line).query, LENS)
    return [{name: value for name, value in one.items() if name != "sort_by"} for one in asked.lists]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", [{"status": "all", "assignee_type": "all"}]),
        ("owner:me phase:open", [{"status": "open", "assignee_type": "me"}]),
        ("owner:nobody phase:solved", [{"status": "resolved", "assignee_type": "unassigned"}]),
        (
            "phase:open,pending",
            [{"status": "open", "assignee_type": "all"}, {"status": "pending", "assignee_type": "all"}],
        ),
        (
            "team:mine phase:open",
            [
                {"status": "open", "assignee_type": "all", "team_id": "1"},
                {"status": "open", "assignee_type": "all", "team_id": "2"},
            ],
        ),
        (
            "channel:chat phase:open",
            [
                {"status": "open", "assignee_type": "all", "inbox_id": "2"},
                {"status": "open", "assignee_type": "all", "inbox_id": "3"},
            ],
        ),
        ("tag:vip phase:open", [{"status": "open", "assignee_type": "all", "labels[]": ["vip"]}]),
        ('"lost coins" phase:open', [{"status": "all", "assignee_type": "all", "q": "lost coins"}]),
        ("phase:new", []),
        ("cat:FND", []),
        ("channel:phone", []),
    ],
)
def test_query_is_as_many_lists_as_it_needs(line: str, expected: list[dict[str, Any]]) -> None:
    assert lists(line) == expected


@pytest.mark.parametrize(
    ("line", "unapplied"),
    [
        ("lang:zh", ("lang",)),
        ("is:promised", ("is:promised",)),
        ("is:watched", ("is:watched",)),
        ("is:unread", ("is:unread",)),
        ("is:unread phase:open", ()),
        ("sla:late", ("sla",)),
        ("phase:open prio:p1", ()),
    ],
)
def test_what_cannot_be_asked_is_said(line: str, unapplied: tuple[str, ...]) -> None:
    assert to_asked(grammar.parse(line).query, LENS).unapplied == unapplied


def test_filter_joins_its_terms_and_the_last_leads_to_nothing() -> None:
    asked = to_asked(grammar.parse("phase:open prio:p1,p2 owner:me").query, LENS)
    assert asked.lists == ()
    assert [(one["attribute_key"], one["values"], one["query_operator"]) for one in asked.filter] == [
        ("status", ["open"], "AND"),
        ("priority", ["high", "urgent"], "AND"),
        ("assignee_id", ["3"], None),
    ]


def test_too_many_lists_are_one_filter() -> None:
    lens = Lens(me=AgentId("3"), teams={str(number): "x" for number in range(40)})
    asked = to_asked(QueueQuery(teams=frozenset(TeamId(str(number)) for number in range(MOST_LISTS + 1))), lens)
    assert asked.lists == ()
    assert [one["attribute_key"] for one in asked.filter] == ["status", "team_id"]


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("https://desk.example/rails/x", True),
        ("https://bucket.s3.amazonaws.com/x?X-Amz-Signature=1", True),
        ("http://desk.example/x", False),
        ("http://bucket.example/x", False),
        ("https://user:pw@desk.example/x", False),
        ("https://127.0.0.1/x", False),
        ("https://192.168.1.1/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/x", False),
        ("https://[::1/x", False),
        ("https://localhost/x", False),
        ("https://metadata.internal/x", False),
        ("https://intranet/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_files_are_fetched_from_our_server_or_over_https_from_the_public_net(address: str, is_allowed: bool) -> None:
    assert files.is_allowed(address, "https://desk.example") is is_allowed


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40), st.binary(max_size=200), st.text(max_size=30))
def test_form_with_a_file_is_read_back_as_it_was_written(name: str, data: bytes, kind: str) -> None:
    content_type, body = writing.multipart({"content": "你好", "private": True}, [File(name, kind, data)])
    read = BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = list(read.iter_parts())
    assert len(parts) == 3
    assert parts[0].get_payload(decode=True) == "你好".encode()
    assert parts[1].get_payload(decode=True) == b"true"
    assert parts[2].get_payload(decode=True) == data


@pytest.mark.parametrize(
    ("written", "read", "is_same"),
    [
        ("Hi there", "Hi  there\n", True),
        ("Hi", "Ho", False),
        ("Dear {{contact.name}}, bye", "Dear Jane, bye", True),
        ("Dear {{contact.name}}, bye", "Dear Jane, hello", False),
        ("{% if x %}", "anything", True),
        ("a.b", "axb", False),
    ],
)
def test_words_are_the_same_when_only_space_and_templates_differ(written: str, read: str, is_same: bool) -> None:
    assert writing.same_words(written, read) is is_same


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers() | st.booleans() | st.text(max_size=8), max_size=5))
def test_setting_one_field_keeps_every_other(held: dict[str, Any]) -> None:
    from supportdesk_tui.domain.changes import SetField

    row = Node({"custom_attributes": held})
    [(_, body)] = writing.to_setting(SetField("the-field", "value"), row, LENS).steps
    assert body == {"custom_attributes": {**held, "the-field": "value"}} or "the-field" in held
