"""The command line speaks the language of the person: help, click's own complaints, ours, and what doctor finds."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from supportdesk_tui.cli import saying
from supportdesk_tui.cli.group import COMMANDS, cli
from supportdesk_tui.cli.speaking import CLICK, MODULES
from supportdesk_tui.cli.wrapping import columns, folded, padded, wrapped
from supportdesk_tui.config.problems import Problem
from supportdesk_tui.i18n.catalog import SOURCE, set_locale
from tests.cli.conftest import Shell

ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
"""Three words in a row: an English sentence, and no name of a command with its option."""
CHINESE: dict[str, str | None] = {"LANG": "zh_CN.UTF-8", "LC_ALL": None, "COLUMNS": "80"}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    set_locale(SOURCE)


def every_command() -> list[tuple[str, ...]]:
    context = click.Context(cli)
    found: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        found += below((name,), command)
    return found


def below(words: tuple[str, ...], command: click.Command) -> list[tuple[str, ...]]:
    """A command and all that follow it."""
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [words, *(one for name, each in inner for one in below((*words, name), each))]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_is_chinese_and_fits_80_columns(shell: Shell, words: tuple[str, ...]) -> None:
    told = shell(*words, "--help", env=CHINESE).output
    assert "用法：" in told
    assert "显示本帮助后退出。" in told
    assert not ENGLISH.findall(told.partition("\n\n")[2]), told
    assert max(map(columns, told.splitlines())) <= 80


def test_help_is_english_again_for_the_next_who_reads_english(shell: Shell) -> None:
    assert "选项" in shell("tickets", "list", "--help", env=CHINESE).output
    told = shell("tickets", "list", "--help").output
    assert "Options:" in told
    assert "List tickets; QUERY is in the grammar of the search line" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("docter",), "没有命令 'docter'。 您是指 doctor 吗？"),
        (("tickets", "list", "--limt", "3"), "没有选项"),
        (("tickets", "list", "--limit", "many"), "'many' 不是有效的"),
        (("tickets", "list", "--sort", "mood"), "不在可选范围"),
        (("tickets", "show"), "缺少参数"),
        (("tickets", "list", "extra", "more"), "多出了参数"),
        (("tickets", "list"), "还没有任何配置"),
        (("login", "ftp://desk"), "supportdesk: "),
        (("backends", "lotus"), "没有服务器类型 'lotus'"),
        (("config", "check"), "一切正常"),
    ],
)
def test_wrong_use_is_told_in_chinese(shell: Shell, words: tuple[str, ...], said: str) -> None:
    told = shell(*words, env=CHINESE).output
    assert said in told
    assert "帮助请看" in told or "用法" not in told


def test_doctor_and_whoami_are_chinese(desk: Shell) -> None:
    found = desk("doctor", env=CHINESE).output
    assert "正常" in found
    assert "回复客户" in found
    assert "由服务器推送" in found
    assert not ENGLISH.findall(re.sub(r"^.*supportdesk \d.*\n(?: {27}.*\n)*", "", found)), found
    assert max(map(columns, found.partition("您在")[2].splitlines())) <= 80
    assert not ENGLISH.findall(desk("whoami", env=CHINESE).output)


def test_what_is_wrong_in_the_settings_is_told_in_chinese(shell: Shell) -> None:
    shell.configure(
        'theme = "harbour-night"\nhold_s = 999\nmouse = "yes"\nthme = 1\n[keys]\n"ticket.asign" = "a"\n"ticket.take" = "r"\n'
        '[profiles.work]\nurl = "http://desk.example.com"\ntoken = "x"\ntoken_command = "pass"\n'
    )
    told = shell("config", "check", env=CHINESE)
    assert told.exit_code == 2
    assert "hold_s: 应为 0 到 120 的整数; 实际为 999; 改用 10" in told.output
    assert "（您是指 theme 吗？）" in told.output
    assert not ENGLISH.findall(told.output), told.output
    assert "bad" not in shell("doctor", env=CHINESE).output


def test_what_is_wrong_in_a_theme_is_told_in_chinese(shell: Shell) -> None:
    shell.configure("pinned = 'wp'\ntheme = []\n[cache]\ndays = {}\n")
    (shell.config.parent / "themes").mkdir()
    (shell.config.parent / "themes" / "mine.toml").write_text(
        'title = 3\ndark = "yes"\n[surfaces]\nbackground = "bold #000000"\n[ink]\ntext = "blod #ffffff"\nlink = [1]\n'
    )
    told = shell("config", "check", env=CHINESE)
    assert told.exit_code == 2
    for said in (
        "dark: 应为 true 或 false, 改用 true",
        "应为文本",
        "应为不带修饰的颜色",
        "未知修饰 'blod'",
        "实际为列表",
        "实际为表",
    ):
        assert said in told.output
    assert not ENGLISH.findall(told.output), told.output


def test_a_search_line_that_is_not_understood_is_told_term_by_term(desk: Shell) -> None:
    told = desk("tickets", "list", "stauts:open sla:soon").output
    assert "stauts:open: no such key → status; sla:soon: no such value" in told
    assert "没有这个键" in desk("tickets", "list", "foo:bar", env=CHINESE).output


def test_the_settings_choose_the_language_too(shell: Shell) -> None:
    shell.configure('# mine\nlocale = "zh_CN"  # 中文\n\n[profiles.work]\nurl = "https://desk.example.com"\n')
    assert "用法：" in shell("--help").output
    assert "Usage:" in shell("--help", env={"SUPPORTDESK_LOCALE": "en"}).output
    shell.configure('[profiles.work]\nurl = "https://desk.example.com"\noptions = { locale = "zh_CN" }\n')
    assert "Usage:" in shell("--help").output
    shell.configure('locale = "klingon"\n')
    assert "Usage:" in shell("--help").output


def test_what_click_says_is_known_to_this_click() -> None:
    """A message click words otherwise by now would stay English without anybody noticing."""
    folder = Path(str(click.__file__)).parent
    source = "\n".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in MODULES)
    spoken = re.sub(r'"\s*\n\s*"', "", source)
    assert [text for text in CLICK if f'"{text}"' not in spoken] == []


def test_lines_are_folded_by_columns() -> None:
    assert folded("把工单交给 AGENT：无人", 12) == ["把工单交给", "AGENT：无人"]
    assert folded("一二三四五六，七", 12) == ["一二三四五", "六，七"]
    assert folded("two words", 4) == ["two", "words"]
    assert folded("", 10) == [""]
    assert padded("工单", 6) == "工单  "
    assert wrapped(padded("回复和状态一起提交的事", 4) + " yes", indent=4)[0].startswith("回复")


def test_names_of_a_settings_file_cannot_act_on_the_terminal_they_are_told_on() -> None:
    line = saying.said(Problem("config.toml", "keys.\x1b]0;x\x07", 3, "there is no command \x9b31m\u202e"))
    assert line == "config.toml:3: keys.␛]0;x␇: there is no command □31m□"
