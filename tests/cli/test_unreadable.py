"""A server with items nobody can read, from the shell: what is printed is the rest, and that it is the rest."""

import json
from collections.abc import Iterator

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.cli.conftest import Shell
from tests.pty.poison import PoisonedServer


class Newer(PoisonedServer):
    """The first item of every list of it is of another kind."""

    def poison(self, data: bytes) -> bytes:
        """The answer with one item that is none."""
        value = json.loads(data)
        if isinstance(value, dict) and value.get("items"):
            value["items"][0] = 3
        return json.dumps(value).encode()


@pytest.fixture
def newer(shell: Shell, server: ServerThread) -> Iterator[Shell]:
    """A shell signed in to such a server."""
    with Newer(server.url) as relay:
        shell.configure(f'[profiles.newer]\nurl = "{relay.url}"\n')
        shell.env["SUPPORTDESK_TOKEN"] = server.token_for(DEMO_LOGIN)
        yield shell


def test_list_and_conversation_say_how_many_items_are_missing(newer: Shell) -> None:
    listed = newer("tickets", "list", "--limit", "5")
    assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, 5)
    assert "1 items of the answer could not be read and are missing" in listed.stderr
    number = listed.stdout.split("\t")[0]
    shown = newer("tickets", "show", number)
    assert shown.exit_code == 0, shown.output
    assert "items of the answer could not be read and are missing" in shown.stderr
    assert number in shown.stdout
