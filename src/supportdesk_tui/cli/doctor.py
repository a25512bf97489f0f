"""`supportdesk doctor`: one table of what the desk finds here, for oneself and for a bug report."""

import click

from supportdesk_tui.cli.options import json_option, profile_option


@click.command("doctor")
@profile_option
@json_option
def doctor_command(profile: str | None, as_json: bool) -> None:
    """Show what works here: terminal, widths, locale, settings, where the token is, backend, latency, clock.

    Nothing secret is printed. The exit code is that of the worst finding: 2 for settings, 3 for the backend, 4 for the token.
    """
    import json

    from supportdesk_tui.cli.examining import examine

    findings, code = examine(profile)
    if as_json:
        plain = [{"what": one.what, "state": one.state.value, "found": one.found, "advice": one.advice} for one in findings]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    else:
        for one in findings:
            click.echo(f"{one.state.value:<5} {one.what:<20} {one.found}")
            if one.advice:
                click.echo(f"{'':<26} {one.advice}")
    click.get_current_context().exit(int(code))
