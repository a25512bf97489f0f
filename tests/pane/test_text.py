"""Text measured in cells: cut, padded and wrapped without splitting a character or leaving its column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from supportdesk_tui.text.safe import FORBIDDEN
from supportdesk_tui.ui.text import content, cut, fit, fit_right, shown, use_emoji, wrap, wrap_some
from supportdesk_tui.ui.widgets.tab_stops import TabStops


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("订单号是WD2608。请帮我看看", 10, ["订单号是", "WD2608。请", "帮我看看"]),
        ("你好，世界", 4, ["你", "好，", "世界"]),
        ("averyveryverylongword", 8, ["averyver", "yverylon", "gword"]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("I don’t know what “they” said", 8, ["I don’t", "know", "what", "“they”", "said"]),
        ("我们don’t know什么", 9, ["我们don’t", "know什么"]),
    ],
)
def test_lines_break_where_a_reader_expects(text: str, width: int, lines: list[str]) -> None:
    assert list(wrap(text, width)) == lines


def test_the_first_lines_say_whether_there_are_more() -> None:
    assert wrap_some("a b c", 2, 2) == (["a", "b"], True)
    assert wrap_some("a b", 2, 2) == (["a", "b"], False)


@given(st.text(max_size=60), st.integers(2, 30))
def test_wrapped_lines_are_never_too_wide_and_lose_no_word(text: str, width: int) -> None:
    safe = shown(text)
    lines = list(wrap(safe, width))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(safe.split())


@given(st.text(max_size=40), st.integers(0, 30))
def test_fitting_is_exact_and_safe(text: str, width: int) -> None:
    safe = shown(text).replace("\n", " ")
    assert cell_len(fit(safe, width)) == width
    assert cell_len(fit_right(safe, width)) == width
    assert cell_len(cut(safe, width)) <= width
    assert not FORBIDDEN.search(fit(safe, width))


def test_markup_of_a_stranger_stays_text() -> None:
    assert content("[red]x[/x]\x1b").plain == "[red]x[/x]␛"


def test_a_stop_deleted_with_its_surroundings_is_gone() -> None:
    stops = TabStops()
    stops.add([(5, 4), (20, 2)], 0)
    stops.edited(3, 12, 0)
    assert [(stop.start, stop.length) for stop in stops.stops] == [(11, 2)]
    assert stops.step(1, 0) == stops.stops[0]
    assert stops.step(1, 0) is None


def test_emoji_are_drawn_as_sent_only_when_asked() -> None:
    family = "👨\u200d👩\u200d👧"
    assert shown(family) != family
    use_emoji("full")
    try:
        assert shown(family) == family
    finally:
        use_emoji("safe")
