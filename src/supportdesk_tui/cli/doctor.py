"""`supportdesk doctor`: one table of what the desk finds here, for oneself and for a bug report."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from supportdesk_tui.cli.options import json_option, profile_option
from supportdesk_tui.i18n.catalog import SOURCE, _, msg, set_locale

if TYPE_CHECKING:
    from supportdesk_tui.cli.examining import Finding


STATES = {"ok": msg("ok"), "note": msg("info"), "bad": msg("bad")}
"""How a finding is meant, in a word of at most five columns."""


@click.command("doctor")
@profile_option
@json_option
def doctor_command(profile: str | None, as_json: bool) -> None:
    """Show what works here: terminal, locale, settings, where the token is, backend, and what you can do there.

    Nothing secret is printed. The exit code is that of the worst finding: 2 for settings, 3 for the backend, 4 for the token.
    """
    import json

    from supportdesk_tui.cli.examining import examine

    if as_json:
        set_locale(SOURCE)
    findings, code = examine(profile)
    if as_json:
        plain = [
            {"what": one.what, "state": one.state.value, "found": one.found, "advice": one.advice, "group": one.group}
            for one in findings
        ]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    else:
        for line in to_lines(findings):
            click.echo(line)
    click.get_current_context().exit(int(code))


def to_lines(findings: "list[Finding]") -> Iterator[str]:
    """The table, as wide as the terminal."""
    from supportdesk_tui.cli.wrapping import padded, wrapped

    group = ""
    for one in findings:
        if one.group != group:
            group = one.group
            yield from ("", group)
        yield from wrapped(f"{padded(_(STATES[one.state.value]), 5)} {padded(_(one.what), 20)} {one.found}", indent=27)
        if one.advice:
            yield from wrapped(f"{'':<27}{one.advice}", indent=27)
