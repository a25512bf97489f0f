"""Changes over HTTP: what they do, who wins, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables

from .conftest import Client


def count_entries(server: ServerThread, ticket: str, body: str) -> int:
    """How often a text stands in the table, asked without the API."""
    clause = (tables.entries.c.ticket == ticket, tables.entries.c.body == body)
    with server.engine.begin() as connection:
        return connection.execute(select(func.count()).select_from(tables.entries).where(*clause)).scalar_one()


def test_reply_reaches_customer_route_and_note_does_not(agent: Client) -> None:
    ticket = agent.opened()
    agent.done(f"/tickets/{ticket}/replies", {"body": "to you"})
    agent.done(f"/tickets/{ticket}/notes", {"body": "not to you"})
    public = agent.read(f"/tickets/{ticket}/entries")["items"]
    internal = agent.read(f"/tickets/{ticket}/notes")["items"]
    assert [one["body"] for one in public] == ["hello there", "to you"]
    assert [one["body"] for one in internal if one["kind"] == "note"] == ["not to you"]
    assert {one["kind"] for one in public} == {"customer", "agent"}


def test_reply_stops_first_response_clock_and_note_does_not(agent: Client) -> None:
    ticket = agent.opened("how do I log in?")
    assert agent.row(ticket)["clock"]["kind"] == "first"
    agent.done(f"/tickets/{ticket}/notes", {"body": "looking"})
    assert agent.row(ticket)["clock"]["kind"] == "first"
    agent.done(f"/tickets/{ticket}/replies", {"body": "like this"})
    assert agent.row(ticket)["clock"]["kind"] == "resolve"


def test_repeated_key_gets_first_answer_and_one_row(agent: Client, server: ServerThread) -> None:
    ticket, key = agent.opened(), agent.new_key()
    first = agent.post(f"/tickets/{ticket}/replies", {"body": "once only"}, key=key)
    again = agent.post(f"/tickets/{ticket}/replies", {"body": "once only"}, key=key)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count_entries(server, ticket, "once only") == 1


def test_key_with_another_body_is_refused(agent: Client, server: ServerThread) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/replies", {"body": "one"}, key=key)
    other = agent.post(f"/tickets/{ticket}/replies", {"body": "two"}, key=key)
    assert other.status_code == 422
    assert other.json()["code"] == "key_reused"
    assert count_entries(server, ticket, "two") == 0


def test_same_key_at_once_from_many_threads_makes_one_entry(agent: Client, server: ServerThread) -> None:
    ticket, key = agent.opened(), agent.new_key()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: agent.post(f"/tickets/{ticket}/replies", {"body": "race"}, key=key), range(16)))
    assert {one.content for one in answers} == {answers[0].content}
    assert sum("Idempotent-Replayed" not in one.headers for one in answers) == 1
    assert count_entries(server, ticket, "race") == 1


def test_key_can_be_looked_up_and_unknown_key_is_404(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    assert agent.get(f"/changes/{key}").status_code == 404
    applied = agent.done(f"/tickets/{ticket}/changes", {"type": "set_priority", "priority": 1}, key=key)
    assert agent.read(f"/changes/{key}") == applied
    assert colleague.get(f"/changes/{key}").status_code == 404


def test_missing_key_is_refused(agent: Client) -> None:
    answer = agent.http.post(f"/tickets/{agent.opened()}/notes", json={"body": "x"})
    assert answer.status_code == 400
    assert answer.json()["field"] == "Idempotency-Key"


def test_take_has_one_winner_and_loser_is_told_who(agent: Client, colleague: Client) -> None:
    for _ in range(5):
        ticket = agent.opened()
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(agent.change, ticket, "assign", agent="a1", only_if_unowned=True)
            two = pool.submit(colleague.change, ticket, "assign", agent="a2", only_if_unowned=True)
            answers = {"Li Wei": one.result(), "Mei Lin": two.result()}
        winner = agent.row(ticket)["owner_name"]
        loser = ({"Li Wei", "Mei Lin"} - {winner}).pop()
        assert answers[winner].status_code == 200
        assert answers[loser].status_code == 409
        refused = answers[loser].json()
        assert winner in refused["message"]
        assert refused["current"]["owner_name"] == winner


def test_taking_twice_is_not_a_conflict_with_oneself(agent: Client) -> None:
    ticket = agent.opened()
    for _ in range(2):
        assert agent.change(ticket, "assign", agent="a1", only_if_unowned=True).status_code == 200


def test_stale_version_is_409_with_current_state(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    seen = agent.row(ticket)["version"]
    colleague.change(ticket, "set_priority", priority=1)
    answer = agent.post(f"/tickets/{ticket}/replies", {"body": "late"}, version=seen)
    assert answer.status_code == 409
    assert answer.json()["current"]["version"] == seen + 1
    assert agent.post(f"/tickets/{ticket}/replies", {"body": "now"}, version=seen + 1).status_code == 200


def test_reply_with_follow_up_that_fails_sends_nothing(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened()
    before = agent.row(ticket)
    body = {
        "body": "all or nothing",
        "then": [{"type": "set_priority", "priority": 1}, {"type": "set_status", "status": "bogus"}],
    }
    answer = agent.post(f"/tickets/{ticket}/replies", body)
    assert answer.status_code == 422
    assert answer.json()["field"] == "then[1].status"
    assert agent.row(ticket) == before
    assert count_entries(server, ticket, "all or nothing") == 0


def test_reply_with_follow_ups_does_all(agent: Client) -> None:
    ticket = agent.opened()
    then = [
        {"type": "set_status", "status": "waiting_customer"},
        {"type": "tag", "add": ["refund"]},
        {"type": "make_promise", "text": "news", "due_at": "2099-01-01T00:00:00Z"},
    ]
    agent.done(f"/tickets/{ticket}/replies", {"body": "ok", "then": then})
    row = agent.row(ticket)
    assert (row["status"], row["tags"], row["open_promises"], row["clock"]["paused"]) == (
        "waiting_customer",
        ["refund"],
        1,
        True,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "assign", "agent": "nobody-here"}, "agent"),
        ({"type": "transfer", "team": "x"}, "team"),
        ({"type": "set_status", "status": "merged"}, "status"),
        ({"type": "set_priority", "priority": 9}, "priority"),
        ({"type": "snooze", "until": "2001-01-01T00:00:00Z"}, "until"),
        ({"type": "make_promise", "text": "x", "due_at": "2001-01-01T00:00:00Z"}, "due_at"),
        ({"type": "settle_promise", "promise": "p999999"}, "promise"),
        ({"type": "escalate", "team": "wallet-ops", "summary": "stuck"}, "fields.txid"),
        ({"type": "escalate", "team": "frontline-cn", "summary": "stuck"}, "team"),
        ({"type": "return_task", "finding": "done"}, "finding"),
        ({"type": "set_priority", "priority": 1, "colour": "red"}, "colour"),
        ({"type": "set_priority"}, "priority"),
        ({"type": "explode"}, "type"),
    ],
)
def test_change_that_makes_no_sense_is_422_with_its_field(agent: Client, change: dict[str, Any], field: str) -> None:
    ticket = agent.opened()
    before = agent.row(ticket)
    answer = agent.post(f"/tickets/{ticket}/changes", change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert answer.json()["message"]
    assert agent.row(ticket) == before


def test_assigning_tells_the_new_owner(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened()
    agent.change(ticket, "assign", agent="a2")
    with server.engine.begin() as connection:
        query = select(tables.events).where(tables.events.c.ticket == ticket).order_by(tables.events.c.seq.desc())
        event = connection.execute(query).first()
    assert event is not None
    assert (event.tells, event.says) == ("a2", "Li Wei assigned it to Mei Lin")


def test_escalation_opens_linked_task_and_return_alerts_owner(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened("USDT deposit is missing")
    agent.change(ticket, "assign", agent="a1")
    fields = {"txid": "ab" * 32, "network": "TRC20"}
    agent.done(
        f"/tickets/{ticket}/changes", {"type": "escalate", "team": "wallet-ops", "summary": "memo missing", "fields": fields}
    )
    parent = agent.read(f"/tickets/{ticket}")
    assert parent["row"]["owner"] == "a1"
    assert parent["row"]["status"] == "waiting_internal"
    task = parent["links"][0]
    assert task["relation"] == "task"
    assert task["team_name"] == "Wallet-Ops"
    opened = agent.read(f"/tickets/{task['id']}")
    assert "memo missing" in opened["handover"]
    assert opened["links"][0]["relation"] == "task_of"
    specialist = Client(server, "wang.lei")
    assert specialist.change(task["id"], "return_task", finding="credited by hand").status_code == 200
    assert agent.row(ticket)["status"] == "open"
    assert "credited by hand" in agent.read(f"/tickets/{ticket}/notes")["items"][-1]["body"]
    assert agent.row(task["id"])["phase"] == "solved"
    with server.engine.begin() as connection:
        told = connection.execute(
            select(tables.events.c.tells).where(tables.events.c.ticket == ticket, tables.events.c.kind == "task.returned")
        ).scalar_one()
    assert told == "a1"
    assert specialist.change(task["id"], "return_task", finding="again").status_code == 409


def test_merged_number_leads_to_where_it_went(agent: Client) -> None:
    who = f"{agent.new_key()}@mail.example"
    one = agent.says(channel="email", customer=who, body="first mail")
    two = agent.says(channel="email", customer=who, body="second mail")
    assert agent.change(two["ticket"], "merge", into=one["number"]).status_code == 200
    assert agent.row(two["number"])["id"] == one["ticket"]
    bodies = [entry["body"] for entry in agent.read(f"/tickets/{one['ticket']}/entries")["items"]]
    assert bodies == ["first mail", "second mail"]
    assert agent.change(one["ticket"], "merge", into=one["ticket"]).status_code == 422
    assert agent.change(agent.opened(), "merge", into=one["ticket"]).status_code == 422


def test_a_case_is_found_by_the_digits_its_row_shows_and_in_small_letters(agent: Client) -> None:
    ticket = agent.opened()
    number = agent.row(ticket)["number"]
    short = number.rpartition("-")[2]
    for name in (short, short.lstrip("0"), number.lower()):
        assert agent.row(name)["id"] == ticket
    assert agent.change(short, "set_priority", priority=1).status_code == 200
    assert agent.get(f"/tickets/{'9' * 9}").status_code == 404
    assert agent.get(f"/tickets/{'9' * 40}").status_code == 404


def test_bulk_gives_each_ticket_its_result(agent: Client) -> None:
    good, solved = agent.opened(), agent.opened()
    agent.change(solved, "set_status", status="solved")
    body = {"tickets": [good, "t999999", solved], "change": {"type": "snooze", "until": "2099-01-01T00:00:00Z"}}
    outcomes = {one["ticket"]: one for one in agent.done("/changes", body)["outcomes"]}
    assert outcomes[good]["done"]
    assert outcomes["t999999"]["code"] == "not_found"
    assert not outcomes[solved]["done"]
    assert outcomes[solved]["reason"]
    assert agent.row(good)["status"] == "snoozed"
    assert agent.row(solved)["status"] == "solved"


def test_promise_is_made_and_kept(agent: Client) -> None:
    ticket = agent.opened()
    agent.change(ticket, "make_promise", text="call back", due_at="2099-01-01T00:00:00Z")
    promise = agent.read(f"/tickets/{ticket}")["promises"][0]
    assert promise["state"] == "open"
    assert agent.change(ticket, "settle_promise", promise=promise["id"]).status_code == 200
    assert agent.read(f"/tickets/{ticket}")["promises"][0]["state"] == "kept"
    assert agent.row(ticket)["open_promises"] == 0
    assert agent.change(ticket, "settle_promise", promise=promise["id"]).status_code == 409


def test_created_ticket_has_number_and_first_entry(agent: Client) -> None:
    body = {
        "customer": "c20",
        "channel": "phone",
        "category": "FND",
        "subject": "Call",
        "body": "Customer called about a withdrawal",
    }
    ticket = agent.done("/tickets", body)["ticket"]
    assert agent.row(ticket)["number"].startswith("HX-")
    assert agent.read(f"/tickets/{ticket}/entries")["items"][0]["body"].startswith("Customer called")


def test_social_reply_over_280_characters_is_refused(agent: Client) -> None:
    ticket = agent.says(channel="social", customer=f"{agent.new_key()}@x.example", body="@harbor help", public=True)["ticket"]
    answer = agent.post(f"/tickets/{ticket}/replies", {"body": "x" * 281})
    assert answer.status_code == 422
    assert "280" in answer.json()["message"]
    assert agent.post(f"/tickets/{ticket}/replies", {"body": "x" * 280}).status_code == 200


def test_what_came_after_the_entry_seen_last_stays_unread(agent: Client) -> None:
    ticket = agent.opened("first", thread="read-mark")
    seen = agent.read(f"/tickets/{ticket}/entries")["items"][-1]["seq"]
    who = agent.row(ticket)["customer_id"]
    agent.says(channel="email", customer=who, body="second", thread="read-mark")
    assert agent.row(ticket)["unread"] == 2
    assert agent.change(ticket, "mark_read", read=True, to=seen).status_code == 200
    assert agent.row(ticket)["unread"] == 1
    assert agent.change(ticket, "mark_read", read=True, to=0).status_code == 200
    assert agent.row(ticket)["unread"] == 0
