"""Theme files to Textual themes and palettes; what is wrong in a file is reported and taken from the default instead."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from textual.color import Color, ColorParseError
from textual.theme import Theme

from supportdesk_tui.config.problems import Problem, nearest_name
from supportdesk_tui.theming.tokens import (
    ATTRIBUTES,
    INK_NAMES,
    SURFACE_NAMES,
    TERMINAL_COLOURS,
    Ink,
    Palette,
    Surfaces,
    textual_colour,
)

DEFAULT_DARK = "harbor-night"
DEFAULT_LIGHT = "harbor-day"
SIXTEEN = "ansi16"
MONO = "mono"
_HEX = re.compile("#[0-9a-fA-F]{6}")
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_LARGEST = 65_536
_DEFAULT_USED = "using the default theme"
_SIXTEEN_COLOUR_TERMINALS = ("linux", "vt100", "vt220", "xterm", "screen", "cygwin", "ansi")


class LoadedTheme(Struct, frozen=True):
    """A theme that can be used, whatever its file held."""

    theme: Theme
    """For Textual; every token is a variable `$desk-…` with dashes, surfaces as `$desk-surface-…`."""
    palette: Palette
    title: str
    problems: tuple[Problem, ...]


class InstallationError(Exception):
    """A shipped theme cannot be read: the installation is damaged."""


@cache
def shipped_folder() -> Path:
    """Where our themes are: inside the wheel, or in the checkout of an editable install."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent.parent / "themes"


def theme_folders(user: Path | None) -> tuple[Path, ...]:
    """Folders to look in; a user's theme of the same name wins."""
    return (user, shipped_folder()) if user is not None else (shipped_folder(),)


def theme_names(folders: Sequence[Path]) -> list[str]:
    """Every theme there is, ours first."""
    names: dict[str, None] = {}
    for folder in reversed(folders):
        names.update(dict.fromkeys(_names_in(folder)))
    return list(names)


def _names_in(folder: Path) -> list[str]:
    """Themes of one folder; none when it cannot be read, which is not worth a word."""
    found = (file for file in folder.glob("*.toml") if _NAME.fullmatch(file.stem))
    return sorted(file.stem for file in found if file.is_file() or file.is_dir())  # a pipe or a device has no end


def fitting_theme(wanted: str, colours: str, env: Mapping[str, str]) -> str:
    """The theme to start with: the wanted one, unless the terminal or the user wants fewer colours than it has."""
    if wanted in {SIXTEEN, MONO}:
        return wanted
    if colours == "none" or (colours == "auto" and env.get("NO_COLOR")):
        return MONO
    if colours == "16":
        return SIXTEEN
    terminal = env.get("TERM", "")
    is_poor = terminal in _SIXTEEN_COLOUR_TERMINALS and not env.get("COLORTERM")
    return SIXTEEN if colours == "auto" and is_poor else wanted


def load_theme(name: str, folders: Sequence[Path]) -> LoadedTheme:
    """Read one theme; a missing file, key or colour is reported and the default stands in for it."""
    for folder in folders:
        file = folder / f"{name}.toml"
        if _NAME.fullmatch(name) and name in _names_in(folder):
            return _load_file(name, file)
    names = theme_names(folders)
    problem = Problem("themes", name, None, f"no such theme, using {DEFAULT_DARK}", nearest_name(name, names))
    return _with_problems(_default(dark=True), [problem])


def load_themes(folders: Sequence[Path]) -> list[LoadedTheme]:
    """Every theme, for the picker and for checking."""
    return [load_theme(name, folders) for name in theme_names(folders)]


@cache
def _default(*, dark: bool) -> LoadedTheme:
    name = DEFAULT_DARK if dark else DEFAULT_LIGHT
    file = shipped_folder() / f"{name}.toml"
    if not file.is_file():
        raise InstallationError(f"{file} is missing: reinstall supportdesk-tui")
    return _load_file(name, file)


def _with_problems(loaded: LoadedTheme, problems: Iterable[Problem]) -> LoadedTheme:
    return LoadedTheme(loaded.theme, loaded.palette, loaded.title, (*loaded.problems, *problems))


def _load_file(name: str, file: Path) -> LoadedTheme:
    import tomli

    try:
        text = file.read_bytes()[:_LARGEST].decode("utf-8")
        raw = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return _refuse(name, Problem(str(file), "", error.lineno, f"column {error.colno}: {error.msg}; {_DEFAULT_USED}"))
    except OSError as error:
        return _refuse(name, Problem(str(file), "", None, f"cannot be read: {error.strerror}; {_DEFAULT_USED}"))
    except UnicodeDecodeError:
        return _refuse(name, Problem(str(file), "", None, f"is not UTF-8 text; {_DEFAULT_USED}"))
    except RecursionError:
        return _refuse(name, Problem(str(file), "", None, f"is nested too deeply; {_DEFAULT_USED}"))
    reader = _Reader(file, text, raw)
    loaded = reader.build(name)
    if file.parent == shipped_folder():
        return loaded
    try:
        loaded.theme.to_color_system().generate()
    except (ColorParseError, ValueError) as error:
        return _refuse(name, Problem(str(file), "", None, f"{error}; {_DEFAULT_USED}"))
    return loaded


def _refuse(name: str, problem: Problem) -> LoadedTheme:
    if name in {DEFAULT_DARK, DEFAULT_LIGHT} and problem.file == str(shipped_folder() / f"{name}.toml"):
        raise InstallationError(str(problem))
    return _with_problems(_default(dark=True), [problem])


class _Reader:
    """One file's tables to tokens, collecting everything wrong."""

    def __init__(self, file: Path, text: str, raw: dict[str, Any]) -> None:
        self._file = str(file)
        self._text = text
        self._raw = raw
        self._problems: list[Problem] = []
        self.dark = self._value("dark", bool, True)

    def build(self, name: str) -> LoadedTheme:
        self._check_names("", self._raw, ("title", "dark", "surfaces", "ink"))
        title = self._value("title", str, name)[:40]
        surfaces = self._tokens("surfaces", SURFACE_NAMES)
        ink = self._tokens("ink", INK_NAMES)
        if len(surfaces) < len(SURFACE_NAMES) or len(ink) < len(INK_NAMES):
            base = _default(dark=self.dark).palette
            surfaces = {each: surfaces.get(each, getattr(base.surface, each)) for each in SURFACE_NAMES}
            ink = {each: ink.get(each, getattr(base.ink, each)) for each in INK_NAMES}
        palette = Palette(name, dark=self.dark, surface=Surfaces(**surfaces), ink=Ink(**ink))
        return LoadedTheme(_textual_theme(palette), palette, title, tuple(self._problems))

    def _value(self, key: str, kind: type, default: Any) -> Any:
        value = self._raw.get(key, default)
        if isinstance(value, kind):
            return value
        expected, used = ("true or false", str(default).lower()) if kind is bool else ("text", repr(default))
        self._report((key,), f"expected {expected}, using {used}")
        return default

    def _tokens(self, table: str, names: Sequence[str]) -> dict[str, str]:
        given = self._raw.get(table, {})
        if not isinstance(given, dict):
            self._report((table,), f"expected a table [{table}]")
            return {}
        self._check_names(table, given, names)
        found: dict[str, str] = {}
        for name in names:
            if name not in given:
                continue
            complaint, nearest = _complaint(given[name], with_attributes=table == "ink")
            if complaint:
                self._report((table, name), f"{complaint}; using the default theme's", nearest)
            else:
                found[name] = given[name]
        return found

    def _check_names(self, table: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
        for name in given:
            if name not in names:
                path = (table, name) if table else (name,)
                self._report(path, "unknown name, ignored", nearest_name(name, names))

    def _report(self, path: tuple[str, ...], text: str, nearest: str = "") -> None:
        from supportdesk_tui.config.locate import locate

        self._problems.append(Problem(self._file, ".".join(path), locate(self._text).get(path), text, nearest))


def _complaint(value: Any, *, with_attributes: bool) -> tuple[str, str]:
    """What is wrong with a token's value and the word that was probably meant; both empty when nothing is."""
    expected = "expected a colour like #a1b2c3 or a terminal colour like bright_cyan"
    if not isinstance(value, str):
        return f"{expected}, got {_shown(value)}", ""
    *attributes, colour = value.split(" ")
    if attributes and not with_attributes:
        return f"expected a colour without attributes, got {_shown(value)}", ""
    unknown = [each for each in attributes if each not in ATTRIBUTES]
    if unknown:
        known = sorted(ATTRIBUTES)
        return f"unknown attribute {_shown(unknown[0])}; expected one of {', '.join(known)}", nearest_name(unknown[0], known)
    if _HEX.fullmatch(colour) or colour in TERMINAL_COLOURS:
        try:
            Color.parse(textual_colour(colour))
        except ColorParseError as error:
            return str(error), ""
        return "", ""
    return f"{expected}, got {_shown(value)}", nearest_name(colour, TERMINAL_COLOURS)


def _shown(value: Any) -> str:
    from supportdesk_tui.config.checks import shown

    return shown(value)


def _variables(palette: Palette) -> dict[str, str]:
    """Every token for style sheets, and what Textual's own widgets ask for."""
    surface, ink = palette.surface, palette.ink
    variables = {f"desk-surface-{_dashed(name)}": textual_colour(getattr(surface, name)) for name in SURFACE_NAMES}
    variables |= {f"desk-{_dashed(name)}": textual_colour(getattr(ink, name)) for name in INK_NAMES}
    low, accent, bar = textual_colour(ink.text_low), textual_colour(ink.accent), textual_colour(surface.background)
    text, cursor = textual_colour(ink.text), textual_colour(surface.menu_cursor)
    return variables | {
        "border": accent,
        "border-blurred": textual_colour(ink.rule),
        "block-cursor-foreground": textual_colour(ink.cursor_text),
        "block-cursor-background": cursor,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-foreground": text,
        "block-cursor-blurred-background": textual_colour(surface.cursor_blurred),
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": cursor,
        "input-cursor-background": accent,
        "input-cursor-foreground": textual_colour(surface.background),
        "input-cursor-text-style": "none",
        "input-selection-background": textual_colour(surface.selection),
        "input-selection-foreground": textual_colour(ink.text_high),
        "screen-selection-background": textual_colour(surface.selection),
        "screen-selection-foreground": textual_colour(ink.text_high),
        "scrollbar": textual_colour(ink.rule),
        "scrollbar-hover": low,
        "scrollbar-active": accent,
        "scrollbar-background": bar,
        "scrollbar-background-hover": bar,
        "scrollbar-background-active": bar,
        "scrollbar-corner-color": bar,
        "link-color": textual_colour(ink.link),
        "footer-key-foreground": textual_colour(ink.key),
    }


def _textual_theme(palette: Palette) -> Theme:
    surface, ink = palette.surface, palette.ink
    variables = _variables(palette)
    is_ansi = not surface.background.startswith("#")
    if is_ansi:
        variables |= {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}
    if surface.menu_cursor == "default":
        variables |= {"block-cursor-text-style": "bold reverse", "input-cursor-text-style": "reverse"}
    return Theme(
        name=palette.name,
        primary=textual_colour(ink.accent),
        secondary=textual_colour(ink.text_low),
        accent=textual_colour(ink.accent),
        warning=textual_colour(ink.warning),
        error=textual_colour(ink.danger),
        success=textual_colour(ink.success),
        foreground=textual_colour(ink.text),
        background=textual_colour(surface.background),
        surface=textual_colour(surface.menu),
        panel=textual_colour(surface.menu),
        dark=palette.dark,
        variables=variables,
        ansi=is_ansi,
    )


def _dashed(name: str) -> str:
    return name.replace("_", "-")
