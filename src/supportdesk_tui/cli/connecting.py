"""A desk that is not set up yet: ask for the address, sign in, write the profile; or show the demo."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import click

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.cli.outcomes import KNOWN, ExitCode, Stopped, stopped
from supportdesk_tui.cli.session import Place, load, spec_of
from supportdesk_tui.cli.signing import prove, token_from
from supportdesk_tui.config.checks import NAME, Unfit, url_of
from supportdesk_tui.config.paths import make_private
from supportdesk_tui.config.schema import Profile
from supportdesk_tui.config.secrets import Secret, store_secret
from supportdesk_tui.i18n.catalog import _

_UNFIT_FOR_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


def place_for(url: str, *, backend: str, profile: str | None) -> tuple[Place, bool]:
    """The profile for an address, and whether it has still to be written; one of that name elsewhere is not replaced."""
    loaded, paths = load()
    try:
        clean = url_of(url)
    except Unfit as unfit:
        raise Stopped(str(unfit), code=ExitCode.WRONG_USE) from None
    if backend not in SPECS:
        known = ", ".join(SPECS)
        raise Stopped(f"this release has no adapter for {backend}", code=ExitCode.WRONG_USE, next_step=f"It has: {known}")
    profiles = loaded.settings.profiles
    name = profile or next((name for name, one in profiles.items() if one.url == clean), "") or name_for(clean)
    if not NAME.fullmatch(name):
        raise Stopped(f"{name!r} cannot name a profile", code=ExitCode.WRONG_USE, next_step="Use letters, digits, - and _.")
    known_as = profiles.get(name)
    if known_as is not None and known_as.url not in {"", clean}:
        text = f"profile {name} is for {known_as.url}"
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step="Name another one with --profile.")
    if known_as is not None and known_as.url:
        return Place(name, known_as, paths), False
    return Place(name, Profile(backend=backend, url=clean), paths), True


def name_for(url: str) -> str:
    """What a profile for an address is called: the first word of its host that says something."""
    host = urlsplit(url).hostname or ""
    words = [word for word in host.split(".") if word not in {"www", ""}]
    is_address = host.replace(".", "").isdigit() or ":" in host
    return _UNFIT_FOR_NAMES.sub("-", "local" if is_address or host == "localhost" else words[0])[:40] or "work"


def write_profile(place: Place) -> Path:
    """Put a new profile at the end of the settings file; what stands there is left as it is."""
    file = place.paths.config_file
    make_private(file.parent)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = [f"[profiles.{place.name}]", f'backend = "{place.profile.backend}"', f'url = "{place.profile.url}"']
    text = before + ("\n" if before and not before.endswith("\n") else "") + ("\n" if before else "") + "\n".join(lines) + "\n"
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
    return file


def connect(url: str, *, backend: str, profile: str | None, is_piped: bool = False) -> tuple[Place, Secret]:
    """Sign in at an address; once the server has taken the token the profile is written. The token is not kept yet."""
    place, is_new = place_for(url, backend=backend, profile=profile)
    secret = asyncio.run(token_from(place, spec_of(place), is_piped=is_piped))
    asyncio.run(prove(place, secret))
    if is_new:
        click.echo(_("Profile {name} written to {path}", name=place.name, path=str(write_profile(place))))
    return place, secret


def first_run() -> tuple[Place, Secret] | None:
    """Say what there is to do and do it: a signed-in place, or None when the demo was shown instead or nothing was wanted."""
    click.echo(_("No help desk is set up yet."))
    for key, words in (
        ("c", _("connect to yours: its address, then your name and password or a token")),
        ("d", _("look at the demo: an invented exchange on this machine, whose customers write while you watch")),
        ("q", _("leave; supportdesk login URL does the same as c")),
    ):
        click.echo(f"  {click.style(key, bold=True)}  {words}")
    chosen = click.prompt(_("Which"), type=click.Choice(["c", "d", "q"]), default="c", show_choices=False)
    if chosen == "d":
        _show_demo()
    return _connected() if chosen == "c" else None


def _connected() -> tuple[Place, Secret]:
    """Ask until somebody answers at an address and takes the token; Ctrl+C leaves."""
    kind = click.prompt(_("Kind of server"), type=click.Choice(list(SPECS)), default="native") if len(SPECS) > 1 else "native"
    while True:
        url = str(click.prompt(_("Its address, like https://desk.example.com"))).strip()
        try:
            place, secret = connect(url, backend=kind, profile=None)
        except KNOWN as error:
            click.echo(_("That did not work: {reason}", reason=str(stopped(error))))
            continue
        kept = store_secret(place.name, place.profile, secret)
        if kept.secret is None:
            click.echo(_("Signed in for this time only, there is {reason}", reason=kept.says))
        return place, secret


def _show_demo() -> None:
    from supportdesk_tui.cli.extra import require_server

    require_server()
    from supportdesk_tui.cli.demonstration import Wanted, show

    show(Wanted(300, 1, 8.0))
