"""The painter against an emulator: whatever was on the screen, it ends as if painted on an empty one."""

import itertools

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from supportdesk_tui.ui.diff import Gate, Painter
from tests.pty.terminal import Cell, EmulatedScreen, Terminal

WIDTH, HEIGHT = 24, 4
STYLES = [
    Style.parse(text)
    for text in (
        "#ffffff on #101010",
        "#ff0000 on #101010",
        "bold #ffffff on #202040",
        "underline #00ff00 on #101010",
        "reverse",
    )
]
WORDS = ["a", "b ", "   ", "                  ", "中文", "提", "x y z", "é", "─────"]
segments = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(STYLES)), max_size=8)
frames = st.lists(st.lists(segments, min_size=HEIGHT, max_size=HEIGHT), min_size=1, max_size=5)
Line = list[tuple[str, Style]]


def painter(*, erases: bool = True) -> Painter:
    """A painter with a gate of its own."""
    return Painter(ColorSystem.TRUECOLOR, Gate(), erases=erases)


def strip(line: Line) -> Strip:
    """A line as wide as the screen."""
    return Strip([Segment(text, style) for text, style in line]).adjust_cell_length(WIDTH, STYLES[0])


def full(lines: list[Line]) -> LayoutUpdate:
    """A full update."""
    return LayoutUpdate([[strip(line)] for line in lines], Region(0, 0, WIDTH, HEIGHT))


class Emulator:
    """A screen that takes what the painter writes."""

    def __init__(self) -> None:
        self.screen = EmulatedScreen(WIDTH, HEIGHT)
        self.screen.reset_mode(7, private=True)
        self._stream = pyte.Stream(self.screen)

    def take(self, text: str) -> None:
        """Draw."""
        self._stream.feed(text)

    def cells(self) -> list[list[Cell]]:
        """What is shown."""
        return [[Terminal.cell_of(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def fresh(lines: list[Line]) -> list[list[Cell]]:
    """What an empty screen shows after a plain paint of every cell."""
    emulator = Emulator()
    emulator.take(painter(erases=False).paint(full(lines), (WIDTH, HEIGHT), (0, 0)))
    return emulator.cells()


@settings(max_examples=150, deadline=None)
@given(frames, st.booleans())
def test_frames_after_frames_end_as_a_fresh_paint(shown: list[list[Line]], erases: bool) -> None:
    emulator, one = Emulator(), painter(erases=erases)
    for lines in shown:
        emulator.take(one.paint(full(lines), (WIDTH, HEIGHT), (3, 1)))
        assert emulator.cells() == fresh(lines)
        assert (emulator.screen.cursor.x, emulator.screen.cursor.y) == (3, 1)


@settings(max_examples=100, deadline=None)
@given(frames, st.lists(st.integers(1, WIDTH - 1), min_size=1, max_size=3, unique=True))
def test_pieces_cut_anywhere_end_as_a_fresh_paint(shown: list[list[Line]], cuts: list[int]) -> None:
    emulator, one = Emulator(), painter()
    edges = [*sorted(cuts), WIDTH]
    emulator.take(one.paint(full(shown[0]), (WIDTH, HEIGHT), (0, 0)))
    for lines in shown:
        chops = [dict(zip([0, *edges[:-1]], strip(line).divide(edges), strict=True)) for line in lines]
        update = ChopsUpdate(chops, [(y, 0, WIDTH) for y in range(HEIGHT)], [edges] * HEIGHT)
        emulator.take(one.paint(update, (WIDTH, HEIGHT), (0, 0)))
        joined = [
            [(segment.text, segment.style or STYLES[0]) for piece in chop.values() for segment in piece] for chop in chops
        ]
        assert emulator.cells() == fresh(joined)


def test_an_equal_frame_writes_nothing_but_the_cursor() -> None:
    one, lines = painter(), [[("hello 中文", STYLES[1])]] * HEIGHT
    one.paint(full(lines), (WIDTH, HEIGHT), (5, 0))
    assert one.paint(full(lines), (WIDTH, HEIGHT), (5, 0)) == ""
    assert one.paint(full(lines), (WIDTH, HEIGHT), (6, 0)) == "\x1b[C"


def test_after_forgetting_everything_is_painted_again() -> None:
    one, lines = painter(), [[("hello", STYLES[1])]] * HEIGHT
    first = one.paint(full(lines), (WIDTH, HEIGHT), (0, 0))
    one.forget()
    assert one.paint(full(lines), (WIDTH, HEIGHT), (0, 0)) == first


def test_a_new_size_forgets_by_itself() -> None:
    one, lines = painter(), [[("hello", STYLES[1])]] * HEIGHT
    one.paint(full(lines), (WIDTH, HEIGHT), (0, 0))
    assert "hello" in one.paint(full(lines), (WIDTH, HEIGHT + 1), (0, 0))


def test_one_changed_letter_costs_a_move_a_colour_and_the_letter() -> None:
    one = painter()
    one.paint(full([[("hello world", STYLES[1])]] * HEIGHT), (WIDTH, HEIGHT), (0, 0))
    written = one.paint(full([[("hello wOrld", STYLES[1])], *[[("hello world", STYLES[1])]] * 3]), (WIDTH, HEIGHT), (8, 0))
    assert written.endswith("O")
    assert len(written) <= 30


def test_links_never_reach_the_terminal() -> None:
    linked = Style(color="red", link="https://evil.example")
    assert "evil" not in painter().paint(full([[("click", linked)]] * HEIGHT), (WIDTH, HEIGHT), (0, 0))


@pytest.mark.parametrize("text", ["a\x1b[31mb", "a\x9bb", "a\u202eb", "a\u200bb", "a\nb", "a\tb", "\ud800"])
def test_the_gate_lets_no_forbidden_code_point_through_and_counts_it(text: str) -> None:
    gate = Gate()
    one = Painter(ColorSystem.TRUECOLOR, gate)
    written = one.paint(full([[(text, STYLES[0])]] * HEIGHT), (WIDTH, HEIGHT), (0, 0))
    assert gate.count >= 1
    assert not any(character in written for character in "\x9b\u202e\u200b\n\t\ud800")
    assert "\x1b[31mb" not in written


def test_clusters_terminals_measure_differently_are_placed_by_column() -> None:
    written = painter().paint(full([[("👍🏽x", STYLES[0])]] * HEIGHT), (WIDTH, HEIGHT), (0, 0))
    after = written.index("👍🏽") + len("👍🏽")
    assert written[after:].startswith("\x1b[1;3Hx")


@pytest.mark.parametrize(("old", "new"), itertools.permutations(["中a文", "a中文b", "abcdef", "  中  "], 2))
def test_halves_of_wide_characters_leave_nothing_behind(old: str, new: str) -> None:
    emulator, one = Emulator(), painter()
    for text in (old, new):
        emulator.take(one.paint(full([[(text, STYLES[0])]] * HEIGHT), (WIDTH, HEIGHT), (0, 0)))
    assert emulator.cells() == fresh([[(new, STYLES[0])]] * HEIGHT)
