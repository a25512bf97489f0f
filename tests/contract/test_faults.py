"""What a broken server can answer to a call, and what the desk makes of it."""

import gzip
import json
import logging
import ssl
from datetime import UTC, datetime

import httpx
import pytest

from supportdesk_tui.backends.calls import Answer, Call, Said, to_error
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.trust import checked_url
from supportdesk_tui.domain.changes import Reply, Watch
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import sanitize_line
from tests.contract.answers import APPLIED, KEY, QUICK, REPLY, TICKET, answered, backend, error_body
from tests.contract.rawserver import raw_server, said


@pytest.mark.parametrize(
    ("status", "read_error", "write_error"),
    [
        (301, BadPayload, BadPayload),
        (400, Refused, Refused),
        (401, SignInNeeded, SignInNeeded),
        (403, Forbidden, Forbidden),
        (404, NotFound, NotFound),
        (408, Unreachable, Unreachable),
        (409, Conflict, Conflict),
        (410, NotFound, NotFound),
        (412, Conflict, Conflict),
        (413, Refused, Refused),
        (418, Refused, Refused),
        (422, Refused, Refused),
        (429, RateLimited, RateLimited),
        (500, Unreachable, Ambiguous),
        (502, Unreachable, Ambiguous),
        (503, Unreachable, Unreachable),
        (504, Unreachable, Ambiguous),
    ],
)
async def test_every_status_has_its_error(status: int, read_error: type[BackendError], write_error: type[BackendError]) -> None:
    desk = backend(lambda _request: answered(status, error_body("some", "No.\x1b[31m"), X_Request_Id="r\x1b1"))
    with pytest.raises(BackendError) as read_raised:
        await desk.get_ticket(TICKET)
    desk = backend(lambda _request: answered(status, error_body("some", "No.\x1b[31m")))
    with pytest.raises(BackendError) as write_raised:
        await desk.apply(TICKET, REPLY, KEY)
    await desk.close()
    assert (type(read_raised.value), type(write_raised.value)) == (read_error, write_error)
    assert "\x1b" not in str(read_raised.value) + read_raised.value.request_id
    assert read_raised.value.request_id.startswith("r")


async def test_refusal_names_the_field_and_its_complaint() -> None:
    desk = backend(lambda _request: answered(422, error_body("invalid", "too long", "body")))
    with pytest.raises(Refused) as raised:
        await desk.apply(TICKET, REPLY, KEY)
    assert raised.value.fields == {"body": "too long"}


def test_refusal_that_quotes_a_secret_quotes_it_to_nobody() -> None:
    call = Call(operation="read", method="GET", route="/x")
    said = Said(sanitize_line("body: my card is 4111 1111 1111 1111"), {"body": "card 4111 1111 1111 1111"})
    error = to_error(call, Answer(422, {}, b""), said, datetime.now(UTC))
    assert isinstance(error, Refused)
    assert "4111" not in f"{error} {error.reason} {error.fields}"
    assert ("▒▒ card number ▒▒" in error.reason, error.fields) == (True, {"body": "card ▒▒ card number ▒▒"})


@pytest.mark.parametrize(
    ("said_wait", "least", "most"),
    [
        ("-5", 1, 1),
        ("0", 1, 1),
        ("+7", 7, 7),
        ("--7", 5, 5),
        ("99999999", 300, 300),
        ("soon", 5, 5),
        ("", 5, 5),
        ("9" * 400, 300, 300),
    ],
)
async def test_waits_the_server_asks_for_are_clamped(said_wait: str, least: float, most: float) -> None:
    desk = backend(lambda _request: answered(429, retry_after=said_wait))
    with pytest.raises(RateLimited) as raised:
        await desk.list_views()
    assert least <= raised.value.after_s <= most


async def test_wait_until_a_date_is_read_against_the_servers_clock() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return answered(503, retry_after="Mon, 17 Aug 2026 10:01:00 GMT", date="Mon, 17 Aug 2026 10:00:00 GMT")

    with pytest.raises(RateLimited) as raised:
        await backend(handler).list_views()
    assert 55 <= raised.value.after_s <= 61


async def test_storm_of_refusals_is_not_answered_with_a_storm_of_requests() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answered(429, retry_after="60")

    desk = backend(handler)
    for _ in range(20):
        with pytest.raises(RateLimited):
            await desk.list_views()
    assert len(asked) == 1


async def test_retries_stay_within_their_budget() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ConnectError("refused")

    desk = backend(handler, Limits(backoff_s=0.0001, retry_budget=4))
    for _ in range(50):
        with pytest.raises(Unreachable):
            await desk.list_views()
    assert 50 < len(asked) <= 50 * 1.2 + 4


@pytest.mark.parametrize(
    ("broken", "read_error", "write_error"),
    [
        (httpx.ConnectError("refused"), Unreachable, Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable, Unreachable),
        (httpx.PoolTimeout("full"), Unreachable, Unreachable),
        (httpx.ReadTimeout("silent"), Unreachable, Ambiguous),
        (httpx.WriteError("broken pipe"), Unreachable, Ambiguous),
        (httpx.ReadError("reset\x1b]0;x\x07"), Unreachable, Ambiguous),
        (httpx.RemoteProtocolError("cut"), Unreachable, Ambiguous),
    ],
)
async def test_broken_connection_leaves_a_write_unknown_only_once_it_was_sent(
    broken: httpx.TransportError, read_error: type[BackendError], write_error: type[BackendError]
) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise broken

    with pytest.raises(BackendError) as read_raised:
        await backend(handler).list_views()
    with pytest.raises(BackendError) as write_raised:
        await backend(handler).apply(TICKET, REPLY, KEY)
    assert (type(read_raised.value), type(write_raised.value)) == (read_error, write_error)
    assert "\x1b" not in str(write_raised.value)


async def test_write_broken_once_stays_unknown_though_the_retry_never_reached_the_server() -> None:
    breaks = iter([httpx.ReadError("reset"), httpx.ConnectError("refused"), httpx.ConnectError("refused")])

    def handler(_request: httpx.Request) -> httpx.Response:
        raise next(breaks)

    with pytest.raises(Ambiguous):
        await backend(handler).apply(TICKET, REPLY, KEY)


async def test_write_broken_once_stays_unknown_though_the_retry_was_put_off() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if len(asked) == 1:
            raise httpx.ReadError("reset")
        return answered(429, retry_after="60")

    with pytest.raises(Ambiguous):
        await backend(handler).apply(TICKET, REPLY, KEY)
    assert len(asked) == 2


async def test_ticket_a_bulk_answer_is_silent_about_is_not_done() -> None:
    tickets = [TicketId(f"t{number}") for number in range(1200)]
    keys: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        outcomes = [{"ticket": ticket, "done": True} for ticket in json.loads(request.content)["tickets"] if ticket != "t7"]
        return answered(200, json.dumps({"key": "k", "outcomes": outcomes}).encode())

    outcomes = [outcome async for outcome in backend(handler).apply_each(tickets, Watch(), KEY)]
    assert [outcome.ticket for outcome in outcomes if not outcome.done] == ["t7"]
    assert len(outcomes) == 1200
    assert keys == [KEY, f"{KEY}-1000"]


async def test_write_broken_once_is_settled_by_the_answer_to_its_retry() -> None:
    keys: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("reset")
        return answered(200, APPLIED)

    assert (await backend(handler).apply(TICKET, REPLY, KEY)).version == 2
    assert keys == [KEY, KEY]


async def test_presence_is_said_once_and_never_again() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise httpx.ConnectError("refused")

    from supportdesk_tui.domain.feed import Activity

    with pytest.raises(Unreachable):
        await backend(handler).attend(TICKET, Activity.TYPING)
    assert asked == ["PUT"]


async def test_untrusted_certificate_is_refused_without_asking_again() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise httpx.ConnectError("x") from ssl.SSLCertVerificationError("certificate has expired")

    with pytest.raises(Refused, match="certificate has expired"):
        await backend(handler).open()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"<html>Sign in to the Wi-Fi</html>", {"content_type": "text/html"}),
        (b"", {}),
        (b"{", {}),
        (b"[]", {}),
        (b'{"items": [], "total": NaN}', {}),
        (b'{"items": {}}', {}),
        (b'"\xff"', {}),
        (b'{"items":' * 100_000, {}),
        (b"x" * (9 * 1024 * 1024), {}),
        (gzip.compress(b" " * (300 * 1024 * 1024), 1)[:1_400_000], {"content_encoding": "gzip"}),
        (gzip.compress(b'{"items": []}')[:-12], {"content_encoding": "gzip"}),
        (b"not gzip", {"content_encoding": "gzip"}),
        (b"{}", {"content_encoding": "br"}),
    ],
    ids=["portal", "empty", "cut", "array", "nan", "types", "utf8", "deep", "large", "bomb", "half-gzip", "no-gzip", "brotli"],
)
async def test_unreadable_answer_is_named_and_an_accepted_write_stays_unknown(body: bytes, headers: dict[str, str]) -> None:
    from supportdesk_tui.domain.queue import QueueQuery

    def handler(_request: httpx.Request) -> httpx.Response:
        return answered(200, body, **headers)

    with pytest.raises(BadPayload) as raised:
        await backend(handler).list_tickets(QueueQuery(), None)
    assert raised.value.path
    with pytest.raises(Ambiguous):
        await backend(handler).apply(TICKET, REPLY, KEY)


async def test_gzip_bomb_costs_no_more_memory_than_the_limit() -> None:
    import tracemalloc

    bomb = gzip.compress(b" " * (200 * 1024 * 1024), 1)
    desk = backend(lambda _request: answered(200, bomb, content_encoding="gzip"))
    with pytest.raises(BadPayload):
        await desk.list_views()
    tracemalloc.start()
    with pytest.raises(BadPayload):
        await desk.list_views()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024


async def test_redirect_is_not_followed_and_the_token_stays_home() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answered(302, location="https://elsewhere.example/steal")

    with pytest.raises(BadPayload, match=r"elsewhere\.example"):
        await backend(handler).open()
    assert [request.url.host for request in seen] == ["desk.example"]


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example",
        "http://10.0.0.1:8000",
        "ftp://127.0.0.1",
        "desk.example",
        "https://user:pw@desk.example",
        "https://desk.example?x=1",
        "https://desk.example:99999",
        "",
    ],
)
def test_token_is_never_given_to_an_address_that_is_not_safe(url: str) -> None:
    with pytest.raises(Refused):
        NativeBackend(url, "token")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:2", "http://localhost:3", "https://desk.example/base/"])
def test_safe_addresses_are_taken(url: str) -> None:
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize("token", ["a b", "a\nX-Evil: 1", "ключ"])
def test_token_with_characters_no_token_has_is_refused_before_it_is_sent(token: str) -> None:
    with pytest.raises(SignInNeeded):
        NativeBackend("https://desk.example", token)


@pytest.mark.parametrize(("ticket", "path"), [("../admin", "..%2Fadmin"), ("..", "%2E%2E"), ("a?b#c", "a%3Fb%23c")])
async def test_an_id_can_never_become_another_path(ticket: str, path: str) -> None:
    async with raw_server(said(b"{}", status="404 Not Found")) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        with pytest.raises(NotFound):
            await desk.get_ticket(TicketId(ticket))
        await desk.close()
        assert server.heads[0].split()[1] == f"/api/v1/tickets/{path}"


async def test_empty_id_asks_nobody() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    with pytest.raises(NotFound):
        await backend(handler).get_ticket(TicketId(""))


async def test_log_names_the_route_and_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="supportdesk_tui")
    desk = backend(lambda _request: answered(200, APPLIED, x_request_id="r-77"))
    await desk.apply(TicketId("t-private"), Reply(body="canary words"), KEY)
    assert "/tickets/{ticket}/replies" in caplog.text
    assert "r-77" in caplog.text
    for secret in ("secret-token", "canary words", "t-private"):
        assert secret not in caplog.text
