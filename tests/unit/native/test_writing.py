"""Changes become requests the server's own schema accepts."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from supportdesk_tui.backends.native.writing import to_bulk_call, to_call
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.ticket import Channel, Priority
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.wire import schema as wire

KEY = ChangeKey("key-00000001")
TICKET = TicketId("t1")
AT = datetime(2026, 8, 17, 10, tzinfo=UTC)

ON_TICKET: list[tuple[changes.Change, dict[str, Any]]] = [
    (changes.Assign(AgentId("a1"), only_if_unowned=True), {"type": "assign", "agent": "a1", "only_if_unowned": True}),
    (changes.Assign(None), {"type": "assign", "agent": None, "only_if_unowned": False}),
    (changes.Transfer(TeamId("risk"), "why"), {"type": "transfer", "team": "risk", "reason": "why"}),
    (changes.SetStatus("solved", "answered"), {"type": "set_status", "status": "solved", "reason": "answered"}),
    (changes.SetPriority(Priority.P1), {"type": "set_priority", "priority": 1}),
    (changes.Tag(("a",), ("b",)), {"type": "tag", "add": ["a"], "remove": ["b"]}),
    (changes.SetField("txid", "0x1"), {"type": "set_field", "name": "txid", "value": "0x1"}),
    (changes.Snooze(AT), {"type": "snooze", "until": "2026-08-17T10:00:00Z"}),
    (changes.Snooze(None), {"type": "snooze", "until": None}),
    (changes.Watch(False), {"type": "watch", "on": False}),
    (changes.MarkRead(to=7), {"type": "mark_read", "read": True, "to": 7}),
    (changes.Merge(TicketId("t2")), {"type": "merge", "into": "t2"}),
    (changes.Link(TicketId("t2"), "duplicate"), {"type": "link", "to": "t2", "relation": "duplicate"}),
    (changes.Link(TicketId("t2")), {"type": "link", "to": "t2", "relation": "related"}),
    (
        changes.Escalate(TeamId("risk"), "look", (("txid", "0x1"),)),
        {"type": "escalate", "team": "risk", "summary": "look", "fields": {"txid": "0x1"}},
    ),
    (changes.ReturnTask("found"), {"type": "return_task", "finding": "found"}),
    (changes.MakePromise("call", AT), {"type": "make_promise", "text": "call", "due_at": "2026-08-17T10:00:00Z"}),
    (changes.SettlePromise("p1"), {"type": "settle_promise", "promise": "p1"}),
]


@pytest.mark.parametrize(("change", "body"), ON_TICKET)
def test_change_travels_on_its_route_and_fits_the_schema(change: changes.Change, body: dict[str, Any]) -> None:
    call = to_call(TICKET, change, KEY, 7)
    assert (call.method, call.target) == ("POST", "/api/v1/tickets/t1/changes")
    assert (call.headers["Idempotency-Key"], call.headers["If-Match"]) == (KEY, '"7"')
    assert call.is_write
    assert call.is_repeatable
    assert call.body is not None
    assert json.loads(call.body) == body
    assert msgspec.json.decode(call.body, type=wire.ChangeIn)


@pytest.mark.parametrize(("change", "body"), ON_TICKET)
def test_change_to_many_carries_the_same_body(change: changes.Change, body: dict[str, Any]) -> None:
    call = to_bulk_call([TICKET, TicketId("t2")], change, KEY)
    assert call.target == "/api/v1/changes"
    assert call.body is not None
    assert json.loads(call.body) == {"tickets": ["t1", "t2"], "change": body}


def test_reply_and_note_travel_apart_with_what_follows() -> None:
    then = (changes.SetStatus("solved"), changes.Tag(("done",)))
    reply = to_call(TICKET, changes.Reply("Hi", then, (AttachmentId("f1"),), ("x@y.z",), "zh", "m1"), KEY, None)
    note = to_call(TICKET, changes.Note("psst", then, (AttachmentId("f1"),), (AgentId("a2"),)), KEY, None)
    assert (reply.target, note.target) == ("/api/v1/tickets/t1/replies", "/api/v1/tickets/t1/notes")
    assert "If-Match" not in reply.headers
    said = msgspec.json.decode(reply.body or b"", type=wire.ReplyIn)
    assert (said.body, said.language, said.macro, said.cc, said.attachments) == ("Hi", "zh", "m1", ["x@y.z"], ["f1"])
    assert [type(one) for one in said.then] == [wire.SetStatus, wire.TagChange]
    told = msgspec.json.decode(note.body or b"", type=wire.NoteIn)
    assert (told.body, told.mentions, told.attachments, len(told.then)) == ("psst", ["a2"], ["f1"], 2)


def test_changes_about_no_ticket_have_routes_of_their_own() -> None:
    create = to_call(None, changes.Create("c1", Channel.PHONE, "FND", "s", "b"), KEY, None)
    state = to_call(None, changes.SetAgentState("busy"), KEY, None)
    undo = to_call(None, changes.Undo(ChangeKey("old-key-1")), KEY, None)
    assert (create.method, create.target) == ("POST", "/api/v1/tickets")
    assert (state.method, state.target) == ("PUT", "/api/v1/agents/me/state")
    assert (undo.method, undo.target, undo.body) == ("POST", "/api/v1/changes/old-key-1/undo", None)
    assert msgspec.json.decode(create.body or b"", type=wire.CreateIn).channel == "phone"
    assert msgspec.json.decode(state.body or b"", type=wire.AgentStateIn).state == "busy"


def test_what_the_schema_cannot_say_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Refused) as raised:
        to_call(None, changes.Create("c1", Channel.OTHER, "FND", "s", "b"), KEY, None)
    assert list(raised.value.fields) == ["channel"]
    with pytest.raises(Refused):
        to_call(None, changes.SetAgentState("surfing"), KEY, None)
    with pytest.raises(Refused):
        to_call(TICKET, changes.Reply("half \ud83d"), KEY, None)


def test_words_taken_from_the_screen_travel_as_plain_text() -> None:
    word = sanitize_line("退款")
    then = (changes.Tag((word,)), changes.Escalate(TeamId("risk"), word, ((word, word),)))
    call = to_call(TICKET, changes.Reply(word, then, cc=(word,)), KEY, None)
    assert call.body is not None
    said = json.loads(call.body)
    assert (said["body"], said["cc"]) == ("退款", ["退款"])
    assert said["then"][0]["add"] == ["退款"]
    assert said["then"][1]["fields"] == {"退款": "退款"}


@pytest.mark.parametrize("change", [changes.Reply("x"), changes.Note("x"), changes.SetAgentState("busy"), changes.Undo(KEY)])
def test_words_are_never_sent_to_many_at_once(change: changes.Change) -> None:
    with pytest.raises(Unsupported):
        to_bulk_call([TICKET], change, KEY)


def test_words_of_the_desk_inside_a_macros_reply_are_plain_strings_on_the_wire() -> None:
    words = sanitize_line("Looked up, not typed")
    then = (changes.MakePromise(words, AT), changes.SetField("txid", words), changes.Tag(add=(words,)))
    reply = changes.Reply(words, then, language="en", macro="wp")
    body = json.loads(to_call(TICKET, reply, KEY, None).body or b"")
    assert body["body"] == "Looked up, not typed"
    assert [one.get("text") or one.get("value") or one.get("add") for one in body["then"]] == [words, words, [words]]
    with pytest.raises(NotImplementedError):
        to_call(TICKET, changes.SetField("txid", object()), KEY, None)  # type: ignore[arg-type]  # what no word is
