"""The screen a terminal ends up with through the diff layer equals a fresh full paint."""

import random
from collections.abc import Callable

import pytest

from tests.pty.conftest import StartHarness
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty
SIZES = ((100, 30), (64, 20), (131, 41), (81, 24), (100, 30))
LIST_KEYS = ("down", "down", "up", "pagedown", "pageup", "down", "f2", "tab")
TYPED = ("好的，", "text ", "退款 ", "backspace", "left", "enter", "a", "ctrl+a", "ctrl+w", "escape")


def play(terminal: Terminal, seed: int, *, resizes: bool) -> None:
    """One session by chance: scrolling, an overlay, typing in two scripts, changes of focus and of size."""
    source = random.Random(seed)
    keys: list[str] = []
    for step in range(60):
        if resizes and step % 20 == 19:
            press(terminal, keys)
            keys.clear()
            terminal.settle()
            terminal.resize(*SIZES[source.randrange(len(SIZES))])
            terminal.settle()
        key = source.choice(LIST_KEYS if source.random() < 0.6 else TYPED)
        keys.append(key)
    press(terminal, keys)
    terminal.settle(0.3)


def press(terminal: Terminal, keys: list[str]) -> None:
    """Press keys; after those that open, close, leave or make something grow, wait until it has happened."""
    for key in keys:
        terminal.press(key)
        if key in {"f2", "escape", "tab", "enter"}:
            terminal.settle(0.3)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_screen_after_a_session_by_chance_equals_a_fresh_paint(start: StartHarness, seed: int) -> None:
    terminal = start(columns=100, rows=30)
    play(terminal, seed, resizes=True)
    lived = terminal.cells()
    terminal.spoil()
    assert terminal.cells() != lived
    terminal.press("ctrl+l")
    terminal.settle(0.3)
    assert terminal.cells() == lived
    assert terminal.violations() == []


def played_alike(start_two: Callable[[], tuple[Terminal, Terminal]], seed: int, *, resizes: bool) -> tuple[Terminal, Terminal]:
    """Two programs after one session; on a busy machine their keys can race differently: then it is played again."""
    for _ in range(6):
        one, other = start_two()
        play(one, seed, resizes=resizes)
        play(other, seed, resizes=resizes)
        if one.cells() == other.cells():
            break
    return one, other


@pytest.mark.parametrize("seed", [21, 22])
def test_screen_with_and_without_the_diff_layer_is_the_same(start: StartHarness, seed: int) -> None:
    with_diff, without = played_alike(
        lambda: (start("sure", columns=100, rows=30), start("sure", columns=100, rows=30, SUPPORTDESK_DIFF="0")),
        seed,
        resizes=True,
    )
    assert with_diff.cells() == without.cells()
    assert len(with_diff.raw) < len(without.raw) / 3


def test_a_terminal_that_erases_to_black_ends_with_the_same_screen(start: StartHarness) -> None:
    xterm, screen = played_alike(lambda: (start("sure", COLORTERM=""), start("sure", TERM="screen-256color")), 5, resizes=False)
    assert xterm.cells() == screen.cells()
    assert b"\x1b[K" not in screen.raw
    assert b"\x1b[2J" not in screen.raw


def test_one_typed_character_costs_few_bytes(start: StartHarness) -> None:
    terminal = start()
    terminal.press("tab")
    terminal.send("some words ")
    terminal.settle()
    before = len(terminal.raw)
    terminal.send("x")
    terminal.settle()
    assert 0 < len(terminal.raw) - before <= 120


def test_cursor_move_in_a_list_costs_few_bytes(start: StartHarness) -> None:
    terminal = start("sure")
    before = len(terminal.raw)
    terminal.press("down")
    terminal.settle()
    assert 0 < len(terminal.raw) - before <= 400


def test_first_screen_is_painted_once(start: StartHarness) -> None:
    terminal = start("sure", columns=160, rows=48)
    assert terminal.raw.count(b"\x1b[2J") == 1
    assert len(terminal.raw) < 17_000


def test_repainting_an_unchanged_screen_writes_nothing_but_the_cursor(start: StartHarness) -> None:
    terminal = start()
    terminal.press("f2")
    terminal.settle()
    terminal.press("f2")
    terminal.settle()
    before = len(terminal.raw)
    terminal.press("pageup")
    terminal.settle()
    assert len(terminal.raw) - before <= 16
