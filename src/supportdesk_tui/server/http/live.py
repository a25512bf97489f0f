"""Presence in, the event stream out."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from supportdesk_tui.server.desk.refusals import BadRequest, Missing
from supportdesk_tui.server.desk.transaction import load_ticket
from supportdesk_tui.server.http.call import MAX_SMALL, Call, Endpoint, Param, need
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema


def attend(call: Call) -> Response:
    """Tell others what I look at or type on."""
    need(call, "presence")
    here: schema.PresenceIn = call.body
    if here.ticket is not None:
        with call.desk.database.reading() as connection:
            if load_ticket(connection, tables.tickets.c.id == here.ticket) is None:
                raise Missing(f"there is no ticket {here.ticket[:40]}")
    call.hub.attend_soon(call.agent.id, call.agent.name, here.ticket, here.activity)
    return Response(status_code=204)


async def stream(call: Call) -> Response:
    """The feed from where the client left off, until the token it was opened with is good for nothing any more."""
    mark = call.request.headers.get("Last-Event-ID", "").strip()
    if mark and not (mark.isascii() and mark.isdigit() and len(mark) < 16):
        raise BadRequest("Last-Event-ID is a number of ours", field="Last-Event-ID")
    since = int(mark) if mark else None
    token = call.request.headers.get("Authorization")

    async def may_listen() -> bool:
        if call.tokens.is_remembered(token):
            return call.tokens.is_good(token, "agent")
        return await run_in_threadpool(call.tokens.is_good, token, "agent")

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(call.hub.follow(call.agent.id, since, may_listen), 200, headers, "text/event-stream")


STREAM_PATH = "/events"
ENDPOINTS = (
    Endpoint(
        method="PUT",
        path="/presence",
        says="Where I am",
        run=attend,
        body=schema.PresenceIn,
        most=MAX_SMALL,
        status=204,
        refusals=(403, 404),
    ),
    Endpoint(
        method="GET",
        path=STREAM_PATH,
        says="The live feed",
        run=None,
        out=bytes,
        params=(Param("Last-Event-ID", {"type": "string", "pattern": "^[0-9]{1,15}$"}, "header", says="Resume after this"),),
    ),
)
