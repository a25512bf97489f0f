"""Agents and connectors from the shell: what is said, what is never said, and how the commands end."""

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from supportdesk_tui.cli.staff import ROLES
from supportdesk_tui.server.floor.authority import PERMISSIONS
from supportdesk_tui.server.runner import open_parts
from tests.cli.conftest import Shell
from tests.cli.onterminal import OnTerminal
from tests.cli.test_serve import PROGRAM, environment
from tests.cli.test_speaking import CHINESE, english_afterwards

__all__ = ["english_afterwards"]
PASSWORD = "correct horse"


class Office:
    """`supportdesk serve …` on a database of its own."""

    def __init__(self, shell: Shell, file: Path) -> None:
        self.shell, self.file = shell, file
        self.db = f"sqlite:///{file}"

    def __call__(self, words: str, typed: str = "", *, chinese: bool = False) -> Result:
        return self.shell("serve", *words.split(), "--db", self.db, typed=typed, env=CHINESE if chinese else None)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def office(shell: Shell, tmp_path: Path) -> Office:
    made = Office(shell, tmp_path / "desk.db")
    open_parts(made.db).database.close()
    return made


def test_roles_of_the_command_line_are_those_of_the_server() -> None:
    assert tuple(PERMISSIONS) == ROLES


def test_agents_are_added_listed_and_changed(office: Office) -> None:
    nobody = office("agents list")
    assert "Nobody can sign in yet. Let somebody in with: supportdesk serve agents add admin --role admin --db" in nobody.stderr
    added = office("agents add anna.smith --password-stdin --language zh --language en", PASSWORD)
    assert added.output == "anna.smith (Anna Smith, l1; Frontline-CN, Frontline-Global; zh en) can sign in now\n"
    assert office("agents add omar --password-stdin --role specialist --team risk --name Omar", PASSWORD).exit_code == 0
    assert office("agents role omar lead").output == "omar (Omar, lead; Risk; en)\n"
    assert office("agents teams omar kyc risk --language ar").output == "omar (Omar, lead; KYC Review, Risk; ar)\n"
    assert "signed out everywhere" in office("agents sign-out omar").output
    assert "can sign in no more" in office("agents disable anna.smith").output
    listed = office("agents list")
    assert listed.stdout.splitlines() == [
        "login       name        role  teams                          languages  signs in",
        "anna.smith  Anna Smith  l1    frontline-cn frontline-global  zh en      has left",
        "omar        Omar        lead  kyc risk                       ar         with a password",
    ]
    assert listed.stderr == ""
    plain = json.loads(office("agents list --json").stdout)
    assert [(one["login"], one["active"], one["has_password"], one["tokens"]) for one in plain] == [
        ("anna.smith", False, False, 0),
        ("omar", True, True, 0),
    ]
    assert "sessions from before have ended" in office("agents password anna.smith --password-stdin", PASSWORD).output
    assert json.loads(office("agents list --json").stdout)[0]["active"]


def test_database_may_stand_before_the_subcommand(office: Office, shell: Shell) -> None:
    office("agents add anna --password-stdin", PASSWORD)
    assert "anna" in shell("serve", "--db", office.db, "agents", "list").output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("agents add omar --password-stdin", 1, "there is an agent omar already"),
        ("agents role nobody lead", 1, "there is no agent nobody"),
        ("agents disable nobody", 1, "there is no agent nobody"),
        ("connectors remove fax", 1, "there is no connector fax"),
        ("agents add Omar --password-stdin", 2, "a login is small letters"),
        ("agents add anna", 2, "shown on a terminal only"),
        ("agents password omar", 2, "shown on a terminal only"),
        ("agents role omar boss", 2, "'boss' is not one of"),
        ("agents teams omar sales", 2, "It has: frontline-cn, frontline-global"),
        ("agents teams omar risk --language English", 2, "a language is a code"),
        ("agents teams omar", 2, "Missing argument"),
        ("agents fire omar", 2, "No such command"),
        ("connectors add a/b", 2, "a connector's name is"),
    ],
)
def test_what_cannot_be_done_ends_as_documented(office: Office, words: str, code: int, says: str) -> None:
    office("agents add omar --password-stdin", PASSWORD)
    before = office.rows("SELECT seq FROM events")
    done = office(words, PASSWORD)
    assert done.exit_code == code, done.output
    assert says in done.stderr
    assert office.rows("SELECT seq FROM events") == before


def test_password_of_a_few_letters_is_refused(office: Office) -> None:
    assert office("agents add anna --password-stdin", "1234567\n").exit_code == 2
    assert office("agents add anna --password-stdin").exit_code == 2
    assert office.rows("SELECT * FROM agents") == []


def test_a_database_that_is_not_there_is_not_made(shell: Shell, tmp_path: Path) -> None:
    done = shell("serve", "agents", "list", "--db", f"sqlite:///{tmp_path / 'typo.db'}")
    assert done.exit_code == 1
    assert "The server makes it at its first start: supportdesk serve --db sqlite:///" in done.stderr
    assert not (tmp_path / "typo.db").exists()
    assert shell("serve", "agents", "list", "--db", "no url at all").exit_code == 2


def test_a_database_that_is_not_reached_is_exit_code_3_and_its_password_is_not_told(shell: Shell) -> None:
    pytest.importorskip("psycopg")
    for words in (("serve", "agents", "list"), ("serve",)):
        done = shell(*words, "--db", "postgresql://desk:hush-hush@127.0.0.1:1/desk")
        assert done.exit_code == 3, done.output
        assert "the database cannot be used" in done.stderr
        assert "hush-hush" not in done.output


def test_token_is_the_only_thing_on_standard_output_and_kept_as_a_hash(office: Office) -> None:
    office("agents add omar --password-stdin", PASSWORD)
    for words, kind in (("agents token omar --label laptop", "agent"), ("connectors add mail", "inbound")):
        token = office(words).stdout.removesuffix("\n")
        assert re.fullmatch(r"[\w-]{40,}", token)
        kept = hashlib.sha256(token.encode()).hexdigest()
        assert office.rows(f"SELECT kind FROM tokens WHERE hash = '{kept}'") == [(kind,)]
    assert json.loads(office("connectors add form --json").stdout).keys() == {"token"}
    assert [one["name"] for one in json.loads(office("connectors list --json").stdout)] == ["mail", "form"]
    assert office.rows("SELECT DISTINCT expires_at FROM tokens WHERE kind = 'inbound'") == [(None,)]
    assert office("connectors remove mail").output == "mail may not deliver any more\n"
    assert re.fullmatch(r"connector +added\nform +20\d\d-\d\d-\d\d \d\d:\d\d UTC\n", office("connectors list").output)


def test_password_typed_at_a_prompt_is_not_seen(office: Office, tmp_path: Path) -> None:
    command = [*PROGRAM, "serve", "agents", "add", "anna", "--password-stdin", "--db", office.db]
    with OnTerminal(command, environment(tmp_path), tmp_path) as terminal:
        for prompt in (b"Password:", b"Password again:"):
            terminal.until(prompt)
            terminal.write(f"{PASSWORD}\n".encode())
        terminal.until(b"anna (Anna, l1; Frontline-Global; en) can sign in now")
        assert terminal.ended() == 0
    assert PASSWORD.encode() not in terminal.shown


def test_all_of_it_is_told_in_chinese(office: Office) -> None:
    assert "还没有人可以登录" in office("agents list", chinese=True).output
    added = office("agents add li.na --password-stdin", PASSWORD, chinese=True)
    assert "zh" in added.output, "who adds speaks Chinese"
    assert "现在可以登录" in added.output
    assert "已经有客服 li.na 了" in office("agents add li.na --password-stdin", PASSWORD, chinese=True).output
    assert "姓名" in office("agents list", chinese=True).output
    assert not re.search(r"[A-Za-z]{3,} [a-z]{3,}", office("agents disable li.na", chinese=True).output)
