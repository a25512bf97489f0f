"""What one client may take of the server, and that the others do not notice."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from supportdesk_tui.server import runner
from supportdesk_tui.server.desk.refusals import TooMany
from supportdesk_tui.server.http import hub as hub_module
from supportdesk_tui.server.http import throttle as throttle_module
from supportdesk_tui.server.http.limits import MAX_HEAD, MAX_URL, UNHURRIED, Limits
from supportdesk_tui.server.http.throttle import TRIES, Throttle
from supportdesk_tui.server.http.tokens import hash_token
from supportdesk_tui.server.runner import NotLoopback, ServeOptions, ServerThread, run_server

from .conftest import Client

SHORT = Limits(token_rate=0, address_rate=0, head_s=0.4, body_s=0.4, connections=6)


@pytest.fixture(scope="module")
def strict() -> Iterator[ServerThread]:
    """A server with little patience."""
    with ServerThread(tickets=5, limits=SHORT) as running:
        yield running


def dial(server: ServerThread, sent: bytes = b"") -> socket.socket:
    """A bare connection."""
    line = socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=40)
    line.sendall(sent)
    return line


def rest_of(line: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    said = b""
    with line:
        while piece := line.recv(65_536):
            said += piece
    return said


def wait_until(holds: Callable[[], object], within_s: float = 40.0) -> None:
    """Wait for a condition, with a deadline."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never became so"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("POST", "/session", 5_000),
        ("PUT", "/presence", 5_000),
        ("PUT", "/agents/me/state", 5_000),
        ("POST", "/changes/some-key-of-mine/undo", 2_000),
        ("GET", "/views", 2_000),
        ("POST", "/tickets/t1/replies", 1_000_001),
        ("POST", "/attachments?name=a.bin", 10_000_001),
    ],
)
@pytest.mark.parametrize("is_declared", [True, False])
def test_body_longer_than_its_route_takes_is_413(agent: Client, method: str, path: str, size: int, is_declared: bool) -> None:
    body: Any = b"x" * size if is_declared else iter([b"x" * 50_000] * (size // 50_000 + 1))
    answer = agent.http.request(method, path, content=body, headers={"Idempotency-Key": agent.new_key()})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert agent.get("/session").status_code == 200


def test_address_line_and_headers_have_a_size(agent: Client, server: ServerThread) -> None:
    assert agent.get("/tickets", q="护" * 2_000).status_code == 200
    answer = agent.get("/tickets", q="x" * MAX_URL)
    assert (answer.status_code, answer.json()["code"]) == (414, "too_large")
    said = rest_of(dial(server, b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (MAX_HEAD + 70_000)))
    assert said == b"" or said.startswith(b"HTTP/1.1 400")
    assert agent.get("/session").status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip", "zstd"])
def test_compressed_bodies_are_refused_unread(agent: Client, coding: str) -> None:
    answer = agent.http.put("/presence", content=b"\x1f\x8b" + b"0" * 100, headers={"Content-Encoding": coding})
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Encoding")


@pytest.mark.parametrize("path", ["/health", "/views", "/nowhere", "/tickets?q=no:such", "/tickets/t1", "/openapi.json"])
def test_nothing_is_kept_by_caches_or_guessed_at(agent: Client, path: str) -> None:
    for client in (agent.http, httpx.Client(base_url=agent.http.base_url)):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.headers["X-Request-Id"]) == 16
        assert "Server" not in answer.headers
    client.close()


def test_a_token_that_asks_too_often_waits_and_others_do_not() -> None:
    with ServerThread(tickets=5, limits=Limits(token_rate=1, address_rate=0)) as server:
        eager, calm = Client(server, "li.wei"), Client(server, "mei.lin")
        answers = [eager.get("/session") for _ in range(14)]
        refused = [one for one in answers if one.status_code == 429]
        assert [one.status_code for one in answers[:10]] == [200] * 10
        assert refused
        assert refused[0].json()["code"] == "rate_limited"
        assert 1 <= int(refused[0].headers["Retry-After"]) <= 2
        assert calm.get("/session").status_code == 200
        wait_until(lambda: eager.get("/session").status_code == 200)


def test_an_address_that_asks_too_often_waits_even_for_routes_that_are_not_there() -> None:
    with ServerThread(tickets=5, limits=Limits(token_rate=0, address_rate=1)) as server, httpx.Client() as client:
        statuses = [client.get(f"{server.url}/nowhere").status_code for _ in range(14)]
        assert statuses[:10] == [404] * 10
        assert statuses[-1] == 429


def test_a_request_that_dawdles_is_ended_and_others_go_on(strict: ServerThread) -> None:
    quick = Client(strict, "li.wei")
    token = quick.http.headers["Authorization"]
    silent, half = dial(strict), dial(strict, b"GET /api/v1/health HT")
    body = f"PUT /api/v1/presence HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: 40\r\n\r\n{{".encode()
    slow = dial(strict, body)
    assert quick.get("/session").status_code == 200
    assert rest_of(silent) == b""
    assert rest_of(half) == b""
    said = rest_of(slow)
    assert said.startswith(b"HTTP/1.1 408")
    assert b'"code":"timeout"' in said
    assert quick.get("/session").status_code == 200


def test_an_answered_connection_that_begins_anew_and_dawdles_is_ended(strict: ServerThread) -> None:
    line = dial(strict, b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert line.recv(65_536).startswith(b"HTTP/1.1 200")
    line.sendall(b"GET /api/v1/he")
    assert b"HTTP/1.1" not in rest_of(line)


def test_connections_have_a_number(strict: ServerThread) -> None:
    wait_until(lambda: not strict.service.server_state.connections)
    asking = b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % strict.token_for("li.wei").encode()
    kept = [dial(strict, asking) for _ in range(SHORT.connections)]
    assert all(line.recv(65_536).startswith(b"HTTP/1.1 200") for line in kept)
    said = rest_of(dial(strict))
    assert said.startswith(b"HTTP/1.1 503")
    assert b'"code":"unavailable"' in said
    kept.pop().close()
    wait_until(lambda: len(strict.service.server_state.connections) < SHORT.connections)
    with httpx.Client() as client:
        assert client.get(f"{strict.url}/api/v1/health").status_code == 200
    for line in kept:
        line.close()


def test_reader_that_stops_reading_is_dropped_while_others_hear_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "QUEUE_BYTES", 300_000)
    monkeypatch.setattr(runner, "DEAD_MS", 1_500)
    with ServerThread(tickets=5) as server:
        writer, hub = Client(server, "li.wei"), server.parts.hub
        ticket = writer.opened()
        stalled = socket.socket()
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stalled.connect(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))
        token = server.token_for("mei.lin").encode()
        stalled.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % token)
        wait_until(lambda: hub.streams)
        (slow,) = hub.streams
        with writer.http.stream("GET", "/events", headers={"Last-Event-ID": "0"}) as ear:
            lines = ear.iter_lines()
            wait_until(lambda: len(hub.streams) == 2)
            for n in range(400):
                writer.done(f"/tickets/{ticket}/notes", {"body": f"mark-{n:03d} " + "x" * 20_000})
                assert slow.waiting <= 300_000
                if slow not in hub.streams:
                    break
            assert slow not in hub.streams
            assert slow.waiting == 0
            writer.done(f"/tickets/{ticket}/notes", {"body": "the last one"})
            heard = next(line for line in lines if "the last one" in line)
        assert heard
        wait_until(lambda: len(server.service.server_state.tasks) == 0)
        stalled.close()


@pytest.mark.parametrize("how", ["one", "all"])
def test_revoked_token_hears_nothing_more(server: ServerThread, how: str) -> None:
    client = Client(server, "tom.hale")
    with client.http.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        other = Client(server, "tom.hale") if how == "all" else client
        revoked = other.http.delete("/agents/me/tokens" if how == "all" else "/session")
        assert revoked.status_code == 204
        assert len(list(lines)) < 20
    assert client.get("/session").status_code == 401


def test_revoking_beats_a_look_up_that_began_before(server: ServerThread) -> None:
    tokens = server.parts.tokens
    token = server.token_for("li.wei")
    revoked: list[int] = []

    def revoke(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM tokens" in statement:
            revoked.append(tokens.revoke_all("a-somebody-else"))

    event.listen(server.engine, "after_cursor_execute", revoke)
    assert tokens.is_good(f"Bearer {token}", "agent")
    event.remove(server.engine, "after_cursor_execute", revoke)
    assert revoked
    assert not tokens._good


def test_whoever_goes_silent_is_not_there_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PRESENCE_S", 1.5)
    with ServerThread(tickets=5) as server:
        stopped, other = Client(server, "li.wei"), Client(server, "mei.lin")
        with stopped.http.stream("GET", "/events"), other.http.stream("GET", "/events") as ear:
            lines = ear.iter_lines()
            stopped.http.put("/presence", json={"ticket": "t1", "activity": "typing"})
            assert next(line for line in lines if '"activity":"typing"' in line)
            assert next(line for line in lines if '"activity":"gone"' in line)
            assert not server.parts.hub.presence


def test_signing_in_is_throttled_by_pair_by_address_and_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    for _ in range(TRIES["pair"]):
        throttle.begin("10.0.0.1", "Li.Wei")
    with pytest.raises(TooMany):
        throttle.begin("10.0.0.1", "li.wei")
    at = throttle.begin("10.0.0.2", "li.wei")
    throttle.passed("10.0.0.2", "li.wei", at)
    for n in range(TRIES["address"] - TRIES["pair"]):
        throttle.begin("10.0.0.1", f"agent{n}")
    with pytest.raises(TooMany) as refused:
        throttle.begin("10.0.0.1", "one.more")
    assert 1 <= refused.value.after_s <= throttle_module.WINDOW_S + 1
    for n in range(TRIES["login"] - TRIES["pair"]):
        throttle.begin(f"10.1.0.{n}", "li.wei")
    with pytest.raises(TooMany):
        throttle.begin("10.2.0.1", "li.wei")
    monkeypatch.setattr(throttle_module, "WINDOW_S", 0.0)
    assert throttle.begin("10.0.0.1", "li.wei")


def test_throttle_remembers_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle_module, "MAX_WATCHED", 50)
    throttle = Throttle()
    for n in range(500):
        throttle.begin(f"10.0.{n // 250}.{n % 250}", f"agent{n}")
    assert len(throttle._tries) <= 50


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "desk.example", "127.1.example", "", "0", "*"])
def test_others_are_let_in_only_with_tls_or_when_asked_for(tmp_path: Any, host: str) -> None:
    options = ServeOptions(db_url=f"sqlite:///{tmp_path / 'x.db'}", host=host)
    with pytest.raises(NotLoopback):
        run_server(options, lambda _url: None)
    assert not list(tmp_path.iterdir())


def test_serve_is_limited_and_a_server_of_ones_own_is_not() -> None:
    assert ServeOptions(db_url="sqlite:///x").limits == Limits()
    assert Limits().token_rate > 0 < Limits().address_rate
    assert UNHURRIED.token_rate == UNHURRIED.address_rate == 0


def test_loop_that_serves_everybody_never_waits_for_the_database() -> None:
    with ServerThread(tickets=5) as server:
        asked_by: list[str] = []
        agent, other = Client(server, "li.wei"), server.token_for("li.wei")
        event.listen(server.engine, "checkout", lambda *_: asked_by.append(threading.current_thread().name))
        with agent.http.stream("GET", "/events", timeout=60) as answer:
            lines = answer.iter_lines()
            assert next(line for line in lines if line == "event: beat")
            server.parts.tokens.revoke(hash_token(other))  # every token is looked up anew
            assert agent.get("/tickets").status_code == 200
            server.parts.tokens.forget()
            for _ in range(2):
                assert next(line for line in lines if line == "event: beat")
        assert asked_by
        assert "backend" not in asked_by
