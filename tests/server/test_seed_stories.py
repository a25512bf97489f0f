"""What a ticket talks about is what its customer's account shows, and the desk looks like a desk."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from supportdesk_tui.server.floor.words import CATEGORIES
from supportdesk_tui.server.seed.files import FILES
from supportdesk_tui.server.seed.hostile import EDGES
from supportdesk_tui.server.seed.promised import promise_in
from supportdesk_tui.server.storage import tables
from tests.server.test_seed import NOW, rows, seeded

AT = int(NOW.timestamp() * 1000)
OPEN = {"new", "open", "pending", "on_hold"}
MONEY = {"FND", "DEP", "FIA"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return seeded(tmp_path_factory.mktemp("stories") / "desk.db")


@pytest.fixture(scope="module")
def tickets(desk: Engine) -> list[Any]:
    return rows(desk, tables.tickets)


@pytest.fixture(scope="module")
def people(desk: Engine) -> dict[str, Any]:
    return {one.id: one.context for one in rows(desk, tables.customers)}


@pytest.fixture(scope="module")
def said(desk: Engine) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    with desk.begin() as connection:
        for one in connection.execute(select(tables.entries).order_by(tables.entries.c.seq)):
            found.setdefault(one.ticket, []).append(one)
    return found


def live(tickets: list[Any], *categories: str) -> list[Any]:
    return [one for one in tickets if one.band < 2 and (not categories or one.category in categories)]


def test_money_a_ticket_names_is_the_money_its_customer_has_on_its_way(
    tickets: list[Any], people: dict[str, Any], said: dict[str, list[Any]]
) -> None:
    checked = 0
    for one in live(tickets, *MONEY):
        if "task" in one.tags:
            continue
        fields = one.fields
        meant = [
            move
            for move in people[one.customer]["movements"]
            if all(fields.get(name, move[name]) == move[name] for name in ("coin", "amount", "network"))
            and fields.get("order_id", move["id"]) == move["id"]
            and fields.get("bank_ref", move["id"]) == move["id"]
            and (not move["txid"] or fields.get("txid", move["txid"]) == move["txid"])
        ]
        assert meant, (one.subject, fields, people[one.customer]["movements"])
        assert any(move["state"] != "failed" for move in meant)
        if one.category == "DEP":
            assert {move["direction"] for move in meant} == {"in"}
            assert all(move["txid"] for move in meant)
        words = "\n".join(entry.body for entry in said[one.id])
        assert all(move["txid"] == fields["txid"] for move in meant if fields.get("txid") and move["txid"])
        assert all(
            value in one.subject + words for name, value in fields.items() if name in {"coin", "amount", "order_id", "txid"}
        )
        checked += bool(fields)
    assert checked > 30


def test_a_missing_memo_is_missing_in_the_books_and_in_the_fields(tickets: list[Any], people: dict[str, Any]) -> None:
    found = [one for one in live(tickets, "DEP") if one.fields.get("coin") == "XRP"]
    assert found
    for one in found:
        assert "memo" not in one.fields
        assert any(move["memo_missing"] and move["coin"] == "XRP" for move in people[one.customer]["movements"])


def test_completeness_is_partly_there_and_partly_to_be_asked_for(tickets: list[Any]) -> None:
    known = [
        sum(name in one.fields for name in CATEGORIES[one.category].required) / len(CATEGORIES[one.category].required)
        for one in live(tickets, "FND", "DEP")
    ]
    assert any(share < 1 for share in known)
    assert sum(known) / len(known) > 0.4


def facts(people: dict[str, Any], customer: str, group: str) -> dict[str, Any]:
    return {one["name"]: one for one in people[customer][group]}


def test_accounts_under_attack_show_it(tickets: list[Any], people: dict[str, Any]) -> None:
    found = live(tickets, "SEC")
    assert found
    for one in found:
        assert {flag["name"] for flag in people[one.customer]["flags"]} & {"new_device_withdrawal", "scam_victim_report"}
        assert any(fact["warn"] for fact in people[one.customer]["security"])


def test_rejected_identity_checks_carry_their_code(tickets: list[Any], people: dict[str, Any]) -> None:
    statuses = {facts(people, one.customer, "kyc")["status"]["value"].split("-")[0] for one in live(tickets, "KYC")}
    assert statuses >= {"rejected BLUR", "pending"}
    assert "approved" not in statuses


def test_an_open_p2p_dispute_shows_its_order(tickets: list[Any], people: dict[str, Any]) -> None:
    found = live(tickets, "P2P")
    assert found
    for one in found:
        assert one.fields["order_id"] in facts(people, one.customer, "account")["p2p_order"]["value"]


def test_demo_agents_queue_is_a_shift_and_not_a_disaster(tickets: list[Any]) -> None:
    mine = [one for one in tickets if one.owner == "a1" and one.phase in OPEN]
    assert 10 <= len(mine) <= 14
    left = [one.clock_due - AT for one in mine if one.clock_due and not one.clock_paused]
    assert 1 <= sum(due < 0 for due in left) <= 2
    assert 2 <= sum(0 <= due < 1_800_000 for due in left) <= 3
    assert 2 <= sum(one.clock_paused for one in mine) <= 4
    assert len({one.category for one in mine}) >= 6
    assert len({one.channel for one in mine}) >= 4
    assert Counter(one.language for one in mine).most_common(1)[0][0] == "zh"
    assert "en" in {one.language for one in mine}


def test_views_look_like_a_desk(tickets: list[Any]) -> None:
    opened = [one for one in tickets if one.phase in OPEN]
    risk = [one for one in opened if one.phase != "pending" and one.clock_due and one.clock_due < AT + 1_800_000]
    assert 0.05 <= len(risk) / len(opened) <= 0.12
    unassigned = sorted(
        (one for one in tickets if not one.owner and one.phase in {"new", "open"}), key=lambda one: one.clock_key
    )
    assert len(unassigned) >= 10
    assert not any("task" in one.tags for one in unassigned)
    strange = {edge.subject for edge in EDGES}
    assert not strange & {one.subject for one in unassigned[:6]}


def test_no_two_tickets_begin_alike_and_nobody_asks_the_same_twice(tickets: list[Any], said: dict[str, list[Any]]) -> None:
    own = [one for one in tickets if "task" not in one.tags]
    assert max(Counter(one.subject for one in own).values()) <= 2
    assert max(Counter(said[one.id][0].body for one in own).values()) <= 3
    assert max(Counter((one.customer, one.subject) for one in own).values()) == 1
    assert max(Counter(one.customer for one in own).values()) <= 5


def test_long_conversations_have_files_notes_quotes_and_a_log(said: dict[str, list[Any]], tickets: list[Any]) -> None:
    long = [entries for entries in said.values() if 10 <= len(entries) <= 25]
    assert len(long) >= 3
    assert any(entry.attachments for entries in long for entry in entries)
    assert any(entry.kind == "note" for entries in long for entry in entries)
    assert any("\n> " in entry.body or entry.body.startswith("> ") for entries in said.values() for entry in entries)
    assert any(200 < entry.body.count("\n") < 1000 for entries in said.values() for entry in entries)
    assert any(one.handover.startswith("Intent:") for one in live(tickets))


def test_what_the_desk_tells_of_an_agent_begins_with_their_name(said: dict[str, list[Any]]) -> None:
    """The desk draws the name of who did it before what was done, once."""
    told = [one for entries in said.values() for one in entries if one.kind == "system" and one.author]
    assert len(told) > 5
    assert [f"{one.author}: {one.body}" for one in told if not one.body.startswith(f"{one.author} ")] == []


def test_every_file_a_customer_sent_can_be_fetched(desk: Engine, said: dict[str, list[Any]]) -> None:
    kept = {one.id: one for one in rows(desk, tables.attachments)}
    sent = [attached for entries in said.values() for entry in entries for attached in entry.attachments]
    assert sent
    assert all(kept[one["id"]].size == one["size"] == len(kept[one["id"]].content) for one in sent)
    assert FILES["screenshot.png"].content.startswith(b"\x89PNG")


def test_promises_are_what_the_agent_said_and_still_to_come(desk: Engine, said: dict[str, list[Any]]) -> None:
    promises = rows(desk, tables.promises)
    assert promises
    for one in promises:
        assert one.due_at > AT
        assert any(one.text in entry.body for entry in said[one.ticket] if entry.kind == "agent")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("您好。最迟两小时内有结果,我在这里通知您。", ("最迟两小时内有结果,我在这里通知您。", 7_200_000)),
        ("Noted. You hear from me by 6 pm today.", ("You hear from me by 6 pm today.", 18_000_000)),
        ("Version 6.9.8 is fixed tonight.", ("Version 6.9.8 is fixed tonight.", 18_000_000)),
        ("Thank you.", None),
    ],
)
def test_a_promise_is_the_sentence_that_names_a_time(body: str, found: tuple[str, int] | None) -> None:
    assert promise_in(body) == found


def test_a_desk_of_another_day_stands_the_same(tmp_path: Path) -> None:
    other = rows(seeded(tmp_path / "other.db", seed=5), tables.tickets)
    mine = [one for one in other if one.owner == "a1" and one.phase in OPEN]
    assert 10 <= len(mine) <= 14
    assert all(datetime.fromtimestamp(one.created_at / 1000, tz=UTC) <= NOW for one in other)
