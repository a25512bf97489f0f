"""`supportdesk login`, `logout`, `whoami`: the token is asked for, kept where it is safest, and shown to nobody."""

import click

from supportdesk_tui.cli.options import json_option, profile_option
from supportdesk_tui.i18n.catalog import _


@click.command("login")
@click.argument("url", required=False)
@click.option("--backend", metavar="KIND", default="native", show_default=True, help="Kind of server at URL.")
@profile_option
@click.option("--option", "given", metavar="NAME=VALUE", multiple=True, help="An option of that kind of server.")
@click.option("--token-stdin", is_flag=True, help="Read a token from standard input instead of asking for anything.")
def login_command(url: str | None, backend: str, profile: str | None, given: tuple[str, ...], token_stdin: bool) -> None:
    """Sign in to the backend of a profile and keep the token in the keyring; with a URL, write the profile for it first.

    Kinds of servers, and what each needs: `supportdesk backends`.
    """
    import asyncio

    from supportdesk_tui.cli.session import place_of, spec_of
    from supportdesk_tui.cli.signing import keep, reach, token_from

    if url is not None:
        from supportdesk_tui.cli.connecting import Wish, connect

        place, secret = connect(Wish(url, backend, profile, _options(given), token_stdin))
    elif given:
        raise click.UsageError(_("--option goes with a URL; those of a profile stand in config.toml"))
    else:
        place = place_of(profile)
        spec = spec_of(place)
        if not token_stdin:
            asyncio.run(reach(place))
        secret = token_from(place, spec, is_piped=token_stdin)
    click.echo(asyncio.run(keep(place, secret)))


def _options(given: tuple[str, ...]) -> dict[str, str]:
    wrong = [one for one in given if not one.partition("=")[0].strip() or "=" not in one]
    if wrong:
        raise click.UsageError(_("--option takes NAME=VALUE, not {text}", text=repr(wrong[0])))
    return {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in given)}


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
    from supportdesk_tui.cli.abilities import TITLES, lines_of, news_of
    from supportdesk_tui.cli.session import Desk, at_backend
    from supportdesk_tui.cli.show import to_json
    from supportdesk_tui.cli.wrapping import padded, wrapped

    async def ask(desk: Desk) -> Desk:
        return desk

    desk = at_backend(profile, ask)
    agent, session = desk.session.agent, desk.session
    if as_json:
        click.echo(to_json({"profile": desk.place.name, "url": desk.place.profile.url, "session": session}))
        return
    who = _("{name} ({role}) at {url}", name=agent.name, role=_(agent.role.value), url=desk.place.profile.url)
    click.echo(_("{who}, profile {name}", who=who, name=desk.place.name))
    may = ", ".join(_(TITLES[one]) for one, is_there, _why in lines_of(session) if is_there)
    for name, text in (
        (_("server"), session.server),
        (_("news"), news_of(session)),
        (_("teams"), ", ".join(agent.teams) or "-"),
        (_("may"), may or "-"),
        *(
            (_("not"), _("{what}: {details}", what=_(TITLES[one]), details=why))
            for one, is_there, why in lines_of(session)
            if not is_there
        ),
    ):
        for line in wrapped(padded(name, 8) + text, indent=8):
            click.echo(line)
