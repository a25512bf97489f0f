"""Opening the desk from the shell, on a real terminal and against the real backend."""

import os
import sys

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.cli.conftest import Shell
from tests.cli.onterminal import OnTerminal

pytestmark = pytest.mark.pty
RUN = [sys.executable, "-m", "supportdesk_tui"]
QUIT = b"\x11"


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm-256color", **more}


@pytest.fixture
def configured(shell: Shell, server: ServerThread) -> Shell:
    shell.configure(f'[profiles.test]\nurl = "{server.url}"\n')
    return shell


def test_desk_goes_live_with_the_token_of_the_environment_which_is_gone_from_it(
    configured: Shell, server: ServerThread
) -> None:
    token = server.token_for(DEMO_LOGIN)
    with OnTerminal(RUN, environment(SUPPORTDESK_TOKEN=token), configured.home) as desk:
        desk.until(b"live")
        desk.write(QUIT)
        assert desk.ended() == 0
    assert token.encode() not in desk.shown
    assert [path for path in configured.home.rglob("*") if path.is_file() and token.encode() in path.read_bytes()] == []


def test_desk_asks_for_a_token_that_nothing_has_and_never_shows_it(configured: Shell, server: ServerThread) -> None:
    token = server.token_for(DEMO_LOGIN)
    with OnTerminal([*RUN, "run", "--no-mouse"], environment(), configured.home) as desk:
        desk.until(b"Token:")
        desk.write(token.encode() + b"\n")
        desk.until(b"live")
        desk.write(QUIT)
        assert desk.ended() == 0
    assert token.encode() not in desk.shown
    assert b"\x1b[?1000h" not in desk.shown, "the mouse was turned off"


@pytest.mark.parametrize("typed", ["enter alone", "--offline"])
def test_desk_opens_offline_when_asked_to(configured: Shell, typed: str) -> None:
    words = ["run", "--offline"] if typed == "--offline" else ["run"]
    with OnTerminal([*RUN, *words], environment(), configured.home) as desk:
        if typed != "--offline":
            desk.until(b"Token:")
            desk.write(b"\n")
        desk.until(b"network")
        desk.write(QUIT)
        assert desk.ended() == 0


def test_bad_settings_never_keep_the_desk_from_opening(configured: Shell) -> None:
    configured.configure(configured.config.read_text() + '[notifications]\nbel = "on"\n')
    with OnTerminal([*RUN, "run", "--offline"], environment(), configured.home) as desk:
        desk.until(b"notifications.bel")
        desk.write(QUIT)
        assert desk.ended() == 0


def test_terminal_that_cannot_show_a_desk_is_refused_in_words(configured: Shell) -> None:
    with OnTerminal([*RUN, "run"], environment(TERM="dumb"), configured.home) as desk:
        desk.until(b"Set TERM")
        assert desk.ended() == 2
