"""Secrets a customer wrote leave the server only through a reveal: with a reason, a role and a line in the log."""

from typing import Any

import pytest
from sqlalchemy import select

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import REVEALED, rebuild_projections
from supportdesk_tui.server.storage.search import clear_index

from .conftest import Client, index_of

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
CARD = "4111 1111 1111 1111"
SAID = f"I lost my phone. My words are {PHRASE} and the card is {CARD}. My dog is called Xolotl."


def entry_of(client: Client, ticket: str) -> Any:
    """What the customer said first."""
    return client.read(f"/tickets/{ticket}/entries")["items"][0]


def reveals(server: ServerThread, ticket: str) -> list[Any]:
    """The audit events of a ticket, as the table has them."""
    log = tables.events
    with server.parts.desk.database.reading() as connection:
        return list(connection.execute(select(log).where(log.c.ticket == ticket, log.c.kind == REVEALED)).mappings())


def test_nothing_the_server_sends_holds_the_secret_but_the_rest_of_the_words_is_there(agent: Client, colleague: Client) -> None:
    ticket = agent.opened(SAID)
    entry = entry_of(agent, ticket)
    assert entry["body"] == (
        "I lost my phone. My words are ▒▒ recovery phrase ▒▒ and the card is ▒▒ card number ▒▒. My dog is called Xolotl."
    )
    assert entry["masked"] == ["recovery_phrase", "card"]
    customer = agent.row(ticket)["customer_id"]
    lead = Client(agent.server, "zhou.min")
    for path in (f"/tickets/{ticket}", "/tickets", f"/tickets/{ticket}/notes", f"/customers/{customer}"):
        assert "sausage" not in agent.get(path).text
    assert "sausage" not in lead.get(f"/tickets/{ticket}/log").text
    assert "4111" not in lead.get(f"/tickets/{ticket}/log").text


def test_subject_made_of_the_first_line_and_facts_hold_no_part_of_a_secret(agent: Client) -> None:
    ticket = agent.opened(" ".join(f"{n}. {word}" for n, word in enumerate(PHRASE.split(), 1)) + "\nthese are my words")
    assert agent.row(ticket)["subject"] == "… recovery phrase …"
    key = "5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
    ticket = agent.opened(f"private key {key}, your code is 739184")
    assert "739184" not in str(agent.read(f"/tickets/{ticket}")["fields"])
    assert key not in agent.get(f"/tickets/{ticket}").text
    assert key in agent.get("/tickets/" + agent.opened(f"txid {key}")).text


def test_the_index_finds_the_words_beside_a_secret_and_never_the_secret(server: ServerThread, agent: Client) -> None:
    ticket = agent.opened(SAID, subject="card 4242424242424242")

    def found(words: str) -> list[str]:
        return [row["id"] for row in agent.read("/tickets", q=words)["items"]]

    assert ticket in found("xolotl")
    for words in ("sausage", "4111", '"legal winner"', "4242424242424242"):
        assert ticket not in found(words)
    with server.parts.desk.database.reading() as connection:
        terms = {term for term, _, _ in index_of(connection)}
    assert "xolotl" in terms
    assert not terms & {"sausage", "4111", "4242424242424242"}


def test_the_index_made_again_from_the_log_holds_no_secret_either(server: ServerThread, agent: Client) -> None:
    ticket = agent.opened(SAID)
    entry = entry_of(agent, ticket)
    Client(server, "mei.lin").post(f"/tickets/{ticket}/entries/{entry['id']}/reveal", {"reason": "to compare"})
    server.parts.desk.database.write(clear_index)
    assert server.parts.desk.database.write(rebuild_projections) > 0
    assert [row["id"] for row in agent.read("/tickets", q="sausage")["items"]] == []
    assert ticket in [row["id"] for row in agent.read("/tickets", q="xolotl")["items"]]
    assert entry_of(agent, ticket) == entry


def test_reveal_shows_the_words_once_and_the_log_says_who_and_why(server: ServerThread, colleague: Client) -> None:
    ticket = colleague.opened(SAID)
    entry = entry_of(colleague, ticket)
    before = colleague.row(ticket)
    answer = colleague.post(f"/tickets/{ticket}/entries/{entry['id']}/reveal", {"reason": "  the customer asks which card  "})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"entry": entry["id"], "body": SAID, "files": [], "masked": ["recovery_phrase", "card"]}
    assert colleague.row(ticket) == before
    (event,) = reveals(server, ticket)
    assert server.parts.desk.agents[event["actor"]].login == colleague.login
    assert "the customer asks which card" in event["after"]
    assert "recovery_phrase" in event["after"]
    assert "sausage" not in str(dict(event))
    assert "4111" not in str(dict(event))
    told = [one for one in Client(server, "noor.haddad").read(f"/tickets/{ticket}/log") if one["kind"] == REVEALED]
    assert told[0]["actor"] == "Mei Lin"
    assert told[0]["after"][f"reveals/{entry['id']}"]["reason"] == "the customer asks which card"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}, {"reason": 7}])
def test_reveal_without_a_reason_is_refused_and_shows_and_logs_nothing(
    server: ServerThread, colleague: Client, body: dict[str, Any]
) -> None:
    ticket = colleague.opened(SAID)
    answer = colleague.post(f"/tickets/{ticket}/entries/{entry_of(colleague, ticket)['id']}/reveal", body)
    assert answer.status_code == 422
    assert "sausage" not in answer.text
    assert reveals(server, ticket) == []


def test_reveal_is_for_the_second_line_and_auditors_and_for_entries_of_this_ticket_that_hide_something(
    server: ServerThread, agent: Client, colleague: Client
) -> None:
    ticket = agent.opened(SAID)
    path = f"/tickets/{ticket}/entries/{entry_of(agent, ticket)['id']}/reveal"
    assert agent.post(path, {"reason": "curious"}).status_code == 403
    assert Client(server, "tom.hale").post(path, {"reason": "curious"}).status_code == 403
    assert Client(server, "noor.haddad").post(path, {"reason": "audit"}).status_code == 200
    other = agent.opened("nothing to hide")
    assert colleague.post(path.replace(ticket, other, 1), {"reason": "x"}).status_code == 404
    plain = entry_of(agent, other)
    assert colleague.post(f"/tickets/{other}/entries/{plain['id']}/reveal", {"reason": "x"}).status_code == 422
    assert colleague.post(f"/tickets/{other}/entries/{plain['seq']}/reveal", {"reason": "x"}).status_code == 422
    assert colleague.post(f"/tickets/{other}/entries/e999999/reveal", {"reason": "x"}).status_code == 404
    assert len(reveals(server, ticket)) == 1


def test_a_mark_in_a_customers_words_is_no_mark_any_more(agent: Client) -> None:
    ticket = agent.opened("I had written ▒▒ recovery phrase ▒▒ here", subject="▒▒ code ▒▒")
    entry = entry_of(agent, ticket)
    assert "▒" not in entry["body"]
    assert entry["masked"] == []
    assert "▒" not in agent.row(ticket)["subject"]
