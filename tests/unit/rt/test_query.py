"""A query of the desk as TicketSQL."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.rt.query import NEVER, quoted, to_sql
from supportdesk_tui.backends.rt.words import Lens
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES, Phase

LENS = Lens(
    me=AgentId("alice"),
    queues={"1": "General", "3": "中文支持"},
    phases={"new": Phase.NEW, "open": Phase.OPEN, "warten": Phase.PENDING, "solved": Phase.SOLVED},
)


@pytest.mark.parametrize(
    ("line", "sql"),
    [
        ("", "id > 0"),
        ("owner:me", "Owner = '__CurrentUser__'"),
        ("owner:nobody", "Owner = 'Nobody'"),
        ("owner:bob", "Owner = 'bob'"),
        ("status:warten", "Status = 'warten'"),
        ("status:new,open", "(Status = 'new' OR Status = 'open')"),
        ("phase:pending", "Status = 'warten'"),
        ("phase:on_hold", NEVER),
        ("cat:中文支持", "Queue = 3"),
        ("cat:nowhere", NEVER),
        ("team:1", "Queue = 1"),
        ("team:mine", "id > 0"),
        ("channel:chat", NEVER),
        ("channel:email", "id > 0"),
        ("prio:p1", "(Priority >= 75)"),
        ("prio:p2,p4", "((Priority >= 50 AND Priority < 75) OR (Priority < 25))"),
        ("tag:vip", "CF.{Tags} = 'vip'"),
        ("is:watched", "AdminCc.Name = 'alice'"),
        ("sla:late", "Due > '1970-01-02' AND Due < '+0 minutes' AND Status = '__Active__'"),
        ("sla:<2h", "Due > '1970-01-02' AND Due < '+120 minutes' AND Status = '__Active__'"),
    ],
)
def test_every_term_is_said_in_ticketsql(line: str, sql: str) -> None:
    asked = to_sql(grammar.parse(line).query, LENS)
    assert (asked.sql, asked.unapplied) == (sql, ())


def test_live_tickets_are_those_rt_counts_as_active() -> None:
    assert to_sql(QueueQuery(phases=LIVE_PHASES), LENS).sql == "Status = '__Active__'"


def test_words_and_phrases_are_looked_for_in_subject_body_and_asker() -> None:
    sql = to_sql(QueueQuery(text='O\'Neil "two words"'), LENS).sql
    first, second = sql.split(" AND ")
    names = ("Subject", "Content", "Requestor", "Requestor.RealName")
    assert first == "(" + " OR ".join(f"{name} LIKE 'O\\'Neil'" for name in names) + ")"
    assert second == "(" + " OR ".join(f"{name} LIKE 'two words'" for name in names) + ")"


@pytest.mark.parametrize(("line", "lost"), [("lang:zh", "lang"), ("is:promised", "is:promised"), ("is:unread", "is:unread")])
def test_what_rt_does_not_know_is_told(line: str, lost: str) -> None:
    assert to_sql(grammar.parse(line).query, LENS).unapplied == (lost,)


def test_tags_without_a_field_for_them_are_told() -> None:
    assert to_sql(QueueQuery(tags=frozenset({"vip"})), Lens(tags="")).unapplied == ("tag",)


@given(st.text())
def test_quoted_text_ends_where_it_should(text: str) -> None:
    inside = quoted(text)[1:-1]
    place, read = 0, ""
    while place < len(inside):
        assert inside[place] != "'"
        place += inside[place] == "\\"
        read += inside[place]
        place += 1
    assert read == text


def test_time_left_may_be_negative() -> None:
    assert "Due < '-30 minutes'" in to_sql(QueueQuery(due_within=timedelta(minutes=-30)), LENS).sql
