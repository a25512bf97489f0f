"""Signing in and out against the real backend; where no key store is open to us, the refusal is tested instead."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from supportdesk_tui.config.kernel_keys import KernelKeysBlocked, drop_key, keep_key
from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.cli.conftest import Shell


def has_kernel_keys() -> bool:
    """Whether this machine keeps keys for us."""
    name = f"supportdesk:test:{uuid4().hex}"
    try:
        keep_key(name, b"x", 30)
        return drop_key(name)
    except KernelKeysBlocked:
        return False


KEEPS = has_kernel_keys()


@pytest.fixture
def signed_out(shell: Shell, server: ServerThread) -> Shell:
    shell.configure(f'[profiles.test]\nurl = "{server.url}"\nagent = "{DEMO_LOGIN}-{uuid4().hex[:8]}"\n')
    return shell


def valid_tokens(server: ServerThread) -> int:
    with server.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM tokens WHERE revoked_at IS NULL")).scalar_one())


@pytest.mark.skipif(not KEEPS, reason="no key store on this machine")
def test_piped_token_is_kept_used_and_forgotten(signed_out: Shell, server: ServerThread) -> None:
    done = signed_out("login", "--token-stdin", typed=server.token_for(DEMO_LOGIN) + "\n")
    assert done.exit_code == 0, done.output
    assert "Signed in as Li Wei (l1)" in done.output
    assert signed_out("whoami").output.startswith("Li Wei")
    signed_out("tickets", "list")
    before = valid_tokens(server)
    assert "worthless now" in signed_out("logout").output
    assert valid_tokens(server) == before - 1
    assert signed_out("whoami").exit_code == 4


@pytest.mark.skipif(KEEPS, reason="this machine has a key store")
def test_token_that_cannot_be_kept_is_revoked_and_said_so(signed_out: Shell, server: ServerThread) -> None:
    before = valid_tokens(server)
    done = signed_out("login", "--token-stdin", typed=server.token_for(DEMO_LOGIN) + "\n")
    assert done.exit_code == 1
    assert "token_command" in done.output
    assert valid_tokens(server) == before


def test_why_the_token_command_gave_none_is_said_where_the_token_is_missed(shell: Shell, server: ServerThread) -> None:
    shell.configure(f'[profiles.test]\nurl = "{server.url}"\nagent = "{uuid4().hex}"\ntoken_command = ["false"]\n')
    done = shell("whoami")
    assert done.exit_code == 4
    assert "no token for profile test; token_command: ended with status 1" in done.stderr
    table = {one["what"]: one["state"] for one in json.loads(shell("doctor", "--json").stdout)}
    assert (table["token: token_command"], table["token: token_file"], table["token"]) == ("note", "ok", "bad")


def test_wrong_password_is_no_sign_in(signed_out: Shell) -> None:
    done = signed_out("login", typed="li.wei\nwrong password\n")
    assert done.exit_code == 4, done.output
    assert "wrong password" not in done.output


def test_empty_token_is_wrong_use(signed_out: Shell) -> None:
    assert signed_out("login", "--token-stdin", typed="\n").exit_code == 2


def test_logout_without_a_token_deletes_the_copy_and_keeps_the_outbox(signed_out: Shell) -> None:
    for folder, name in (("cache", "test.db"), ("data/test", "outbox-0.db")):
        (signed_out.home / folder).mkdir(parents=True)
        (signed_out.home / folder / name).write_bytes(b"")
    done = signed_out("logout")
    assert done.exit_code == 0, done.output
    assert "there was no token" in done.output
    assert (signed_out.home / "data" / "test" / "outbox-0.db").exists()
