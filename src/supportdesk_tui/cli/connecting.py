"""A desk that is not set up yet: ask for the address, sign in, write the profile; or show the demo."""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click
from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.backends.catalog import SPECS, BackendSpec, Option
from supportdesk_tui.cli.outcomes import KNOWN, ExitCode, Stopped, stopped
from supportdesk_tui.cli.session import Place, load, spec_of
from supportdesk_tui.cli.signing import ask_login, ask_secret, brought, prove, reach, token_from, traded
from supportdesk_tui.config.checks import NAME, Unfit, url_of
from supportdesk_tui.config.paths import make_private, own_file
from supportdesk_tui.config.problems import ConfigError
from supportdesk_tui.config.schema import Profile
from supportdesk_tui.config.secrets import Secret, store_secret
from supportdesk_tui.domain.errors import SignInNeeded, Unreachable
from supportdesk_tui.durable import replace_text
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.vocabulary import own_words

_UNFIT_FOR_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


class Wish(Struct, frozen=True):
    """What a person said of the help desk to connect to."""

    url: str
    backend: str = "native"
    profile: str | None = None
    options: Mapping[str, str] = {}
    """Of the kind of backend, by name; what it needs besides is asked for."""
    is_piped: bool = False
    """The token comes on standard input: nobody can be asked."""


def place_for(wish: Wish) -> tuple[Place, bool]:
    """The profile for an address, and whether it has still to be written; one of that name elsewhere is not replaced.

    Nothing is written behind a file that cannot be read: a profile in it would not count.
    """
    loaded, paths = load()
    file = own_file(os.environ, paths)
    if file in loaded.ignored and file.exists():
        raise ConfigError(loaded.problems)
    try:
        clean = url_of(wish.url)
    except Unfit as unfit:
        raise Stopped(own_words(str(unfit)), code=ExitCode.WRONG_USE) from None
    if wish.backend not in SPECS:
        known = ", ".join(SPECS)
        text = _("this release has no adapter for {kind}", kind=wish.backend)
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("It has: {names}", names=known))
    profiles = loaded.settings.profiles
    name = wish.profile or next((name for name, one in profiles.items() if one.url == clean), "") or name_for(clean)
    if not NAME.fullmatch(name):
        text = _("{name} cannot name a profile", name=repr(name))
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Use letters, digits, - and _."))
    known_as = profiles.get(name)
    if known_as is None or not known_as.url:
        return Place(name, Profile(backend=wish.backend, url=clean), paths), True
    if known_as.url != clean:
        text = _("profile {name} is for {url}", name=name, url=known_as.url)
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Name another one with --profile."))
    is_told_otherwise = wish.backend not in {known_as.backend, "native"} or any(
        str(known_as.options.get(option, "")) != value for option, value in wish.options.items()
    )
    if is_told_otherwise:
        what = f"{known_as.backend}, {_shown(known_as.options)}"
        text = _("profile {name} says otherwise: {what}", name=name, what=what)
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Change it in {file}", file=file))
    return Place(name, known_as, paths), False


def _shown(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items()) or _("no options")


def name_for(url: str) -> str:
    """What a profile for an address is called: the first word of its host that says something."""
    host = urlsplit(url).hostname or ""
    words = [word for word in host.split(".") if word not in {"www", ""}]
    is_address = host.replace(".", "").isdigit() or ":" in host
    return _UNFIT_FOR_NAMES.sub("-", "local" if is_address or host == "localhost" else words[0])[:40] or "work"


def answered(spec: BackendSpec, wish: Wish) -> dict[str, str]:
    """The options of a kind of backend: as they were given, and the others it asks for from the person."""
    known = {option.name: option for option in spec.options}
    strange = [name for name in wish.options if name not in known]
    if strange:
        text = _("{product} has no option {name}", product=spec.title, name=strange[0])
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("It has: {names}", names=", ".join(known) or _("none")))
    answers = dict(wish.options)
    for option in spec.options:
        if option.is_asked and not answers.get(option.name):
            answers[option.name] = option.default if wish.is_piped else _ask(option)
            if option.is_needed and not answers[option.name]:
                what = _("{what}: {details}", what=option.name, details=_(option.title))
                text = _("{product} needs its option {what}", product=spec.title, what=what)
                raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Add: {words}", words=f"--option {option.name}=…"))
    for name, value in answers.items():
        if not value.isprintable():
            raise Stopped(_("option {name} is no line of text", name=name), code=ExitCode.WRONG_USE)
    return {name: value for name, value in answers.items() if value != known[name].default or name in wish.options}


def _ask(option: Option) -> str:
    asked = click.prompt(
        _(option.title), default=None if option.is_needed else option.default, show_default=bool(option.default)
    )
    return str(asked).strip()


def write_profile(place: Place) -> Path:
    """Put a new profile at the end of the settings file; what stands there is left as it is."""
    file = own_file(os.environ, place.paths)
    if file == place.paths.config_file:
        make_private(file.parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = [f"[profiles.{place.name}]", f'backend = "{place.profile.backend}"', f'url = "{place.profile.url}"']
    if place.profile.options:
        lines += ["", f"[profiles.{place.name}.options]"]
        lines += [f"{name} = {json.dumps(str(value), ensure_ascii=False)}" for name, value in place.profile.options.items()]
    text = before + ("\n" if before and not before.endswith("\n") else "") + ("\n" if before else "") + "\n".join(lines) + "\n"
    replace_text(file, text)
    return file


def connect(wish: Wish) -> tuple[Place, Secret]:
    """Sign in at an address; once the server has taken the token the profile is written. The token is not kept yet."""
    place, is_new = _reached(wish)
    return _settled(place, token_from(place, spec_of(place), is_piped=wish.is_piped), is_new=is_new)


def _reached(wish: Wish) -> tuple[Place, bool]:
    """The place for an address at which something answers, and whether its profile has still to be written."""
    place, is_new = place_for(wish)
    if not wish.is_piped:
        try:
            asyncio.run(reach(place))
        except Unreachable as error:
            # What else there is to do, `doctor` say, needs a profile.
            step = _("Check the address and the network.")
            raise Stopped(str(stopped(error)), code=ExitCode.CANNOT_REACH, next_step=step) from error
    if is_new:
        options = answered(spec_of(place), wish)
        place = replace(place, profile=Profile(backend=place.profile.backend, url=place.profile.url, options=options))
    return place, is_new


def _settled(place: Place, secret: Secret, *, is_new: bool) -> tuple[Place, Secret]:
    """The server takes the token, and the profile is written."""
    _session, secret = asyncio.run(prove(place, secret))
    if is_new:
        click.echo(_("Profile {name} written to {path}", name=place.name, path=str(write_profile(place))))
    return place, secret


def first_run() -> tuple[Place, Secret] | None:
    """Say what there is to do and do it: a signed-in place, or None when the demo was shown instead or nothing was wanted."""
    click.echo(_("No help desk is set up yet."))
    for key, words in (
        ("c", _("connect to yours: the kind of server, its address, then your name and password or a token")),
        ("d", _("look at the demo: an invented exchange on this machine, whose customers write while you watch")),
        ("q", _("leave; supportdesk login URL does the same as c")),
    ):
        click.echo(f"  {click.style(key, bold=True)}  {words}")
    chosen = click.prompt(_("Which"), type=click.Choice(["c", "d", "q"]), default="c", show_choices=False)
    if chosen == "d":
        _show_demo()
    return _connected() if chosen == "c" else None


def _connected() -> tuple[Place, Secret]:
    """Ask until somebody answers at an address and takes the token; what was typed is offered again. Ctrl+C leaves."""
    typed = _Typed()
    while True:
        try:
            found = _tried(typed)
        except KNOWN as error:
            _tell_failed(error)
            continue
        if found is None:
            continue
        place, secret = found
        kept = store_secret(place.name, place.profile, secret)
        if kept.secret is None:
            click.echo(_("Signed in for this time only, there is {reason}", reason=own_words(kept.says)))
        return place, secret


class _Typed(Struct):
    """What somebody has answered so far."""

    kind: str = "native"
    url: str = ""
    login: str = ""


def _tried(typed: _Typed) -> tuple[Place, Secret] | None:
    """Sign in with what is typed now; a password or token that is not taken is asked for again alone. None goes back."""
    if len(SPECS) > 1:
        typed.kind = click.prompt(_("Kind of server"), type=click.Choice(list(SPECS)), default=typed.kind)
    typed.url = str(click.prompt(_("Its address, like https://desk.example.com"), default=typed.url or None)).strip()
    place, is_new = _reached(Wish(typed.url, typed.kind))
    spec = spec_of(place)
    token = brought(place, spec)
    if token is not None:
        return _settled(place, token, is_new=is_new)
    typed.login = ask_login(spec, typed.login or place.profile.agent)
    is_again = False
    while secret := ask_secret(place, spec, is_again=is_again):
        try:
            return _settled(place, traded(place, spec, typed.login, secret), is_new=is_new)
        except SignInNeeded as error:
            _tell_failed(error)
            is_again = True
    return None


def _tell_failed(error: Exception) -> None:
    ending = stopped(error)
    click.echo(_("That did not work: {reason}", reason=str(ending)))
    if ending.next_step and not isinstance(error, SignInNeeded):
        click.echo(f"  {ending.next_step}")


def _show_demo() -> None:
    from supportdesk_tui.cli.extra import require_server

    require_server()
    from supportdesk_tui.cli.demonstration import Wanted, show

    show(Wanted(300, 1, 8.0))
