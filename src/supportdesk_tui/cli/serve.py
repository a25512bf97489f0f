"""`supportdesk serve`: the embedded ticket backend as a service of its own."""

from pathlib import Path
from typing import Any

import click

from supportdesk_tui.cli.staff import agents_group, connectors_group

REMOTE_FLAG = "--plain-http-to-others"


@click.group("serve", invoke_without_command=True)
@click.option(
    "--db",
    metavar="URL",
    help="sqlite:////srv/desk.db or postgresql://user@host/name (extra `postgres`); a file in the data folder otherwise.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="0 takes a free one.")
@click.option(
    "--seed-tickets", type=click.IntRange(0, 200_000), default=0, help="Fill an empty database with invented tickets."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same number makes the same tickets.")
@click.option(
    "--tls-cert", "certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Certificate chain."
)
@click.option("--tls-key", "key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key.")
@click.option(
    "--token-rate",
    type=click.FloatRange(0, 100_000),
    default=50,
    show_default=True,
    help="Requests a second of one token; ten seconds' worth may come at once, 0 is no limit.",
)
@click.option(
    "--address-rate",
    type=click.FloatRange(0, 100_000),
    default=200,
    show_default=True,
    help="The same of one address; raise it behind a proxy.",
)
@click.option("--connections", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="Most open connections.")
@click.option(
    REMOTE_FLAG, "is_plain", is_flag=True, help="Answer other machines without TLS; tokens can then be read on the way."
)
@click.pass_context
def serve_command(context: click.Context, /, **options: Any) -> None:
    """Run the embedded ticket backend until it is interrupted.

    It listens on this machine only, unless it has a certificate. Where nobody can sign in yet it says what to do: on a terminal
    it makes an administrator, whose password is shown this once.
    """
    if context.invoked_subcommand is not None:
        return
    from supportdesk_tui.cli.extra import require_server

    require_server()
    from supportdesk_tui.cli.service import Wanted, serve

    serve(Wanted(**options))


serve_command.add_command(agents_group)
serve_command.add_command(connectors_group)
