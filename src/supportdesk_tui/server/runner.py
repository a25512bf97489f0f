"""Starting and stopping the backend: in a thread for tests, as a process for `serve`, as a child for `demo`."""

import contextlib
import ipaddress
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import uvicorn
from sqlalchemy import Engine, func, select
from starlette.middleware import Middleware

from supportdesk_tui.server.desk.desk import Desk, now_ms
from supportdesk_tui.server.faults import FaultGate, Faults
from supportdesk_tui.server.http.app import build_app
from supportdesk_tui.server.http.connection import protocol_of
from supportdesk_tui.server.http.discreet import keep_discreet
from supportdesk_tui.server.http.hub import Hub
from supportdesk_tui.server.http.limits import MAX_HEAD, UNHURRIED, Limits
from supportdesk_tui.server.http.tokens import TokenBook
from supportdesk_tui.server.seed.exchange import seed_database
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.engine import Database, migrate, open_engine

STOP_S = 5
"""How long open requests may take to finish when the server stops; the event streams end at once."""
DEAD_MS = 10_000
"""How long what was sent to a client may stay unacknowledged; the feed says something every second."""
DEMO_LOGIN = "li.wei"


class NotLoopback(ValueError):  # noqa: N818  names the condition
    """Binding to a public address without TLS was not asked for explicitly."""


class Service(uvicorn.Server):
    """Uvicorn that ends the event streams first, so that stopping takes no time."""

    def __init__(self, config: uvicorn.Config, hub: Hub, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self.hub = hub
        self.on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self.hub.close()
        await super().shutdown(sockets)


@dataclass(slots=True)
class Parts:
    """Everything one running backend consists of."""

    database: Database
    desk: Desk
    hub: Hub
    tokens: TokenBook


def open_parts(db_url: str, clock: Callable[[], int] = now_ms) -> Parts:
    """Open the database, bring its schema up to date and build the desk on it."""
    engine = open_engine(db_url)
    migrate(engine)
    database = Database(engine)
    desk, tokens = Desk(database, clock), TokenBook(database)
    desk.on_staff = tokens.forget
    return Parts(database, desk, Hub(desk), tokens)


def is_empty(engine: Engine) -> bool:
    """Whether nothing has ever happened here."""
    with engine.begin() as connection:
        return not connection.execute(select(func.count()).select_from(tables.events)).scalar()


def make_config(
    parts: Parts, *middleware: Middleware, ticking: bool = True, limits: Limits = UNHURRIED, **options: Any
) -> uvicorn.Config:
    """Uvicorn's configuration for a backend."""
    keep_discreet()
    app = build_app(parts.desk, parts.hub, parts.tokens, *middleware, ticking=ticking, limits=limits)
    options.setdefault("http", protocol_of(limits))
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
        lifespan="on",
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD,
        proxy_headers=False,
        **options,
    )


def loopback_socket(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket whose port is known before the server runs; named TCP, or asyncio leaves Nagle's 40 ms in."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it: a client that went without a goodbye is gone, and nobody "is reading" for it any more.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MS)
    listener.bind((host, port))
    return listener


class ServerThread:
    """A real backend in a thread, on loopback, with a port and a seeded database of its own unless they are given."""

    def __init__(  # noqa: PLR0913  all named, each with a default that tests rarely change
        self,
        db_url: str | None = None,
        *,
        tickets: int = 60,
        seed: int = 1,
        clock: Callable[[], int] = now_ms,
        faults: Faults | None = None,
        ticking: bool = True,
        port: int = 0,
        limits: Limits = UNHURRIED,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="supportdesk-") if db_url is None else None
        self.db_url = db_url or f"sqlite:///{Path(self._folder.name if self._folder else '') / 'desk.db'}"
        self.parts = open_parts(self.db_url, clock)
        if is_empty(self.engine):
            seed_database(self.engine, tickets=tickets, seed=seed, now=datetime.fromtimestamp(clock() / 1000, tz=UTC))
            self.parts.desk.load_agents()
        self._socket = loopback_socket(port=port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        gate = (Middleware(FaultGate, faults=faults),) if faults else ()
        http = {"http": faults.protocol()} if faults else {}
        config = make_config(self.parts, *gate, ticking=ticking, limits=limits, **http)
        self.service = Service(config, self.parts.hub, self._started.set)
        self._thread = threading.Thread(target=self.service.run, args=([self._socket],), name="backend", daemon=True)

    @property
    def engine(self) -> Engine:
        """The database itself, for oracles that ask it without the API."""
        return self.parts.database.engine

    @property
    def is_alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def start(self) -> "ServerThread":
        """Serve; returns when requests are answered."""
        self._thread.start()
        if not self._started.wait(10):
            raise TimeoutError("the backend did not start")
        return self

    def stop(self) -> None:
        """Stop serving and let go of everything."""
        self.service.should_exit = True
        self._thread.join(10)
        self._socket.close()
        self.parts.database.close()
        if self._folder is not None:
            self._folder.cleanup()

    def token_for(self, login: str) -> str:
        """A token for an agent, by login."""
        agent = next(one for one in self.parts.desk.agents.values() if one.login == login)
        return self.parts.tokens.issue(agent.id, label="test")

    @property
    def inbound_token(self) -> str:
        """A token for the channels' connectors."""
        return self.parts.tokens.issue(None, kind="inbound", label="test")

    def __enter__(self) -> "ServerThread":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How `supportdesk serve` runs."""

    db_url: str
    host: str = "127.0.0.1"
    port: int = 8765
    allow_remote: bool = False
    certificate: Path | None = None
    key: Path | None = None
    seed_tickets: int = 0
    seed: int = 1
    password: str = ""
    """Password of every seeded agent; none can sign in with a password when it is empty."""
    limits: Limits = field(default_factory=Limits)


def run_server(
    options: ServeOptions, announce: Callable[[str], None], prepare: Callable[[Desk], object] = lambda _desk: None
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the URL once requests are answered.

    `prepare` gets the desk before that, once the port is ours: what it makes and shows is not in vain.
    """
    is_local = options.host == "localhost" or _is_loopback(options.host)
    if not is_local and not options.allow_remote and options.certificate is None:
        raise NotLoopback(f"{options.host} is not a loopback address; give a certificate or allow it explicitly")
    parts = open_parts(options.db_url)
    if options.seed_tickets and is_empty(parts.database.engine):
        seed_database(
            parts.database.engine,
            tickets=options.seed_tickets,
            seed=options.seed,
            now=datetime.now(UTC),
            password=options.password,
        )
        parts.desk.load_agents()
    listener = loopback_socket("127.0.0.1" if options.host == "localhost" else options.host, options.port)
    tls: dict[str, Any] = {"ssl_certfile": options.certificate, "ssl_keyfile": options.key} if options.certificate else {}
    url = url_of(options.host, listener.getsockname()[1], is_secure=options.certificate is not None)
    service = Service(make_config(parts, limits=options.limits, **tls), parts.hub, lambda: announce(url))
    signal.signal(signal.SIGTERM, _leave)
    try:
        prepare(parts.desk)
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            service.run([listener])
    finally:
        listener.close()
        parts.database.close()


def url_of(host: str, port: int, *, is_secure: bool) -> str:
    """The address people type, an IPv6 one in brackets."""
    return f"{'https' if is_secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """What SIGTERM does once uvicorn has shut down and passes it on."""
    raise SystemExit(0)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
