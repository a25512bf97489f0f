"""A real backend on a loopback port, and a client for it."""

import gc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from supportdesk_tui.server.runner import ServerThread

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


@pytest.fixture(scope="module", autouse=True)
def hang_up() -> Iterator[None]:
    """Close every client of a file at its end: a socket left to the garbage collector warns in the middle of another test."""
    yield
    while _open_clients:
        _open_clients.pop().close()
    gc.collect()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    """One backend for the tests of a file; each test uses tickets of its own."""
    with ServerThread(tickets=60) as running:
        yield running


@pytest.fixture(scope="module")
def agent(server: ServerThread) -> Client:
    """Li Wei, first line."""
    return Client(server, "li.wei")


@pytest.fixture(scope="module")
def colleague(server: ServerThread) -> Client:
    """Mei Lin, second line."""
    return Client(server, "mei.lin")
