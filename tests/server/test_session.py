"""Signing in, signing out, and what is kept of a token."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from supportdesk_tui.server.runner import ServerThread, is_empty, open_parts
from supportdesk_tui.server.seed.exchange import seed_database
from supportdesk_tui.server.storage import tables

PASSWORD = "correct horse battery"


@pytest.fixture
def server(tmp_path: Path) -> ServerThread:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    parts = open_parts(url)
    assert is_empty(parts.database.engine)
    seed_database(parts.database.engine, tickets=5, seed=1, now=datetime.now(UTC), password=PASSWORD)
    parts.database.close()
    return ServerThread(url)


def sign_in(server: ServerThread, password: str, login: str = "li.wei") -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/session", json={"login": login, "password": password, "label": "laptop"})


def test_sign_in_gives_a_token_that_works_until_signed_out(server: ServerThread) -> None:
    with server:
        answer = sign_in(server, PASSWORD)
        assert answer.json()["agent"]["name"] == "Li Wei"
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        session = httpx.get(f"{server.url}/api/v1/session", headers=headers).json()
        assert session["agent"]["login"] == "li.wei"
        assert "reply" in session["permissions"]
        assert httpx.delete(f"{server.url}/api/v1/session", headers=headers).status_code == 204
        assert httpx.get(f"{server.url}/api/v1/session", headers=headers).status_code == 401


def test_token_is_nowhere_in_the_database(server: ServerThread) -> None:
    with server:
        token = sign_in(server, PASSWORD).json()["token"]
        with server.engine.begin() as connection:
            rows = connection.execute(select(tables.tokens)).all()
        assert rows
        assert token not in str(rows)
        path = Path(server.db_url.removeprefix("sqlite:///"))
        assert all(token.encode() not in file.read_bytes() for file in path.parent.iterdir())


def test_wrong_password_and_unknown_login_look_the_same(server: ServerThread) -> None:
    with server:
        wrong, unknown = sign_in(server, "nope"), sign_in(server, "nope", "nobody")
        assert (wrong.status_code, unknown.status_code) == (401, 401)
        assert wrong.json()["message"] == unknown.json()["message"]


def test_guessing_is_slowed_down_even_for_the_right_password(server: ServerThread) -> None:
    with server:
        statuses = [sign_in(server, f"guess {n}").status_code for n in range(6)]
        assert statuses == [401] * 5 + [429]
        shut = sign_in(server, PASSWORD)
        assert shut.status_code == 429
        assert 1 <= int(shut.headers["Retry-After"]) <= 61
        assert sign_in(server, PASSWORD, "mei.lin").status_code == 200


def test_seed_without_password_lets_nobody_sign_in(tmp_path: Path) -> None:
    with ServerThread(f"sqlite:///{tmp_path / 'x.db'}", tickets=5) as server:
        assert sign_in(server, "").status_code == 422
        assert sign_in(server, PASSWORD).status_code == 401
