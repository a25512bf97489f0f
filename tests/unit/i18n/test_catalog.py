"""Words: live switch, plural forms, safe filling, and tools that notice what is missing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from supportdesk_tui.i18n.catalog import SOURCE, _, current_locale, detect_locale, locales, ngettext, set_locale
from tests.tools import translations

CHINESE: dict[str | tuple[str, ...], str | tuple[str, ...]] = {
    "Queue": "队列",
    "{name} is typing": "{name}正在输入",
    "broken {name}": "坏的 {nobody} {",
    ("{count} ticket", "{count} tickets"): ("{count} 个工单",),
}


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    set_locale(SOURCE)
    yield
    set_locale(SOURCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    catalog = Catalog(locale="zh_CN", domain="supportdesk")
    for source, words in CHINESE.items():
        catalog.add(source, words)
    file = tmp_path / "zh_CN" / "LC_MESSAGES" / "supportdesk.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as stream:
        write_mo(stream, catalog)
    return tmp_path


def test_english_needs_no_catalogue() -> None:
    assert _("Queue") == "Queue"
    assert _("{name} is typing", name="Mei") == "Mei is typing"
    assert ngettext("{count} ticket", "{count} tickets", 1) == "1 ticket"
    assert ngettext("{count} ticket of {name}", "{count} tickets of {name}", 2, name="Mei") == "2 tickets of Mei"
    assert _("") == ""


def test_the_language_changes_while_running(folder: Path) -> None:
    assert set_locale("zh_CN", folder) == current_locale() == "zh_CN"
    assert _("Queue") == "队列"
    assert _("{name} is typing", name="梅") == "梅正在输入"
    assert ngettext("{count} ticket", "{count} tickets", 1) == "1 个工单"
    assert ngettext("{count} ticket", "{count} tickets", 5) == "5 个工单"
    assert _("") == ""
    set_locale("en", folder)
    assert _("Queue") == "Queue"


def test_a_word_without_translation_stays_english(folder: Path) -> None:
    set_locale("zh_CN", folder)
    assert _("Not there") == "Not there"


def test_a_broken_translation_falls_back_to_the_source(folder: Path) -> None:
    set_locale("zh_CN", folder)
    assert _("broken {name}", name="x") == "broken x"


def test_a_source_that_cannot_be_filled_is_shown_as_it_is() -> None:
    assert _("{name} {missing}", name="x") == "{name} {missing}"


def test_values_are_never_read_as_templates() -> None:
    assert _("{name} is typing", name="{0.__class__} {name}") == "{0.__class__} {name} is typing"


@pytest.mark.parametrize("content", [None, b"", b"not a catalogue", b"\xde\x12\x04\x95" + b"\xff" * 40])
def test_a_missing_or_broken_catalogue_leaves_english(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "zh_CN" / "LC_MESSAGES" / "supportdesk.mo"
    if content is not None:
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    assert set_locale("zh_CN", tmp_path) == SOURCE
    assert _("Queue") == "Queue"


def test_languages_are_listed_english_first(folder: Path) -> None:
    assert locales(folder) == ["en", "zh_CN"]


@pytest.mark.parametrize(
    ("setting", "env", "locale"),
    [
        ("zh_CN", {"LANG": "en_US.UTF-8"}, "zh_CN"),
        ("auto", {}, "en"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ("auto", {"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ("auto", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        ("auto", {"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN:en"}, "zh_CN"),
        ("auto", {"LANG": "C", "LANGUAGE": "zh_CN"}, "en"),
        ("auto", {"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_detected(setting: str, env: dict[str, str], locale: str) -> None:
    assert detect_locale(setting, env) == locale


def test_english_loads_no_gettext() -> None:
    code = (
        "import sys; from supportdesk_tui.i18n.catalog import _, set_locale; set_locale('en'); print('gettext' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, Path]:
    package = tmp_path / "package"
    package.mkdir()
    (package / "code.py").write_text(
        'a = _("Queue")\nb = ngettext("{count} ticket", "{count} tickets", 2)\n'
        'c = msg("Solve {name}")\nd = Blocked("Not now")\n'
    )
    return package, tmp_path / "locales"


def translate(folder: Path, **words: str) -> None:
    file = translations.po_file("zh_CN", folder)
    text = file.read_text(encoding="utf-8")
    for source, target in words.items():
        text = text.replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{target}"')
    text = text.replace('msgid "Solve {name}"\nmsgstr ""', 'msgid "Solve {name}"\nmsgstr "解决 {name}"')
    text = text.replace('msgid "Not now"\nmsgstr ""', 'msgid "Not now"\nmsgstr "现在不行"')
    file.write_text(text.replace('msgstr[0] ""', 'msgstr[0] "{count} 个工单"'), encoding="utf-8")


def test_the_tool_finds_every_kind_of_message(project: tuple[Path, Path]) -> None:
    found = {message.id for message in translations.extract(project[0]) if message.id}
    assert found == {"Queue", ("{count} ticket", "{count} tickets"), "Solve {name}", "Not now"}


def complaints(package: Path, folder: Path) -> list[str]:
    return translations.check(translations.extract(package), folder)


def test_the_check_passes_when_all_is_translated_and_compiled(project: tuple[Path, Path]) -> None:
    package, folder = project
    assert complaints(package, folder) == [f"zh_CN: {translations.po_file('zh_CN', folder)} is missing"]
    translations.update(package, folder)
    assert sorted(complaints(package, folder)) == [
        "zh_CN: not compiled",
        "zh_CN: not translated: 'Not now'",
        "zh_CN: not translated: 'Queue'",
        "zh_CN: not translated: 'Solve {name}'",
        "zh_CN: not translated: ('{count} ticket', '{count} tickets')",
    ]
    translate(folder, Queue="队列")
    translations.compile_all(folder)
    assert complaints(package, folder) == []
    assert set_locale("zh_CN", folder) == "zh_CN"
    assert (_("Queue"), ngettext("{count} ticket", "{count} tickets", 3)) == ("队列", "3 个工单")


def test_the_check_names_stale_wrong_and_missing_words(project: tuple[Path, Path]) -> None:
    package, folder = project
    translations.update(package, folder)
    translate(folder, Queue="队列 {surprise}")
    translations.compile_all(folder)
    (package / "code.py").write_text('a = _("Queue")\nb = _("New")\nc = msg("Solve {name}")\n')
    translate(folder, Queue="x")
    found = complaints(package, folder)
    assert "zh_CN: not in the .po: 'New'" in found
    assert "zh_CN: no longer in the code: 'Not now'" in found
    assert any("placeholders differ in '队列 {surprise}'" in complaint for complaint in found)
    translations.update(package, folder)
    assert "zh_CN: compiled file is older than the .po" in complaints(package, folder)


def test_updating_twice_changes_nothing(project: tuple[Path, Path]) -> None:
    package, folder = project
    translations.update(package, folder)
    translate(folder, Queue="队列")
    translations.update(package, folder)
    once = translations.po_file("zh_CN", folder).read_text(encoding="utf-8")
    translations.update(package, folder)
    assert translations.po_file("zh_CN", folder).read_text(encoding="utf-8") == once
    assert "队列" in once
