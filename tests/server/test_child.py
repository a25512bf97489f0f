"""The backend as a process of its own: says where it is, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, func, select

from supportdesk_tui.server.runner import NotLoopback, ServeOptions, ServerThread, run_server
from supportdesk_tui.server.seed.stories import THREADS
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.dialect import UnsupportedDatabase
from supportdesk_tui.server.storage.engine import open_engine
from supportdesk_tui.server.traffic import Party, Traffic, script

SERVE = """
import sys
from supportdesk_tui.server.runner import ServeOptions, run_server
run_server(ServeOptions(db_url=sys.argv[1], port=0, seed_tickets=5), lambda url: print(url, flush=True))
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "supportdesk_tui.server.child", "--tickets", "20", "--pace", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("how", ["stdin", "term", "hup"])
def test_child_leaves_nothing_behind(child: subprocess.Popen[str], tmp_path: Path, how: str) -> None:
    assert child.stdout
    assert child.stdin
    said = json.loads(child.stdout.readline())
    headers = {"Authorization": f"Bearer {said['token']}"}
    assert httpx.get(f"{said['url']}/api/v1/session", headers=headers).json()["agent"]["name"] == "Li Wei"
    assert said["url"].startswith("http://127.0.0.1:")
    assert list(tmp_path.iterdir())
    with httpx.stream("GET", f"{said['url']}/api/v1/events", headers=headers) as stream:
        assert stream.status_code == 200
        if how == "stdin":
            child.stdin.close()
        else:
            child.send_signal(signal.SIGTERM if how == "term" else signal.SIGHUP)
        assert child.wait(timeout=30) == 0
    assert not list(tmp_path.iterdir())


def test_serve_ends_cleanly_on_sigterm_with_open_streams(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with subprocess.Popen([sys.executable, "-c", SERVE, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        base = process.stdout.readline().strip()
        assert httpx.get(f"{base}/api/v1/health").json()["ok"] is True
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert not (tmp_path / "desk.db-wal").exists()
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(tables.tickets)).scalar_one() == 5
    engine.dispose()


def test_public_address_without_tls_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotLoopback):
        run_server(ServeOptions(db_url=f"sqlite:///{tmp_path / 'x.db'}", host="0.0.0.0"), lambda _url: None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_database_we_cannot_serve_from_is_named(url: str) -> None:
    with pytest.raises(UnsupportedDatabase):
        open_engine(url)


def test_script_is_the_same_for_the_same_seed() -> None:
    parties = [Party("c1", "HX-260817-000001", code) for code in THREADS]
    one, two, other = (script(seed, parties) for seed in (7, 7, 8))
    first = [next(one) for _ in range(200)]
    assert first == [next(two) for _ in range(200)]
    assert first != [next(other) for _ in range(200)]


def test_customers_write_through_the_inbound_door() -> None:
    with ServerThread(tickets=20) as server:
        with server.engine.begin() as connection:
            query = select(tables.tickets.c.customer, tables.tickets.c.number, tables.tickets.c.language).limit(10)
            parties = [Party(*row) for row in connection.execute(query)]
        traffic = Traffic(server.url, server.inbound_token, 3, parties, pace_s=0.0, limit=40)
        traffic.run()
        assert traffic.sent == 40
        with server.engine.begin() as connection:
            written = connection.execute(
                select(func.count())
                .select_from(tables.events)
                .where(tables.events.c.kind.in_(("customer.wrote", "ticket.opened")))
            ).scalar_one()
        assert written == 40
