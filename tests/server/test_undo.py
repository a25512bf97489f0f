"""Taking back: single, bulk, with follow-ups, and when somebody built on it."""

from typing import Any

import pytest

from .conftest import Client

UNDOABLE: list[dict[str, Any]] = [
    {"type": "assign", "agent": "a2"},
    {"type": "assign", "agent": None},
    {"type": "transfer", "team": "risk", "reason": "theirs"},
    {"type": "set_status", "status": "waiting_customer"},
    {"type": "set_status", "status": "solved", "reason": "answered"},
    {"type": "set_priority", "priority": 1},
    {"type": "tag", "add": ["refund", "bug"], "remove": ["vip"]},
    {"type": "set_field", "name": "txid", "value": "abc"},
    {"type": "snooze", "until": "2099-01-01T00:00:00Z"},
    {"type": "snooze", "until": None},
    {"type": "watch", "on": True},
    {"type": "mark_read", "read": True},
    {"type": "make_promise", "text": "call", "due_at": "2099-01-01T00:00:00Z"},
    {"type": "escalate", "team": "compliance", "summary": "please look"},
]
MOVES_ALWAYS = {"version", "updated_at"}


def standing(client: Client, ticket: str) -> dict[str, Any]:
    """Everything about a ticket that undo must bring back."""
    whole = client.read(f"/tickets/{ticket}")
    whole["row"] = {name: value for name, value in whole["row"].items() if name not in MOVES_ALWAYS}
    return dict(whole)


@pytest.mark.parametrize("change", UNDOABLE, ids=lambda change: f"{change['type']}-{len(str(change))}")
def test_undo_brings_the_ticket_back(agent: Client, change: dict[str, Any]) -> None:
    ticket = agent.opened()
    agent.change(ticket, "tag", add=["vip"])
    agent.change(ticket, "assign", agent="a1")
    before, key = standing(agent, ticket), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", change, key=key)
    assert standing(agent, ticket) != before
    undone = agent.done(f"/changes/{key}/undo")
    assert undone["says"].startswith("undid: ")
    assert standing(agent, ticket) == before


def test_bulk_is_undone_in_one_go_and_says_so(agent: Client) -> None:
    tickets = [agent.opened() for _ in range(3)]
    before, key = [standing(agent, one) for one in tickets], agent.new_key()
    agent.done("/changes", {"tickets": tickets, "change": {"type": "assign", "agent": "a2"}}, key=key)
    assert {agent.row(one)["owner_name"] for one in tickets} == {"Mei Lin"}
    undone = agent.done(f"/changes/{key}/undo")
    assert undone["says"] == "undid: assign 3 tickets to Mei Lin"
    assert [one["ticket"] for one in undone["outcomes"]] == tickets
    assert [standing(agent, one) for one in tickets] == before


def test_a_change_that_went_on_in_further_requests_is_undone_whole(agent: Client) -> None:
    tickets, key = [agent.opened() for _ in range(3)], agent.new_key()
    before = [standing(agent, one) for one in tickets]
    change = {"type": "set_priority", "priority": 1}
    for suffix, some in (("", tickets[:1]), ("-1000", tickets[1:2]), ("-2000", tickets[2:])):
        agent.done("/changes", {"tickets": some, "change": change}, key=key + suffix)
    agent.done("/changes", {"tickets": tickets, "change": {"type": "tag", "add": ["bug"]}}, key=key + "0")
    undone = agent.done(f"/changes/{key}/undo")
    assert [one["ticket"] for one in undone["outcomes"]] == tickets
    assert [agent.row(one)["tags"] for one in tickets] == [["bug"]] * 3
    agent.done(f"/changes/{key}0/undo")
    assert [standing(agent, one) for one in tickets] == before
    assert agent.post(f"/changes/{key}-1000/undo").status_code == 409


def test_undo_is_refused_when_somebody_built_on_it(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", {"type": "set_priority", "priority": 1}, key=key)
    colleague.change(ticket, "set_priority", priority=2)
    answer = agent.post(f"/changes/{key}/undo")
    assert answer.status_code == 409
    assert "Mei Lin set priority P2" in answer.json()["message"]
    assert answer.json()["current"]["priority"] == 2


def test_undo_of_bulk_leaves_what_moved_on_and_says_which_and_why(agent: Client, colleague: Client) -> None:
    tickets, key = [agent.opened() for _ in range(3)], agent.new_key()
    before = [standing(agent, one) for one in tickets]
    agent.done("/changes", {"tickets": tickets, "change": {"type": "set_priority", "priority": 1}}, key=key)
    colleague.change(tickets[1], "set_priority", priority=3)
    undone = agent.done(f"/changes/{key}/undo")
    assert undone["says"] == "undid: set 3 tickets to P1: 2 of 3"
    assert [(one["ticket"], one["done"]) for one in undone["outcomes"]] == list(zip(tickets, [True, False, True], strict=True))
    stays = undone["outcomes"][1]
    assert (stays["code"], "Mei Lin set priority P3" in stays["reason"]) == ("conflict", True)
    assert [standing(agent, one) for one in (tickets[0], tickets[2])] == [before[0], before[2]]
    assert agent.row(tickets[1])["priority"] == 3
    assert agent.post(f"/changes/{key}/undo").status_code == 409


def test_undo_of_bulk_is_refused_where_every_ticket_moved_on(agent: Client, colleague: Client) -> None:
    tickets, key = [agent.opened() for _ in range(2)], agent.new_key()
    agent.done("/changes", {"tickets": tickets, "change": {"type": "set_priority", "priority": 1}}, key=key)
    for ticket in tickets:
        colleague.change(ticket, "set_priority", priority=3)
    assert agent.post(f"/changes/{key}/undo").status_code == 409
    assert [agent.row(one)["priority"] for one in tickets] == [3, 3]


def test_undo_of_tickets_tied_to_others_is_all_or_nothing(agent: Client, colleague: Client) -> None:
    tickets, key = [agent.opened() for _ in range(2)], agent.new_key()
    agent.done("/changes", {"tickets": tickets, "change": {"type": "escalate", "team": "compliance", "summary": "x"}}, key=key)
    task = agent.read(f"/tickets/{tickets[1]}")["links"][0]["id"]
    colleague.change(task, "assign", agent="a2")
    assert agent.post(f"/changes/{key}/undo").status_code == 409
    assert [agent.row(one)["status"] for one in tickets] == ["waiting_internal"] * 2


def test_other_change_since_does_not_stand_in_the_way(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", {"type": "set_priority", "priority": 1}, key=key)
    colleague.change(ticket, "tag", add=["bug"])
    agent.done(f"/changes/{key}/undo")
    assert agent.row(ticket)["tags"] == ["bug"]
    assert agent.row(ticket)["priority"] != 1


@pytest.mark.parametrize("route", ["replies", "notes"])
def test_what_was_said_cannot_be_taken_back(agent: Client, route: str) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/{route}", {"body": "said"}, key=key)
    answer = agent.post(f"/changes/{key}/undo")
    assert answer.status_code == 422
    assert "said" in answer.json()["message"]


def test_follow_ups_of_a_reply_are_taken_back_and_the_reply_stays(agent: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.change(ticket, "assign", agent="a1")
    then = [{"type": "set_status", "status": "waiting_customer"}, {"type": "tag", "add": ["refund"]}]
    agent.done(f"/tickets/{ticket}/replies", {"body": "stays", "then": then}, key=key)
    says = agent.done(f"/changes/{key}/undo")["says"]
    row = agent.row(ticket)
    assert says == f"undid: set {row['number']} to Waiting on customer, tag {row['number']} refund (what was said stays)"
    assert (row["status"], row["tags"]) == ("open", [])
    assert agent.read(f"/tickets/{ticket}/entries")["items"][-1]["body"] == "stays"


def test_undo_twice_and_of_other_peoples_keys_is_refused(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", {"type": "set_priority", "priority": 1}, key=key)
    assert colleague.post(f"/changes/{key}/undo").status_code == 404
    agent.done(f"/changes/{key}/undo")
    assert agent.post(f"/changes/{key}/undo").status_code == 409


def test_undo_can_itself_be_undone(agent: Client) -> None:
    ticket, key, undo_key = agent.opened(), agent.new_key(), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", {"type": "set_priority", "priority": 1}, key=key)
    agent.done(f"/changes/{key}/undo", key=undo_key)
    agent.done(f"/changes/{undo_key}/undo")
    assert agent.row(ticket)["priority"] == 1


def test_undo_of_escalation_is_refused_once_the_team_began(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.done(f"/tickets/{ticket}/changes", {"type": "escalate", "team": "compliance", "summary": "x"}, key=key)
    task = agent.read(f"/tickets/{ticket}")["links"][0]["id"]
    colleague.change(task, "assign", agent="a2")
    answer = agent.post(f"/changes/{key}/undo")
    assert answer.status_code == 409
    assert agent.row(ticket)["status"] == "waiting_internal"


def test_merge_and_link_are_taken_back(agent: Client) -> None:
    who = f"{agent.new_key()}@x.example"
    into = agent.says(channel="email", customer=who, body="one")["ticket"]
    ticket = agent.says(channel="email", customer=who, body="two")["ticket"]
    for change in ({"type": "merge", "into": into}, {"type": "link", "to": into}):
        before, other, key = standing(agent, ticket), standing(agent, into), agent.new_key()
        agent.done(f"/tickets/{ticket}/changes", change, key=key)
        assert standing(agent, ticket)["links"]
        agent.done(f"/changes/{key}/undo")
        assert standing(agent, ticket) == before
        assert standing(agent, into) == other
    assert len(agent.read(f"/tickets/{into}/entries")["items"]) == 1


def test_kept_promise_is_open_again_after_undo(agent: Client) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.change(ticket, "make_promise", text="call", due_at="2099-01-01T00:00:00Z")
    before = standing(agent, ticket)
    agent.done(f"/tickets/{ticket}/changes", {"type": "settle_promise", "promise": before["promises"][0]["id"]}, key=key)
    agent.done(f"/changes/{key}/undo")
    assert standing(agent, ticket) == before


def test_returned_task_can_be_taken_back_by_the_specialist(agent: Client, colleague: Client) -> None:
    ticket, key = agent.opened(), colleague.new_key()
    agent.change(ticket, "escalate", team="compliance", summary="x")
    task = agent.read(f"/tickets/{ticket}")["links"][0]["id"]
    before, parent = standing(agent, task), standing(agent, ticket)
    colleague.done(f"/tickets/{task}/changes", {"type": "return_task", "finding": "too early"}, key=key)
    colleague.done(f"/changes/{key}/undo")
    assert standing(agent, task) == before
    assert standing(agent, ticket) == parent


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "watch", "on": True}, "started watching"),
        ({"type": "set_status", "status": "waiting_third_party"}, "set status Waiting on third party"),
        ({"type": "tag", "remove": ["vip"]}, "took off the tag vip"),
        ({"type": "tag", "add": ["bug"], "remove": ["vip"]}, "took off the tag vip and tagged bug"),
    ],
)
def test_the_case_says_what_was_taken_back(agent: Client, change: dict[str, Any], said: str) -> None:
    ticket, key = agent.opened(), agent.new_key()
    agent.change(ticket, "tag", add=["vip"])
    assert agent.done(f"/tickets/{ticket}/changes", change, key=key)["says"] == said
    agent.done(f"/changes/{key}/undo")
    bodies = [one["body"] for one in agent.read(f"/tickets/{ticket}/notes")["items"]]
    assert f"Li Wei took back: {said}" in bodies
