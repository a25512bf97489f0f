"""The screen a terminal ends up with through the diff layer equals a fresh full paint."""

import random
from collections.abc import Callable

import pytest

from tests.pty.conftest import StartHarness
from tests.pty.terminal import KEYS, Terminal

pytestmark = pytest.mark.pty
SIZES = ((100, 30), (64, 20), (131, 41), (81, 24), (100, 30))
Press = Callable[[Terminal, list[str]], None]
Log = Callable[[], list[str]]
LIST_KEYS = ("down", "down", "up", "pagedown", "pageup", "down", "f2", "tab")
TYPED = ("好的，", "text ", "退款 ", "backspace", "left", "enter", "a", "ctrl+a", "ctrl+w", "escape")


def play(terminal: Terminal, seed: int, press: Press, *, resizes: bool) -> None:
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


def pressing(log: Log, waits_after: frozenset[str] | None) -> Press:
    """Press keys, and wait until all of them are done after some of them, or after every one."""

    def press(terminal: Terminal, keys: list[str]) -> None:
        wanted = log().count("did")
        for key in keys:
            wanted += 1 if key in KEYS else len(key)
            terminal.press(key)
            if waits_after is None or key in waits_after:
                terminal.wait_until(lambda wanted=wanted: log().count("did") >= wanted, f"end of {key}")  # type: ignore[misc]  # bound now

    return press


def in_bursts(log: Log) -> Press:
    """Wait only after those that open, close, leave or make something grow."""
    return pressing(log, frozenset({"f2", "escape", "tab", "enter"}))


def one_by_one(log: Log) -> Press:
    """Press each key when the one before is done, so that two programs do the same however busy the machine is."""
    return pressing(log, None)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_screen_after_a_session_by_chance_equals_a_fresh_paint(start: StartHarness, log: Log, seed: int) -> None:
    terminal = start(columns=100, rows=30)
    play(terminal, seed, in_bursts(log), resizes=True)
    lived = terminal.cells()
    terminal.spoil()
    assert terminal.cells() != lived
    terminal.press("ctrl+l")
    terminal.settle(0.3)
    assert terminal.cells() == lived
    assert terminal.violations() == []


@pytest.mark.parametrize("seed", [21, 22])
def test_screen_with_and_without_the_diff_layer_is_the_same(start: StartHarness, log: Log, seed: int) -> None:
    with_diff, without = start("sure", columns=100, rows=30), start("sure", columns=100, rows=30, SUPPORTDESK_DIFF="0")
    for terminal in (with_diff, without):
        play(terminal, seed, one_by_one(log), resizes=True)
    assert with_diff.cells() == without.cells()
    assert len(with_diff.raw) < len(without.raw) / 3


def test_a_terminal_that_erases_to_black_ends_with_the_same_screen(start: StartHarness, log: Log) -> None:
    xterm, screen = start("sure", COLORTERM=""), start("sure", TERM="screen-256color")
    for terminal in (xterm, screen):
        play(terminal, 5, one_by_one(log), resizes=False)
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
