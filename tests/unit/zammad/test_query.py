"""Queries become conditions the product knows, flat as documented wherever one field is asked once."""

from datetime import timedelta

import pytest

from supportdesk_tui.backends.zammad import query as asking
from supportdesk_tui.backends.zammad.listing import Place
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.ids import Cursor
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Phase
from tests.unit.zammad.samples import lens


def condition(line: str) -> dict[str, object]:
    return asking.to_condition(asking.to_terms(grammar.parse(line).query, lens()).terms)


@pytest.mark.parametrize(
    ("line", "field", "wanted"),
    [
        ("phase:open", "ticket.state_id", {"operator": "is", "value": ["2"]}),
        ("phase:solved", "ticket.state_id", {"operator": "is", "value": ["4"]}),
        ("status:closed phase:open", "ticket.state_id", {"operator": "is", "value": ["0"]}),
        ("owner:me", "ticket.owner_id", {"operator": "is", "pre_condition": "current_user.id", "value": ""}),
        ("owner:nobody", "ticket.owner_id", {"operator": "is", "value": ["1"]}),
        ("team:mine", "ticket.group_id", {"operator": "is", "value": ["1"]}),
        ("team:2,3 cat:3", "ticket.group_id", {"operator": "is", "value": ["3"]}),
        ("prio:p1", "ticket.priority_id", {"operator": "is", "value": ["3"]}),
        ("tag:vip", "ticket.tags", {"operator": "contains all", "value": "vip"}),
        ("sla:<2h", "ticket.escalation_at", {"operator": "till (relative)", "range": "minute", "value": "120"}),
        ("channel:email", "ticket.create_article_type_id", {"operator": "is", "value": ["1"]}),
        ("is:watched", "ticket.mention_user_ids", {"operator": "is", "pre_condition": "current_user.id", "value": ""}),
    ],
)
def test_terms(line: str, field: str, wanted: dict[str, object]) -> None:
    assert condition(line)[field] == wanted


def test_query_for_everything_still_has_a_condition() -> None:
    every = asking.to_condition(asking.to_terms(QueueQuery(), lens()).terms)
    assert set(every) == {"ticket.state_id"}
    assert set(every["ticket.state_id"]["value"]) == set(lens().states)


def test_field_that_is_asked_twice_makes_a_list() -> None:
    terms = asking.to_terms(QueueQuery(due_within=timedelta(hours=1)), lens()).terms
    [first, _] = asking.stretches(SortKey.CLOCK, lens())
    both = asking.to_condition([*terms, *first.terms])
    assert both["operator"] == "AND"
    assert [one["name"] for one in both["conditions"]].count("ticket.escalation_at") == 2


def test_what_zammad_cannot_tell_is_named() -> None:
    asked = asking.to_terms(QueueQuery(languages=frozenset({"zh"}), unread=True, promised=True), lens())
    assert asked.unapplied == ("lang", "is:promised", "is:unread")


def test_words_and_phrases_for_index_and_database() -> None:
    assert asking.in_index("x:y \\z") == '"x:y" AND "\\\\z"'
    [one, other] = asking.in_database("x y")
    assert {term["value"] for term in one["conditions"]} == {"x"}
    assert other["operator"] == "OR"


def test_order_by_priority_walks_each_priority_by_clock() -> None:
    walk = asking.stretches(SortKey.PRIORITY, lens())
    assert [one.terms[0]["value"] for one in walk] == [["3"], ["3"], ["2"], ["2"], ["1"], ["1"]]
    assert [one.column for one in walk][:2] == ["escalation_at", "created_at"]


@pytest.mark.parametrize("cursor", ["", "x", "1|", "1|nonsense|3,4", "|||||", "9|2026-01-01T00:00:00+00:00|5"])
def test_any_cursor_is_read(cursor: str) -> None:
    place = Place.read(Cursor(cursor))
    assert Place.read(place.written()) == place


def test_state_of_no_phase_is_left_out_of_live_queues() -> None:
    live = asking.to_terms(QueueQuery(phases=frozenset({Phase.NEW})), lens()).terms
    assert live[0]["value"] == ["1"]
