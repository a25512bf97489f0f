"""A customer writes, on any channel; for the channels' own connectors, with a token of their own."""

from starlette.responses import Response

from supportdesk_tui.server.http.call import Call, Endpoint, keyed_answer
from supportdesk_tui.wire import schema


def receive(call: Call) -> Response:
    """Put the message on its ticket, or open one."""
    return keyed_answer(call.desk.inbound(call.asked(key_required=False), call.body))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/inbound",
        says="A customer's message",
        run=receive,
        body=schema.InboundIn,
        out=schema.InboundOut,
        who="inbound",
        keyed=True,
    ),
)
