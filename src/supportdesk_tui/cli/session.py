"""Who we are and where: settings, profile, token and backend, for every command that needs them."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.config.load import Loaded, load_settings
from supportdesk_tui.config.paths import Paths, find_paths, make_private
from supportdesk_tui.config.problems import ConfigError, nearest_name
from supportdesk_tui.config.schema import Profile, Settings
from supportdesk_tui.domain.directory import NO_DIRECTORY, Directory
from supportdesk_tui.i18n.catalog import _

if TYPE_CHECKING:
    from supportdesk_tui.backends.catalog import BackendSpec, Connection
    from supportdesk_tui.backends.port import Backend
    from supportdesk_tui.config.secrets import Answer, Search
    from supportdesk_tui.domain.capabilities import Session

RENEWING_S = 30.0
"""Longest wait for another program of ours that renews the same secret: longer than a request for it may take."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Place(Struct, frozen=True):
    """A profile, and where its files are."""

    name: str
    profile: Profile
    paths: Paths

    @property
    def outbox_folder(self) -> Path:
        """Outbox and drafts of this profile; shared by the desk and `supportdesk tickets`."""
        return make_private(self.paths.data) / self.name

    @property
    def kept_note(self) -> Path:
        """An empty file that says: a key store had the token of this profile."""
        return self.paths.state / f"{self.name}.kept"

    @property
    def cache_file(self) -> Path:
        """The copy of what the backend said last."""
        return make_private(self.paths.cache) / f"{self.name}.db"


class Desk(Struct):
    """A backend that has told us who we are."""

    place: Place
    backend: "Backend"
    session: "Session"
    directory: Directory = NO_DIRECTORY
    """Read when a command needs it."""

    @property
    def outbox_folder(self) -> Path:
        """Where this profile's changes wait."""
        return self.place.outbox_folder


def load(paths: Paths | None = None) -> tuple[Loaded, Paths]:
    """The settings as they are, good or bad, and the folders."""
    found = paths or find_paths(os.environ)
    return load_settings(os.environ, found), found


def settings_of(profile: str | None) -> Settings:
    """The settings; an unknown profile is wrong use."""
    loaded, _ = load()
    if profile is not None:
        _known(profile, loaded.settings)
    return loaded.settings


def place_of(profile: str | None, read: tuple[Loaded, Paths] | None = None) -> Place:
    """The profile to use, of the settings already read if given; stops when there is none, or only in a file that cannot be
    read."""
    loaded, paths = read or load()
    settings = loaded.settings
    name = _known(profile, settings) if profile is not None else settings.active_name
    if not name and loaded.ignored:
        raise ConfigError(loaded.problems)
    if not name:
        raise Stopped(
            _("there is no profile yet"),
            code=ExitCode.SIGN_IN,
            next_step=_("Connect to your help desk with: supportdesk login URL   or look around with: supportdesk demo"),
        )
    chosen = settings.profiles[name]
    if not chosen.url:
        place = loaded.place("profiles", name)
        raise Stopped(
            _("profile {name} has no url", name=name),
            code=ExitCode.WRONG_USE,
            next_step=_("Set it in {file}", file=place[0] or paths.config_file),
        )
    return Place(name, chosen, paths)


def spec_of(place: Place) -> "BackendSpec":
    """The kind of backend a profile names."""
    from supportdesk_tui.backends.catalog import SPECS

    kind = place.profile.backend
    if kind not in SPECS:
        known = ", ".join(SPECS)
        raise Stopped(
            _("this release has no adapter for {kind}", kind=kind),
            code=ExitCode.WRONG_USE,
            next_step=_("It has: {names}", names=known),
        )
    return SPECS[kind]


def _known(profile: str, settings: Settings) -> str:
    if profile not in settings.profiles:
        near = nearest_name(profile, settings.profiles)
        raise Stopped(
            _("there is no profile {name}", name=repr(profile)),
            code=ExitCode.WRONG_USE,
            next_step=known_names(near, settings.profiles),
        )
    return profile


def known_names(near: str, names: Iterable[str]) -> str:
    """What was probably meant, and what there is."""
    known = _("Known: {names}", names=", ".join(names) or _("none"))
    return " ".join([_("Did you mean {name}?", name=near), known]) if near else known


def server_of(place: Place, token: str = "") -> "Connection":
    """What reaches the server of a profile."""
    from supportdesk_tui.backends.catalog import Connection

    options = {name: str(value) for name, value in place.profile.options.items()}
    profile = place.profile
    return Connection(profile.url, token, options, profile.ca_file, keeper(place), loader(place), renewing(place))


def keeper(place: Place) -> "Callable[[str], None]":
    """Keeps a renewed secret of a profile where the first one was put; what cannot be kept is used until the desk ends."""

    def keep(token: str) -> None:
        from supportdesk_tui.config.secrets import Secret, store_secret

        kept = store_secret(place.name, place.profile, Secret(token))
        if kept.secret is None:
            _log.warning("a renewed secret is not kept: %s", kept.says)

    return keep


def loader(place: Place) -> "Callable[[], str | None]":
    """Reads the secret of a profile as it is kept now; another desk or command may have renewed it."""

    def read() -> str | None:
        from supportdesk_tui.config.secrets import find_secret

        found = find_secret(place.name, place.profile, os.environ).secret
        return None if found is None else found.reveal()

    return read


def renewing(place: Place) -> "Callable[[], AbstractAsyncContextManager[None]]":
    """What a desk or command enters to renew the secret of a profile: the others wait, and then find it renewed."""

    def alone() -> "AbstractAsyncContextManager[None]":
        from supportdesk_tui.config.locks import held

        return held(make_private(place.paths.state) / f"{place.name}.renewing", RENEWING_S)

    return alone


def connection_to(place: Place, token: str) -> "Backend":
    """An adapter for a profile; touches no network."""
    return spec_of(place).factory(server_of(place, token))


def at_backend(profile: str | None, work: Callable[[Desk], Awaitable[T]]) -> T:
    """Sign in with the token there is, do something, and let go of every socket."""
    place = place_of(profile)
    spec_of(place)
    token = token_of(place)
    import asyncio

    with asyncio.Runner() as runner:
        return runner.run(_at_backend(place, token, work))


async def _at_backend(place: Place, token: str, work: Callable[[Desk], Awaitable[T]]) -> T:
    backend = connection_to(place, token)
    try:
        return await work(Desk(place, backend, await backend.open()))
    finally:
        with suppress(OSError):
            await backend.close()


def token_of(place: Place) -> str:
    """The token of a profile; stops when no step has one."""
    from supportdesk_tui.config.secrets import find_secret
    from supportdesk_tui.domain.errors import SignInNeeded

    found = find_secret(place.name, place.profile, os.environ)
    if found.secret is None:
        raise SignInNeeded("sign in", no_token(place, found))
    return found.secret.reveal()


def no_token(place: Place, found: "Search") -> str:
    """That a profile has no token, and why the steps it names gave none."""
    return "; ".join([_("no token for profile {name}", name=place.name), *unanswered(place.profile, found)])


def unanswered(profile: Profile, found: "Search") -> list[str]:
    """What the steps a profile names said in place of a token."""
    from supportdesk_tui.ui.vocabulary import own_words

    silent = (one for one in found.answers if is_unanswered(profile, one))
    return [_("{what}: {reason}", what=one.step.value, reason=own_words(one.says)) for one in silent]


def is_unanswered(profile: Profile, answer: "Answer") -> bool:
    """Whether a step that a profile names gave no token."""
    from supportdesk_tui.config.secrets import Step

    named = {Step.COMMAND: profile.token_command, Step.FILE: profile.token_file}
    return answer.secret is None and bool(named.get(answer.step))
