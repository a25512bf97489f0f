"""A real backend on a loopback port, and a client for it."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from supportdesk_tui.server.runner import ServerThread

from .postgres import Cluster, running_cluster

ON_BOTH = frozenset(
    {
        "test_changes",
        "test_feed",
        "test_inbound",
        "test_log",
        "test_reading",
        "test_reveal",
        "test_roles",
        "test_staff",
        "test_undo",
    }
)
"""Files whose tests run on SQLite and on PostgreSQL."""
NewDatabase = Callable[[], str | None]
_open_clients: list[httpx.Client] = []


class Client:
    """One agent's HTTP client; every change gets a key of its own unless it is given one."""

    def __init__(self, server: ServerThread, login: str) -> None:
        self.server = server
        self.http = httpx.Client(
            base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {server.token_for(login)}"}, timeout=30
        )
        _open_clients.append(self.http)
        self._keys = iter(range(10**6))
        self.login = login

    def new_key(self) -> str:
        """A key nobody used before."""
        return f"{self.login.replace('.', '-')}-{next(self._keys):08d}"

    def get(self, path: str, **params: Any) -> httpx.Response:
        """Read."""
        return self.http.get(path, params=params)

    def read(self, path: str, **params: Any) -> Any:
        """Read what must be there."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, *, key: str = "", version: int | None = None) -> httpx.Response:
        """Change something."""
        headers = {"Idempotency-Key": key or self.new_key()}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.http.post(path, json=body, headers=headers) if body is not None else self.http.post(path, headers=headers)

    def done(self, path: str, body: object = None, *, key: str = "") -> Any:
        """Change something that must succeed."""
        answer = self.post(path, body, key=key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, ticket: str, kind: str, **fields: object) -> httpx.Response:
        """One change to one ticket."""
        return self.post(f"/tickets/{ticket}/changes", {"type": kind, **fields})

    def row(self, ticket: str) -> Any:
        """The ticket's row."""
        return self.read(f"/tickets/{ticket}")["row"]

    def says(self, **message: object) -> Any:
        """A customer writes."""
        headers = {"Authorization": f"Bearer {self.server.inbound_token}"}
        answer = self.http.post("/inbound", json=message, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def opened(self, body: str = "hello there", **message: object) -> str:
        """A fresh ticket of a fresh customer that no other test knows; its id."""
        who = f"{self.new_key()}-{id(self)}@mail.example"
        return str(self.says(channel="email", customer=who, body=body, **message)["ticket"])


def index_of(connection: Connection) -> list[tuple[str, int, int]]:
    """Every word of the search index, with its row and its place there, counted from 0."""
    if connection.dialect.name == "postgresql":
        found = text("SELECT w.lexeme, doc, at - 1 FROM search, unnest(body) w, unnest(w.positions) at ORDER BY 1, 2, 3")
        return [tuple(row) for row in connection.execute(found)]
    connection.execute(text("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'search', 'instance')"))
    rows = [tuple(row) for row in connection.execute(text("SELECT term, doc, offset FROM temp.words ORDER BY 1, 2, 3"))]
    connection.execute(text("DROP TABLE temp.words"))
    return rows


def plan_of(connection: Connection, statement: str, values: Any) -> str:
    """How the database would go about a statement; on PostgreSQL as if the table were too large to read as a whole."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    return str(connection.exec_driver_sql(f"{explain} {statement}", values).all())


@pytest.fixture(scope="module", autouse=True)
def hang_up() -> Iterator[None]:
    """Close every client of a file at its end: a socket left to the garbage collector warns in the middle of another test."""
    yield
    while _open_clients:
        _open_clients.pop().close()
    gc.collect()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of these files once for each kind of database."""
    if "new_database" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        metafunc.parametrize("new_database", ["sqlite", "postgresql"], indirect=True, scope="module")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL, where it is installed."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Gives the URL of an empty database, none for a SQLite file the backend makes and removes by itself."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return lambda: None
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_database


@pytest.fixture(scope="module")
def server(new_database: NewDatabase) -> Iterator[ServerThread]:
    """One backend for the tests of a file; each test uses tickets of its own."""
    with ServerThread(new_database(), tickets=60) as running:
        yield running


@pytest.fixture(scope="module")
def agent(server: ServerThread) -> Client:
    """Li Wei, first line."""
    return Client(server, "li.wei")


@pytest.fixture(scope="module")
def colleague(server: ServerThread) -> Client:
    """Mei Lin, second line."""
    return Client(server, "mei.lin")
