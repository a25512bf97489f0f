"""Agents and connectors made, changed and removed from outside, while a server runs on the same database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from supportdesk_tui.server import staff
from supportdesk_tui.server.desk.desk import NEWEST_OF_STAFF, Desk
from supportdesk_tui.server.desk.refusals import BadRequest, Missing, Refusal
from supportdesk_tui.server.runner import ServerThread, open_parts, url_of
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import rebuild_projections

from .conftest import Client, plan_of
from .test_feed import listening
from .test_limits import wait_until
from .test_log import dump

PASSWORD = "correct horse battery"
MESSAGE = {"channel": "email", "customer": "kim@mail.example", "body": "hello"}


@pytest.fixture
def office(server: ServerThread) -> Iterator[Desk]:
    """The database in the hands of another program than the server."""
    parts = open_parts(server.db_url)
    yield parts.desk
    parts.database.close()


def hire(office: Desk, login: str, role: str = "l1", **more: Any) -> str:
    """Somebody new; their id."""
    return staff.add(office, staff.Newcomer(login=login, name="", role=role, password=PASSWORD, **more)).id


def sign_in(server: ServerThread, login: str, password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/session", json={"login": login, "password": password})


def deliver(server: ServerThread, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{server.url}/api/v1/inbound", json=MESSAGE, headers=headers).status_code


def names(client: Client) -> set[str]:
    """Who can be chosen."""
    return {one["login"] for one in client.read("/directory")["agents"]}


def test_somebody_new_signs_in_at_once_and_is_told_to_the_others(office: Desk, server: ServerThread, agent: Client) -> None:
    with listening(agent) as ear:
        hire(office, "kurt.new", languages=("en", "zh"))
        answer = sign_in(server, "kurt.new").json()
        assert (answer["agent"]["name"], answer["agent"]["teams"]) == ("Kurt New", ["frontline-global", "frontline-cn"])
        assert ear.next("agent").data["login"] == "kurt.new"
    token = staff.give_token(office, "kurt.new", "laptop")
    hers = httpx.get(f"{server.url}/api/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert "reply" in hers.json()["permissions"]
    assert "kurt.new" in names(agent)


def test_another_role_counts_from_the_next_second_on(office: Desk, server: ServerThread, agent: Client) -> None:
    hire(office, "role.changed")
    server.parts.desk.catch_up()
    hers, ticket = Client(server, "role.changed"), agent.opened()
    assert hers.post(f"/tickets/{ticket}/replies", {"body": "x"}).status_code == 200
    staff.change(office, "role.changed", role="trainee", teams=["risk"])
    wait_until(lambda: hers.post(f"/tickets/{ticket}/replies", {"body": "y"}).status_code == 403)
    assert hers.read("/session")["agent"]["teams"] == ["risk"]


def test_who_leaves_is_out_everywhere_and_open_tickets_go_back(office: Desk, server: ServerThread, agent: Client) -> None:
    left = hire(office, "left.soon")
    server.parts.desk.catch_up()
    theirs, ticket, other = Client(server, "left.soon"), agent.opened(), agent.opened()
    assert agent.change(ticket, "assign", agent=left).status_code == 200
    with listening(theirs) as ear:
        staff.disable(office, "left.soon")
        ear.next("closed")
    assert theirs.get("/session").status_code == 401
    assert sign_in(server, "left.soon").status_code == 401
    wait_until(lambda: agent.row(ticket)["owner"] is None)
    said = agent.read(f"/tickets/{ticket}/notes")["items"][-1]
    assert (said["kind"], said["body"]) == ("system", "Left Soon has left: the ticket is back in its queue")
    assert "left.soon" not in names(agent)
    refused = agent.change(other, "assign", agent=left)
    assert (refused.status_code, refused.json()["message"]) == (422, "Left Soon has left and takes no tickets")
    with pytest.raises(Refusal, match="has left"):
        staff.give_token(office, "left.soon", "")


def test_new_password_ends_old_sessions_and_lets_in_who_had_left(office: Desk, server: ServerThread) -> None:
    hire(office, "back.again")
    token = sign_in(server, "back.again").json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server.url}/api/v1/session", headers=headers).status_code == 200
    staff.set_password(office, "back.again", "another one")
    wait_until(lambda: httpx.get(f"{server.url}/api/v1/session", headers=headers).status_code == 401)
    assert sign_in(server, "back.again").status_code == 401
    assert sign_in(server, "back.again", "another one").status_code == 200
    staff.disable(office, "back.again")
    assert sign_in(server, "back.again", "another one").status_code == 401
    staff.set_password(office, "back.again", PASSWORD)
    assert sign_in(server, "back.again").json()["agent"]["login"] == "back.again"


def test_signed_out_everywhere_means_every_token(office: Desk, server: ServerThread) -> None:
    hire(office, "lost.laptop")
    assert sign_in(server, "lost.laptop").status_code == 200
    hers = Client(server, "lost.laptop")
    assert hers.get("/session").status_code == 200
    staff.sign_out(office, "lost.laptop")
    wait_until(lambda: hers.get("/session").status_code == 401)
    assert sign_in(server, "lost.laptop").status_code == 200


def test_connector_delivers_until_it_is_removed(office: Desk, server: ServerThread) -> None:
    token = staff.add_connector(office, "mail")
    assert deliver(server, token) == 200
    assert "mail" in [one.name for one in staff.connectors(office)]
    with pytest.raises(Refusal, match="already"):
        staff.add_connector(office, "mail")
    staff.remove_connector(office, "mail")
    wait_until(lambda: deliver(server, token) == 401)
    with pytest.raises(Missing):
        staff.remove_connector(office, "mail")
    assert deliver(server, staff.add_connector(office, "mail")) == 200


def test_all_of_it_is_in_the_log_and_no_secret_is(office: Desk, server: ServerThread) -> None:
    hire(office, "in.the.log")
    staff.set_password(office, "in.the.log", PASSWORD)
    tokens = [staff.give_token(office, "in.the.log", "a"), staff.add_connector(office, "in-the-log")]
    staff.change(office, "in.the.log", role="lead")
    staff.disable(office, "in.the.log")
    with server.parts.database.writing() as connection:
        kinds = connection.execute(select(tables.events.c.kind).where(tables.events.c.ticket.is_(None))).scalars().all()
        kept = [str(connection.execute(select(one)).all()) for one in (tables.events, tables.tokens, tables.credentials)]
        before = dump(connection)
        rebuild_projections(connection)
        assert dump(connection) == before
    assert {"agent.joined", "agent.password", "agent.token", "agent.changed", "agent.left", "connector.added"} <= set(kinds)
    assert not [secret for secret in (*tokens, PASSWORD) for rows in kept if secret in rows]


def test_two_programs_write_one_log_without_holes(office: Desk, server: ServerThread, agent: Client) -> None:
    tickets = [agent.opened() for _ in range(2)]
    with ThreadPoolExecutor(3) as crowd:
        noted = [crowd.submit(agent.done, f"/tickets/{tickets[n % 2]}/notes", {"body": str(n)}) for n in range(12)]
        hired = [crowd.submit(hire, office, f"one.of.many.{n}") for n in range(6)]
        ids = {one.result() for one in hired}
        assert all(one.result()["seq"] for one in noted)
    assert len(ids) == 6
    with server.engine.begin() as connection:
        seqs = connection.execute(select(tables.events.c.seq).order_by(tables.events.c.seq)).scalars().all()
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"login": "Anna"}, "small letters"),
        ({"login": "anna\n"}, "small letters"),
        ({"name": "x" * 101}, "100 characters"),
        ({"name": "\x1b[2J"}, "one line"),
        ({"role": "boss"}, "no role boss"),
        ({"teams": ["sales"]}, "no team sales"),
        ({"languages": ["English"]}, "a code like en"),
        ({"password": "short"}, "8 to 500"),
    ],
)
def test_what_cannot_be_an_agent_is_refused_and_not_written(office: Desk, wrong: dict[str, Any], says: str) -> None:
    fields = {"login": "anna.wrong", "name": "", "role": "l1", "password": PASSWORD, **wrong}
    with pytest.raises(BadRequest, match=says):
        staff.add(office, staff.Newcomer(**fields))
    office.catch_up()
    assert "anna.wrong" not in {one.login for one in office.agents.values()}


def test_login_belongs_to_one_agent_and_nobody_else_can_be_changed(office: Desk) -> None:
    with pytest.raises(Refusal, match="already"):
        hire(office, "li.wei")
    for change in (
        lambda: staff.change(office, "no.body", role="l2"),
        lambda: staff.disable(office, "no.body"),
        lambda: staff.set_password(office, "no.body", PASSWORD),
        lambda: staff.give_token(office, "no.body", ""),
        lambda: staff.sign_out(office, "no.body"),
    ):
        with pytest.raises(Missing):
            change()


def test_looking_for_news_reads_no_more_than_one_row_of_the_log(server: ServerThread) -> None:
    statement = str(NEWEST_OF_STAFF.compile(server.engine, compile_kwargs={"literal_binds": True}))
    with server.engine.begin() as connection:
        plan = plan_of(connection, statement, ())
    assert "ix_events_staff" in plan or "USING COVERING INDEX ix_events_ticket (ticket=?)" in plan
    assert "SCAN events" not in plan


def test_address_of_ipv6_stands_in_brackets() -> None:
    assert url_of("::1", 8765, is_secure=False) == "http://[::1]:8765"
    assert url_of("desk.example.com", 443, is_secure=True) == "https://desk.example.com:443"
