"""The local copy answers queries exactly as the domain defines them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, FeedMark, TeamId, TicketId
from supportdesk_tui.domain.queue import EVERY_TICKET, MY_TEAMS, Owner, QueueQuery, SortKey, matches
from supportdesk_tui.domain.sla import Clock, ClockKind
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, Status, TicketSummary
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.conversations import Detail, Entries
from supportdesk_tui.sync.rows import Asker
from supportdesk_tui.sync.windows import Ask
from supportdesk_tui.text.safe import sanitize_line
from tests import make

TEAMS = (TeamId("t1"), TeamId("t2"))
ASKER = Asker(make.ME, TEAMS, make.NOW)

statuses = st.sampled_from([Status(phase.value, phase, sanitize_line(phase.value)) for phase in Phase])
rows = st.builds(
    make.summary,
    st.integers(1, 40),
    status=statuses,
    owner=st.sampled_from([None, make.ME, AgentId("a2"), AgentId("nobody")]),
    team=st.sampled_from([None, TeamId("t1"), TeamId("t3")]),
    channel=st.sampled_from(Channel),
    language=st.sampled_from(["en", "zh", ""]),
    category=st.sampled_from(["FND", "KYC"]),
    priority=st.sampled_from(Priority),
    tags=st.lists(st.sampled_from([sanitize_line("vip"), sanitize_line("vip2"), sanitize_line("风控")]), unique=True).map(
        tuple
    ),
    clock=st.builds(
        Clock,
        st.sampled_from(ClockKind),
        st.none(),
        st.none() | st.sampled_from([-60, 0, 30, 90]).map(lambda minutes: make.NOW + timedelta(minutes=minutes)),
        st.booleans(),
    ),
    unread=st.integers(0, 2),
    watched=st.booleans(),
    open_promises=st.integers(0, 2),
    updated_at=st.integers(0, 5).map(lambda hours: make.NOW - timedelta(hours=hours)),
    created_at=st.integers(0, 5).map(lambda hours: make.NOW - timedelta(hours=hours)),
)
TERMS: dict[str, st.SearchStrategy[Any]] = {
    "phases": st.frozensets(st.sampled_from(Phase), max_size=4),
    "statuses": st.frozensets(st.sampled_from([phase.value for phase in Phase]), max_size=3),
    "owner": st.sampled_from([Owner.ANYONE, Owner.ME, Owner.NOBODY, AgentId("a2")]),
    "teams": st.frozensets(st.sampled_from([TeamId("t1"), TeamId("t3"), MY_TEAMS]), max_size=2),
    "channels": st.frozensets(st.sampled_from(Channel), max_size=4),
    "languages": st.frozensets(st.sampled_from(["en", "zh"]), max_size=1),
    "categories": st.frozensets(st.sampled_from(["FND", "KYC"]), max_size=2),
    "priorities": st.frozensets(st.sampled_from(Priority), max_size=3),
    "tags": st.frozensets(st.sampled_from(["vip", "风控"]), max_size=2),
    "due_within": st.none() | st.sampled_from([-60, 0, 30]).map(lambda minutes: timedelta(minutes=minutes)),
    "watched": st.booleans(),
    "promised": st.booleans(),
    "unread": st.booleans(),
}
queries = st.builds(
    lambda terms, sort: QueueQuery(**terms, sort=sort),
    st.sets(st.sampled_from(sorted(TERMS)), max_size=2).flatmap(
        lambda names: st.fixed_dictionaries({name: TERMS[name] for name in sorted(names)})
    ),
    st.sampled_from(SortKey),
)
"""At most two terms, so that most lists are not empty."""


@pytest.fixture
def cache() -> Iterator[Cache]:
    one = Cache(None)
    one.open()
    yield one
    one.close()


def sort_key(sort: SortKey, row: TicketSummary) -> tuple[object, ...]:
    due = row.clock.due_at.timestamp() if row.clock.due_at is not None and not row.clock.paused else float("inf")
    match sort:
        case SortKey.CLOCK:
            return (due, row.id)
        case SortKey.UPDATED:
            return (-row.updated_at.timestamp(), row.id)
        case SortKey.CREATED:
            return (-row.created_at.timestamp(), row.id)
        case SortKey.PRIORITY:
            return (row.priority, due, row.id)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(rows, max_size=25, unique_by=lambda row: row.id), queries)
async def test_window_count_and_places_agree_with_the_domain(summaries: list[TicketSummary], query: QueueQuery) -> None:
    cache = Cache(None)
    cache.open()
    cache.put_tickets_now(summaries)
    ask = Ask(query, "", ASKER)
    wanted = [row for row in summaries if matches(query, row, me=ASKER.me, my_teams=ASKER.teams, now=ASKER.now)]
    wanted.sort(key=lambda row: sort_key(query.sort, row))
    window = cache.window_now(ask, 0, 100)
    assert list(window.rows) == wanted
    assert window.total == len(wanted)
    for place, row in enumerate(wanted):
        assert await cache.index_of(ask, row.id) == place
    outside = next((row.id for row in summaries if row not in wanted), TicketId("absent"))
    assert await cache.index_of(ask, outside) is None
    assert await cache.ids(ask, 5) == [row.id for row in wanted[:5]]
    cache.close()


async def test_filter_finds_number_subject_and_customer_in_any_script(cache: Cache) -> None:
    cache.put_tickets_now(
        [
            make.summary(1, subject=sanitize_line("提现没有到账")),
            make.summary(2, customer_name=sanitize_line("Иван Петров")),
            make.summary(3, subject=sanitize_line("Deposit LOST twice")),
        ]
    )
    found = {
        text: [row.id for row in (await cache.window(Ask(EVERY_TICKET, text, ASKER), 0, 10)).rows]
        for text in ("没有到", "иван", "lost deposit", "000003", "nothing")
    }
    assert found == {"没有到": ["t1"], "иван": ["t2"], "lost deposit": ["t3"], "000003": ["t3"], "nothing": []}


async def test_case_is_known_by_its_number_or_by_digits_that_end_no_other(cache: Cache) -> None:
    number = make.summary(3).number
    cache.put_tickets_now([*(make.summary(n) for n in (1, 2, 3)), make.summary(9, number=sanitize_line("HX-250101-000002"))])
    for name in (number, number.lower(), "000003", "3", "03"):
        assert await cache.numbered(name) == "t3"
    for name in ("000002", "4", "%", "", "HX"):
        assert await cache.numbered(name) is None


async def test_filtered_list_knows_places_and_windows(cache: Cache) -> None:
    cache.put_tickets_now(make.summary(n) for n in range(1, 31))
    ask = Ask(EVERY_TICKET, "withdrawal", ASKER)
    window = await cache.window(ask, 25, 10)
    assert (window.start, window.total, len(window.rows)) == (20, 30, 10)
    assert await cache.index_of(ask, window.rows[3].id) == 23
    cache.put_tickets_now([make.summary(5, version=2, subject=sanitize_line("solved by itself"))])
    assert (await cache.window(ask, 0, 100)).total == 29
    assert await cache.index_of(ask, TicketId("t5")) is None


async def test_older_version_never_replaces_a_newer_one_until_a_copy_begins_anew(cache: Cache) -> None:
    await cache.put_tickets([make.summary(1, version=5)])
    await cache.put_tickets([make.summary(1, version=4, unread=9)])
    assert (await cache.get_tickets([TicketId("t1")]))[TicketId("t1")].version == 5
    await cache.begin_copy()
    await cache.put_tickets([make.summary(1, version=2)])
    assert (await cache.get_tickets([TicketId("t1")]))[TicketId("t1")].version == 2
    await cache.put_tickets([make.summary(1, version=1)])
    assert (await cache.get_tickets([TicketId("t1")]))[TicketId("t1")].version == 2


async def test_copy_drops_live_tickets_it_did_not_meet_and_keeps_solved_ones(cache: Cache) -> None:
    solved = Status("solved", Phase.SOLVED, sanitize_line("Solved"))
    await cache.put_tickets([make.summary(1), make.summary(2), make.summary(3, status=solved)])
    await cache.begin_copy()
    await cache.put_tickets([make.summary(2)])
    await cache.end_copy(FeedMark("17"))
    assert set(await cache.get_tickets([TicketId(f"t{n}") for n in (1, 2, 3)])) == {"t2", "t3"}
    assert cache.last.mark() == "17"


async def test_mark_is_void_while_a_copy_is_not_whole(cache: Cache) -> None:
    await cache.end_copy(FeedMark("1"))
    await cache.put_tickets([make.summary(1)], FeedMark("2"))
    assert cache.last.mark() == "2"
    await cache.begin_copy()
    await cache.put_tickets([make.summary(1)], FeedMark("3"))
    assert cache.last.mark() is None


async def test_session_views_and_conversation_come_back_as_they_were(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "cache.db")
    cache.open()
    view = replace(make.view(), query=QueueQuery(teams=frozenset({MY_TEAMS}), due_within=timedelta(minutes=30)))
    other = replace(make.view("other"), query=QueueQuery(owner=AgentId("a2"), priorities=frozenset({Priority.P1})))
    cache.last.save_session(make.session(), make.directory())
    cache.last.save_views((view, other))
    entries = Entries((make.entry(1), make.entry(2, body="第二")), None, make.NOW, seen_seq=2)
    await cache.conversations.put(TicketId("t1"), entries, make.NOW)
    await cache.conversations.put(TicketId("t1"), Detail(make.ticket(), make.NOW), make.NOW)
    cache.close()
    again = Cache(tmp_path / "deep" / "cache.db")
    again.open()
    assert again.last.session() == (make.session(), make.directory())
    assert again.last.views() == (view, other)
    kept = await again.conversations.get(TicketId("t1"), make.NOW)
    assert kept.entries == entries
    assert kept.detail == Detail(make.ticket(), make.NOW)
    assert kept.customer is None
    again.close()


async def test_conversations_not_looked_at_for_long_are_dropped(cache: Cache) -> None:
    entries = Entries((make.entry(1),), None, make.NOW)
    await cache.conversations.put(TicketId("t1"), entries, make.NOW)
    await cache.conversations.put(TicketId("t2"), entries, make.NOW + timedelta(days=20))
    assert (await cache.conversations.get(TicketId("t1"), make.NOW)).entries is None
    assert (await cache.conversations.get(TicketId("t2"), make.NOW)).entries == entries


async def test_feed_entries_join_a_kept_conversation_once(cache: Cache) -> None:
    await cache.conversations.put(TicketId("t1"), Entries((make.entry(1),), None, make.NOW), make.NOW)
    await cache.conversations.append(TicketId("t1"), [make.entry(3), make.entry(2)], make.NOW)
    await cache.conversations.append(TicketId("t1"), [make.entry(3)], make.NOW)
    await cache.conversations.append(TicketId("t9"), [make.entry(3)], make.NOW)
    kept = (await cache.conversations.get(TicketId("t1"), make.NOW)).entries
    assert kept is not None
    assert [entry.seq for entry in kept.entries] == [1, 2, 3]
    assert (await cache.conversations.get(TicketId("t9"), make.NOW)).entries is None


def test_files_are_private(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "home" / "cache.db")
    cache.open()
    cache.put_tickets_now([make.summary(1)])
    modes = {one.name: one.stat().st_mode & 0o777 for one in (tmp_path / "home").iterdir()}
    cache.close()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}, modes


def test_purge_leaves_nothing_of_a_customer_on_disk(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.db")
    cache.open()
    cache.put_tickets_now([make.summary(1, subject=sanitize_line("canary-4711"))])
    cache.purge()
    left = cache.window_now(Ask(EVERY_TICKET, "", ASKER), 0, 10).total
    cache.close()
    assert left == 0
    assert not any(b"canary-4711" in one.read_bytes() for one in tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["garbage", "truncated", "newer", "flipped"])
async def test_damaged_cache_is_set_aside_and_made_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cache.db"
    cache = Cache(path)
    cache.open()
    cache.put_tickets_now(make.summary(n) for n in range(1, 400))
    if damage == "newer":
        with cache._db.use() as db:
            db.execute("PRAGMA user_version = 99")
    cache.close()
    blob = bytearray(path.read_bytes())
    match damage:
        case "garbage":
            path.write_bytes(b"not a database at all" * 400)
        case "truncated":
            path.write_bytes(blob[: len(blob) // 3])
        case "flipped":
            for place in range(4096, len(blob)):
                blob[place] ^= 0xFF
            path.write_bytes(blob)
    cache = Cache(path)
    cache.open()
    for _ in range(3):
        try:
            await cache.put_tickets([make.summary(1)])
            await cache.window(Ask(EVERY_TICKET, "", ASKER), 0, 10)
        except StorageError:
            continue
    await cache.put_tickets([make.summary(1)])
    assert (await cache.window(Ask(EVERY_TICKET, "", ASKER), 0, 10)).rows
    assert cache.set_aside
    assert all(one.exists() for one in cache.set_aside)
    cache.close()
