"""What the server makes of the send gate: what it refuses by itself, and what it keeps of reasons given."""

import json

import httpx
import pytest
from sqlalchemy import func, select

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables

from .conftest import Client

PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize("text", [PHRASE, PEM])
@pytest.mark.parametrize("route", ["replies", "notes"])
def test_no_client_can_send_what_empties_a_wallet(agent: Client, server: ServerThread, text: str, route: str) -> None:
    ticket = agent.opened()
    body = {"body": f"It is {text}", "overrides": [{"finding": "unsendable", "reason": "they asked for it"}]}
    answer = agent.post(f"/tickets/{ticket}/{route}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_in_text")
    assert "abandon" not in answer.text
    with server.engine.connect() as connection:
        query = select(tables.entries.c.kind).where(tables.entries.c.ticket == ticket)
        assert set(connection.execute(query).scalars()) <= {"customer", "system"}


@pytest.mark.parametrize(
    "field", ["summary", "fields.note", "finding", "text", "value", "reason", "then", "body", "subject", "many"]
)
def test_what_empties_a_wallet_is_refused_in_every_text_of_every_change(
    agent: Client, server: ServerThread, field: str
) -> None:
    """Whatever the change, even one that would be refused for other reasons too."""
    ticket = agent.opened()
    escalate: dict[str, object] = {"type": "escalate", "team": "wallet-ops", "summary": "stuck", "fields": {"note": "x"}}
    promise: dict[str, object] = {"type": "make_promise", "text": PHRASE, "due_at": "2199-01-01T00:00:00Z"}
    created: dict[str, object] = {
        "customer": "c1",
        "channel": "phone",
        "category": "DEP",
        "subject": "called",
        "body": "says hello",
    }
    changes: dict[str, tuple[str, dict[str, object]]] = {
        "summary": (f"/tickets/{ticket}/changes", {**escalate, "summary": PHRASE}),
        "fields.note": (f"/tickets/{ticket}/changes", {**escalate, "fields": {"note": PHRASE}}),
        "finding": (f"/tickets/{ticket}/changes", dict[str, object](type="return_task", finding=PHRASE)),
        "text": (f"/tickets/{ticket}/changes", promise),
        "value": (f"/tickets/{ticket}/changes", {"type": "set_field", "name": "address", "value": PHRASE}),
        "reason": (f"/tickets/{ticket}/changes", {"type": "transfer", "team": "kyc", "reason": PHRASE}),
        "then": (f"/tickets/{ticket}/notes", {"body": "see the promise", "then": [promise]}),
        "body": ("/tickets", {**created, "body": PHRASE}),
        "subject": ("/tickets", {**created, "subject": PHRASE}),
        "many": ("/changes", {"tickets": [ticket], "change": {**escalate, "summary": PHRASE}}),
    }
    answer = agent.post(*changes[field])
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "secret_in_text")
    assert told["field"] == {"then": "then[0].text", "many": "summary"}.get(field, field)
    assert "abandon" not in answer.text
    with server.engine.connect() as connection:
        after = connection.execute(select(tables.events.c.after).where(tables.events.c.after.like(f"%{PHRASE}%"))).first()
    assert after is None


def test_reasons_given_for_a_task_and_a_promise_stand_in_the_log(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened()
    overrides = [{"finding": "secret", "reason": "the bank asks for the number"}]
    made = {"text": "card 4111 1111 1111 1111", "due_at": "2199-01-01T00:00:00Z", "overrides": overrides}
    agent.change(ticket, "make_promise", **made)
    with server.engine.connect() as connection:
        query = select(tables.events.c.after).where(tables.events.c.kind == "promise.made", tables.events.c.ticket == ticket)
        (after,) = connection.execute(query).scalars()
    assert [one["overrides"] for one in json.loads(after)["overrides"].values()] == [overrides]


@pytest.mark.parametrize("route", ["replies", "notes"])
def test_what_was_sent_against_the_gate_stands_in_the_log_with_its_reason(
    agent: Client, server: ServerThread, route: str
) -> None:
    ticket = agent.opened()
    overrides = [{"finding": "link", "reason": "the bank's own page"}, {"finding": "time", "reason": "said on the phone"}]
    done = agent.done(f"/tickets/{ticket}/{route}", {"body": "see https://bank.example", "overrides": overrides})
    with server.engine.connect() as connection:
        query = select(tables.events.c.after).where(tables.events.c.entry == done["entry"])
        (after,) = connection.execute(query).scalars()
    assert json.loads(after)["overrides"] == {done["entry"]: {"overrides": overrides}}


def test_a_reply_of_somebody_who_has_not_read_what_was_said_last_is_refused(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    seen = agent.read(f"/tickets/{ticket}/entries")["items"][-1]["seq"]
    colleague.done(f"/tickets/{ticket}/replies", {"body": "done", "seen": seen})
    late = agent.post(f"/tickets/{ticket}/replies", {"body": "me too", "seen": seen})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert "replied meanwhile" in late.json()["message"]
    newest = agent.read(f"/tickets/{ticket}/entries")["items"][-1]["seq"]
    agent.done(f"/tickets/{ticket}/replies", {"body": "and me", "seen": newest})
    agent.done(f"/tickets/{ticket}/replies", {"body": "once more", "seen": newest})
    colleague.done(f"/tickets/{ticket}/notes", {"body": "among us"})
    agent.done(f"/tickets/{ticket}/replies", {"body": "a note is no answer", "seen": newest})


def test_a_reply_of_somebody_who_does_not_know_who_has_the_ticket_is_refused(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    colleague.change(ticket, "assign", agent="a2")
    late = agent.post(f"/tickets/{ticket}/replies", {"body": "mine", "seen_owner": ""})
    assert (late.status_code, late.json()["code"], late.json()["field"]) == (409, "conflict", "seen_owner")
    assert late.json()["message"].endswith("has the ticket now")
    agent.done(f"/tickets/{ticket}/replies", {"body": "I know", "seen_owner": "a2"})
    colleague.done(f"/tickets/{ticket}/replies", {"body": "my own", "seen_owner": "a1"})
    agent.done(f"/tickets/{ticket}/replies", {"body": "nobody asked"})


def test_a_server_put_back_refuses_what_was_written_for_what_it_has_forgotten(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened()
    with server.engine.connect() as connection:
        newest = int(connection.execute(select(func.max(tables.events.c.seq))).scalar_one())

    def noted(key: str, reached: str) -> httpx.Response:
        headers = {"Idempotency-Key": key, "If-Log-Reached": reached}
        return agent.http.post(f"/tickets/{ticket}/notes", json={"body": "heard of it"}, headers=headers)

    known, unknown = agent.new_key(), agent.new_key()
    assert noted(known, str(newest)).status_code == 200
    assert noted(known, str(newest + 10**6)).status_code == 200, "what was taken is answered as the first time"
    refused = noted(unknown, str(newest + 10**6))
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "put back" in refused.json()["message"]
    assert noted(unknown, "x").status_code == 400
    assert noted(unknown, str(newest)).status_code == 200
