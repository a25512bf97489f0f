"""Getting, keeping and forgetting a token."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

import click

from supportdesk_tui.backends.catalog import SPECS, BackendSpec
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.session import Place, server_of, spec_of
from supportdesk_tui.config.secrets import Secret, find_secret, forget_secret, store_secret
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.errors import BackendError, BadPayload, NotFound, Unreachable
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.ui.vocabulary import own_words

T = TypeVar("T")


def token_from(place: Place, spec: BackendSpec, *, is_piped: bool) -> Secret:
    """A token: piped in, brought by the browser, traded for a password, or typed, as the kind of backend has it."""
    if is_piped:
        return _typed(sys.stdin.readline())
    secret = brought(place, spec)
    if secret is not None:
        return secret
    login = ask_login(spec, place.profile.agent)
    return traded(place, spec, login, ask_secret(place, spec))


def brought(place: Place, spec: BackendSpec) -> Secret | None:
    """The token the browser brings; None where nobody signs in by browser."""
    if spec.browse is None or (spec.browse_with and not place.profile.options.get(spec.browse_with)):
        return None
    return Secret(asyncio.run(_known(place, spec.browse(server_of(place), _show_page))))


def ask_login(spec: BackendSpec, known: str) -> str:
    """Who wants to sign in, `known` being offered; empty where the token alone says it."""
    return str(click.prompt(_("Login"), default=known or None)).strip() if spec.sign_in is not None else ""


def ask_secret(place: Place, spec: BackendSpec, *, is_again: bool = False) -> str:
    """The password or token as it was typed; the second time it may be nothing, which goes back."""
    words = _("Password") if spec.sign_in is not None else f"{_(spec.asks)} ({place.profile.url})"
    if is_again:
        words = _("{what}, or Enter alone to go back", what=words)
    return str(click.prompt(words, hide_input=True, default="" if is_again else None, show_default=False))


def traded(place: Place, spec: BackendSpec, login: str, typed: str) -> Secret:
    """The token for a password, or the token itself where that was asked for."""
    if spec.sign_in is None:
        return _typed(typed)
    return Secret(asyncio.run(_known(place, spec.sign_in(server_of(place), login, typed, socket.gethostname()))))


async def reach(place: Place) -> None:
    """Raise Unreachable unless something answers at the address: nobody types a password for what is not there."""
    from supportdesk_tui.backends.calls import Call, Said
    from supportdesk_tui.backends.http import Http

    profile = place.profile
    http = Http(profile.url, "", read_refusal=lambda _body: Said(), ca_file=profile.ca_file)
    try:
        await http.send(Call(operation="connect", method="GET", route="/", attempts=1))
    except Unreachable:
        raise
    except BackendError:
        return
    finally:
        await http.close()


def _show_page(url: str) -> None:
    """Open the page on which a person signs in; where no browser can be opened from here, its address is enough."""
    from supportdesk_tui.ui.browser import open_page

    click.echo(_("Sign in on this page; the desk waits for it:") if open_page(url) else _("Open this page and sign in:"))
    click.echo(f"  {url}")
    click.echo(_("If the browser then shows an error page, as over SSH, paste that page's address here and press Enter."))


def _typed(text: str) -> Secret:
    if not text.strip():
        raise Stopped(_("no token was given"), code=ExitCode.WRONG_USE)
    return Secret(text.strip())


async def prove(place: Place, secret: Secret) -> tuple[Session, Secret]:
    """Make sure the backend takes the token: who it says we are, and the token as it is by then, if that renewed it."""
    renewed = [secret.reveal()]
    backend = spec_of(place).factory(replace(server_of(place, secret.reveal()), keep=renewed.append, load=None))
    try:
        return await _known(place, backend.open()), Secret(renewed[-1])
    finally:
        await backend.close()


async def _known(place: Place, asked: Awaitable[T]) -> T:
    """What the first question brings; an answer only another product gives is called that."""
    try:
        return await asked
    except (BadPayload, NotFound) as error:
        title = spec_of(place).title
        raise Stopped(
            _("this is not a {product}: {url} {answer}", product=title, url=place.profile.url, answer=_answered(error)),
            code=ExitCode.CANNOT_REACH,
            next_step=_("Check the address, and the kind of server with --backend: {kinds}", kinds=", ".join(SPECS)),
        ) from error


def _answered(error: BadPayload | NotFound) -> str:
    if isinstance(error, NotFound):
        return _("answers that it knows no such page ({operation})", operation=error.operation)
    return _("answers with something else than {what} ({operation})", what=error.expected, operation=error.operation)


async def keep(place: Place, secret: Secret) -> str:
    """Make sure the backend takes the token, then keep it; what it cannot be kept for is revoked."""
    session, secret = await prove(place, secret)
    kept = store_secret(place.name, place.profile, secret)
    if kept.secret is None:
        await _revoke(place, secret)
        raise Stopped(
            _("{name} could sign in, but there is {reason}", name=session.agent.name, reason=own_words(kept.says)),
            code=ExitCode.REFUSED,
            next_step=_("Set token_command in the profile, or SUPPORTDESK_TOKEN; the desk itself asks at each start."),
        )
    who = _("{name} ({role}) at {url}", name=session.agent.name, role=_(session.agent.role.value), url=place.profile.url)
    where = _("{what}: {details}", what=kept.step.value, details=own_words(kept.says))
    return "\n".join((_("Signed in as {who}", who=who), where))


async def forget(place: Place) -> list[str]:
    """Revoke the token on the server, forget it here, and delete what was cached; the outbox is not touched."""
    found = find_secret(place.name, place.profile, os.environ)
    says = [_("there was no token")]
    if found.secret is not None:
        says = [await _revoke(place, found.secret)]
    says += [f"{answer.step.value}: {own_words(answer.says)}" for answer in forget_secret(place.name, place.profile)]
    place.kept_note.unlink(missing_ok=True)
    cache = Cache(place.cache_file)
    cache.open()
    try:
        cache.purge()
    finally:
        cache.close()
    return [*says, _("the copy of the queue on this machine is deleted")]


async def _revoke(place: Place, secret: Secret) -> str:
    revoke = spec_of(place).sign_out
    if revoke is None:
        return _("this backend keeps the token valid: revoke it there")
    try:
        await revoke(server_of(place, secret.reveal()))
    except BackendError as error:
        return _("the server could not be told: {reason}", reason=own_words(str(error.reason or error.operation)))
    return _("the token is worthless now")
