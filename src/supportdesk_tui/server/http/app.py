"""The application: routes from the declarations, one shape for every refusal, a request id on every answer."""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.desk.passing import pass_time
from supportdesk_tui.server.desk.refusals import Refusal, Unauthenticated
from supportdesk_tui.server.http import (
    articles,
    attachments,
    changes,
    customers,
    directory,
    inbound,
    live,
    openapi,
    session,
    tickets,
    views,
)
from supportdesk_tui.server.http.call import MAX_FILE, MAX_JSON, Call, Endpoint, decode, json_answer, read_body
from supportdesk_tui.server.http.hub import Hub
from supportdesk_tui.server.http.mapping import row_out
from supportdesk_tui.server.http.tokens import TokenBook
from supportdesk_tui.server.storage.engine import checkpoint
from supportdesk_tui.wire import schema

ENDPOINTS: tuple[Endpoint, ...] = (
    *session.ENDPOINTS,
    *directory.ENDPOINTS,
    *views.ENDPOINTS,
    *tickets.ENDPOINTS,
    *changes.ENDPOINTS,
    *customers.ENDPOINTS,
    *articles.ENDPOINTS,
    *attachments.ENDPOINTS,
    *live.ENDPOINTS,
    *inbound.ENDPOINTS,
)
"""Every route there is."""

TICK_S = 1.0
Handler = Callable[[Request], Awaitable[Response]]


class RequestId:
    """Gives every request an id of ours and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its id in the scope and in the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = request_id = secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start:
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)
            if is_start and scope["method"] == "POST":
                failpoint("server.mid_answer")

        await self.app(scope, receive, send_with_id)


def build_app(desk: Desk, hub: Hub, tokens: TokenBook, *middleware: Middleware, ticking: bool = True) -> ASGIApp:
    """The backend as an ASGI application; `middleware` stands outside everything (faults in tests)."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        hub.start()
        async with anyio.create_task_group() as tasks:
            if ticking:
                tasks.start_soon(_tick, desk)
            yield
            hub.close()
            tasks.cancel_scope.cancel()

    document = openapi.document(ENDPOINTS)

    async def get_document(_request: Request) -> Response:
        return Response(document, media_type="application/json")

    handlers = {(one.method, one.path): _handler(one, desk, hub, tokens) for one in ENDPOINTS}
    routes = [Route(schema.API_PREFIX + path, handlers[method, path], methods=[method]) for method, path in handlers]
    routes.append(Route(schema.API_PREFIX + "/openapi.json", get_document, methods=["GET"]))
    app = Starlette(
        routes=_one_route_a_path(routes),
        middleware=middleware,
        exception_handlers={Refusal: _refused(desk), HTTPException: _not_routed, Exception: _broken},
        lifespan=lifespan,
    )
    return RequestId(app)


def _one_route_a_path(routes: list[Route]) -> list[Route]:
    """Join the methods of a path in one route, so that a wrong method is 405 with all of them in Allow."""
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(route.path, {})[method] = route

    def join(methods: dict[str, Route]) -> Handler:
        async def chosen(request: Request) -> Response:
            answer: Response = await methods["GET" if request.method == "HEAD" else request.method].endpoint(request)
            return answer

        return chosen

    return [Route(path, join(methods), methods=list(methods)) for path, methods in paths.items()]


def _handler(endpoint: Endpoint, desk: Desk, hub: Hub, tokens: TokenBook) -> Handler:
    async def handle(request: Request) -> Response:
        call = Call(request, desk, hub, tokens)
        if endpoint.who != "anyone":
            header = request.headers.get("Authorization")
            call.token_hash, agent = await run_in_threadpool(tokens.check, header, endpoint.who)
            call.who = desk.agents.get(agent) if agent else None
            if endpoint.who == "agent" and call.who is None:
                raise Unauthenticated("the agent of this token is gone")
        if endpoint.run is None:
            return await live.stream(call)
        call.raw = await read_body(request, MAX_FILE if endpoint.body is bytes else MAX_JSON)
        if endpoint.body not in {None, bytes}:
            call.body = decode(call.raw, endpoint.body)
        return await run_in_threadpool(endpoint.run, call)

    return handle


async def _tick(desk: Desk) -> None:
    while True:
        await anyio.sleep(TICK_S)
        await run_in_threadpool(pass_time, desk)
        await run_in_threadpool(checkpoint, desk.database.engine)


def _error(request: Request, status: int, error: schema.ErrorOut, headers: dict[str, str] | None = None) -> Response:
    error.request_id = request.scope.get("request_id", "")
    return json_answer(error, status, headers)


def _refused(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)  # noqa: S101  registered for this class only
        current = row_out(error.current, desk.agents) if error.current else None
        headers = {"Retry-After": str(error.after_s)} if error.after_s else {}
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        told = schema.ErrorOut(code=error.code, message=str(error), field=error.field, current=current)
        return _error(request, error.status, told, headers)

    return refused


async def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    code = {404: "not_found", 405: "method"}.get(error.status_code, "bad_request")
    headers = dict(error.headers or {})
    return _error(request, error.status_code, schema.ErrorOut(code=code, message=error.detail), headers)


async def _broken(request: Request, _error_raised: Exception) -> Response:
    logging.getLogger("uvicorn.error").error("request %s failed", request.scope["request_id"])
    told = schema.ErrorOut(code="internal", message="the server failed; it is logged under the request id")
    return _error(request, 500, told)
