"""Which backends there are; an adapter is added by one entry, and imported only when it is chosen."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib import import_module

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability

_PRODUCTS = "supportdesk_tui.backends"


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter needs to reach its server."""

    url: str
    token: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    """Values of `BackendSpec.options`."""
    ca_file: str = ""
    """Authorities to believe beside the usual ones."""
    keep: Callable[[str], None] | None = field(default=None, repr=False)
    """Stores a renewed secret before it is used, where the product renews secrets; called in a thread."""
    load: Callable[[], str | None] | None = field(default=None, repr=False)
    """Reads what is stored now: another program of ours may have renewed it; called in a thread."""
    alone: Callable[[], AbstractAsyncContextManager[None]] | None = field(default=None, repr=False)
    """Entered to renew a secret: of all programs of ours that use this profile one is in it. `TimeoutError` where another
    stays in it too long, any other `OSError` where there can be no such thing."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting one kind of backend has beside its URL and token."""

    name: str
    title: str
    default: str = ""
    is_asked: bool = False
    """Asked for when signing in, with `title` as the words; otherwise it is only set in the profile."""
    is_needed: bool = False
    """Nothing works without it: an empty answer is asked again."""


SignIn = Callable[[Connection, str, str, str], Awaitable[str]]
"""(server, login, password, label) → token; the connection has none yet."""
SignOut = Callable[[Connection], Awaitable[None]]
"""Revokes the connection's token."""
Browse = Callable[[Connection, Callable[[str], None]], Awaitable[str]]
"""(server, show) → token; `show` is handed the address of the page on which a person signs in, once it can be opened."""


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """One kind of backend."""

    name: str
    """What the configuration calls it."""
    title: str
    factory: Callable[[Connection], Backend]
    """Makes an adapter; touches no network."""
    sign_in: SignIn | None = None
    """Trades a password for a token, where the product can."""
    sign_out: SignOut | None = None
    """Revokes a token, where the product can."""
    browse: Browse | None = None
    """Signs in on a page of the product in the person's browser, where the product can; asked instead of a token."""
    browse_with: str = ""
    """The option without which there is no signing in by browser, as the id of an OAuth client; empty needs none."""
    options: tuple[Option, ...] = ()
    asks: str = "Token"
    """What is asked for where there is no `sign_in`: the words of the prompt."""
    gaps: Callable[[], Mapping[Capability, str]] = dict
    """What the product cannot do, and why, in words of ours."""


def _connect(product: str) -> Callable[[Connection], Backend]:
    """The `connect` of a product's adapter, which is imported when it is called."""

    def connect(connection: Connection) -> Backend:
        made: Backend = import_module(f"{_PRODUCTS}.{product}.adapter").connect(connection)
        return made

    return connect


def _gaps(product: str) -> Callable[[], Mapping[Capability, str]]:
    """The gaps of a product, which are imported when they are asked for."""

    def gaps() -> Mapping[Capability, str]:
        known: Mapping[Capability, str] = import_module(f"{_PRODUCTS}.{product}.gaps").GAPS
        return known

    return gaps


async def _native_sign_in(server: Connection, login: str, password: str, label: str) -> str:
    from supportdesk_tui.backends.native.adapter import sign_in

    return await sign_in(server.url, login, password, label, ca_file=server.ca_file)


async def _native_sign_out(server: Connection) -> None:
    from supportdesk_tui.backends.native.adapter import sign_out

    await sign_out(server.url, server.token, ca_file=server.ca_file)


async def _zendesk_browse(server: Connection, show: Callable[[str], None]) -> str:
    from supportdesk_tui.backends.zendesk.adapter import rotation_of
    from supportdesk_tui.backends.zendesk.loopback import browse

    return await browse(rotation_of(server), show)


async def _zendesk_sign_out(server: Connection) -> None:
    from supportdesk_tui.backends.zendesk.adapter import rotation_of
    from supportdesk_tui.backends.zendesk.leaving import sign_out

    await sign_out(rotation_of(server), server.token)


_NATIVE = BackendSpec(
    name="native",
    title="supportdesk server",
    factory=_connect("native"),
    sign_in=_native_sign_in,
    sign_out=_native_sign_out,
    gaps=_gaps("native"),
)
_RT = BackendSpec(
    name="rt",
    title="Request Tracker",
    factory=_connect("rt"),
    options=(Option("tags", "custom field that holds tags, empty for none", "Tags"),),
    asks="Authentication token (in RT: Logged in as … > Settings > Auth tokens)",
    gaps=_gaps("rt"),
)
_ZAMMAD = BackendSpec(
    name="zammad",
    title="Zammad",
    factory=_connect("zammad"),
    asks="Access token with ticket.agent (in Zammad: Profile > Token Access)",
    gaps=_gaps("zammad"),
)
_CHATWOOT = BackendSpec(
    name="chatwoot",
    title="Chatwoot",
    factory=_connect("chatwoot"),
    options=(Option("account", "Number of the account, as in the web address; empty for your first one", is_asked=True),),
    asks="Access token (in Chatwoot: Profile settings > Access token)",
    gaps=_gaps("chatwoot"),
)
_ZENDESK = BackendSpec(
    name="zendesk",
    title="Zendesk",
    factory=_connect("zendesk"),
    sign_out=_zendesk_sign_out,
    browse=_zendesk_browse,
    browse_with="client_id",
    options=(
        Option(
            "client_id",
            "Identifier of a public OAuth client (in Zendesk: Admin Center > Apps and integrations > OAuth clients); empty for"
            " an API token",
            is_asked=True,
        ),
    ),
    asks="API token as you@example.com/token:TOKEN (they end on 2027-04-30; an OAuth client_id does not)",
    gaps=_gaps("zendesk"),
)
SPECS: dict[str, BackendSpec] = {spec.name: spec for spec in (_NATIVE, _RT, _ZAMMAD, _CHATWOOT, _ZENDESK)}
"""Every kind of backend by its name."""
