"""`supportdesk config …`: write the example, show the folders, report every problem at once."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from supportdesk_tui.cli.options import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from supportdesk_tui.config.load import Loaded
    from supportdesk_tui.config.paths import Paths
    from supportdesk_tui.config.problems import Problem


@click.group("config")
def config_command() -> None:
    """Write, find and check the settings."""


@config_command.command("init")
@click.option("--force", is_flag=True, help="Replace a file that is there; the old one is kept beside it as config.toml.old.")
def init_command(force: bool) -> None:
    """Write a config.toml in which every setting stands with its meaning and default."""
    from supportdesk_tui.cli.outcomes import ExitCode, Stopped
    from supportdesk_tui.config.example import example
    from supportdesk_tui.config.paths import find_paths, make_private, own_file
    from supportdesk_tui.durable import write_text
    from supportdesk_tui.i18n.catalog import _

    paths = find_paths()
    file = own_file(os.environ, paths)
    if file.exists():
        if not force:
            raise Stopped(
                _("{file} is there already", file=file),
                code=ExitCode.REFUSED,
                next_step=_("Replace it with: supportdesk config init --force"),
            )
        file.replace(file.with_name(f"{file.name}.old"))
    try:
        if file == paths.config_file:
            make_private(file.parent)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, example())
    except OSError as error:
        said = _("cannot write {file}: {reason}", file=file, reason=error.strerror)
        raise Stopped(said, code=ExitCode.REFUSED) from error
    click.echo(file)


@config_command.command("path")
@json_option
def path_command(as_json: bool) -> None:
    """Print where settings, data, cache and logs are."""
    import json

    from supportdesk_tui.config.paths import find_paths, own_file

    paths = find_paths()
    named = {
        "config": own_file(os.environ, paths),
        "themes": paths.themes,
        "macros": paths.macros,
        "data": paths.data,
        "cache": paths.cache,
        "log": paths.log_file,
    }
    if as_json:
        click.echo(json.dumps({name: str(path) for name, path in named.items()}, indent=2))
        return
    for name, path in named.items():
        click.echo(f"{name:<8} {path}")


@config_command.command("check")
@json_option
def check_command(as_json: bool) -> None:
    """Report every problem of settings, keys, theme and macros, with file, line and the nearest valid name.

    Exit code 2 when there is one. The desk starts all the same, with the default in its place. Warned of are keys of yours that
    another command had; they work.
    """
    import json

    from supportdesk_tui.cli.outcomes import ExitCode
    from supportdesk_tui.cli.saying import told
    from supportdesk_tui.config.load import load_settings
    from supportdesk_tui.config.paths import find_paths
    from supportdesk_tui.i18n.catalog import SOURCE, _, ngettext, set_locale

    if as_json:
        set_locale(SOURCE)
    paths = find_paths()
    loaded = load_settings(os.environ, paths)
    problems = list(problems_of(loaded, paths))
    wrong = sum(not one.is_warning for one in problems)
    if as_json:
        names = ("file", "key", "line", "text", "nearest", "is_warning")
        click.echo(json.dumps([{name: getattr(one, name) for name in names} for one in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(told(problem))
        warnings = len(problems) - wrong
        parts = [ngettext("{count} problem", "{count} problems", wrong) if wrong else _("all is well")]
        parts += [ngettext("{count} warning", "{count} warnings", warnings)] if warnings else []
        click.echo(f"{', '.join(parts)} ({_what_counts(loaded)})", err=bool(problems))
    if wrong:
        click.get_current_context().exit(int(ExitCode.WRONG_USE))


def _what_counts(loaded: "Loaded") -> str:
    """The files the settings come from, and those of which nothing counts."""
    from supportdesk_tui.i18n.catalog import _

    read, ignored = (", ".join(map(str, files)) for files in (loaded.files, loaded.ignored))
    if not ignored:
        return read or _("no file: every setting has its default")
    if not read:
        return _("{file} is ignored: every setting has its default", file=ignored)
    return _("{files}; {file} is ignored", files=read, file=ignored)


def problems_of(loaded: "Loaded", paths: "Paths") -> "Iterator[Problem]":
    """Everything wrong or surprising in what the user wrote, from every part that reads it: file by file, line by line.

    Their texts are in the language of whoever reads them.
    """
    from supportdesk_tui.cli.saying import in_own_words

    found = [
        *map(in_own_words, loaded.problems),
        *_profile_problems(loaded),
        *_key_problems(loaded),
        *_theme_problems(loaded, paths),
        *_macro_problems(loaded, paths),
    ]
    files = {name: at for at, name in enumerate(dict.fromkeys(one.file for one in found))}
    yield from sorted(found, key=lambda one: (files[one.file], one.line or 0))


def _profile_problems(loaded: "Loaded") -> "Iterator[Problem]":
    """Options that the kind of server of a profile does not have."""
    from supportdesk_tui.config.problems import nearest_name
    from supportdesk_tui.i18n.catalog import _

    if not any(profile.options for profile in loaded.settings.profiles.values()):
        return
    from supportdesk_tui.backends.catalog import SPECS

    for name, profile in loaded.settings.profiles.items():
        spec = SPECS[profile.backend]
        known = [option.name for option in spec.options]
        for option in profile.options:
            if option not in known:
                text = _("{product} has no option {name}", product=spec.title, name=repr(option))
                yield loaded.problem(("profiles", name, "options"), text, nearest_name(option, known))


def _key_problems(loaded: "Loaded") -> "Iterator[Problem]":
    from msgspec.structs import replace

    from supportdesk_tui.cli.saying import said_of_key
    from supportdesk_tui.commands.catalog import CATALOG
    from supportdesk_tui.commands.keymap import KeyTrouble, resolve

    settings = loaded.settings
    for problem in resolve(CATALOG, settings.key_preset, settings.keys).problems:
        found = loaded.problem(("keys", problem.command), said_of_key(problem))
        yield replace(found, is_warning=problem.kind is KeyTrouble.TAKEN)


def _theme_problems(loaded: "Loaded", paths: "Paths") -> "Iterator[Problem]":
    from supportdesk_tui.cli.saying import in_own_words
    from supportdesk_tui.config.problems import nearest_name
    from supportdesk_tui.i18n.catalog import _
    from supportdesk_tui.theming.load import load_themes, theme_folders, theme_names

    folders = theme_folders(paths.themes)
    for theme in load_themes(folders):
        yield from map(in_own_words, theme.problems)
    names, wanted = theme_names(folders), loaded.settings.theme
    if wanted not in names:
        yield loaded.problem(
            ("theme",),
            _("there is no theme {name}; known: {names}", name=repr(wanted), names=", ".join(names)),
            nearest_name(wanted, names),
        )


def _macro_problems(loaded: "Loaded", paths: "Paths") -> "Iterator[Problem]":
    from supportdesk_tui.commands.macro_load import lint
    from supportdesk_tui.config.paths import expand
    from supportdesk_tui.config.problems import Problem
    from supportdesk_tui.i18n.catalog import _

    folders = [paths.macros, *([expand(loaded.settings.macros)] if loaded.settings.macros else [])]
    if not all(folder.is_dir() for folder in folders[1:]):
        yield loaded.problem(("macros",), _("there is no folder {folder}", folder=folders[1]))
    for problem in lint([folder for folder in folders if folder.is_dir()]):
        yield Problem(problem.path, problem.macro, problem.line or None, _(problem.text, **dict(problem.values)))
    if loaded.settings.pinned:
        yield from _pin_problems(loaded, folders)


def _pin_problems(loaded: "Loaded", folders: "list[Path]") -> "Iterator[Problem]":
    """Pinned macros nobody wrote; the desk leaves them out."""
    from supportdesk_tui.commands.macro_load import SHIPPED, load
    from supportdesk_tui.config.problems import nearest_name
    from supportdesk_tui.i18n.catalog import _

    known = load((SHIPPED, *folders)).macros
    for pin in loaded.settings.pinned:
        if pin not in known:
            text = _("there is no macro {name}; left out", name=repr(pin))
            yield loaded.problem(("pinned",), text, nearest_name(pin, known))
