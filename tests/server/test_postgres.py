"""What only PostgreSQL can do wrong: its index, its locks, its strictness, its connections."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, select, text

from supportdesk_tui.server.floor.query import Criteria
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import dialect, pages, tables
from supportdesk_tui.server.storage.engine import Database, migrate, open_engine
from supportdesk_tui.server.storage.search import find_tickets, index_texts

from .conftest import Client, index_of, plan_of
from .postgres import Cluster

TEXTS = (
    "我想申请退款,谢谢 USDT提现TXID is 9f8e7d",
    "入金が反映されません ガギグ ｶﾞ",
    "출금이 지연됩니다",
    "Zürich café ĐÀ NẴNG tiếng Việt Ελλάδα ПРИВЕТ ё й İstanbul STRASSE straße",
    "snake_case __init__ a_b it's O'Brien back\\slash semi;colon ' '' : & | ! <-> (x) *",
    "हिन्दी ภาษาไทย العَرَبِيَّة ﷺ ½ ² Ⅷ ﬁne",
    "😀 one\x00two \ufffd three",
    "x" * 7_000,
    "same " * 200 + "end",
    "",
)
QUERIES = (
    "退款", "退申", "申请退款", "谢", "反映", "カギ", "ガギ", "출금", "zurich", "NẴNG", "nang", "привет", "й", "и",
    "snake_case", "sna", "case", "obrien", "o'brien", '"same end"', '"same same"', "end", "xxxxx", "ﬁne", "fine", "½", "two",
    '"one two"', "'", ":*", "& |", "the",
)  # fmt: skip


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """A migrated database."""
    engine = open_engine(url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def desk(cluster: Cluster) -> Iterator[ServerThread]:
    with ServerThread(cluster.new_database(), tickets=30) as running:
        yield running


@pytest.fixture(scope="module")
def large(cluster: Cluster) -> Iterator[Engine]:
    """A queue of 20,000 tickets made of one, as far as the planner can see."""
    differs = {
        "n": "i", "id": "'t' || i", "number": "'HX-' || i", "band": "mod(i, 3)", "clock_key": "mod(i * 7919, 20011)",
        "updated_at": "i", "created_at": "i", "prio_key": "i", "owner": "'a' || mod(i, 14)", "team": "'team' || mod(i, 3)",
    }  # fmt: skip
    names = [column.name for column in tables.tickets.columns]
    columns = ", ".join(differs.get(name, name) for name in names)
    with ServerThread(cluster.new_database(), tickets=5, ticking=False) as server:
        with server.parts.database.writing() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO tickets ({', '.join(names)}) "
                f"SELECT {columns} FROM tickets, generate_series(1000, 21000) i WHERE n = 1"
            )
        with server.parts.database.writing() as connection:
            connection.exec_driver_sql("ANALYZE tickets")
        yield server.engine


def test_both_databases_index_and_find_the_same(cluster: Cluster, tmp_path: Path) -> None:
    told: list[Any] = []
    for url in (cluster.new_database(), f"sqlite:///{tmp_path / 'desk.db'}"):
        with opened(url) as engine, Database(engine).writing() as connection:
            index_texts(connection, ((n, n % 3, said) for n, said in enumerate(TEXTS, 1)))
            terms = {(term[:500], doc) for term, doc, _ in index_of(connection)}
            told.append((terms, {query: find_tickets(connection, query, 10) for query in QUERIES}))
    (terms, found), (terms_there, found_there) = told
    assert terms == terms_there
    assert found == found_there
    assert sum(map(bool, found.values())) > 20


def test_seeded_desk_is_indexed_word_for_word_as_on_sqlite(cluster: Cluster) -> None:
    told = []
    for url in (cluster.new_database(), None):
        made = ServerThread(url, tickets=40, seed=5, clock=lambda: 1_790_000_000_000, ticking=False)
        with made as server, server.parts.database.reading() as connection:
            told.append(index_of(connection))
    assert len(told[0]) > 3_000
    assert told[0] == sorted(told[1])


def test_migration_makes_the_tables_we_query_on_postgresql(cluster: Cluster) -> None:
    fresh = create_engine(open_engine(cluster.new_database()).url)
    tables.metadata.create_all(fresh)
    wanted = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")

    def indexes(engine: Engine) -> dict[str, str]:
        with engine.connect() as connection:
            return {
                row[0]: row[1].replace("::text", "").replace("(", "").replace(")", "") for row in connection.execute(wanted)
            }

    def same_type(_context: Any, _there: Any, _meant: Any, there: Any, meant: Any) -> bool | None:
        return False if there.python_type is str is meant.python_type else None

    with opened(cluster.new_database()) as engine:
        migrate(engine)
        with engine.connect() as connection:
            ours = {
                "include_object": lambda _one, name, kind, *_: kind != "table" or name != "search",
                "compare_type": same_type,
            }
            assert compare_metadata(MigrationContext.configure(connection, opts=ours), tables.metadata) == []
            texts = text("SELECT count(*) FROM information_schema.columns WHERE data_type = 'text' AND collation_name <> 'C'")
            assert connection.execute(texts).scalar_one() == 0
        made, meant = indexes(engine), indexes(fresh)
    fresh.dispose()
    assert set(made) - set(meant) == {"ix_search", "alembic_version_pkc"}
    assert {name: made[name] for name in meant} == meant


def test_two_servers_on_one_database_number_the_log_without_holes(desk: ServerThread) -> None:
    with ServerThread(desk.db_url) as other:
        clients = [Client(desk, "li.wei"), Client(other, "mei.lin")]
        tickets = [one.opened() for one in clients]

        def note(turn: int) -> int:
            client = clients[turn % 2]
            return int(
                client.done(f"/tickets/{tickets[turn // 2 % 2]}/notes", {"body": f"n{turn}"}, key=f"turn-{turn:08d}")["seq"]
            )

        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(note, range(60)))
    assert len(set(given)) == 60
    with desk.engine.begin() as connection:
        seqs = connection.execute(select(tables.events.c.seq).order_by(tables.events.c.seq)).scalars().all()
        entries = connection.execute(select(tables.entries.c.body).where(tables.entries.c.body.like("n%"))).scalars().all()
    assert seqs == list(range(1, len(seqs) + 1))
    assert {f"n{turn}" for turn in range(60)} <= set(entries)


def test_nul_in_a_message_is_kept_as_the_replacement_character(desk: ServerThread) -> None:
    agent = Client(desk, "li.wei")
    ticket = agent.opened("before\0after")
    assert agent.read(f"/tickets/{ticket}/entries")["items"][0]["body"] == "before\ufffdafter"
    assert agent.get("/tickets/t1%00").status_code == 404
    assert agent.get("/tickets", q="tag:\0x").status_code == 200


def test_numbers_too_great_for_a_column_are_refused_or_match_nothing(desk: ServerThread) -> None:
    agent = Client(desk, "li.wei")
    mark = pages.encode_mark((2**61, 2**31 - 1))
    assert agent.read("/tickets", after=mark)["items"] == []
    beyond = agent.get("/tickets", after=pages.encode_mark((5, 2**31)))
    assert (beyond.status_code, beyond.json()["field"]) == (422, "after")
    assert agent.read("/tickets/t1/entries", before=2**40)["items"]


@pytest.mark.parametrize(
    ("want", "sort", "index"),
    [
        (Criteria(), "clock", "ix_tickets_clock"),
        (Criteria(), "updated", "ix_tickets_updated"),
        (Criteria(owners=frozenset({"a1"})), "clock", "ix_tickets_owner"),
        (Criteria(teams=frozenset({"team1"})), "clock", "ix_tickets_team"),
    ],
)
def test_a_page_of_a_large_queue_walks_its_index(large: Engine, want: Criteria, sort: str, index: str) -> None:
    asked: list[tuple[str, Any]] = []
    with large.connect() as connection:
        keep = lambda _c, _k, statement, values, _x, _m: asked.append((statement, values))  # noqa: E731  a local name for one expression
        event.listen(connection, "before_cursor_execute", keep)
        rows, more = pages.list_page(connection, want, sort=sort, after=None, limit=50, now=0)
        event.remove(connection, "before_cursor_execute", keep)
        plan = str(connection.exec_driver_sql(f"EXPLAIN {asked[0][0]}", asked[0][1]).all())
    assert len(rows) == 50
    assert more
    assert index in plan
    assert "Seq Scan on tickets" not in plan


def test_search_reads_its_index(desk: ServerThread) -> None:
    statement = "SELECT DISTINCT doc >> 16 AS n FROM search WHERE body @@ %s::tsquery ORDER BY n DESC LIMIT %s"
    with desk.parts.database.reading() as connection:
        assert "ix_search" in plan_of(connection, statement, ("'退款'", 2_000))


def test_held_write_lock_is_503_and_reading_goes_on(cluster: Cluster) -> None:
    url = f"{cluster.new_database()}&options=-c%20lock_timeout%3D100"
    with ServerThread(url, tickets=5, ticking=False) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        with server.parts.database.writing():
            answer = agent.post(f"/tickets/{ticket}/notes", {"body": "held"}, key="held-lock")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert agent.get("/tickets").status_code == 200
        assert agent.post(f"/tickets/{ticket}/notes", {"body": "held"}, key="held-lock").status_code == 200
        assert [one["body"] for one in agent.read(f"/tickets/{ticket}/notes")["items"]].count("held") == 1


def test_database_that_went_away_is_503_and_comes_back(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    with ServerThread(cluster.new_database(), tickets=5, ticking=False) as server:
        agent = Client(server, "li.wei")
        ticket, name = agent.opened(), str(server.engine.url.database)
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        cluster.run(end)
        assert agent.post(f"/tickets/{ticket}/notes", {"body": "again"}, key="after-restart").status_code == 200
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cluster.run(end)
        answer = agent.post(f"/tickets/{ticket}/notes", {"body": "away"}, key="while-away")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert agent.post(f"/tickets/{ticket}/notes", {"body": "away"}, key="while-away").status_code == 200
    said = capfd.readouterr().err
    assert "the database cannot be used" in said
    assert "Traceback" not in said


def test_database_in_another_encoding_is_refused(cluster: Cluster) -> None:
    engine = open_engine(cluster.new_database(encoding="LATIN1"))
    with pytest.raises(dialect.UnsupportedDatabase, match="LATIN1"):
        migrate(engine)
    engine.dispose()


def test_missing_psycopg_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "find_spec", lambda _name: None)
    with pytest.raises(dialect.UnsupportedDatabase, match=r"pip install 'supportdesk-tui\[server,postgres\]'"):
        open_engine("postgresql://localhost/desk")


def test_serve_keeps_its_tickets_and_its_agents(cluster: Cluster, tmp_path: Path) -> None:
    program, db = [sys.executable, "-m", "supportdesk_tui", "serve"], ["--db", cluster.new_database()]
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    said: list[str] = []
    for start in range(2):
        with subprocess.Popen([*program, "--port", "0", *db], stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout
            url = ""
            while not url.startswith("http"):
                url = process.stdout.readline().strip()
                assert url or process.poll() is None
                said.append(url)
            if start == 0:
                add = [*program, "agents", "add", "admin", "--role", "admin", "--password-stdin", *db]
                subprocess.run(add, input="correct horse\n", text=True, env=environment, check=True, capture_output=True)
            answer = httpx.post(f"{url}/api/v1/session", json={"login": "admin", "password": "correct horse"})
            assert answer.json()["agent"]["role"] == "admin"
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
    assert len([line for line in said if line.startswith("Nobody can sign in yet")]) == 1
    assert not list(tmp_path.rglob("*.db"))
