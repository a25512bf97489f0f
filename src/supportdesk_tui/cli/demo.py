"""`supportdesk demo`: a live desk with a server, an exchange's tickets and customers of its own; nothing stays behind."""

from pathlib import Path

import click


@click.command("demo")
@click.option("--tickets", type=click.IntRange(20, 200_000), default=300, show_default=True, help="How many tickets to invent.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same number makes the same tickets.")
@click.option(
    "--pace", type=click.FloatRange(0, 3_600), default=8.0, show_default=True, help="Seconds between customers' words."
)
@click.option(
    "--screenshot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("supportdesk-demo.svg"),
    show_default=True,
    help="Where the scripted shift writes its picture.",
)
def demo_command(tickets: int, seed: int, pace: float, screenshot: Path) -> None:
    """Show the desk with a server of its own.

    On a terminal you are signed in and customers write while you work. Elsewhere one scripted shift is played through the same
    app and the same HTTP, told line by line; exit code 1 when a step fails.
    """
    import os

    from supportdesk_tui.cli.extra import require_server

    require_server()
    from supportdesk_tui.ui.toolkit import load_textual

    load_textual()
    from supportdesk_tui.cli.demonstration import Wanted, play, show

    wanted = Wanted(tickets, seed, pace)
    if os.isatty(0) and os.isatty(1):
        show(wanted)
    else:
        play(wanted, screenshot)
