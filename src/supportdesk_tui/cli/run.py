"""`supportdesk run`: open the desk."""

import click

from supportdesk_tui.cli.options import profile_option


@click.command("run")
@profile_option
@click.option("--offline", is_flag=True, help="Use what was seen last; write now, send when you are back.")
@click.option("--mouse/--no-mouse", default=None, help="Use the mouse, or leave selecting text to the terminal.")
@click.option("--theme", metavar="NAME", help="Colours for this run.")
def run_command(profile: str | None, offline: bool, mouse: bool | None, theme: str | None) -> None:
    """Open the desk; this is what `supportdesk` alone does."""
    from supportdesk_tui import splash
    from supportdesk_tui.cli.outcomes import ExitCode, Stopped

    refusal = splash.refusal()
    if refusal:
        from supportdesk_tui.ui.vocabulary import own_words

        raise Stopped(own_words(refusal), code=ExitCode.WRONG_USE)
    from supportdesk_tui.cli.opening import open_desk

    open_desk(profile, is_offline=offline, mouse=mouse, theme=theme)
