"""What is written down says what the program does."""

import re
from pathlib import Path

import pytest

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.cli.backends import to_markdown as backends_page
from supportdesk_tui.cli.group import COMMANDS
from supportdesk_tui.cli.keys import to_markdown
from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.commands.sheet import sections
from supportdesk_tui.config.example import example, undocumented
from tests.arch.source import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
SUBCOMMANDS = {
    "config": {"init", "path", "check"},
    "serve": {"agents", "connectors"},
    "tickets": {"list", "show", "reply", "note", "assign", "status", "escalate"},
}


def test_key_sheet_is_what_the_catalogue_says() -> None:
    sheet = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert sheet == to_markdown(sections(resolve(CATALOG))), "run: supportdesk keys --markdown > docs/keys.md"


def test_table_of_backends_is_what_the_adapters_declare() -> None:
    page = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
    assert page == backends_page(list(SPECS.values())), "run: supportdesk backends --markdown > docs/backends.md"


def test_example_of_the_settings_is_what_the_schema_says() -> None:
    written = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert written == example(), "run: python -m supportdesk_tui.config.example"
    assert undocumented() == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    lost = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist(page: Path) -> None:
    unknown = []
    for command, sub in re.findall(
        r"(?:^|`)supportdesk ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+(?:-[a-z]+)*))?", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        if command not in COMMANDS or (command in SUBCOMMANDS and sub and sub not in SUBCOMMANDS[command]):
            unknown.append(f"{command} {sub}".strip())
    assert unknown == []


def test_readme_opens_with_the_two_commands() -> None:
    code = re.search(r"```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    assert [line.split("#")[0].strip() for line in code[1].splitlines()] == ["make demo", "make test"]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_guide_for_contributors_stays_short() -> None:
    assert (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8").count("\n") < 200


def test_keys_of_the_readme_are_the_defaults() -> None:
    """The short table names keys of commands by what they do; each of them must be bound."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Keys")[2].partition("The whole sheet")[0]
    sheet = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    named = {key for key in re.findall(r"`([^`]+)`", table) if key != ";;"}
    bound = set(re.findall(r"`([^`]+)`", sheet))
    assert named - bound == set()
