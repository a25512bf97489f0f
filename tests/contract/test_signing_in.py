"""Signing in by the shell on every product: what is asked for, what is written, what is said of the connected desk."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.cli.abilities import TITLES
from supportdesk_tui.cli.doctor import STATES
from supportdesk_tui.cli.examining import State
from supportdesk_tui.domain.capabilities import Capability
from tests.cli.conftest import Shell, at_home
from tests.contract.floor import Floor

TOKENS: dict[str, Callable[[Any, str], str]] = {
    "native": lambda floor, login: str(floor.server.token_for(login)),
    "rt": lambda floor, login: str(floor.server.token(login)),
    "zammad": lambda floor, login: f"token-{login}",
    "chatwoot": lambda floor, login: f"token-{login}",
    "zendesk": lambda floor, login: str(floor.server.tokens.secret(login)),
}
"""How each product hands out tokens."""
OPTIONS = {"zendesk": ("--option", "client_id=supportdesk_desk")}
STRANGE = {"rt": "1-30-0123456789abcdef0123456789abcdef", "zendesk": '{"access":"nobody","refresh":"","expires":0}'}
"""Tokens nobody has, where they must look like one."""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return at_home(tmp_path, monkeypatch)


@pytest.fixture
def product(floor: Floor, request: pytest.FixtureRequest) -> str:
    """The name of the product under contract."""
    return next(name for name, spec in SPECS.items() if spec.gaps() == floor.lacks and name in request.node.callspec.id)


def test_login_tests_the_token_writes_the_profile_and_doctor_shows_what_works(floor: Floor, product: str, shell: Shell) -> None:
    token = TOKENS[product](floor, floor.me)
    login = ("login", floor.url, "--backend", product, *OPTIONS.get(product, ()), "--token-stdin")
    done = shell(*login, typed=token + "\n")
    assert done.exit_code in {0, 1}, done.output  # 1 where the machine has no key store
    assert token not in done.output
    written = tomllib.loads(shell.config.read_text(encoding="utf-8"))["profiles"]["local"]
    assert (written["backend"], written["url"]) == (product, floor.url)
    assert token not in shell.config.read_text(encoding="utf-8")
    # `login` revokes a token it cannot keep.
    shell.env["SUPPORTDESK_TOKEN"] = TOKENS[product](floor, floor.me)
    told = shell("doctor", env={"COLUMNS": "80"})
    assert told.exit_code == 0, told.output
    table = told.output.partition("What you can do at")[2].splitlines()[1:]
    for gap, reason in floor.lacks.items():
        row = next(line for line in table if line.startswith(f"{STATES[State.NOTE]:<5} {TITLES[gap]} "))
        assert reason.startswith(row[27:].strip()[:40])
    assert max(map(len, table)) <= 80
    session = json.loads(shell("whoami", "--json").output)["session"]
    assert session["server"]
    news = next(line for line in told.output.splitlines() if line.startswith("ok    news"))
    assert (f"most {session['polling']} requests" in news) == (Capability.PUSH in floor.lacks)


def test_login_with_a_token_nobody_has_writes_nothing(floor: Floor, product: str, shell: Shell) -> None:
    login = ("login", floor.url, "--backend", product, *OPTIONS.get(product, ()), "--token-stdin")
    done = shell(*login, typed=STRANGE.get(product, "nobody-has-this-token") + "\n")
    assert done.exit_code == 4, done.output
    assert not shell.config.exists()
