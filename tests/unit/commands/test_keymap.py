"""Presets, the agent's own keys, conflicts, and the router."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.keymap import (
    CHAINS,
    BadChoice,
    CloseMenu,
    KeyRouter,
    KeyTrouble,
    NoMatch,
    Run,
    Unbound,
    are_on_one_chain,
    resolve,
)
from supportdesk_tui.commands.presets import PRESETS
from supportdesk_tui.commands.spec import Scope
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Menu, MenuItem, Pane

QUEUE, TALK, WRITE = CHAINS[Pane.QUEUE], CHAINS[Pane.CONVERSATION], CHAINS[Pane.COMPOSER]
ROUTER = KeyRouter(resolve(CATALOG))
MENU = Menu(
    "Assign to",
    (
        MenuItem("1", "Mei", "ticket.assign", ("a2",)),
        MenuItem(";", "find", "macro.pick"),
        MenuItem("x", "off", "desk.quit", blocked="not now"),
    ),
)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_has_problems_or_lost_keys(preset: str) -> None:
    keymap = resolve(CATALOG, preset)
    assert not keymap.problems
    assert not keymap.unbound


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_commands_that_exist_and_can_have_keys(preset: str) -> None:
    offered = {command.id for command in CATALOG if not command.is_internal}
    assert set(PRESETS[preset]) <= offered


def test_keys_of_the_agent_replace_the_defaults() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.reply": ["Ctrl+R", "F4"]})
    assert keymap.keys["ticket.reply"] == ("ctrl+r", "f4")
    assert keymap.command("r", QUEUE) is None
    assert keymap.shown("ticket.reply") == "Ctrl+R"
    assert not keymap.problems


def test_an_empty_list_unbinds() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.spam": []})
    assert keymap.shown("ticket.spam") == ""


def test_an_unknown_command_is_named_with_the_nearest() -> None:
    (problem,) = resolve(CATALOG, overrides={"ticket.replay": ["r"]}).problems
    assert problem.kind is KeyTrouble.UNKNOWN_COMMAND
    assert (problem.command, problem.nearest) == ("ticket.replay", "ticket.reply")


def test_a_command_like_none_has_no_nearest() -> None:
    (problem,) = resolve(CATALOG, overrides={"zzzzzzzz": ["r"]}).problems
    assert problem.nearest == ""


def test_an_unknown_preset_is_named_and_the_defaults_hold() -> None:
    keymap = resolve(CATALOG, "wim")
    assert [(problem.kind, problem.nearest) for problem in keymap.problems] == [(KeyTrouble.UNKNOWN_PRESET, "vim")]
    assert keymap.command("r", QUEUE) == "ticket.reply"
    assert resolve(CATALOG, "??").problems[0].nearest == ""


@pytest.mark.parametrize("key", ["alt+r", "ctrl+s", "rr"])
def test_a_key_nobody_can_press_is_refused_with_the_reason(key: str) -> None:
    (problem,) = resolve(CATALOG, overrides={"ticket.reply": [key]}).problems
    assert problem.kind is KeyTrouble.BAD_KEY
    assert dict(problem.values)["reason"]
    assert problem.key == key


def test_a_printable_key_cannot_send_from_the_composer() -> None:
    (problem,) = resolve(CATALOG, overrides={"composer.send": ["s"]}).problems
    assert problem.kind is KeyTrouble.TYPES


def test_the_agents_key_wins_over_a_default_and_the_loser_is_listed() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.spam": ["r"]})
    assert keymap.command("r", TALK) == "ticket.spam"
    assert Unbound("ticket.reply", "r", "ticket.spam") in keymap.unbound
    (problem,) = keymap.problems
    assert (problem.kind, problem.command) == (KeyTrouble.TAKEN, "ticket.spam")
    assert _(problem.text, **dict(problem.values)) == "r now runs ticket.spam; ticket.reply has no key any more"
    (problem,) = resolve(CATALOG, overrides={"ticket.spam": [":"]}).problems
    assert _(problem.text, **dict(problem.values)) == ": now runs ticket.spam; desk.palette still has Ctrl+P"


def test_a_key_of_an_enclosing_scope_conflicts_too() -> None:
    keymap = resolve(CATALOG, overrides={"desk.resync": ["j"]})
    assert keymap.command("j", QUEUE) == "desk.resync"
    assert {"queue.down", "conversation.down", "customer.down"} <= {one.command for one in keymap.unbound}


def test_of_two_own_keys_the_first_holds() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.spam": ["f7"], "ticket.merge": ["f7"]})
    assert keymap.command("f7", QUEUE) == "ticket.spam"
    (problem,) = keymap.problems
    assert (problem.kind, problem.command) == (KeyTrouble.CONFLICT, "ticket.merge")


def test_the_same_key_twice_for_one_command_is_no_conflict() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.spam": ["f7", "F7"]})
    assert keymap.keys["ticket.spam"] == ("f7",)
    assert not keymap.problems


def test_of_two_defaults_the_first_holds_and_the_other_is_listed_without_blaming_the_agent() -> None:
    first, second = CATALOG[0], replace(CATALOG[1], keys=CATALOG[0].keys[:1])
    keymap = resolve((first, second))
    assert keymap.unbound == (Unbound(second.id, first.keys[0], first.id),)
    assert not keymap.problems


def test_sibling_panes_do_not_share_keys() -> None:
    assert not are_on_one_chain(Scope.QUEUE, Scope.CONVERSATION)
    assert are_on_one_chain(Scope.QUEUE, Scope.APP)


# --- the router


@pytest.mark.parametrize(
    ("key", "character", "scopes", "command"),
    [
        ("j", "j", QUEUE, "queue.down"),
        ("j", "j", TALK, "conversation.down"),
        ("down", None, QUEUE, "queue.down"),
        ("semicolon", ";", TALK, "menu.leader"),
        ("fullwidth_semicolon", "；", QUEUE, "menu.leader"),
        ("fullwidth_question_mark", "？", QUEUE, "desk.keys"),
        ("ideographic_full_stop", "。", QUEUE, "macro.repeat"),
        ("ideographic_comma", "、", QUEUE, "queue.filter"),
        ("ctrl+d", "\x04", QUEUE, "queue.page_down"),
        ("ctrl+d", "\x04", WRITE, "composer.send"),
        ("ctrl+g", "\x07", WRITE, "menu.leader"),
        ("enter", "\r", QUEUE, "queue.open"),
        ("space", " ", QUEUE, "queue.peek"),
        ("R", "R", QUEUE, "ticket.reply_quoting"),
    ],
)
def test_a_key_runs_the_command_of_the_innermost_scope(
    key: str, character: str | None, scopes: tuple[Scope, ...], command: str
) -> None:
    assert ROUTER.press(key, character, scopes, None) == Run(command)


@pytest.mark.parametrize("character", [*"aR;:?/ 1", "；", "我", "é"])
def test_a_printable_key_always_types_in_the_composer(character: str) -> None:
    assert ROUTER.press(character, character, WRITE, None) == NoMatch()


def test_enter_never_sends() -> None:
    assert ROUTER.press("enter", "\r", WRITE, None) == NoMatch()


def test_a_chinese_character_in_the_queue_starts_the_filter_with_it() -> None:
    assert ROUTER.press("我", "我", QUEUE, None) == Run("queue.filter", ("我",))
    assert ROUTER.press("我", "我", TALK, None) == NoMatch()


def test_an_unknown_key_is_left_to_the_widget() -> None:
    assert ROUTER.press("f12", None, QUEUE, None) == NoMatch()
    assert ROUTER.press("é", "é", QUEUE, None) == NoMatch()


@pytest.mark.parametrize("scopes", [QUEUE, WRITE])
def test_while_a_menu_is_open_the_next_key_chooses(scopes: tuple[Scope, ...]) -> None:
    assert ROUTER.press("1", "1", scopes, MENU) == Run("ticket.assign", ("a2",), closes_menu=True)
    assert ROUTER.press("fullwidth_semicolon", "；", scopes, MENU) == Run("macro.pick", closes_menu=True)


def test_escape_closes_the_menu() -> None:
    assert ROUTER.press("escape", "\x1b", QUEUE, MENU) == CloseMenu()


def test_an_unknown_choice_tells_what_was_possible() -> None:
    assert ROUTER.press("ctrl+d", "\x04", QUEUE, MENU) == BadChoice("Ctrl+D", ("1", ";"))


def test_a_choice_that_is_off_tells_why() -> None:
    assert ROUTER.press("x", "x", QUEUE, MENU) == BadChoice("x", ("1", ";"), "not now")


@given(
    st.text(max_size=8), st.none() | st.text(max_size=2), st.sampled_from(list(CHAINS.values())), st.sampled_from([None, MENU])
)
def test_every_key_has_a_meaning(key: str, character: str | None, scopes: tuple[Scope, ...], menu: Menu | None) -> None:
    assert isinstance(ROUTER.press(key, character, scopes, menu), Run | CloseMenu | BadChoice | NoMatch)


@given(
    st.dictionaries(
        st.sampled_from([command.id for command in CATALOG]), st.lists(st.text(max_size=10), max_size=3), max_size=5
    )
)
def test_resolving_is_total_and_gives_no_key_to_two_commands_of_a_chain(overrides: dict[str, list[str]]) -> None:
    keymap = resolve(CATALOG, overrides=overrides)
    for chain in CHAINS.values():
        keys = [key for scope, key in keymap.bound if scope in chain]
        assert len(keys) == len(set(keys))
