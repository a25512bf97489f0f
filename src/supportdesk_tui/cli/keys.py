"""`supportdesk keys`: the key sheet of one's own settings, for people, programs and docs/keys.md."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from supportdesk_tui.cli.options import json_option, profile_option

if TYPE_CHECKING:
    from supportdesk_tui.commands.sheet import Section


@click.command("keys")
@profile_option
@click.option("--markdown", is_flag=True, help="Print the defaults as Markdown; docs/keys.md is made with it.")
@json_option
def keys_command(profile: str | None, markdown: bool, as_json: bool) -> None:
    """Print every key and what it does, as your settings have them."""
    import json
    import os

    from supportdesk_tui.cli.saying import said_of_key
    from supportdesk_tui.cli.session import settings_of
    from supportdesk_tui.commands.catalog import CATALOG
    from supportdesk_tui.commands.keymap import resolve
    from supportdesk_tui.commands.sheet import sections
    from supportdesk_tui.i18n.catalog import detect_locale, set_locale

    if markdown:
        click.echo(to_markdown(sections(resolve(CATALOG))), nl=False)
        return
    settings = settings_of(profile)
    set_locale(detect_locale(settings.locale, os.environ))
    keymap = resolve(CATALOG, settings.key_preset, settings.keys)
    for problem in keymap.problems:
        click.echo(f"supportdesk: [keys] {problem.command}: {said_of_key(problem)}", err=True)
    if as_json:
        click.echo(json.dumps(to_plain(sections(keymap)), ensure_ascii=False, indent=2))
        return
    for line in to_lines(sections(keymap)):
        click.echo(line)


def to_lines(sheet: "tuple[Section, ...]") -> Iterator[str]:
    """The sheet in columns: keys, command id, what it does, in the agent's language."""
    from supportdesk_tui.cli.wrapping import wrapped
    from supportdesk_tui.i18n.catalog import _

    for section in sheet:
        yield _(section.title)
        for line in section.lines:
            yield from wrapped(f"  {' '.join(line.keys) or '-':<18} {line.command:<26} {_(line.title)}", indent=48)
            for key, winner in line.lost:
                yield " " * 21 + _("{key} belongs to {command} now", key=key, command=winner)
        yield ""


def to_plain(sheet: "tuple[Section, ...]") -> dict[str, list[dict[str, object]]]:
    """The sheet for programs: scope → commands."""
    return {
        section.scope.value: [{"command": line.command, "keys": line.keys, "title": line.title} for line in section.lines]
        for section in sheet
    }


def to_markdown(sheet: "tuple[Section, ...]") -> str:
    """The sheet as docs/keys.md has it."""
    lines = [
        "# Keys",
        "",
        "The defaults, generated with `supportdesk keys --markdown`. `supportdesk keys` prints your own.",
        "Give any command other keys by its id in `[keys]` of config.toml.",
    ]
    for section in sheet:
        lines += ["", f"## {section.title}", "", "| keys | command | what it does |", "|---|---|---|"]
        for line in section.lines:
            keys = " ".join(f"`{_cell(key)}`" for key in line.keys)
            lines.append(f"| {keys} | `{line.command}` | {_cell(line.title)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
