"""Nothing that customers, agents or tokens say is in anything the server prints, at the most talkative level there is."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from supportdesk_tui.server.http.discreet import told_places

PASSWORD = "canary-password-7f3a"
CANARY = "zqcanary"
SERVE = f"""
import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG)
warnings.simplefilter("always")
from supportdesk_tui.server import runner
made = runner.make_config
def talkative(parts, **options):
    with parts.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE kb_gaps")
    config = made(parts, **options)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return config
runner.make_config = talkative
runner.Desk.find_applied = lambda self, who, key: int(key)  # a mistake whose message quotes what was asked for
options = runner.ServeOptions(db_url=sys.argv[1], port=0, seed_tickets=5, password={PASSWORD!r})
runner.run_server(options, lambda url: print(url, flush=True))
"""


@contextlib.contextmanager
def talkative_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """A server process that logs everything it can, and where it does; `kb_gaps` is missing, so that one route breaks."""
    log = folder / "log"
    environment = {**os.environ, "PYTHONASYNCIODEBUG": "1"}
    command = [sys.executable, "-X", "dev", "-c", SERVE, f"sqlite:///{folder / 'desk.db'}"]
    with (
        log.open("w") as out,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True, env=environment) as process,
    ):
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), log
        finally:
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        out.write(said)


def traffic(client: httpx.Client, word: str) -> list[int]:
    """Good and bad requests, each with the canary in another place; the statuses."""
    keyed = {"Idempotency-Key": f"{word}-key-{word}"}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/tickets/t1/replies", {"json": {"body": word}, "headers": keyed}),
        ("POST", "/tickets/t1/replies", {"json": {"body": word + "!"}, "headers": keyed}),
        ("POST", "/tickets/t1/notes", {"json": {"body": [word]}, "headers": keyed}),
        ("POST", "/tickets/t1/changes", {"json": {"type": "assign", "agent": word}, "headers": {**keyed, "If-Match": word}}),
        ("POST", "/tickets/t1/changes", {"json": {"type": word}, "headers": keyed}),
        ("POST", "/tickets/t1/changes", {"content": f'{{"type": "{word}', "headers": keyed}),
        ("GET", f"/tickets/{word}", {}),
        ("GET", f"/{word}/{word}", {}),
        ("GET", f"/changes/{word}-{word}", {}),
        ("GET", "/tickets", {"params": {"q": word}}),
        ("GET", "/tickets", {"params": {"q": f"{word}:{word}"}}),
        ("GET", "/articles", {"params": {"text": word}}),
        ("GET", "/tickets", {"headers": {"Authorization": f"Bearer {word}"}}),
        ("POST", "/session", {"json": {"login": word, "password": word}}),
        ("POST", "/attachments", {"params": {"name": f"{word}.txt"}, "content": word.encode()}),
        ("PUT", "/presence", {"content": word.encode(), "headers": {"Content-Encoding": word}}),
        (word.upper(), "/views", {}),
    ]
    return [client.request(method, path, **more).status_code for method, path, more in calls]


def test_no_canary_is_in_what_the_server_prints(tmp_path: Path) -> None:
    with talkative_server(tmp_path) as (url, log):
        client = httpx.Client(base_url=f"{url}/api/v1", timeout=30)
        signed_in = client.post("/session", json={"login": "li.wei", "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {signed_in['token']}"
        with client.stream("GET", "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines)
            statuses = traffic(client, CANARY)
            assert next(line for line in lines if CANARY in line)
        client.close()
    printed = log.read_text()
    assert {200, 400, 401, 404, 405, 415, 422, 500} <= set(statuses)
    assert "request" in printed
    assert "failed" in printed
    assert "ValueError at " in printed
    lowered = printed.lower()
    assert CANARY not in lowered
    for secret in (signed_in["token"], PASSWORD):
        assert secret not in printed


def test_failure_is_told_by_kind_and_place_only() -> None:
    try:
        try:
            json.loads(f"{{{CANARY}")
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError as error:
        told = told_places(error)
    assert CANARY not in told
    assert told.startswith("KeyError at ")
    assert "JSONDecodeError" in told
    assert "test_discreet.py:" in told


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_rows_are_not_logged_whatever_the_level(tmp_path: Path, level: str, caplog: pytest.LogCaptureFixture) -> None:
    from supportdesk_tui.server.runner import ServerThread

    caplog.set_level(level)
    with ServerThread(f"sqlite:///{tmp_path / 'desk.db'}", tickets=5) as server:
        headers = {"Authorization": f"Bearer {server.token_for('li.wei')}"}
        subject = httpx.get(f"{server.url}/api/v1/tickets/t1", headers=headers).json()["row"]["subject"]
    assert subject
    assert subject not in caplog.text
