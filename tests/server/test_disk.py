"""A disk that is full, a database somebody holds, a server that is told to stop: nothing half done, and it is said."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import TimeoutError as NoConnection

from supportdesk_tui.server.desk.transaction import Happening
from supportdesk_tui.server.http.hub import Stream
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables

from .conftest import Client

SERVE = """
import sys
from supportdesk_tui.server import runner
def announce(url):
    token = parts.tokens.issue("a1")
    print(url, token, flush=True)
made = runner.make_config
def config(given, **options):
    global parts
    parts = given
    return made(given, **options)
runner.make_config = config
runner.run_server(runner.ServeOptions(db_url=sys.argv[1], port=0, seed_tickets=5), announce)
"""


@contextmanager
def every_connection(server: ServerThread, pragma: str, after: str) -> Iterator[None]:
    """Set a pragma whenever a transaction begins, and another one for good."""

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA {pragma}")

    event.listen(server.engine, "begin", begin)
    yield
    event.remove(server.engine, "begin", begin)
    event.listen(server.engine, "begin", lambda connection: connection.exec_driver_sql(f"PRAGMA {after}"))


def counts(server: ServerThread) -> list[int]:
    """How many rows the log, what was said and the keys have."""
    with server.engine.begin() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.events, tables.entries, tables.keys, tables.attachments)
        ]


def test_full_disk_is_503_with_nothing_half_done_and_passes() -> None:
    with ServerThread(tickets=5) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        before = counts(server)
        body = {"body": "x" * 90_000, "then": [{"type": "tag", "add": ["bug"]}]}
        with every_connection(server, "max_page_count=1", "max_page_count=1000000"):
            for path, key in ((f"/tickets/{ticket}/replies", "disk-full-1"), (f"/tickets/{ticket}/notes", "disk-full-2")):
                answer = agent.post(path, body, key=key)
                assert answer.status_code == 503, answer.text
                assert answer.json()["code"] == "unavailable"
                assert answer.json()["request_id"]
                assert int(answer.headers["Retry-After"]) >= 1
            kept = agent.http.post("/attachments", params={"name": "a.bin"}, content=b"x" * 100_000)
            assert kept.status_code == 503
            assert agent.get(f"/tickets/{ticket}").status_code == 200
        assert counts(server) == before
        assert "bug" not in agent.row(ticket)["tags"]
        assert agent.post(f"/tickets/{ticket}/replies", body, key="disk-full-1").status_code == 200
        assert "bug" in agent.row(ticket)["tags"]
        assert server.is_alive


def test_database_held_by_somebody_else_is_503_and_reading_goes_on() -> None:
    with ServerThread(tickets=5) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        holder = sqlite3.connect(server.db_url.removeprefix("sqlite:///"), isolation_level=None)
        event.listen(server.engine, "checkout", lambda dbapi, _record, _proxy: dbapi.execute("PRAGMA busy_timeout=100"))
        holder.execute("BEGIN IMMEDIATE")
        answer = agent.post(f"/tickets/{ticket}/replies", {"body": "hello"}, key="held-database")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert agent.get("/tickets").status_code == 200
        holder.execute("ROLLBACK")
        holder.close()
        assert agent.post(f"/tickets/{ticket}/replies", {"body": "hello"}, key="held-database").status_code == 200
        assert [one["body"] for one in agent.read(f"/tickets/{ticket}/entries")["items"]].count("hello") == 1


def test_time_goes_on_passing_after_a_database_could_not_be_written(capfd: pytest.CaptureFixture[str]) -> None:
    with ServerThread(tickets=5) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        event.listen(server.engine, "checkout", lambda dbapi, _record, _proxy: dbapi.execute("PRAGMA busy_timeout=50"))
        soon = datetime.now(UTC) + timedelta(seconds=1)
        assert agent.change(ticket, "snooze", until=soon.isoformat()).status_code == 200
        holder = sqlite3.connect(server.db_url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        said = ""
        until = time.monotonic() + 40
        while "database is locked" not in said and time.monotonic() < until:
            said += capfd.readouterr().err
            time.sleep(0.05)
        assert "the database cannot be used: database is locked" in said
        holder.execute("ROLLBACK")
        holder.close()
        while agent.row(ticket)["status"] == "snoozed" and time.monotonic() < until:
            time.sleep(0.05)
        assert agent.row(ticket)["status"] == "open"
        assert "Traceback" not in said + capfd.readouterr().err


def test_too_many_at_the_database_are_503_and_time_goes_on_passing(capfd: pytest.CaptureFixture[str]) -> None:
    with ServerThread(tickets=5) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        soon = datetime.now(UTC) + timedelta(seconds=1)
        assert agent.change(ticket, "snooze", until=soon.isoformat()).status_code == 200
        pool = server.engine.pool
        vars(pool)["_timeout"] = 0.05  # instead of half a minute
        held: list[Connection] = []
        until, said = time.monotonic() + 60, ""
        while "QueuePool" not in said and time.monotonic() < until:
            with suppress(NoConnection):
                held.append(server.engine.connect())
            said += capfd.readouterr().err
            time.sleep(0.01)
        assert "the database cannot be used: QueuePool limit" in said
        answer = agent.get("/tickets")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        vars(pool)["_timeout"] = 30.0
        for one in held:
            one.close()
        while agent.row(ticket)["status"] == "snoozed" and time.monotonic() < until:
            time.sleep(0.05)
        assert agent.row(ticket)["status"] == "open"
        assert "Traceback" not in said + capfd.readouterr().err


def test_what_is_committed_is_told_though_nobody_can_count_just_then(monkeypatch: pytest.MonkeyPatch) -> None:
    with ServerThread(tickets=5, ticking=False) as server:
        agent = Client(server, "li.wei")
        ticket = agent.opened()
        hub, stream = server.parts.hub, Stream("a2")
        hub.streams.add(stream)
        vars(server.engine.pool)["_timeout"] = 0.05  # instead of half a minute
        held: list[Connection] = []

        def told_when_all_are_taken(happenings: list[Happening]) -> None:
            with suppress(NoConnection):
                while True:
                    held.append(server.engine.connect())
            hub.told(happenings)

        monkeypatch.setattr(server.parts.desk, "on_commit", told_when_all_are_taken)
        answer = agent.change(ticket, "assign", agent="a2")
        for one in held:
            one.close()
        assert held
        assert answer.status_code == 200
        until = time.monotonic() + 60
        while stream.frames.empty() and time.monotonic() < until:
            time.sleep(0.01)
        frame = stream.frames.get_nowait()
        assert frame is not None
        assert frame.seq > 0


def test_stopping_finishes_open_requests_ends_streams_and_leaves_no_log_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    environment = {**os.environ, "SUPPORTDESK_FAILPOINTS": "server.before_commit=sleep:1@2"}
    command = [sys.executable, "-c", SERVE, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        try:
            base, token = process.stdout.readline().split()
            client = httpx.Client(base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20)
            keyed = {"Idempotency-Key": "stopping-now-00"}
            assert client.post("/tickets/t1/notes", json={"body": "one"}, headers=keyed).status_code == 200
            answers: list[httpx.Response] = []

            def reply() -> None:
                answers.append(
                    client.post("/tickets/t1/notes", json={"body": "two"}, headers={"Idempotency-Key": "stopping-now"})
                )

            with client.stream("GET", "/events") as stream:
                lines = stream.iter_lines()
                assert next(lines)
                asking = threading.Thread(target=reply)
                asking.start()
                assert next(line for line in lines if line == "event: beat")
                process.send_signal(signal.SIGTERM)
                list(lines)
            asking.join(20)
            client.close()
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert [one.status_code for one in answers] == [200]
    assert [one.name for one in tmp_path.iterdir()] == ["desk.db"]
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        found = connection.execute("SELECT count(*) FROM entries WHERE body = 'two'").fetchone()
    connection.close()
    assert found == (1,)
