"""Wire to domain: total, careful with unknown words, and nothing hostile passes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.native import customers, mapping
from supportdesk_tui.backends.native.mapping import Lens
from supportdesk_tui.backends.native.reading import MOST_BAD, UNREADABLE, decoded, mended, read, read_rows
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import Ambiguous, BadPayload
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.people import AgentState, Role
from supportdesk_tui.domain.queue import Owner, SortKey
from supportdesk_tui.domain.sla import NO_CLOCK, ClockKind
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, PromiseState
from supportdesk_tui.text.safe import FORBIDDEN, SafeText, sanitize_line
from supportdesk_tui.wire import schema as wire

AT = "2026-08-17T10:00:00Z"
ROW: dict[str, Any] = {
    "id": "t1",
    "number": "HX-260817-000001",
    "subject": "Deposit\x1b]0;owned\x07 missing",
    "channel": "email",
    "status": "waiting_customer",
    "phase": "pending",
    "priority": 2,
    "category": "FND",
    "language": "zh",
    "customer_id": "c1",
    "customer_name": "王\u202e芳",
    "tier": "vip",
    "owner": "a1",
    "owner_name": "Li Wei",
    "team": "l1",
    "tags": ["urgent"],
    "clock": {"kind": "next", "started_at": AT, "due_at": "2026-08-17T11:00:00Z"},
    "unread": 1,
    "created_at": AT,
    "updated_at": "2026-08-17T10:30:00",
    "version": 7,
    "watchers": ["a1"],
    "open_promises": 1,
}
CALL = Call(operation="read", method="GET", route="/x")


def row(**changed: Any) -> wire.TicketRow:
    return decoded(json.dumps(ROW | changed), wire.TicketRow)


def test_row_becomes_a_summary() -> None:
    summary = mapping.to_summary(row(), Lens(AgentId("a1"), {"waiting_customer": sanitize_line("Waiting")}))
    assert summary.number == "HX-260817-000001"
    assert (summary.status.name, summary.status.phase, summary.status.title) == ("waiting_customer", Phase.PENDING, "Waiting")
    assert (summary.channel, summary.priority, summary.version, summary.watched) == (Channel.EMAIL, Priority.P2, 7, True)
    assert summary.clock.kind is ClockKind.NEXT
    assert summary.clock.due_at == datetime(2026, 8, 17, 11, tzinfo=UTC)
    assert summary.updated_at == datetime(2026, 8, 17, 10, 30, tzinfo=UTC)
    assert not mapping.to_summary(row(), Lens(AgentId("a2"))).watched
    assert not mapping.to_summary(row(), Lens()).watched


def test_nothing_a_stranger_wrote_reaches_the_terminal_as_control() -> None:
    summary = mapping.to_summary(row(), Lens())
    for text in (summary.subject, summary.customer_name):
        assert isinstance(text, SafeText)
        assert not FORBIDDEN.search(text)


@given(st.dictionaries(st.sampled_from(sorted(set(ROW) - {"clock", "tags", "watchers"})), st.text(max_size=20), max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_words_in_a_row_are_read_or_refused_whole(words: dict[str, str]) -> None:
    changed: dict[str, Any] = {key: value for key, value in words.items() if isinstance(ROW[key], str)}
    try:
        summary = mapping.to_summary(row(**changed), Lens())
    except UNREADABLE:
        assert {"created_at", "updated_at"} & set(changed) or any("\ud800" <= letter <= "\udfff" for letter in str(changed))
    else:
        for text in (summary.subject, summary.number, summary.category, summary.owner_name, summary.status.title):
            assert not FORBIDDEN.search(text)


def test_words_of_a_newer_server_are_shown_and_mean_the_careful_thing() -> None:
    summary = mapping.to_summary(
        row(phase="parked", status="parked_by_bot", channel="fax", priority=9, clock={"kind": "lunar", "due_at": AT}), Lens()
    )
    assert (summary.status.phase, summary.status.title) == (Phase.OPEN, "parked by bot")
    assert (summary.channel, summary.priority) == (Channel.OTHER, Priority.P4)
    assert summary.clock.kind is ClockKind.NEXT
    assert mapping.to_summary(row(priority=-3), Lens()).priority is Priority.P1


def test_missing_parts_that_can_be_empty_do_not_hide_a_row() -> None:
    bare = {key: value for key, value in ROW.items() if key not in {"owner", "team", "tags", "watchers", "open_promises"}}
    summary = mapping.to_summary(decoded(json.dumps(bare), wire.TicketRow), Lens())
    assert (summary.owner, summary.team, summary.tags, summary.open_promises) == (None, None, (), 0)


@pytest.mark.parametrize(
    ("clock", "kind", "paused"),
    [
        ({"kind": "none"}, ClockKind.NONE, False),
        ({"kind": "first"}, ClockKind.NONE, False),
        ({"kind": "first", "paused": True}, ClockKind.FIRST, True),
        ({"kind": "first", "due_at": AT, "paused": True}, ClockKind.FIRST, True),
    ],
)
def test_clock_without_a_deadline_runs_for_nobody(clock: dict[str, Any], kind: ClockKind, paused: bool) -> None:
    read_clock = mapping.to_summary(row(clock=clock), Lens()).clock
    assert (read_clock.kind, read_clock.paused) == (kind, paused)
    assert (read_clock == NO_CLOCK) is (kind is ClockKind.NONE)


def test_one_bad_row_does_not_hide_the_list() -> None:
    items = [ROW, ROW | {"version": "x"}, 7, ROW | {"id": "t2", "unknown": 1}]
    rows = read_rows(CALL, Answer(200, {}, json.dumps({"items": items, "after": "n", "total": 4}).encode()), wire.TicketRow)
    assert [one.id for one in rows.items] == ["t1", "t2"]
    assert (rows.bad, rows.after, rows.total) == (2, "n", 4)


def test_error_names_the_path_and_what_was_expected() -> None:
    with pytest.raises(BadPayload) as raised:
        read(CALL, Answer(200, {}, b'{"row": {"id": 5}}'), wire.TicketOut)
    assert raised.value.path == "$.row.id"
    assert "str" in raised.value.expected
    with pytest.raises(Ambiguous):
        read(Call(operation="send", method="POST", route="/x", is_write=True), Answer(200, {}, b"{}"), wire.AppliedOut)


def test_every_wire_struct_has_a_lenient_twin_with_the_same_fields() -> None:
    kinds = [kind for kind in vars(wire).values() if isinstance(kind, type) and issubclass(kind, wire.Out)]
    assert len(kinds) > 25
    for kind in kinds:
        with pytest.raises(msgspec.ValidationError):
            decoded(b"5", kind)


AGENT: dict[str, Any] = {
    "id": "a1",
    "name": "Li\x07 Wei",
    "login": "li.wei",
    "role": "wizard",
    "teams": ["l1"],
    "languages": ["zh"],
    "skills": {"FND": 3},
    "state": "surfing",
    "load": 3,
    "capacity": 8,
}


def test_agent_of_unknown_role_may_little_and_of_unknown_state_gets_no_work() -> None:
    agent = mapping.to_agent(decoded(json.dumps(AGENT), wire.AgentOut))
    assert (agent.role, agent.state, agent.skills) == (Role.TRAINEE, AgentState.AWAY, (("FND", 3),))
    assert "\x07" not in agent.name


def test_permissions_become_capabilities_and_unknown_ones_are_left_out() -> None:
    assert mapping.to_capabilities(["reply", "teleport"]) == {
        Capability.REPLY,
        Capability.IDEMPOTENCY,
        Capability.VERSIONS,
        Capability.ATOMIC,
        Capability.PUSH,
        Capability.SEARCH,
    }


def test_directory_ties_teams_to_their_escalation_keys() -> None:
    out = {
        "agents": [AGENT],
        "teams": [{"id": "risk", "name": "Risk"}, {"id": "l1", "name": "First line"}],
        "statuses": [{"name": "open", "phase": "open", "title": "Open"}],
        "categories": [{"code": "FND", "title": "Funds", "required": ["txid"]}],
        "tags": ["vip"],
        "targets": [{"key": "r", "team": "risk", "title": "Risk", "required": ["summary"]}],
        "resolve_reasons": ["answered"],
        "link_hosts": ["help.example"],
    }
    directory = mapping.to_directory(decoded(json.dumps(out), wire.DirectoryOut))
    assert [(team.id, team.escalation_key) for team in directory.teams] == [("risk", "r"), ("l1", "")]
    assert directory.targets[0].required == ("summary",)
    assert directory.categories[0].required == ("txid",)


def test_view_reads_its_query() -> None:
    out = {"id": "v1", "title": "Mine", "q": "owner:me later:x", "sort": "sideways", "count": 3}
    view = mapping.to_view(decoded(json.dumps(out), wire.ViewOut))
    assert (view.query.owner, view.query.sort, view.count) == (Owner.ME, SortKey.CLOCK, 3)


def entry(**changed: Any) -> wire.EntryOut:
    said = {"id": "e1", "seq": 5, "kind": "customer", "author": "王芳", "at": AT, "body": "hi"} | changed
    return decoded(json.dumps(said), wire.EntryOut)


def test_entry_carries_what_the_filter_met() -> None:
    read_entry = mapping.to_entry(
        entry(
            body="a\x1b[2Jb\u202ec",
            attachments=[{"id": "f1", "name": "回单\u202egpj.exe", "media_type": "image/png", "size": 3}],
        )
    )
    assert set(read_entry.flags) >= {"control_chars", "bidi"}
    assert not FORBIDDEN.search(read_entry.body.replace("\n", ""))
    assert not FORBIDDEN.search(read_entry.attachments[0].name)
    assert read_entry.kind is EntryKind.CUSTOMER
    assert mapping.to_entry(entry(key="k1")).key == "k1"


def test_entry_of_unknown_kind_is_nobodys_words() -> None:
    assert mapping.to_entry(entry(kind="oracle")).kind is EntryKind.SYSTEM


MOVE: dict[str, Any] = {
    "id": "m1",
    "direction": "in",
    "coin": "USDT",
    "network": "TRC20",
    "amount": "12.50",
    "state": "confirming",
    "confirmations": 3,
    "needed": 20,
    "txid": "0xabc",
    "address": "T9",
    "at": AT,
}
CUSTOMER: dict[str, Any] = {
    "id": "c1",
    "name": "王芳",
    "uid": "8812",
    "tier": "vip",
    "language": "zh",
    "region": "SG",
    "time_zone": "Asia/Singapore",
    "email": "w***@example.com",
    "phone": "",
    "preferred_channel": "pigeon",
    "do_not_contact": True,
    "kyc": [{"name": "level", "value": "2", "warn": True}],
    "movements": [MOVE, MOVE | {"amount": "NaN"}, MOVE | {"amount": "lots"}, MOVE | {"direction": "sideways"}],
    "contacts": [
        {"ticket": "t9", "number": "HX-9", "subject": "s", "channel": "chat", "status": "solved", "phase": "solved", "at": AT}
    ],
    "flags": [{"name": "scam", "source": "risk"}],
    "promises": [{"id": "p1", "text": "call", "due_at": AT, "owner_name": "", "state": "forgotten"}],
}


def test_customer_shows_that_money_could_not_be_read() -> None:
    context = customers.to_customer(decoded(json.dumps(CUSTOMER), wire.CustomerOut), Lens())
    assert [str(movement.amount) for movement in context.movements] == ["12.50"]
    assert [(fact.name, fact.value, fact.warn) for fact in context.account] == [("unreadable_movements", "3", True)]
    assert context.customer.preferred_channel is Channel.OTHER
    assert context.promises[0].state is PromiseState.OPEN
    assert context.contacts[0].status.phase is Phase.SOLVED
    assert context.flags[0].source == "risk"
    assert context.kyc[0].warn


def test_customer_without_surprises_has_no_warning() -> None:
    calm = CUSTOMER | {"movements": [MOVE], "preferred_channel": None, "joined_at": AT}
    context = customers.to_customer(decoded(json.dumps(calm), wire.CustomerOut), Lens())
    assert context.account == ()
    assert context.customer.preferred_channel is None
    assert context.customer.joined_at == datetime(2026, 8, 17, 10, tzinfo=UTC)


def test_opened_ticket_keeps_links_and_facts() -> None:
    out = {
        "row": ROW,
        "fields": [{"name": "txid", "title": "TXID", "value": "0x1", "required": True}],
        "links": [{"id": "t2", "number": "HX-2", "relation": "task", "subject": "s", "status": "open", "phase": "open"}],
        "stage": "received",
        "handover": "bot:\x1b[0m collected",
        "snoozed_until": AT,
        "watchers": ["a1"],
        "cc": ["x@example.com"],
    }
    ticket = mapping.to_ticket(decoded(json.dumps(out), wire.TicketOut), Lens())
    assert ticket.links[0].relation == "task"
    assert ticket.fields[0].required
    assert ticket.snoozed_until == datetime(2026, 8, 17, 10, tzinfo=UTC)
    assert "\x1b" not in ticket.handover


def test_article_times_are_aware() -> None:
    out = {"id": "k", "title": "T", "url": "https://help.example/k", "body": "b", "language": "en", "reviewed_at": AT}
    article = mapping.to_article(decoded(json.dumps(out), wire.ArticleOut))
    assert article.reviewed_at == datetime(2026, 8, 17, 10, tzinfo=UTC)
    assert article.review_due_at is None


def test_times_of_other_zones_are_brought_to_utc() -> None:
    assert mapping.to_entry(entry(at="2026-08-17T18:00:00+08:00")).at.utcoffset() == timedelta()


def test_answers_to_changes() -> None:
    applied = mapping.to_applied(
        decoded(b'{"key": "k", "ticket": null, "version": null, "says": "a\\u001bb"}', wire.AppliedOut)
    )
    assert (applied.ticket, applied.version) == (None, None)
    assert "\x1b" not in applied.says
    assert mapping.to_applied(decoded(b'{"key": "k", "ticket": "t", "version": 1, "says": ""}', wire.AppliedOut)).ticket == "t"
    one, two = {"ticket": "t1", "done": True, "version": 4}, {"ticket": "t2", "done": False, "code": "forbidden"}
    undone = mapping.to_undone(decoded(json.dumps({"key": "k", "says": "s", "outcomes": [one]}), wire.UndoOut))
    assert (undone.ticket, undone.version) == ("t1", 4)
    assert (
        mapping.to_undone(decoded(json.dumps({"key": "k", "says": "s", "outcomes": [one, two]}), wire.UndoOut)).ticket is None
    )
    outcomes = [mapping.to_outcome(decoded(json.dumps(each), wire.OutcomeOut)) for each in (one, two)]
    assert [(outcome.done, outcome.reason) for outcome in outcomes] == [(True, ""), (False, "forbidden")]


def test_refusal_shows_how_the_ticket_stands_now() -> None:
    said = mapping.to_said(
        decoded(json.dumps({"code": "conflict", "message": "Li Wei took it", "current": ROW}), wire.ErrorOut), Lens()
    )
    assert (said.reason, said.fields) == ("Li Wei took it", {})
    assert said.current is not None
    assert said.current.owner_name == "Li Wei"
    named = mapping.to_said(decoded(b'{"code": "invalid", "message": "", "field": "body"}', wire.ErrorOut), Lens())
    assert (named.reason, named.fields, named.current) == ("invalid", {"body": "invalid"}, None)


def test_one_bad_part_inside_a_list_hides_only_itself() -> None:
    facts = [{"name": "kyc", "value": "2"}, {"name": 5}, {"name": "tier", "value": "VIP"}]
    body = json.dumps([ROW | {"tags": ["ok", 7, None, "fine"]}, 3, ROW | {"id": "t3"}]).encode()
    rows = read(CALL, Answer(200, {}, body), list[wire.TicketRow])
    assert [(one.id, one.tags) for one in rows] == [("t1", ["ok", "fine"]), ("t3", ROW["tags"])]
    customer, lost = mended(json.dumps(CUSTOMER | {"kyc": facts}).encode(), wire.CustomerOut)
    assert ([one.name for one in customer.kyc], lost) == (["kyc", "tier"], 1)


def test_what_is_bad_through_and_through_is_an_error_though_it_is_a_list() -> None:
    bad = json.dumps([{"id": n} for n in range(MOST_BAD + 1)]).encode()
    with pytest.raises(BadPayload):
        read(CALL, Answer(200, {}, bad), list[wire.TicketRow])
    with pytest.raises(BadPayload) as raised:
        read(CALL, Answer(200, {}, b'{"id": "c1", "kyc": {"a": 1}}', "r-9"), wire.CustomerOut)
    assert raised.value.request_id == "r-9"
