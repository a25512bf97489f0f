"""One shape for everything that is not done: refusals, unknown routes, a database that cannot be written, our own mistakes."""

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from supportdesk_tui.server.desk.refusals import Refusal
from supportdesk_tui.server.http.call import json_answer
from supportdesk_tui.server.http.discreet import told_places
from supportdesk_tui.server.http.mapping import Names, row_out
from supportdesk_tui.server.storage.dialect import is_outside
from supportdesk_tui.wire import schema

Handler = Callable[[Request, Exception], Awaitable[Response]]
UNUSABLE = (OperationalError, NoConnection)
"""The database cannot be used: what is wrong lies outside, or more requests use it at once than it lets in."""
RETRY_S = 5
"""When a request is worth trying again whose change could not be written."""
_ENDS = frozenset({408})
"""Refusals that end the connection. After the others the rest of a body is read and forgotten, as long as a request may take
to begin: a reset would throw away the answer that is on its way."""


def answer_refusal(scope: Scope, error: Refusal, names: Names) -> Response:
    """A refusal as its answer."""
    headers = {"Retry-After": str(error.after_s)} if error.after_s else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in _ENDS:
        headers["Connection"] = "close"
    current = row_out(error.current, names) if error.current else None
    told = schema.ErrorOut(code=error.code, message=str(error), field=error.field, current=current)
    return _error(scope, error.status, told, headers)


def refused(names: Callable[[], Names]) -> Handler:
    """The handler of refusals; it names owners as they are called by then."""

    async def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)  # noqa: S101  registered for this class only
        return answer_refusal(request.scope, error, names())

    return handle


async def not_routed(request: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    code = {404: "not_found", 405: "method"}.get(error.status_code, "bad_request")
    headers = dict(error.headers or {})
    return _error(request.scope, error.status_code, schema.ErrorOut(code=code, message=error.detail), headers)


async def not_written(request: Request, error: Exception) -> Response:
    """The disk is full or failing, another program holds the database, or too many use it: nothing of the request was done."""
    assert isinstance(error, UNUSABLE)  # noqa: S101  registered for these classes only
    if isinstance(error, OperationalError) and not is_outside(error.orig):
        logging.getLogger("uvicorn.error").error("request %s: %s", request.scope["request_id"], told_places(error))
        return await broken(request, error)
    log_unwritten(error)
    told = schema.ErrorOut(code="unavailable", message="the server's database cannot be used now; nothing was changed")
    return _error(request.scope, 503, told, {"Retry-After": str(RETRY_S)})


def log_unwritten(error: OperationalError | NoConnection) -> None:
    """Say why, in the first line of the database's own words; it names no data."""
    why = next(iter(str(error.orig if isinstance(error, OperationalError) else error).splitlines()), "")
    logging.getLogger("uvicorn.error").error("the database cannot be used: %s", why)


async def broken(request: Request, _error_raised: Exception) -> Response:
    """A mistake of ours."""
    logging.getLogger("uvicorn.error").error("request %s failed", request.scope["request_id"])
    told = schema.ErrorOut(code="internal", message="the server failed; it is logged under the request id")
    return _error(request.scope, 500, told, {"Connection": "close"})  # uvicorn ends a connection whose request failed


def _error(scope: Scope, status: int, error: schema.ErrorOut, headers: dict[str, str]) -> Response:
    error.request_id = scope.get("request_id", "")
    return json_answer(error, status, headers)
