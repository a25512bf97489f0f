"""What the shell says of the kinds of servers and of the connected desk."""

import json

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.cli.abilities import TITLES
from supportdesk_tui.domain.capabilities import Capability
from tests.cli.conftest import Shell


def test_every_capability_has_plain_words_that_fit_the_table() -> None:
    assert TITLES.keys() == set(Capability)
    assert max(map(len, TITLES.values())) <= 21


def test_kinds_of_servers_say_what_signing_in_needs_within_80_columns(shell: Shell) -> None:
    told = shell("backends", env={"COLUMNS": "80"}).output
    for spec in SPECS.values():
        assert f"{spec.name:<10} {spec.title}: " in told
        assert all(f"--option {option.name}=" in told for option in spec.options)
        page = shell("backends", spec.name, env={"COLUMNS": "80"}).output
        assert max(map(len, page.splitlines())) <= 80
        plain = json.loads(shell("backends", spec.name, "--json").output)[spec.name]
        assert plain["gaps"] == {one.value: reason for one, reason in spec.gaps().items()}
    assert "known: native" in shell("backends", "lotus").output


def test_doctor_shows_what_one_can_do_and_why_not_at_80_columns(desk: Shell) -> None:
    lines = desk("doctor", env={"COLUMNS": "80"}).output.splitlines()
    table = lines[next(at for at, line in enumerate(lines) if line.startswith("What you can do at")) :]
    assert max(map(len, table)) <= 80
    assert "ok    reply to customers   yes" in table
    assert "info  macros kept there    The server keeps no macros; the desk reads its own" in table
    assert any(line.startswith("ok    news                 the server tells") for line in lines)


def test_doctor_tells_programs_the_same(desk: Shell) -> None:
    found = {one["what"]: one for one in json.loads(desk("doctor", "--json").output)}
    assert set(TITLES.values()) <= found.keys()
    assert found["snooze"]["found"] == "yes"
    assert found["macros kept there"]["state"] == "note"


def test_whoami_says_what_the_role_forbids(desk: Shell, sign_in: object) -> None:
    assert callable(sign_in)
    sign_in("noor.haddad")
    told = desk("whoami", env={"COLUMNS": "80"}).output
    assert "not     reply to customers: your role may not do this" in told
    assert max(map(len, told.splitlines()[1:])) <= 80
