"""The OpenAPI document against the server: whatever a client sends, never a 500, and always an answer as documented."""

import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from supportdesk_tui.server.http.app import ENDPOINTS
from supportdesk_tui.server.http.openapi import document
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.wire.schema import API_PREFIX

EXAMPLES = int(os.environ.get("SUPPORTDESK_FUZZ", "12"))
API = schemathesis.openapi.from_file(document(ENDPOINTS).decode())
FUZZED = API.exclude(path=f"{API_PREFIX}/events")


@pytest.fixture(scope="module")
def desk() -> Any:
    with ServerThread(tickets=20) as server:
        yield server


@pytest.fixture(scope="module")
def tokens(desk: ServerThread) -> dict[str, str]:
    """One token of each kind; signing out is done with a token of its own."""
    return {"agent": desk.token_for("admin"), "inbound": desk.inbound_token}


def headers_for(desk: ServerThread, tokens: dict[str, str], case: Any) -> dict[str, str]:
    token = tokens["inbound"] if case.operation.path.endswith("/inbound") else tokens["agent"]
    if case.operation.path.endswith("/session") and case.method.upper() == "DELETE":
        token = desk.token_for("tom.hale")
    return {"Authorization": f"Bearer {token}"}


@FUZZED.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_nothing_a_client_sends_breaks_the_server(case: Any, desk: ServerThread, tokens: dict[str, str]) -> None:
    for name in ("ticket", "customer"):
        if name in (case.path_parameters or {}) and len(str(case.path_parameters[name])) % 2:
            case.path_parameters[name] = "t3" if name == "ticket" else "c3"
    answer = case.call(base_url=desk.url, headers=headers_for(desk, tokens, case), timeout=60)
    assert answer.status_code < 500, answer.text
    documented = {int(code) for code in case.operation.definition.raw["responses"]}
    if case.operation.path.startswith(API_PREFIX) and answer.status_code != 405:
        assert answer.status_code in documented | {404, 400}, (answer.status_code, answer.text)
    if answer.status_code >= 400:
        refused = answer.json()
        assert refused["code"]
        assert refused["message"]
        assert refused["request_id"] == answer.headers["x-request-id"][0]
    else:
        case.operation.validate_response(answer)


def test_document_served_is_the_one_drawn_from_the_structs(desk: ServerThread) -> None:
    served = httpx.get(f"{desk.url}{API_PREFIX}/openapi.json")
    assert served.content == document(ENDPOINTS)


def test_every_route_of_the_contract_is_declared() -> None:
    from supportdesk_tui.wire import schema

    listed = {
        (parts[0], parts[1].removeprefix(API_PREFIX).split("?")[0])
        for parts in (line.split() for line in (schema.__doc__ or "").splitlines())
        if len(parts) > 2 and parts[0] in {"GET", "POST", "PUT", "DELETE"} and parts[1].startswith(API_PREFIX)
    }
    listed = {(method, "/tickets/{ticket}" if path == "/tickets/{id" else path) for method, path in listed}
    declared = {(one.method, one.path) for one in ENDPOINTS} | {("GET", "/openapi.json")}

    def plain(routes: set[tuple[str, str]]) -> set[tuple[str, str]]:
        import re

        return {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in routes}

    assert plain(declared) == plain(listed)
