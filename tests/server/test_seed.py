"""Harbor Exchange: the same number, the same desk; everybody a desk meets is in it."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from supportdesk_tui.server.floor.words import CATEGORIES, TEAMS
from supportdesk_tui.server.runner import open_parts
from supportdesk_tui.server.seed.articles import ARTICLES
from supportdesk_tui.server.seed.exchange import seed_database
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import rebuild_projections

NOW = datetime(2026, 8, 17, 9, 0, tzinfo=UTC)


def seeded(path: Path, *, seed: int = 1, tickets: int = 300) -> Engine:
    parts = open_parts(f"sqlite:///{path}")
    seed_database(parts.database.engine, tickets=tickets, seed=seed, now=NOW)
    parts.database.writer.shutdown()
    return parts.database.engine


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.begin() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)).all())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return seeded(tmp_path_factory.mktemp("seed") / "desk.db")


def test_same_number_gives_the_same_desk_and_another_another(desk: Engine, tmp_path: Path) -> None:
    twin, other = seeded(tmp_path / "twin.db"), seeded(tmp_path / "other.db", seed=2)
    for table in (tables.events, tables.tickets, tables.entries, tables.customers, tables.promises, tables.links):
        assert rows(desk, table) == rows(twin, table), table.name
    assert rows(desk, tables.tickets) != rows(other, tables.tickets)


@pytest.mark.parametrize("count", [1, 7, 30, 300])
def test_exactly_as_many_tickets_as_asked_for(tmp_path: Path, count: int) -> None:
    engine = seeded(tmp_path / "desk.db", tickets=count)
    found = rows(engine, tables.tickets)
    assert len(found) == count
    assert len({one.number for one in found}) == count


def test_log_rebuilds_what_was_inserted_in_bulk(desk: Engine) -> None:
    watched = (*tables.PROJECTIONS.values(), tables.ticket_tags, tables.ticket_watchers)
    before = {table.name: rows(desk, table) for table in watched}
    with desk.connect().execution_options(writes=True) as connection, connection.begin():
        rebuild_projections(connection)
    assert {table.name: rows(desk, table) for table in watched} == before


def test_proportions_are_those_of_the_floor(desk: Engine) -> None:
    found = rows(desk, tables.tickets)
    languages = Counter(one.language for one in found)
    channels = Counter(one.channel for one in found)
    assert {"zh", "en", "ru", "es", "ja", "ko", "fr", "vi", "tr"} == set(languages)
    assert languages.most_common(1)[0][0] == "zh"
    assert {"chat", "ticket", "email", "inapp", "phone", "social"} <= set(channels)
    assert channels.most_common(1)[0][0] == "chat"
    assert len({one.category for one in found}) >= 14
    assert {one.category for one in found} <= set(CATEGORIES)
    assert {one.team for one in found} <= set(TEAMS)


def test_every_kind_of_clock_is_on_the_desk_and_most_are_calm(desk: Engine) -> None:
    now = int(NOW.timestamp() * 1000)
    found = [one for one in rows(desk, tables.tickets) if one.band == 0]
    late = [one for one in found if one.clock_due and not one.clock_paused and one.clock_due < now]
    paused = [one for one in found if one.clock_paused]
    calm = [
        one
        for one in found
        if one.clock_due and not one.clock_paused and (now - one.clock_start) * 2 < one.clock_due - one.clock_start
    ]
    assert 3 < len(late) < len(found) / 5
    assert len(paused) > 10
    assert len(calm) > len(found) / 3
    assert {one.clock_kind for one in found} >= {"first", "next", "resolve"}
    assert {one.status for one in rows(desk, tables.tickets)} >= {
        "new", "open", "waiting_customer", "waiting_internal", "waiting_third_party", "snoozed", "solved", "closed",
    }  # fmt: skip


def test_edge_customers_and_their_words_are_kept_as_written(desk: Engine) -> None:
    people = rows(desk, tables.customers)
    bodies = [one.body for one in rows(desk, tables.entries)]
    subjects = [one.subject for one in rows(desk, tables.tickets)]
    assert any(len(one.name) == 40 and all("\u4e00" <= char <= "\u9fff" for char in one.name) for one in people)
    assert any("\u200f" in one.name for one in people)
    assert any("👨\u200d👩\u200d👧\u200d👦" in one.name for one in people)
    assert any("[/x]" in one for one in subjects)
    assert any("\x1b]52" in one for one in subjects)
    assert any(one.count("\n") >= 3000 for one in bodies)
    assert any(one.entry_count == 60 for one in rows(desk, tables.tickets))


def test_every_conversation_alternates_and_times_never_go_back(desk: Engine) -> None:
    threads: dict[str, list[Any]] = {}
    for one in rows(desk, tables.entries):
        threads.setdefault(one.ticket, []).append(one)
    for said in threads.values():
        assert [one.at for one in said] == sorted(one.at for one in said)
        assert [one.ordinal for one in said] == list(range(1, len(said) + 1))
        assert "{" not in "".join(one.body for one in said if "$(rm" not in one.body and "WALL" not in one.body)


def test_specialists_have_tasks_linked_both_ways(desk: Engine) -> None:
    links = rows(desk, tables.links)
    assert links
    pairs = {(one.ticket, one.other): one.relation for one in links}
    assert all(
        pairs[other, ticket] == ("task_of" if relation == "task" else "task") for (ticket, other), relation in pairs.items()
    )


def test_promises_counted_on_tickets_are_the_promises_there_are(desk: Engine) -> None:
    counted = Counter(one.ticket for one in rows(desk, tables.promises) if one.state == "open")
    assert {one.id: one.open_promises for one in rows(desk, tables.tickets) if one.open_promises} == dict(counted)
    assert counted


def test_demo_agent_has_work_and_help_centre_is_bilingual(desk: Engine) -> None:
    mine = [one for one in rows(desk, tables.tickets) if one.owner == "a1" and one.band == 0]
    assert len(mine) >= 5
    assert len({one.status for one in mine}) >= 3
    assert len(ARTICLES) >= 20
    assert Counter(one.language for one in rows(desk, tables.articles)) == {"en": len(ARTICLES), "zh": len(ARTICLES)}
