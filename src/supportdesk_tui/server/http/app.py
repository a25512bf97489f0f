"""The application: routes from the declarations, one shape for every refusal, a request id on every answer."""

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
    reveal,
    session,
    tickets,
    views,
)
from supportdesk_tui.server.http.call import Call, Endpoint, decode, read_body
from supportdesk_tui.server.http.guard import Guard
from supportdesk_tui.server.http.hub import Hub
from supportdesk_tui.server.http.limits import UNHURRIED, Limits, Rates
from supportdesk_tui.server.http.refused import UNUSABLE, broken, log_unwritten, not_routed, not_written, refused
from supportdesk_tui.server.http.tokens import TokenBook
from supportdesk_tui.server.storage.engine import checkpoint
from supportdesk_tui.wire import schema

ENDPOINTS: tuple[Endpoint, ...] = (
    *session.ENDPOINTS,
    *directory.ENDPOINTS,
    *views.ENDPOINTS,
    *tickets.ENDPOINTS,
    *changes.ENDPOINTS,
    *reveal.ENDPOINTS,
    *customers.ENDPOINTS,
    *articles.ENDPOINTS,
    *attachments.ENDPOINTS,
    *live.ENDPOINTS,
    *inbound.ENDPOINTS,
)
"""Every route there is."""

SAFE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
"""On every answer: what agents read stays out of every cache, and is never taken for something else."""
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
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)
            if is_start and scope["method"] == "POST":
                failpoint("server.mid_answer")

        await self.app(scope, receive, send_with_id)


def build_app(
    desk: Desk, hub: Hub, tokens: TokenBook, *middleware: Middleware, ticking: bool = True, limits: Limits = UNHURRIED
) -> ASGIApp:
    """The backend as an ASGI application; `middleware` stands outside everything (faults in tests)."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        hub.start()
        async with anyio.create_task_group() as tasks:
            if ticking:
                tasks.start_soon(_tick, desk, hub)
            yield
            hub.close()
            tasks.cancel_scope.cancel()

    document = openapi.document(ENDPOINTS)

    async def get_document(_request: Request) -> Response:
        return Response(document, media_type="application/json")

    door = Door(desk, hub, tokens, limits)
    handlers = {(one.method, one.path): door.handler(one) for one in ENDPOINTS}
    routes = [Route(schema.API_PREFIX + path, handlers[method, path], methods=[method]) for method, path in handlers]
    routes.append(Route(schema.API_PREFIX + "/openapi.json", get_document, methods=["GET"]))
    app = Starlette(
        routes=_one_route_a_path(routes),
        middleware=middleware,
        exception_handlers={
            Refusal: refused(lambda: desk.agents),
            HTTPException: not_routed,
            **dict.fromkeys(UNUSABLE, not_written),
            Exception: broken,
        },
        lifespan=lifespan,
    )
    return RequestId(Guard(app, limits))


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


class Door:
    """Lets requests in: a good token at a fair pace, then the body, then the route's own work in a thread."""

    def __init__(self, desk: Desk, hub: Hub, tokens: TokenBook, limits: Limits) -> None:
        self.desk = desk
        self.hub = hub
        self.tokens = tokens
        self.limits = limits
        self.rates = Rates(limits.token_rate)

    def handler(self, endpoint: Endpoint) -> Handler:
        """What Starlette calls for the route."""

        async def handle(request: Request) -> Response:
            call = Call(request, self.desk, self.hub, self.tokens)
            if endpoint.who != "anyone":
                await self._identify(call, endpoint)
            if endpoint.run is None:
                return await live.stream(call)
            call.raw = await read_body(request, endpoint.limit, self.limits.body_s)
            if endpoint.body not in {None, bytes}:
                call.body = decode(call.raw, endpoint.body)
            return await run_in_threadpool(endpoint.run, call)

        return handle

    async def _identify(self, call: Call, endpoint: Endpoint) -> None:
        header = call.request.headers.get("Authorization")
        call.token_hash, agent = await run_in_threadpool(self.tokens.check, header, endpoint.who)
        self.rates.take(call.token_hash)
        call.who = self.desk.agents.get(agent) if agent else None
        if agent and call.who is None:
            await run_in_threadpool(self.desk.catch_up)
            call.who = self.desk.agents.get(agent)
        if endpoint.who == "agent" and (call.who is None or not call.who.active):
            raise Unauthenticated("the agent of this token is gone")


async def _tick(desk: Desk, hub: Hub) -> None:
    """Let time pass; a database that cannot be used now is tried again at the next beat."""
    is_told = False
    while True:
        await anyio.sleep(TICK_S)
        hub.forget_the_silent()
        try:
            await run_in_threadpool(desk.catch_up)
            await run_in_threadpool(pass_time, desk)
            await run_in_threadpool(checkpoint, desk.database.engine)
            is_told = False
        except UNUSABLE as error:
            if not is_told:
                log_unwritten(error)
            is_told = True
