"""Broadcasts of Chatwoot, sorted by what they mean: everything there is, and nothing that breaks it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.chatwoot import events, mapping
from supportdesk_tui.backends.chatwoot.cable import Beat, Broadcast
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.text.safe import FORBIDDEN
from tests.unit.chatwoot.samples import AGENT, CONVERSATION, MESSAGE
from tests.unit.chatwoot.test_mapping import JSON, LENS

NAMES = [
    *("message.created", "message.updated", "conversation.updated", "conversation.typing_on", "conversation.mentioned"),
    *("presence.update", "assignee.changed", "team.changed", "contact.updated", "account.cache_invalidated"),
]
ME, BOB = AgentId("3"), AgentId("4")
PERFORMER = {"id": 4, "name": "Bob", "type": "user"}


def sort(event: str, **data: Any) -> events.Heap:
    """One event of our account."""
    return events.sort([Broadcast(event, Node({"account_id": 1, **data}))], "1")


@given(st.sampled_from(NAMES), JSON)
def test_any_broadcast_is_sorted_without_an_error_and_is_safe_to_draw(name: str, value: object) -> None:
    changed = {**CONVERSATION, **(value if isinstance(value, dict) else {}), "account_id": 1}
    for data in (value, {"account_id": "1", "user": value, "users": value}, changed):
        heap = events.sort([Broadcast(name, Node(data)), Beat(None)], "1")
        heap.stale()
        for event, row in heap.rows:
            says = events.says(event, row, mapping.to_summary(row, LENS), ME)
            assert not FORBIDDEN.search(says)
        assert not any(FORBIDDEN.search(one.name) for one in heap.typing)


def test_words_need_their_conversation_unless_it_stands_beside_them_as_it_is_after_them() -> None:
    words = Broadcast("message.created", Node({"account_id": 1, **MESSAGE}))

    def beside(activity: int) -> set[TicketId]:
        row = Broadcast("conversation.updated", Node({**CONVERSATION, "last_activity_at": activity}))
        return events.sort([row, words], "1").stale()

    assert events.sort([words], "1").stale() == {TicketId("7")}
    assert beside(MESSAGE["created_at"] - 1) == {TicketId("7")}
    assert beside(MESSAGE["created_at"]) == set()


def test_agent_is_told_of_what_others_gave_them_and_of_nothing_they_did_themselves() -> None:
    mine = mapping.to_summary(Node({**CONVERSATION, "meta": {"assignee": AGENT}}), LENS)
    by_bob, by_me = Node({"performer": PERFORMER}), Node({"performer": {**PERFORMER, "id": 3}})
    assert events.says("assignee.changed", by_bob, mine, ME) == "assigned to you by Bob"
    assert events.says("assignee.changed", Node({}), mine, ME) == "assigned to you"
    assert events.says("assignee.changed", by_me, mine, ME) == ""
    assert events.says("assignee.changed", by_me, mine, BOB) == ""
    assert events.says("conversation.mentioned", by_bob, mine, ME) == "Bob mentioned you"
    assert events.says("conversation.updated", by_bob, mine, ME) == ""
    assert events.actor_of(by_bob) == BOB
    assert events.actor_of(Node({"performer": {"id": 9, "type": "agent_bot"}})) is None


def test_states_are_of_those_who_are_there() -> None:
    states = sort("presence.update", users={"3": "online", "4": "busy", "5": "x"}, contacts={"9": "online"}).states
    assert states == {ME: AgentState.AVAILABLE, BOB: AgentState.BUSY, AgentId("5"): AgentState.OFFLINE}
