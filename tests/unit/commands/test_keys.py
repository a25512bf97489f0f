"""How keys are spelt."""

import pytest
from textual.keys import _character_to_key

from supportdesk_tui.commands import keys


@pytest.mark.parametrize("character", [*keys.NAMES, *"aZ9"])
def test_characters_are_named_as_the_toolkit_names_them(character: str) -> None:
    assert keys.spell(character) == _character_to_key(character)


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Ctrl+D", "ctrl+d"),
        ("shift+r", "R"),
        ("Shift+Tab", "shift+tab"),
        ("PgDn", "pagedown"),
        ("Esc", "escape"),
        ("ctrl++", "ctrl+plus"),
        ("+", "plus"),
        ("shift+ctrl+f5", "ctrl+shift+f5"),
        ("hyper+x", "hyper+x"),
        ("colon", "colon"),
        ("Ctrl+?", "ctrl+question_mark"),
    ],
)
def test_what_people_write_is_understood(written: str, spelt: str) -> None:
    assert keys.spell(written) == spelt


@pytest.mark.parametrize(
    ("key", "text"), [("ctrl+d", "Ctrl+D"), ("question_mark", "?"), ("down", "↓"), ("R", "R"), ("shift+tab", "Shift+Tab")]
)
def test_keys_are_shown_as_people_know_them(key: str, text: str) -> None:
    assert keys.shown(key) == text


@pytest.mark.parametrize(
    "key", ["alt+x", "ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+s", "ctrl+space", "hyper+x", "banana", "é"]
)
def test_keys_no_terminal_delivers_are_refused_with_a_reason(key: str) -> None:
    assert keys.trouble(key)


@pytest.mark.parametrize("key", ["a", "R", "5", "colon", "ctrl+d", "f9", "shift+tab", "ctrl+enter", "pagedown"])
def test_usable_keys_have_no_trouble(key: str) -> None:
    assert keys.trouble(key) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("；", ";"),
        ("？", "?"),
        ("／", "/"),
        ("：", ":"),
        ("，", ","),
        ("。", "."),
        ("！", "!"),
        ("、", "\\"),
        ("【", "["),
        ("】", "]"),
        ("ｊ", "j"),
        ("\u3000", " "),
        ("x", "x"),
    ],
)
def test_what_an_input_method_types_has_an_ascii_twin(typed: str, meant: str) -> None:
    assert keys.twin(typed) == meant


@pytest.mark.parametrize(
    ("character", "starts"), [("我", True), ("й", True), ("ね", True), ("a", False), ("é", False), ("ª", False), ("—", False)]
)
def test_only_letters_of_scripts_without_commands_start_text(character: str, starts: bool) -> None:
    assert keys.starts_text(character) is starts


def test_printable_keys_are_told_from_the_others() -> None:
    assert [keys.is_printable(key) for key in ("a", "colon", "ctrl+a", "enter")] == [True, True, False, False]
