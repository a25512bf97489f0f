"""`supportdesk login`, `logout`, `whoami`: the token is asked for, kept where it is safest, and shown to nobody."""

import click

from supportdesk_tui.cli.options import json_option, profile_option


@click.command("login")
@click.argument("url", required=False)
@click.option("--backend", metavar="KIND", default="native", show_default=True, help="Kind of server at URL.")
@profile_option
@click.option("--token-stdin", is_flag=True, help="Read a token from standard input instead of asking for a password.")
def login_command(url: str | None, backend: str, profile: str | None, token_stdin: bool) -> None:
    """Sign in to the backend of a profile and keep the token in the keyring; with a URL, write the profile for it first."""
    import asyncio

    from supportdesk_tui.cli.session import place_of, spec_of
    from supportdesk_tui.cli.signing import keep, token_from

    if url is not None:
        from supportdesk_tui.cli.connecting import connect

        place, secret = connect(url, backend=backend, profile=profile, is_piped=token_stdin)
    else:
        place = place_of(profile)
        secret = asyncio.run(token_from(place, spec_of(place), is_piped=token_stdin))
    click.echo(asyncio.run(keep(place, secret)))


@click.command("logout")
@profile_option
def logout_command(profile: str | None) -> None:
    """Revoke the token, forget it, and delete the copy of the queue on this machine. Unsent changes and drafts stay."""
    import asyncio

    from supportdesk_tui.cli.session import place_of
    from supportdesk_tui.cli.signing import forget

    for line in asyncio.run(forget(place_of(profile))):
        click.echo(line)


@click.command("whoami")
@profile_option
@json_option
def whoami_command(profile: str | None, as_json: bool) -> None:
    """Print who the backend says you are and what you may do."""
    from supportdesk_tui.cli.session import Desk, at_backend
    from supportdesk_tui.cli.show import to_json

    async def ask(desk: Desk) -> Desk:
        return desk

    desk = at_backend(profile, ask)
    agent, session = desk.session.agent, desk.session
    if as_json:
        click.echo(to_json({"profile": desk.place.name, "url": desk.place.profile.url, "session": session}))
        return
    click.echo(f"{agent.name} ({agent.role.value}) at {desk.place.profile.url}, profile {desk.place.name}")
    click.echo(f"server  {session.server}")
    click.echo(f"teams   {', '.join(agent.teams) or '-'}")
    click.echo(f"may     {', '.join(sorted(session.capabilities))}")
    for capability, why in sorted(session.lacking.items()):
        click.echo(f"not     {capability.value} ({why})")
