"""The language of the command line: chosen before anything is parsed, for our words and for those click says itself.

Loaded before every `--help`: nothing is imported here but the standard library, click and the catalogue.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from copy import copy
from inspect import cleandoc

import click

from supportdesk_tui.cli.wrapping import columns, folded, padded
from supportdesk_tui.config.paths import settings_files
from supportdesk_tui.i18n.catalog import SOURCE, _, current_locale, detect_locale, locales, msg, set_locale

CLICK = (
    *(msg("Usage:"), msg("Options"), msg("Commands"), msg("required"), msg("default: {default}")),
    *(msg("Show this message and exit."), msg("Show the version and exit."), msg("Missing command.")),
    *(msg("Error: {message}"), msg("Try '{command} {option}' for help."), msg("Aborted!"), msg("Error: invalid input")),
    *(msg("Invalid value: {message}"), msg("Invalid value for {param_hint}: {message}")),
    *(msg("Missing argument"), msg("Missing option"), msg("Missing parameter")),
    *(msg("No such option {name!r}."), msg("No such command {name!r}."), msg("Did you mean {possibility}?")),
    *(msg("(Did you mean one of: {possibilities}?)"), msg("Option {name!r} does not take a value.")),
    *(msg("Option {name!r} requires an argument."), msg("Option {name!r} requires {nargs} arguments.")),
    *(msg("Got unexpected extra argument ({args})"), msg("Got unexpected extra arguments ({args})")),
    *(msg("{value!r} is not {choice}."), msg("{value!r} is not one of {choices}.")),
    *(msg("{value!r} is not a valid {number_type}."), msg("{value} is not in the range {range}.")),
    *(msg("{name} {filename!r} does not exist."), msg("{name} {filename!r} is a directory.")),
    *(msg("{name} {filename!r} is not readable."), msg("{name} {filename!r} is not writable.")),
    *(msg("file"), msg("directory"), msg("path"), msg("{editor}: Editing failed"), msg("{editor}: Editing failed: {e}")),
)
"""What click says, in its own words; a release of click that says it otherwise is shown in English."""
MODULES = ("_termui_impl", "core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
"""Where click says it."""
_SETTING = re.compile(r"""^locale\s*=\s*["'](\w+)["']""", re.MULTILINE)
_LARGEST = 1_000_000


def speak() -> None:
    """Choose the language, as the settings or the environment have it."""
    for module in MODULES:
        names = vars(sys.modules.get(f"click.{module}", click))
        names.update({name: words for name, words in (("_", _), ("ngettext", _form)) if name in names})
    set_locale(detect_locale(_wanted(os.environ), os.environ))


def _form(one: str, many: str, count: int) -> str:
    """The message for a number, its places left for click to fill."""
    return _(one if count == 1 else many)


def _wanted(env: Mapping[str, str]) -> str:
    """The setting `locale`, looked up without reading all settings; whatever else is wrong with them is told elsewhere."""
    chosen = env.get("SUPPORTDESK_LOCALE", "")
    for file in () if chosen else settings_files(env):
        try:
            with file.open(encoding="utf-8", errors="replace") as stream:
                found = _SETTING.search(stream.read(_LARGEST).partition("\n[")[0])
        except OSError:
            continue
        chosen = found[1] if found else chosen
    return chosen if chosen in locales() else "auto"


class _Formatter(click.HelpFormatter):
    """Lays help out by the columns a text takes; click's own counts characters and breaks at blanks, which Chinese has not."""

    def write_text(self, text: str) -> None:
        """Paragraphs, each folded; one that begins with \\b keeps its lines."""
        indent = " " * self.current_indent
        paragraphs = []
        for paragraph in text.split("\n\n"):
            first, *rest = paragraph.split("\n")
            lines = rest if first.strip() == "\b" else folded(" ".join((first, *rest)), self.width - len(indent))
            paragraphs.append("\n".join(f"{indent}{line}".rstrip() for line in lines))
        self.write("\n\n".join(paragraphs) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Terms at the left, what they mean at the right."""
        rows = list(rows)
        first = min(max(columns(term) for term, _meaning in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            lines = folded(meaning, max(20, self.width - first - len(indent)))
            is_beside = columns(term) <= first - col_spacing
            self.write(f"{indent}{padded(term, first) + lines.pop(0) if is_beside else term}".rstrip() + "\n")
            for line in lines:
                self.write(f"{indent}{'':<{first}}{line}\n")


class _Context(click.Context):
    formatter_class = _Formatter


def spoken(command: click.Command) -> click.Command:
    """The command with its help in the agent's language; the command itself while that is English."""
    if current_locale() == SOURCE:
        return command
    said = copy(command)
    said.context_class = _Context
    said._help_option = None
    said.help = _(cleandoc(command.help or ""))
    said.short_help = said.help.split("\n", 1)[0].split("。", 1)[0]
    said.epilog = _(cleandoc(command.epilog or ""))
    said.params = [_spoken_parameter(one) for one in command.params]
    if isinstance(command, click.Group) and isinstance(said, click.Group):
        said.commands = {name: spoken(one) for name, one in command.commands.items()}
    return said


def _spoken_parameter(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    said = copy(parameter)
    said.help = _(parameter.help)
    return said
