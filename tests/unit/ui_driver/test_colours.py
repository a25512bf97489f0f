"""Which colours are written: what the agent set, what the terminal has, and what arrives through GNU screen."""

import re

import pytest
from rich.color import Color, ColorSystem
from rich.console import Console

from supportdesk_tui.splash import shows_true_colours, skeleton
from supportdesk_tui.theming.load import shipped_folder
from supportdesk_tui.ui.diff import color_system, nearest

TRUE = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
SCREEN = {"TERM": "screen.xterm-256color", "COLORTERM": "truecolor", "STY": "1.x"}


@pytest.mark.parametrize(
    ("environ", "wanted", "expected"),
    [
        (TRUE, "auto", ColorSystem.TRUECOLOR),
        ({"TERM": "xterm-256color"}, "auto", ColorSystem.EIGHT_BIT),
        ({"TERM": "xterm-256color"}, "full", ColorSystem.TRUECOLOR),
        (TRUE, "256", ColorSystem.EIGHT_BIT),
        (SCREEN, "auto", ColorSystem.EIGHT_BIT),
        ({**SCREEN, "TERM": "xterm-256color"}, "auto", ColorSystem.EIGHT_BIT),
        (SCREEN, "full", ColorSystem.TRUECOLOR),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "x"}, "auto", ColorSystem.TRUECOLOR),
        ({"TERM": "linux"}, "auto", ColorSystem.STANDARD),
        ({**TRUE, "NO_COLOR": "1"}, "full", None),
    ],
)
def test_colours_are_those_the_agent_set_or_the_line_lets_through(
    environ: dict[str, str], wanted: str, expected: ColorSystem | None
) -> None:
    console = Console(force_terminal=True, _environ=environ)
    assert color_system(console, environ, wanted) is expected


def test_skeleton_is_drawn_in_colours_that_arrive() -> None:
    assert shows_true_colours(TRUE)
    assert "48;2;" in skeleton(140, 40, TRUE)
    assert "48;2;" not in skeleton(140, 40, SCREEN)
    assert "48;5;" in skeleton(140, 40, SCREEN)


@pytest.mark.parametrize("theme", ["harbor-night", "harbor-day", "dusk", "high-contrast"])
def test_every_colour_of_a_theme_has_a_near_one_among_the_256(theme: str) -> None:
    for found in set(re.findall(r'"(#[0-9a-f]{6})"', (shipped_folder() / f"{theme}.toml").read_text("utf-8"))):
        color = Color.parse(found)
        near = nearest(color, ColorSystem.EIGHT_BIT).get_truecolor()
        assert color.triplet is not None
        assert max(abs(a - b) for a, b in zip(near, color.triplet, strict=True)) <= 40, (found, near.hex)


@pytest.mark.parametrize("grounds", [("#0e1217", "#161b22", "#1d3034"), ("#0e1217", "#161b22", "#242d38")])
def test_grounds_stay_apart_among_the_256(grounds: tuple[str, ...]) -> None:
    assert len({nearest(Color.parse(one), ColorSystem.EIGHT_BIT).number for one in grounds}) == len(grounds)
    assert len({Color.parse(one).downgrade(ColorSystem.EIGHT_BIT).number for one in grounds}) < len(grounds)
