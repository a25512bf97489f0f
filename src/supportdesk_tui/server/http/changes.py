"""Everything that changes a ticket: replies, notes, changes, many at once, and taking back."""

from starlette.responses import Response

from supportdesk_tui.server.http.call import Call, Endpoint, json_answer, keyed_answer
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
ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/tickets/{ticket}/replies",
        says="Say something to the customer",
        run=change,
        body=schema.ReplyIn,
        out=schema.AppliedOut,
        keyed=True,
        refusals=_REFUSALS,
    ),
    Endpoint(
        method="POST",
        path="/tickets/{ticket}/notes",
        says="Say something to colleagues",
        run=change,
        body=schema.NoteIn,
        out=schema.AppliedOut,
        keyed=True,
        refusals=_REFUSALS,
    ),
    Endpoint(
        method="POST",
        path="/tickets/{ticket}/changes",
        says="Change the ticket",
        run=change,
        body=schema.ChangeIn,
        out=schema.AppliedOut,
        keyed=True,
        refusals=_REFUSALS,
    ),
    Endpoint(
        method="POST",
        path="/tickets",
        says="Open a ticket for a customer",
        run=create,
        body=schema.CreateIn,
        out=schema.AppliedOut,
        keyed=True,
        refusals=(403,),
    ),
    Endpoint(
        method="POST",
        path="/changes",
        says="One change to many tickets",
        run=bulk,
        body=schema.BulkIn,
        out=schema.BulkOut,
        keyed=True,
        refusals=(403,),
    ),
    Endpoint(
        method="GET",
        path="/changes/{key}",
        says="What became of a change",
        run=find_applied,
        out=schema.AppliedOut,
        refusals=(404,),
    ),
    Endpoint(
        method="POST",
        path="/changes/{key}/undo",
        says="Take a change back",
        run=undo,
        out=schema.UndoOut,
        keyed=True,
        refusals=_REFUSALS,
    ),
)
