"""A home of one's own for every test, and a real backend for those that ask for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from supportdesk_tui.cli.group import cli
from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread

FOLDERS = ("CONFIG", "DATA", "CACHE", "STATE")


@dataclass(frozen=True)
class Shell:
    """Calls the program as a person at a shell does."""

    home: Path
    env: dict[str, str | None] = field(default_factory=dict)
    """What the shell exports to every command."""

    def __call__(self, *words: str, typed: str = "", env: dict[str, str | None] | None = None) -> Result:
        """Run one command; `typed` is its standard input."""
        return CliRunner().invoke(cli, words, input=typed, env={**self.env, **(env or {})})

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.home / "config" / "config.toml"

    def configure(self, text: str) -> None:
        """Write the settings file."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return at_home(tmp_path, monkeypatch)


def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell whose home, settings and key stores are empty and its own."""
    for name in (
        "SUPPORTDESK_TOKEN",
        "SUPPORTDESK_CONFIG",
        "SUPPORTDESK_PROFILE",
        "DBUS_SESSION_BUS_ADDRESS",
        "EDITOR",
        "VISUAL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in FOLDERS:
        monkeypatch.setenv(f"SUPPORTDESK_{name}_DIR", str(tmp_path / name.lower()))
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=40, seed=7) as running:
        yield running


@pytest.fixture
def desk(shell: Shell, server: ServerThread) -> Shell:
    """A shell whose profile points at the backend, signed in as the agent of the demo."""
    shell.configure(f'[profiles.test]\nurl = "{server.url}"\n')
    shell.env["SUPPORTDESK_TOKEN"] = server.token_for(DEMO_LOGIN)
    return shell


@pytest.fixture
def sign_in(desk: Shell, server: ServerThread) -> Callable[[str], None]:
    """Become another agent."""

    def become(login: str) -> None:
        desk.env["SUPPORTDESK_TOKEN"] = server.token_for(login)

    return become
