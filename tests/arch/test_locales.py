"""Every language is whole: each word of the code translated, with the same places to fill, and compiled as it is written."""

import ast
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.sheet import SCOPE_TITLES
from supportdesk_tui.i18n.catalog import LOCALES, SOURCE, locales
from supportdesk_tui.ui.text import cells
from tests.arch.source import PACKAGE, calls, modules
from tests.tools import translations

SHORT = 8
"""Columns of a word in the footer: two more characters than the longest that is wanted."""

WORD = re.compile("[A-Za-z]{3}")
KEYS = frozenset({"Esc", "Enter", "Tab", "Space"})


def _po(locale: str) -> dict[str, str]:
    with translations.po_file(locale).open("rb") as stream:
        return {message.id: str(message.string) for message in read_po(stream) if isinstance(message.id, str) and message.id}


@pytest.fixture(scope="module")
def template() -> Catalog:
    """The messages of the code as it is."""
    return translations.extract()


def test_every_language_is_complete_and_compiled(template: Catalog) -> None:
    assert translations.check(template) == [], "python -m tests.tools.translations update, translate, then compile"


def test_chinese_ships_beside_english() -> None:
    assert locales() == [SOURCE, *translations.TRANSLATED]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('msgid "Queue"\nmsgstr "队列"', 'msgid "Queue"\nmsgstr ""', "not translated"),
        ('msgid "Queue"\nmsgstr "队列"', '#, fuzzy\nmsgid "Queue"\nmsgstr "队列"', "marked fuzzy"),
        ('msgstr "{number}：已关联"', 'msgstr "{ticket}：已关联"', "placeholders differ"),
        ('msgid "Queue"\nmsgstr "队列"', 'msgid "Line of people"\nmsgstr "队列"', "not in the .po: 'Queue'"),
        ('msgid "Queue"\nmsgstr "队列"', 'msgid "Queue"\nmsgstr "列队"', "older than the .po"),
    ],
)
def test_a_hole_in_a_language_is_named(template: Catalog, tmp_path: Path, before: str, after: str, complaint: str) -> None:
    folder = tmp_path / "locales"
    shutil.copytree(LOCALES, folder)
    file = translations.po_file("zh_CN", folder)
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), encoding="utf-8")
    assert any(complaint in one for one in translations.check(template, folder))


def test_everything_marked_is_a_plain_literal() -> None:
    """Babel sees only literals: an f-string or a sum of strings would never be translated."""
    wrong = [
        f"{module.where}:{node.lineno}"
        for module in modules(PACKAGE)
        for node, name in calls(module)
        if name in {"msg", "_", "ngettext"} and node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert not wrong


def test_nothing_is_drawn_past_the_translation() -> None:
    """Words written straight into a line of a pane stay English for ever; names of keys are the same everywhere."""
    drawn = [
        f"{module.where}:{node.lineno} {text!r}"
        for module in modules(PACKAGE / "ui")
        for node, name in calls(module)
        if name in {"add", "right", "plain"} and node.args
        for text in _literals(node.args[0])
        if WORD.search(text) and text.strip() not in KEYS
    ]
    assert not drawn


def _literals(node: ast.expr) -> list[str]:
    """The words of a string as it stands in the code, those of an f-string one by one."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def test_commands_and_their_groups_are_translated() -> None:
    chinese = _po("zh_CN")
    shown = {word for one in CATALOG for word in (one.title, one.short, one.group) if word} | set(SCOPE_TITLES.values())
    assert [word for word in sorted(shown) if word not in chinese] == []


def test_footer_words_stay_short() -> None:
    chinese = _po("zh_CN")
    long = {chinese[one.short] for one in CATALOG if one.short and cells(chinese[one.short]) > max(SHORT, cells(one.short) + 2)}
    assert not long
