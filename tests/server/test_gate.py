"""What the server makes of the send gate: what it refuses by itself, and what it keeps of reasons given."""

import json

import pytest
from sqlalchemy import select

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
