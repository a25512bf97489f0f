"""Things that go wrong on the wire, and what the database then holds."""

import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from supportdesk_tui.server.faults import Fault, Faults
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables

from .conftest import Client
from .test_feed import Ear


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def client(faults: Faults) -> Iterator[Client]:
    with ServerThread(tickets=5, faults=faults) as server:
        yield Client(server, "li.wei")


def copies(client: Client, body: str) -> int:
    with client.server.engine.begin() as connection:
        return connection.execute(
            select(func.count()).select_from(tables.entries).where(tables.entries.c.body == body)
        ).scalar_one()


def test_cut_before_does_nothing_and_cut_after_did_it_once(client: Client, faults: Faults) -> None:
    ticket = client.opened()
    for kind, expected in (("cut_before", 0), ("cut_after", 1)):
        key = client.new_key()
        faults.plan(Fault(kind, method="POST", path="/notes"))  # type: ignore[arg-type]  # both are FaultKinds
        with pytest.raises(httpx.TransportError):
            client.post(f"/tickets/{ticket}/notes", {"body": kind}, key=key)
        assert copies(client, kind) == expected
        again = client.post(f"/tickets/{ticket}/notes", {"body": kind}, key=key)
        assert again.status_code == 200
        assert copies(client, kind) == 1
        assert ("Idempotent-Replayed" in again.headers) == (expected == 1)


@pytest.mark.parametrize("keep", [0, 1, 20])
def test_truncated_answer_is_a_transport_error_and_the_key_finds_it(client: Client, faults: Faults, keep: int) -> None:
    ticket, key = client.opened(), client.new_key()
    faults.plan(Fault("truncate", method="POST", path="/replies", keep=keep))
    with pytest.raises(httpx.TransportError):
        client.post(f"/tickets/{ticket}/replies", {"body": "cut short"}, key=key)
    assert client.read(f"/changes/{key}")["ticket"] == ticket


def test_status_faults_carry_what_was_planned(client: Client, faults: Faults) -> None:
    faults.plan(Fault("status", path="/views", status=429, retry_after="-5", times=2))
    faults.plan(Fault("expired", path="/session"))
    for _ in range(2):
        answer = client.get("/views")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "-5")
    assert client.get("/views").status_code == 200
    assert client.get("/session").json()["code"] == "unauthenticated"
    assert client.get("/session").status_code == 200
    assert [kind for kind, _, _ in faults.struck] == ["status", "status", "expired"]


def test_latency_is_waited_for(client: Client, faults: Faults) -> None:
    faults.plan(Fault("latency", path="/health", seconds=0.2))
    began = time.monotonic()
    assert client.get("/health").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_dropped_stream_ends_at_the_client(client: Client, faults: Faults) -> None:
    ear = Ear(client, None)
    ear.next("beat")
    faults.drop_streams()
    assert ear.next("closed").data is None
    ear.close()
    assert client.get("/health").status_code == 200
