"""What `supportdesk run` does on a terminal: find the token, sit down, run the desk."""

import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.cli.outcomes import KNOWN, ExitCode, Stopped, tell
from supportdesk_tui.cli.saying import said
from supportdesk_tui.cli.session import Place, keeper, load, loader, no_token, place_of, renewing, spec_of, unanswered
from supportdesk_tui.config.paths import make_private
from supportdesk_tui.i18n.catalog import _, detect_locale, set_locale

if TYPE_CHECKING:
    from supportdesk_tui.cli.assemble import Seat
    from supportdesk_tui.config.load import Loaded
    from supportdesk_tui.config.secrets import Secret

OWN_BACKEND = "native"
"""The kind that is always there; any other is looked up."""
VARIABLE = "SUPPORTDESK_TOKEN"
SIGNALLED = 128
"""Exit codes above it name the signal that ended the desk, as shells count them."""


def run_plainly() -> int:
    """`supportdesk` or `supportdesk run` without options: the same as by the command line, without reading one."""
    try:
        open_desk(None, is_offline=False, mouse=None, theme=None)
    except KNOWN as error:
        return int(tell(error))
    return 0


def open_desk(profile: str | None, *, is_offline: bool, mouse: bool | None, theme: str | None) -> None:
    """Open the desk and stay until it is left."""
    loaded, paths = load()
    set_locale(detect_locale(loaded.settings.locale, os.environ))
    if not loaded.settings.profiles and profile is None and not loaded.ignored:
        _open_first(loaded, mouse=mouse, theme=theme)
        return
    place = place_of(profile, (loaded, paths))
    if place.profile.backend != OWN_BACKEND:
        spec_of(place)
    token = _token(place) if not is_offline else None
    run_app(seat_at(place, loaded, token, theme=theme), mouse=loaded.settings.mouse if mouse is None else mouse)


def _open_first(loaded: "Loaded", *, mouse: bool | None, theme: str | None) -> None:
    """Nothing is set up yet: ask what to do, and open the desk that was connected to."""
    import click

    from supportdesk_tui.cli.connecting import first_run
    from supportdesk_tui.cli.speaking import speak

    speak()
    try:
        connected = first_run()
    except click.Abort:
        raise KeyboardInterrupt from None
    if connected is not None:
        place, secret = connected
        run_app(seat_at(place, loaded, secret.reveal, theme=theme), mouse=loaded.settings.mouse if mouse is None else mouse)


def seat_at(place: Place, loaded: "Loaded", token: Callable[[], str] | None, *, theme: str | None = None) -> "Seat":
    """Where to sit down; no token stays offline."""
    from supportdesk_tui.ui.toolkit import load_textual

    load_textual()
    from supportdesk_tui.cli.assemble import Seat

    settings = replace(loaded.settings, theme=theme) if theme else loaded.settings
    return Seat(
        settings=settings,
        data_dir=place.paths.data,
        cache_dir=place.paths.cache,
        state_dir=place.paths.state,
        config_dir=place.paths.config,
        backend=place.profile.backend,
        url=place.profile.url if token is not None else "",
        token=token or (lambda: ""),
        options={name: str(value) for name, value in place.profile.options.items()},
        ca_file=place.profile.ca_file,
        keep=keeper(place),
        load=loader(place),
        alone=renewing(place),
        name=place.name,
        problems=tuple(map(said, loaded.problems)),
    )


def run_app(seat: "Seat", *, mouse: bool) -> None:
    """Run the desk on this terminal; ended by a signal it says nothing more, any other end that was no leaving is a refusal."""
    from supportdesk_tui.cli.assemble import assemble

    app = assemble(seat)
    app.run(mouse=mouse)
    if app.return_code and app.return_code > SIGNALLED:
        sys.exit(app.return_code)
    if app.return_code:
        raise Stopped(
            _("the desk ended unexpectedly"), code=ExitCode.REFUSED, next_step=_("A report is in {path}", path=seat.state_dir)
        )


def _token(place: Place) -> Callable[[], str] | None:
    """How the desk gets its token; None opens it offline.

    A key store may take long, so where one had the token last time, or the environment has it, it is looked for only once the
    desk is on the screen. Otherwise every step is asked first, and then the person: nobody can be asked on a screen that is
    taken. Enter alone is offline.
    """
    if VARIABLE in os.environ:
        return cache(lambda: _kept_token(place))
    if place.kept_note.exists():
        return lambda: _kept_token(place)
    from supportdesk_tui.config.secrets import Step, find_secret

    found = find_secret(place.name, place.profile, os.environ)
    if found.step in (Step.KEYRING, Step.KERNEL):
        make_private(place.paths.state)
        place.kept_note.touch()
    secret = found.secret or _asked(place, unanswered(place.profile, found))
    return secret.reveal if secret is not None else None


def _kept_token(place: Place) -> str:
    from supportdesk_tui.config.secrets import find_secret
    from supportdesk_tui.domain.errors import SignInNeeded

    found = find_secret(place.name, place.profile, os.environ)
    if found.secret is None:
        place.kept_note.unlink(missing_ok=True)
        raise SignInNeeded("sign in", no_token(place, found))
    return found.secret.reveal()


def _asked(place: Place, why: Iterable[str]) -> "Secret | None":
    import click

    from supportdesk_tui.config.secrets import Secret

    for line in why:
        click.echo(line)
    click.echo(
        _(
            "No token for profile {name} ({url}); `supportdesk login` keeps one. Enter alone opens offline.",
            name=place.name,
            url=place.profile.url,
        )
    )
    try:
        typed = str(click.prompt(_("Token"), default="", hide_input=True, show_default=False)).strip()
    except click.Abort:
        raise KeyboardInterrupt from None
    return Secret(typed) if typed else None
