"""Every route as every role: who is let in is decided here, by the server."""

import itertools
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from supportdesk_tui.server.floor.authority import PERMISSIONS
from supportdesk_tui.server.http.app import ENDPOINTS
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.wire import schema
from supportdesk_tui.wire.schema import API_PREFIX

from .conftest import Client

LOGINS = {
    "trainee": "tom.hale",
    "l1": "li.wei",
    "l2": "mei.lin",
    "specialist": "wang.lei",
    "lead": "zhou.min",
    "duty_manager": "elena.petrova",
    "auditor": "noor.haddad",
    "admin": "admin",
}
READ = "reads"
READS = {
    ("GET", "/directory"),
    ("GET", "/views"),
    ("GET", "/tickets"),
    ("GET", "/tickets/{ticket}"),
    ("GET", "/tickets/{ticket}/entries"),
    ("GET", "/tickets/{ticket}/notes"),
    ("GET", "/changes/{key}"),
    ("GET", "/customers/{customer}"),
    ("GET", "/attachments/{attachment}"),
}
"""Open to everybody who is signed in."""
WRITES: dict[tuple[str, str], Any] = {
    ("POST", "/tickets/{ticket}/replies"): ("reply", {"body": "x"}),
    ("POST", "/tickets/{ticket}/notes"): ("note", {"body": "x"}),
    ("POST", "/tickets/{ticket}/changes"): ("status", {"type": "set_status", "status": "open"}),
    ("POST", "/tickets"): ("create", {"customer": "c20", "channel": "phone", "category": "USE", "subject": "s", "body": "b"}),
    ("POST", "/changes"): ("bulk", {"tickets": ["t20"], "change": {"type": "watch", "on": True}}),
    ("POST", "/changes/{key}/undo"): ("undo", None),
    ("POST", "/tickets/{ticket}/entries/{entry}/reveal"): ("reveal", {"reason": "the customer asks"}),
    ("PUT", "/agents/me/state"): ("agent_state", {"state": "available"}),
    ("PUT", "/presence"): ("presence", {"ticket": None, "activity": "gone"}),
    ("POST", "/attachments"): ("attach", None),
    ("GET", "/articles"): ("articles", None),
}
ANYONE = {("GET", "/health"), ("POST", "/session"), ("GET", "/openapi.json")}
"""Open without a token."""
HAVE_TESTS_OF_THEIR_OWN = {
    ("GET", "/session"),
    ("DELETE", "/session"),
    ("DELETE", "/agents/{agent}/tokens"),
    ("GET", "/events"),
    ("GET", "/tickets/{ticket}/log"),
    ("POST", "/inbound"),
}
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("take", {"type": "assign", "agent": "me"}),
    ("assign", {"type": "assign", "agent": "a2"}),
    ("transfer", {"type": "transfer", "team": "risk"}),
    ("status", {"type": "set_status", "status": "open"}),
    ("priority", {"type": "set_priority", "priority": 2}),
    ("tag", {"type": "tag", "add": ["bug"]}),
    ("field", {"type": "set_field", "name": "txid", "value": "x"}),
    ("snooze", {"type": "snooze", "until": None}),
    ("watch", {"type": "watch", "on": True}),
    ("read_mark", {"type": "mark_read", "read": True}),
    ("merge", {"type": "merge", "into": "t2"}),
    ("link", {"type": "link", "to": "t2"}),
    ("escalate", {"type": "escalate", "team": "compliance", "summary": "x"}),
    ("promise", {"type": "make_promise", "text": "x", "due_at": "2099-01-01T00:00:00Z"}),
]


@pytest.fixture(scope="module")
def people(server: ServerThread) -> dict[str, Client]:
    """A client for each role."""
    return {role: Client(server, login) for role, login in LOGINS.items()}


def test_seed_has_every_role(server: ServerThread) -> None:
    assert {one.role for one in server.parts.desk.agents.values()} == set(PERMISSIONS)
    assert len(server.parts.desk.agents) == 14


def test_every_route_of_the_running_server_says_here_who_may_use_it(server: ServerThread) -> None:
    app: Any = server.service.config.loaded_app
    while not isinstance(app, Starlette):
        app = app.app
    served = {
        (method, route.path.removeprefix(API_PREFIX))
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(served) == len(ENDPOINTS) + 1
    assert served == READS | WRITES.keys() | ANYONE | HAVE_TESTS_OF_THEIR_OWN
    assert all((one.who == "anyone") == ((one.method, one.path) in ANYONE) for one in ENDPOINTS)


@pytest.mark.parametrize("role", LOGINS)
@pytest.mark.parametrize(
    "endpoint",
    [one for one in ENDPOINTS if (one.method, one.path) in READS | WRITES.keys()],
    ids=lambda one: one.path,
)
def test_route_lets_in_whom_the_table_says(people: dict[str, Client], role: str, endpoint: Any) -> None:
    client = people[role]
    ticket = people["l1"].opened() if "{ticket}" in endpoint.path else "t20"
    path = endpoint.path.format(ticket=ticket, entry="e0", key="never-made-key", customer="c20", attachment="f-none")
    key = endpoint.method, endpoint.path
    capability, body = (READ, None) if key in READS else WRITES[key]
    headers = {"Idempotency-Key": client.new_key()}
    if endpoint.path == "/attachments" and endpoint.method == "POST":
        answer = client.http.post(path, params={"name": "a.txt"}, content=b"x", headers={"Content-Type": "text/plain"})
    else:
        answer = client.http.request(endpoint.method, path, json=body, headers=headers)
    allowed = capability == READ or capability in PERMISSIONS[role]
    assert (answer.status_code != 403) == allowed, answer.text
    assert answer.status_code in ({200, 204, 404} if allowed else {403}), answer.text


@pytest.mark.parametrize(
    ("role", "change"), list(itertools.product(LOGINS, CHANGES)), ids=lambda one: one if isinstance(one, str) else one[0]
)
def test_change_is_allowed_as_the_session_says(
    people: dict[str, Client], role: str, change: tuple[str, dict[str, Any]]
) -> None:
    client, (capability, body) = people[role], change
    me = client.read("/session")
    told = {name: me["agent"]["id"] if value == "me" else value for name, value in body.items()}
    answer = client.post(f"/tickets/{people['l1'].opened()}/changes", told)
    assert (answer.status_code == 403) == (capability not in me["permissions"]), answer.text
    assert answer.status_code < 500


def test_log_of_a_foreign_team_is_for_auditors_leads_and_admins(people: dict[str, Client]) -> None:
    ticket = people["l1"].opened("hello, my card was declined")
    people["lead"].change(ticket, "transfer", team="risk")
    let_in = {role for role, client in people.items() if client.get(f"/tickets/{ticket}/log").status_code == 200}
    assert let_in == {"lead", "duty_manager", "auditor", "admin"}
    people["lead"].change(ticket, "transfer", team="frontline-cn")
    assert people["l1"].get(f"/tickets/{ticket}/log").status_code == 200


def test_tokens_of_others_are_revoked_by_administrators_only() -> None:
    with ServerThread(tickets=5) as server:
        other = next(one for one in server.parts.desk.agents.values() if one.login not in LOGINS.values())
        for role, login in LOGINS.items():
            mine, colleague = Client(server, login), Client(server, other.login)
            answer = mine.http.delete(f"/agents/{other.id}/tokens")
            assert answer.status_code == (204 if role == "admin" else 403)
            assert colleague.get("/session").status_code == (401 if role == "admin" else 200)
            assert mine.http.delete("/agents/nobody/tokens").status_code == (404 if role == "admin" else 403)
            assert mine.http.delete("/agents/me/tokens").status_code == 204
            assert mine.get("/session").status_code == 401


def test_follow_up_needs_its_own_permission(people: dict[str, Client]) -> None:
    ticket = people["l1"].opened()
    answer = people["trainee"].post(f"/tickets/{ticket}/notes", {"body": "x", "then": [{"type": "transfer", "team": "risk"}]})
    assert (answer.status_code, answer.json()["field"]) == (403, "then[0]")
    assert people["l1"].read(f"/tickets/{ticket}/notes")["items"] == []


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS if one.who != "anyone"], ids=lambda one: f"{one.method} {one.path}"
)
def test_no_token_no_entry(server: ServerThread, endpoint: Any) -> None:
    path = endpoint.path.format(ticket="t1", entry="e1", key="never-made-key", customer="c1", attachment="f", agent="a1")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = httpx.request(endpoint.method, f"{server.url}/api/v1{path}", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"


def test_tokens_of_customers_and_agents_do_not_mix(server: ServerThread, people: dict[str, Client]) -> None:
    inbound = {"Authorization": f"Bearer {server.inbound_token}"}
    assert httpx.get(f"{server.url}/api/v1/views", headers=inbound).status_code == 401
    message = schema.InboundIn(channel="chat", customer="x@x.example", body="x")
    assert (
        people["admin"].http.post("/inbound", json={"channel": message.channel, "customer": "x", "body": "x"}).status_code
        == 401
    )
