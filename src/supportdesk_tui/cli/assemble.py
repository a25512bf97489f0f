"""Builds a desk from settings: store, cache, outbox, adapter, keys, theme and macros, put into one app."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from supportdesk_tui.app import DeskApp, DeskParts
from supportdesk_tui.cli.saying import said, said_of_key
from supportdesk_tui.config.schema import Gate, Settings
from supportdesk_tui.i18n.catalog import _, current_locale
from supportdesk_tui.store.events import ClockToggled
from supportdesk_tui.store.state import Level
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import words
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common, Options
from supportdesk_tui.sync.files import remove
from supportdesk_tui.sync.start import open_cache
from supportdesk_tui.theming.load import fitting_theme, load_theme, theme_folders, theme_names
from supportdesk_tui.ui.terminal import TerminalSettings
from supportdesk_tui.ui.text import use_emoji

if TYPE_CHECKING:
    from supportdesk_tui.backends.port import Backend
    from supportdesk_tui.commands.keymap import Keymap
    from supportdesk_tui.sync.engine import Engine


PAGES = {
    "zammad": "{url}/#ticket/zoom/{id}",
    "rt": "{url}/Ticket/Display.html?id={id}",
    "chatwoot": "{url}/app/accounts/{account}/conversations/{id}",
    "zendesk": "{url}/agent/tickets/{id}",
}
"""The page of a ticket in each backend's own web desk; a server of ours has none unless the profile's `ticket_url` names it."""


class Seat(Struct, frozen=True, kw_only=True):
    """Who sits down where: settings, folders, and how to reach the backend."""

    settings: Settings
    data_dir: Path
    """Outbox and drafts: what must not be lost."""
    cache_dir: Path
    state_dir: Path
    config_dir: Path
    backend: str = "native"
    url: str = ""
    """Empty stays off line."""
    token: Callable[[], str] = lambda: ""
    """Finds the token; may take a while, so it is asked in a thread once the desk is on the screen."""
    options: Mapping[str, str] = {}
    """The adapter's own."""
    ca_file: str = ""
    """Authorities to believe beside the usual ones."""
    keep: Callable[[str], None] | None = None
    """Stores a renewed secret, where the product renews them."""
    load: Callable[[], str | None] | None = None
    """Reads the stored secret again: another program of ours may have renewed it."""
    alone: "Callable[[], AbstractAsyncContextManager[None]] | None" = None
    """Entered to renew the secret: desks and commands of one profile take turns."""
    name: str = "default"
    """Of the profile: its files are kept apart from other profiles'."""
    problems: tuple[str, ...] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def assemble(seat: Seat) -> DeskApp:
    """The desk, its first rows already read from the cache; run it, or drive it in a test."""
    settings = seat.settings
    use_emoji(settings.emoji)
    store = Store()
    if settings.clock:
        store.dispatch(ClockToggled())
    folders = theme_folders(seat.config_dir / "themes")
    theme = load_theme(fitting_theme(settings.theme, settings.colours, os.environ), folders)
    common = common_of(seat, store)
    open_cache(common)
    parts = DeskParts(
        store=store,
        load_engine=lambda: _engine(seat, common, app),
        load_keymap=lambda: _keymap(settings),
        theme=theme,
        theme_folders=folders,
        options={
            "hold_s": str(settings.hold_s),
            "locale": current_locale(),
            "gate": gate_json(settings),
            "themes": ",".join(theme_names(folders)),
            "ticket_url": _ticket_page(seat),
        },
        clock=seat.clock,
        terminal=TerminalSettings(kitty_keys=settings.kitty_keys, colours=settings.colours, report_dir=seat.state_dir),
        problems=(*seat.problems, *map(said, theme.problems)),
        load_macros=lambda known: _macros(seat, known),
    )
    app = DeskApp(parts)
    return app


def _ticket_page(seat: Seat) -> str:
    """Where a browser finds a ticket: the profile's own page, else the backend's usual one; `{id}` and `{number}` stay open."""
    usual = PAGES.get(seat.backend, "") if seat.url else ""
    usual = usual.replace("{url}", seat.url.rstrip("/")).replace("{account}", seat.options.get("account", ""))
    return seat.options.get("ticket_url") or usual


def gate_json(settings: Settings) -> str:
    """The `[gate]` table as commands take it."""
    import msgspec

    return msgspec.json.encode(settings.gate).decode() if settings.gate != Gate() else ""


def _say(text: str, values: Mapping[str, str]) -> str:
    """A message of the engine; values that are words of the server in the agent's language too."""
    from supportdesk_tui.ui.vocabulary import OWN_WORDS, own_words

    return _(text, **{name: own_words(value) if name in OWN_WORDS else value for name, value in values.items()})


def common_of(seat: Seat, store: Store) -> Common:
    """What every part of the engine works with; where no copy is wanted, that of earlier runs is deleted."""
    settings, copy = seat.settings, seat.cache_dir / f"{seat.name}.db"
    cache = Cache(copy, timedelta(days=settings.cache.days)) if settings.cache.enabled else Cache(None)
    options = Options(hold_s=float(settings.hold_s), undo=settings.undo, locale=current_locale())
    common = Common(store=store, cache=cache, say=_say, options=options)
    if not settings.cache.enabled:
        try:
            remove(copy)
        except OSError as error:
            common.tell(words.NOT_DELETED, Level.ERROR, path=str(copy), reason=str(error.strerror))
    return common


def _engine(seat: Seat, common: Common, app: DeskApp) -> "Engine":
    from supportdesk_tui.sync.engine import Engine
    from supportdesk_tui.sync.outbox_db import Ledger
    from supportdesk_tui.ui.alerts import Alerts

    notifications = seat.settings.notifications
    alerts = Alerts.wanted(notifications.bell, notifications.osc9, os.environ)
    common.alert = lambda text: alerts.tell(app, text)
    engine = Engine(common, Ledger(seat.data_dir / seat.name), _factory(seat) if seat.url else None)
    engine.open()
    return engine


def _keymap(settings: Settings) -> "tuple[Keymap, tuple[str, ...]]":
    from supportdesk_tui.commands.catalog import CATALOG
    from supportdesk_tui.commands.keymap import KeyTrouble, resolve

    keymap = resolve(CATALOG, settings.key_preset, settings.keys)
    problems = (problem for problem in keymap.problems if problem.kind is not KeyTrouble.TAKEN)
    return keymap, tuple(map(said_of_key, problems))


def _factory(seat: Seat) -> Callable[[], Any]:
    import asyncio

    async def make() -> "Backend":
        token = await asyncio.to_thread(seat.token)
        return await asyncio.to_thread(adapter_for, seat, token)

    return make


def adapter_for(seat: Seat, token: str) -> "Backend":
    """What talks to the backend; imported only now, in a thread: the HTTP client costs more than the first paint may."""
    from supportdesk_tui.backends.catalog import SPECS, Connection

    return SPECS[seat.backend].factory(
        Connection(seat.url, token, seat.options, seat.ca_file, seat.keep, seat.load, seat.alone)
    )


def _macros(seat: Seat, known: Any) -> tuple[Any, tuple[str, ...]]:
    from supportdesk_tui.commands.macro_load import SHIPPED, is_changed, load

    more = (Path(seat.settings.macros).expanduser(),) if seat.settings.macros else ()
    folders = (SHIPPED, seat.config_dir / "macros", *more)
    if known is not None and not is_changed(known, folders):
        return known, ()
    library = load(folders, seat.settings.pinned)
    told = tuple(f"{problem.path}:{problem.line}: {_(problem.text, **dict(problem.values))}" for problem in library.problems)
    return library, told
