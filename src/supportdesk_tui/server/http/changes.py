"""Everything that changes a ticket: replies, notes, changes, many at once, and taking back."""

from typing import Any

from starlette.responses import Response

from supportdesk_tui.server.http.call import Call, json_answer, keyed, keyed_answer, reads
from supportdesk_tui.wire import schema


def change(call: Call) -> Response:
    """One reply, note or change to the ticket of the path."""
    return keyed_answer(call.desk.change(call.asked(), call.path["ticket"], call.body))


def create(call: Call) -> Response:
    """A new ticket."""
    return keyed_answer(call.desk.create(call.asked(), call.body))


def bulk(call: Call) -> Response:
    """One change to many tickets."""
    return keyed_answer(call.desk.bulk(call.asked(), call.body))


def find_applied(call: Call) -> Response:
    """What became of a change, by its key."""
    return json_answer(call.desk.find_applied(call.agent, call.path["key"]))


def undo(call: Call) -> Response:
    """Take a change back."""
    return keyed_answer(call.desk.undo(call.asked(), call.path["key"]))


_REFUSALS = (403, 404, 409)
_OF_TICKET: dict[str, Any] = {"run": change, "out": schema.AppliedOut, "refusals": _REFUSALS}
ENDPOINTS = (
    keyed("/tickets/{ticket}/replies", "Say something to the customer", body=schema.ReplyIn, **_OF_TICKET),
    keyed("/tickets/{ticket}/notes", "Say something to colleagues", body=schema.NoteIn, **_OF_TICKET),
    keyed("/tickets/{ticket}/changes", "Change the ticket", body=schema.ChangeIn, **_OF_TICKET),
    keyed("/tickets", "Open a ticket for a customer", create, schema.AppliedOut, body=schema.CreateIn, refusals=(403,)),
    keyed("/changes", "One change to many tickets", bulk, schema.BulkOut, body=schema.BulkIn, refusals=(403,)),
    reads("/changes/{key}", "What became of a change", find_applied, schema.FoundOut, refusals=(404,)),
    keyed("/changes/{key}/undo", "Take a change back", undo, schema.UndoOut, refusals=_REFUSALS),
)
