"""Answers recorded from a real RT 5.0.3, and any others, as values of the desk."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import dates, mapping
from supportdesk_tui.backends.rt.words import Lens, phase_of, priority_of
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.sla import ClockKind
from supportdesk_tui.domain.ticket import Phase, Priority

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "checkout.json").read_text(encoding="utf-8"))
LENS = Lens(
    me=AgentId("alice"),
    agents=frozenset({AgentId("alice"), AgentId("bob")}),
    queues={"3": "Support"},
    names={"30": "Alice Hartmann"},
    phases={"pending": Phase.PENDING},
    number="30",
    zone="Asia/Shanghai",
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
KNOWN = sorted({*RECORDED["ticket"], *(name for row in RECORDED["history"] for name in row), "Content", "Filename", "values"})
ROWS = st.dictionaries(st.sampled_from(KNOWN), ANY_JSON, max_size=12) | ANY_JSON


def test_recorded_ticket_is_read_whole() -> None:
    ticket = mapping.to_ticket(Node(RECORDED["ticket"]), (), LENS)
    row = ticket.summary
    assert (row.id, row.number, row.category, row.team) == ("30", "#30", "Support", "3")
    assert (row.owner, row.owner_name, row.customer_name) == ("alice", "Alice Hartmann", "Carla Mendes")
    assert (row.status.name, row.status.phase, row.priority) == ("pending", Phase.PENDING, Priority.P1)
    assert set(row.tags) == {"checkout", "502", "vip"}
    assert (row.clock.kind, row.clock.due_at is not None) == (ClockKind.RESOLVE, True)
    assert row.version == int(row.updated_at.timestamp())
    assert mapping.linked_ids(Node(RECORDED["ticket"]))["33"] == "task_of"
    assert {"Severity", "Screenshot"} <= {field.name for field in ticket.fields}
    assert "Tags" not in {field.name for field in ticket.fields}
    [held] = ticket.attachments
    assert (held.id, held.name, held.media_type, held.size) == ("field/22", "checkout-502.png", "image/png", 0)


def test_recorded_thread_has_its_speakers_files_and_changes() -> None:
    rows = [Node(row) for row in RECORDED["history"]]
    parts = mapping.to_parts([Node(one) for one in RECORDED["texts"]], [Node(one) for one in RECORDED["files"]])
    entries = mapping.to_entries(rows, parts, LENS)
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)
    first = entries[0]
    assert (first.kind, first.author, first.author_id) == (EntryKind.CUSTOMER, "Carla Mendes", None)
    assert first.body.startswith("Hello,")
    assert [(file.name, file.inline, file.size) for file in first.attachments] == [
        ("logo.png", True, 109),
        ("checkout-502.png", False, 195),
        ("gateway.log", False, 6607),
    ]
    assert {file.id.partition("/")[0] for file in first.attachments} == {first.id}
    lines = [str(entry.body) for entry in entries if entry.kind is EntryKind.SYSTEM]
    assert "Owner: Nobody → Alice Hartmann" in lines
    assert "Status: open → pending" in lines
    assert {entry.kind for entry in entries} >= {EntryKind.AGENT, EntryKind.NOTE}


@given(ROWS, ROWS, ROWS)
def test_any_json_is_read_without_an_error(row: object, part: object, link: object) -> None:
    node = Node(row)
    mapping.to_ticket(node, [Node(link)], LENS)
    parts = mapping.to_parts([Node(part)], [Node(link)])
    mapping.to_entries([node], parts, LENS)
    mapping.to_entry(node, mapping.Parts(Node(part), Node(link), (node,)), LENS)
    mapping.to_agent(node, ())
    mapping.to_customer(node, [node], LENS)
    mapping.to_article(node, "https://rt.test")
    mapping.sentences(node)
    mapping.own_number(node)


@pytest.mark.parametrize("said", ["1970-01-01T00:00:00Z", "", None])
def test_date_that_is_not_set_is_none(said: str | None) -> None:
    row = Node(RECORDED["ticket"] | {"Due": said})
    assert mapping.to_summary(row, LENS).clock.due_at is None


@pytest.mark.parametrize(
    ("name", "is_active", "phase"),
    [
        ("stalled", True, Phase.PENDING),
        ("处理中", True, Phase.OPEN),
        ("archived", False, Phase.SOLVED),
        ("open", False, Phase.SOLVED),
        ("resolved", True, Phase.OPEN),
    ],
)
def test_status_of_any_lifecycle_means_something(name: str, is_active: bool, phase: Phase) -> None:
    assert phase_of(name, is_active=is_active) is phase


def test_priorities_come_from_their_number() -> None:
    assert [priority_of(number) for number in (100, 75, 74, 50, 25, 24, 0, -1)] == [
        Priority.P1, Priority.P1, Priority.P2, Priority.P2, Priority.P3, Priority.P4, Priority.P4, Priority.P4,
    ]  # fmt: skip


def test_instants_are_shown_in_the_agents_zone_and_typed_in_it() -> None:
    assert dates.shown("2026-12-24T10:00:00Z", "Asia/Shanghai") == "2026-12-24 18:00"
    assert dates.to_instant("2026-12-24 18:00", "Asia/Shanghai") == datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert dates.shown("ORD-1", "Asia/Shanghai") == "ORD-1"
    assert dates.shown("2026-99-24T10:00:00Z", "no/zone") == "2026-99-24T10:00:00Z"
    assert dates.to_instant("2026-12-24T18:00:00+08:00", "America/New_York") == datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert dates.to_instant("tomorrow", "") is None
