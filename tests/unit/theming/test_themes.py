"""Theme files: the shipped ones are complete and legible, broken ones are reported and never break the desk."""

from pathlib import Path

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Input, Label

from supportdesk_tui.theming.load import (
    DEFAULT_DARK,
    LoadedTheme,
    fitting_theme,
    load_theme,
    load_themes,
    shipped_folder,
    theme_folders,
    theme_names,
)
from supportdesk_tui.theming.tokens import INK_NAMES, SURFACE_NAMES, Palette, colour_of

SHIPPED = theme_names(theme_folders(None))
COLOURED = [name for name in SHIPPED if name not in {"ansi16", "mono"}]
ROW_INK = ("text", "text_high", "cursor_text", "clock_calm", "clock_soon", "clock_near", "clock_late", "unread", "presence")
CHROME = ("text_low", "system_mark", "quote", "placeholder", "clock_paused", "key", "accent", "reply_border", "note_border")


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, surface: str) -> float:
    lighter, darker = sorted((luminance(colour_of(ink)), luminance(surface)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def palette_of(name: str) -> Palette:
    return load_theme(name, theme_folders(None)).palette


def too_faint(palette: Palette, inks: tuple[str, ...], surfaces: tuple[str, ...], least: float) -> list[str]:
    found = []
    for ink in inks:
        for surface in surfaces:
            ratio = contrast(getattr(palette.ink, ink), getattr(palette.surface, surface))
            if ratio < least:
                found.append(f"{ink} on {surface}: {ratio:.2f} < {least}")
    return found


PANES = ("bar", "queue", "conversation", "customer", "composer")
ROWS = ("cursor", "cursor_blurred", "selected")
SPOKEN = ("agent_text", "bot_text", "system_text", "link", "customer_mark", "agent_mark")
STATES = ("danger", "warning", "success", "link_ok", "link_slow", "link_off")
LEGIBLE: tuple[tuple[float, tuple[str, ...], tuple[str, ...]], ...] = (
    (7, ("customer_text",), ("conversation",)),
    (4.5, SPOKEN, ("conversation",)),
    (4.5, ("note_text", "note_mark"), ("note_background",)),
    (4.5, ("text", "text_high"), ("background", *PANES)),
    (4.5, ROW_INK, ("queue", *ROWS)),
    (4.5, STATES, ("bar", "customer", "menu")),
    (4.5, ("menu_text", "key"), ("menu", "menu_cursor")),
    (4.5, ("chip_text",), ("chip",)),
    (4.5, ("match_text",), ("match",)),
    (4.5, ("field_text",), ("field",)),
    (4.5, ("banner_text",), ("banner",)),
    (4.5, ("text_high",), ("selection",)),
    (3, CHROME, PANES),
    (3, ("text_low", "clock_paused"), (*ROWS, "menu", "note_background")),
)
"""Least contrast of every ink on every surface it is drawn on."""


@pytest.mark.parametrize("name", COLOURED)
def test_words_can_be_read_for_eight_hours(name: str) -> None:
    palette = palette_of(name)
    assert [faint for least, inks, surfaces in LEGIBLE for faint in too_faint(palette, inks, surfaces, least)] == []


@pytest.mark.parametrize("name", COLOURED)
def test_the_customer_has_the_most_contrast_and_chrome_the_least(name: str) -> None:
    palette = palette_of(name)
    on = palette.surface.conversation
    others = ("agent_text", "bot_text", "system_text", "text", "text_low")
    customer = contrast(palette.ink.customer_text, on)
    assert all(contrast(getattr(palette.ink, each), on) < customer for each in others)
    assert contrast(palette.ink.text_low, on) < contrast(palette.ink.text, on)


def test_high_contrast_gives_every_word_seven_to_one() -> None:
    palette = palette_of("high-contrast")
    words = tuple(name for name in INK_NAMES if name not in {"rule", "key_off"})
    assert too_faint(palette, words, ("background", "queue", "conversation", "customer", "composer"), 7) == []


@pytest.mark.parametrize("name", ["harbor-night", "harbor-day", "dusk"])
def test_panes_are_told_apart_by_background_alone_and_stay_calm(name: str) -> None:
    surface = palette_of(name).surface
    assert surface.queue != surface.conversation != surface.composer
    assert surface.note_background not in {surface.conversation, surface.composer}
    steps = [
        contrast(first, second)
        for first, second in [(surface.queue, surface.conversation), (surface.background, surface.queue)]
    ]
    assert all(1.02 < step < 1.35 for step in steps)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_is_complete_and_without_problems(name: str) -> None:
    loaded = load_theme(name, theme_folders(None))
    assert loaded.problems == ()
    text = (shipped_folder() / f"{name}.toml").read_text()
    assert all(f"\n{token} = " in text for token in (*SURFACE_NAMES, *INK_NAMES))
    loaded.theme.to_color_system().generate()
    for token in INK_NAMES:
        Style.parse(Palette.on(getattr(loaded.palette.ink, token), loaded.palette.surface.queue))


def test_a_palette_gives_a_style_for_every_token() -> None:
    palette = palette_of(DEFAULT_DARK)
    assert len(palette) == len(list(palette)) == len(set(palette))
    assert palette["queue"] == f"on {palette.surface.queue}"
    assert palette["accent"] == palette.ink.accent
    assert [token for token in palette if not Style.parse(palette[token])] == []
    with pytest.raises(KeyError):
        palette["no such token"]


def test_there_is_a_dark_a_light_a_contrast_and_a_sixteen_colour_theme() -> None:
    assert {"harbor-night", "harbor-day", "high-contrast", "ansi16", "mono"} <= set(SHIPPED)
    assert [palette_of(name).dark for name in ("harbor-night", "harbor-day")] == [True, False]


@pytest.mark.parametrize("name", ["ansi16", "mono"])
def test_terminal_colour_themes_hold_no_rgb_at_all(name: str) -> None:
    loaded = load_theme(name, theme_folders(None))
    values = [getattr(loaded.palette.surface, each) for each in SURFACE_NAMES]
    values += [getattr(loaded.palette.ink, each) for each in INK_NAMES]
    assert not any("#" in value for value in values)
    assert loaded.theme.ansi
    if name == "mono":
        assert {colour_of(value) for value in values} == {"default"}


class Harness(App[None]):
    CSS = """
    Label { background: $desk-surface-note-background; color: $desk-note-text; }
    Input { background: $desk-surface-composer; color: $desk-text; border: tall $border; }
    """

    def __init__(self, loaded: LoadedTheme) -> None:
        super().__init__()
        self.register_theme(loaded.theme)
        self.theme = loaded.theme.name

    def compose(self) -> ComposeResult:
        yield Label("note", markup=False)
        yield Input()


@pytest.mark.parametrize("name", SHIPPED)
async def test_textual_runs_with_every_shipped_theme(name: str) -> None:
    loaded = load_theme(name, theme_folders(None))
    async with Harness(loaded).run_test() as pilot:
        shown = pilot.app.query_one(Label).styles.background
        ink = loaded.palette.surface.note_background
        expected = Color.parse(ink if ink.startswith("#") else f"ansi_{ink}")
        assert (shown.rgb, shown.ansi) == (expected.rgb, expected.ansi)


def write(folder: Path, text: str, name: str = "mine") -> LoadedTheme:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_theme(name, theme_folders(folder))


def test_what_is_no_file_is_no_theme(tmp_path: Path) -> None:
    (tmp_path / "nought.toml").symlink_to("/dev/null")
    assert "nought" not in theme_names([tmp_path])


def test_a_theme_of_two_lines_takes_the_rest_from_the_default(tmp_path: Path) -> None:
    loaded = write(tmp_path, 'title = "Mine"\n[ink]\naccent = "#ff0000"\n')
    assert loaded.problems == ()
    assert loaded.palette.name == loaded.theme.name == "mine"
    assert loaded.palette.ink.accent == "#ff0000"
    assert loaded.palette.ink.text == palette_of(DEFAULT_DARK).ink.text


def test_a_light_theme_takes_the_rest_from_the_light_default(tmp_path: Path) -> None:
    loaded = write(tmp_path, "dark = false\n")
    assert loaded.palette.surface == palette_of("harbor-day").surface


def test_every_mistake_is_reported_with_its_line_and_nearest_name(tmp_path: Path) -> None:
    loaded = write(
        tmp_path,
        'title = 3\ncolour = "x"\n[surfaces]\nqueue = "bold #000000"\nqueu = "#000000"\n'
        '[ink]\naccent = "#xyzxyz"\ntext = "shiny red"\ntext_low = 7\nlink = "rebeccapurple"\n',
    )
    where = [(problem.key, problem.line) for problem in loaded.problems]
    assert where == [
        ("colour", 2),
        ("title", 1),
        ("surfaces.queu", 5),
        ("surfaces.queue", 4),
        ("ink.text", 8),
        ("ink.text_low", 9),
        ("ink.accent", 7),
        ("ink.link", 10),
    ]
    assert loaded.problems[2].nearest == "queue"
    assert loaded.palette.ink == palette_of(DEFAULT_DARK).ink


@pytest.mark.parametrize(
    ("text", "line"), [("title = \n", 1), ("[surfaces]\nqueue = \n", 2), ("\x00", 1), ("[ink]\na=1\na=2\n", 3)]
)
def test_a_file_that_is_no_toml_is_reported_and_the_default_used(tmp_path: Path, text: str, line: int) -> None:
    loaded = write(tmp_path, text)
    assert [problem.line for problem in loaded.problems] == [line]
    assert loaded.theme.name == DEFAULT_DARK


def test_a_file_that_is_no_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    loaded = load_theme("mine", theme_folders(tmp_path))
    assert loaded.theme.name == DEFAULT_DARK
    assert loaded.problems[0].text == "is not UTF-8 text; using the default theme"


@pytest.mark.parametrize(
    ("text", "says", "nearest"),
    [
        ('dark = "yes"', "expected true or false, using true", ""),
        ("title = 3", "expected text, using 'mine'", ""),
        ('[ink]\ntext = "blod #ffffff"', "unknown attribute 'blod'; expected one of bold, dim", "bold"),
        ('[ink]\ntext = "bright_cyn"', "got 'bright_cyn'; using", "bright_cyan"),
        ("[ink]\ntext = [1]", "got a list; using", ""),
        ('[surfaces]\nbackground = "bold #000000"', "expected a colour without attributes, got 'bold #000000'", ""),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_file(tmp_path: Path, text: str, says: str, nearest: str) -> None:
    (problem,) = write(tmp_path, text + "\n").problems
    assert says in problem.text
    assert problem.nearest == nearest


def test_a_file_nested_without_end_is_reported(tmp_path: Path) -> None:
    loaded = write(tmp_path, "x = " + "[" * 5_000)
    assert loaded.theme.name == DEFAULT_DARK
    assert len(loaded.problems) == 1


def test_a_folder_in_the_place_of_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").mkdir()
    assert "cannot be read" in load_theme("mine", theme_folders(tmp_path)).problems[0].text


def test_a_table_that_is_no_table_is_reported(tmp_path: Path) -> None:
    loaded = write(tmp_path, "ink = 3\n")
    assert [problem.key for problem in loaded.problems] == ["ink"]


async def test_a_broken_theme_still_runs_in_textual(tmp_path: Path) -> None:
    loaded = write(tmp_path, '[ink]\naccent = "url(x)"\n[surfaces]\nbackground = "default"\n')
    assert len(loaded.problems) == 1
    async with Harness(loaded).run_test() as pilot:
        assert pilot.app.query_one(Input).has_focus


def test_an_unknown_theme_names_the_nearest_one() -> None:
    loaded = load_theme("harbour-night", theme_folders(None))
    assert loaded.theme.name == DEFAULT_DARK
    assert loaded.problems[0].nearest == "harbor-night"


@pytest.mark.parametrize("name", ["../harbor-night", "/etc/passwd", "", "a" * 99, "\x1b[31m"])
def test_a_theme_name_is_never_a_path(name: str, tmp_path: Path) -> None:
    assert load_theme(name, theme_folders(tmp_path)).theme.name == DEFAULT_DARK


def test_a_user_theme_wins_over_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    loaded = write(tmp_path, '[ink]\naccent = "#123456"\n', "dusk")
    assert loaded.palette.ink.accent == "#123456"
    assert len(load_themes(theme_folders(tmp_path))) == len(SHIPPED)


@pytest.mark.parametrize(
    ("wanted", "colours", "env", "started"),
    [
        ("dusk", "auto", {"TERM": "xterm-256color"}, "dusk"),
        ("dusk", "auto", {"TERM": "xterm", "COLORTERM": "truecolor"}, "dusk"),
        ("dusk", "auto", {"TERM": "linux"}, "ansi16"),
        ("dusk", "auto", {"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ("dusk", "auto", {"TERM": "xterm-256color", "NO_COLOR": ""}, "dusk"),
        ("dusk", "16", {}, "ansi16"),
        ("dusk", "none", {}, "mono"),
        ("mono", "16", {}, "mono"),
        ("dusk", "full", {"TERM": "linux", "NO_COLOR": "1"}, "dusk"),
    ],
)
def test_the_terminal_decides_how_many_colours(wanted: str, colours: str, env: dict[str, str], started: str) -> None:
    assert fitting_theme(wanted, colours, env) == started
