"""OAuth of Zendesk: the code flow with PKCE for a public client (RFC 7636, RFC 8252), and refresh tokens that rotate.

Every refresh gives a new pair and kills the old one, so a new pair is stored before it is used, and two refreshes never run
at once, in this program or in two.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import read_json, said_in
from supportdesk_tui.backends.signing import Token, checked_token
from supportdesk_tui.domain.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    SignInNeeded,
    StorageError,
    Unreachable,
)
from supportdesk_tui.text.safe import sanitize_line

_log = logging.getLogger(__name__)
SCOPE = "read write"
ACCESS_S, REFRESH_S = 172_800, 7_776_000
"""Seconds the two tokens are asked to live: two days, and the ninety days that are the most."""
EARLY_S = 60.0
"""So long before its end a token is renewed, so that no request is under way when it dies."""
ENDED = "the sign-in has ended: its last renewal was made elsewhere or was lost; sign in again with `supportdesk login`"
_RENEW = "renew the sign-in"
_signed_with: ContextVar[str] = ContextVar("signed_with", default="")
"""The access token the request of this task went out with: it tells a refused old token from a refused new one."""


class Pair(msgspec.Struct, frozen=True):
    """What is kept of a sign-in, as JSON in one line."""

    access: str
    refresh: str
    expires: int = 0
    """Unix seconds at which `access` ends; 0 when nobody said."""

    def __repr__(self) -> str:
        return "Pair(…)"


def to_secret(pair: Pair) -> str:
    """A pair as it is stored."""
    return msgspec.json.encode(pair).decode()


def from_secret(secret: str) -> Pair | None:
    """The pair in a stored secret; None for an API token or anything else."""
    if not secret.lstrip().startswith("{"):
        return None
    try:
        pair = msgspec.json.decode(secret, type=Pair)
    except (msgspec.MsgspecError, UnicodeError):
        raise SignInNeeded("connect", "what is kept of the sign-in cannot be read") from None
    checked_token(pair.access)
    return pair


# --- signing requests


class ZendeskSigning(Protocol):
    """A signing that can be renewed before it is refused."""

    def headers(self) -> Mapping[str, str]:
        """What goes with the next request."""
        ...

    async def renew(self) -> bool:
        """After a refused signature: get a newer one."""
        ...

    async def fresh(self) -> None:
        """Before a request: renew what is about to end."""
        ...

    async def settle(self) -> None:
        """Wait for a renewal under way: cut off, it would leave neither the old pair nor the new one."""
        ...


class Fixed(Token):
    """An API token or an access token without a refresh token: good until it is not."""

    async def fresh(self) -> None:
        """Nothing can be renewed."""

    async def settle(self) -> None:
        """Nothing is under way."""


def signing_for(secret: str, rotation: "Rotation") -> ZendeskSigning:
    """How a secret signs: a pair, `name@company/token:…` for an API token, or a plain access token."""
    pair = from_secret(secret)
    if pair is not None:
        return Rotating(pair, rotation)
    if "/token:" in secret:
        checked_token(secret)
        return Fixed(base64.b64encode(secret.encode()).decode(), scheme="Basic ")
    return Fixed(secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Where pairs are renewed and kept."""

    url: str
    client_id: str
    ca_file: str = ""
    keep: Callable[[str], None] | None = None
    """Stores a secret; called in a thread."""
    load: Callable[[], str | None] | None = None
    """Reads the stored secret, which another program of ours may have renewed; called in a thread."""
    alone: Callable[[], AbstractAsyncContextManager[None]] | None = None
    """Entered to renew a pair, by one program of ours at a time; see `backends.catalog.Connection`."""
    limits: Limits | None = None
    now: Callable[[], float] = time.time


class Rotating:
    """Signs with an access token, and renews the pair: once for however many requests were refused."""

    def __init__(self, pair: Pair, rotation: Rotation) -> None:
        self._pair = pair
        self._rotation = rotation
        self._renewing: asyncio.Task[None] | None = None

    def headers(self) -> Mapping[str, str]:
        """The access token."""
        _signed_with.set(self._pair.access)
        return {"Authorization": f"Bearer {self._pair.access}"}

    async def fresh(self) -> None:
        """Renew a token that is about to end."""
        if self._renewing is not None or (self._pair.expires and self._pair.expires - EARLY_S < self._rotation.now()):
            await self._renewed()

    async def renew(self) -> bool:
        """A request was refused: with an old token there is a newer one already, with the newest it is renewed."""
        if _signed_with.get() == self._pair.access or self._renewing is not None:
            await self._renewed()
        return True

    async def settle(self) -> None:
        """Wait for a renewal under way."""
        if self._renewing is not None:
            await asyncio.wait([self._renewing])

    async def _renewed(self) -> None:
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._rotate(), name="renew the sign-in")
            self._renewing.add_done_callback(self._over)
        await asyncio.shield(self._renewing)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._renewing = None
        if not task.cancelled():
            task.exception()

    async def _rotate(self) -> None:
        """Trade the refresh token for a new pair, and keep that before anything is signed with it."""
        async with AsyncExitStack() as stack:
            if self._rotation.alone is not None:
                try:
                    await stack.enter_async_context(self._rotation.alone())
                except TimeoutError:
                    raise Unreachable(_RENEW, "another desk of yours is renewing the sign-in and does not end") from None
                except OSError as error:
                    _log.warning("two desks may renew the sign-in at once: %s", type(error).__name__)
            if not await self._adopted():
                await self._traded()

    async def _traded(self) -> None:
        rotation = self._rotation
        asked = {"grant_type": "refresh_token", "refresh_token": self._pair.refresh, "client_id": rotation.client_id}
        try:
            pair = await trade(rotation, _RENEW, asked)
        except SignInNeeded:
            if await self._adopted():
                return
            raise
        if rotation.keep is not None:
            try:
                await asyncio.to_thread(rotation.keep, to_secret(pair))
            except (StorageError, OSError) as error:
                _log.warning("the renewed sign-in is not kept: %s; it lasts until the desk ends", type(error).__name__)
        self._pair = pair

    async def _adopted(self) -> bool:
        """Take a newer pair that another program of ours has stored: a second renewal would kill it."""
        stored = await asyncio.to_thread(self._rotation.load) if self._rotation.load is not None else None
        with suppress(SignInNeeded):
            pair = from_secret(stored or "")
            if pair is not None and pair.refresh != self._pair.refresh and pair.expires >= self._pair.expires:
                self._pair = pair
                return True
        return False


async def trade(rotation: Rotation, operation: str, asked: dict[str, str]) -> Pair:
    """One request for tokens; never made twice by itself."""
    call = Call(
        operation=operation,
        method="POST",
        route="/oauth/tokens",
        body=msgspec.json.encode({**asked, "expires_in": ACCESS_S, "refresh_token_expires_in": REFRESH_S}),
        headers={"Content-Type": "application/json"},
        is_write=True,
        is_repeatable=False,
    )
    http = Http(rotation.url, "", read_refusal=_said, limits=rotation.limits, ca_file=rotation.ca_file)
    try:
        answer = read_json(call, await http.send(call), dict)
    except (Refused, Conflict, Forbidden, NotFound, SignInNeeded) as error:
        _log.info("%s: %s", operation, error.reason)
        raise SignInNeeded(operation, ENDED if asked["grant_type"] == "refresh_token" else error.reason) from None
    except Ambiguous as error:
        raise Unreachable(operation, error.reason) from error
    finally:
        await http.close()
    access, refresh = answer.text("access_token"), answer.text("refresh_token")
    if not access:
        raise SignInNeeded(operation, "Zendesk gave no token")
    lives_s = answer.number("expires_in")
    return Pair(checked_token(access), refresh, int(rotation.now()) + lives_s if lives_s else 0)


def _said(body: bytes) -> Said:
    said = said_in(body)
    return Said(said.line("error_description", limit=300) or said.line("error", limit=300))


# --- signing in


@dataclass(frozen=True, slots=True)
class Asked:
    """One sign-in that waits for the person."""

    page: str
    """Address of the page on which the person says yes."""
    redirect: str
    verifier: str
    state: str

    def __repr__(self) -> str:
        return "Asked(…)"

    def code(self, led_to: str) -> str:
        """The code in the address the browser was led to; refused when it does not belong to this sign-in."""
        query = parse_qs(urlsplit(led_to.strip()).query)
        said = {name: values[0] for name, values in query.items()}
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            raise Refused("sign in", "that address belongs to another sign-in")
        if "error" in said:
            raise SignInNeeded("sign in", sanitize_line(said.get("error_description") or said["error"], 200))
        if not said.get("code"):
            raise Refused("sign in", "there is no code in that address")
        return said["code"]


def ask(url: str, client_id: str, redirect: str) -> Asked:
    """Begin a sign-in: new secrets of this one, and the page for the browser."""
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Asked(f"{url.rstrip('/')}/oauth/authorizations/new?{urlencode(query)}", redirect, verifier, state)


async def finish(rotation: Rotation, asked: Asked, led_to: str) -> str:
    """Trade the code for a pair; the secret to keep."""
    wanted = {
        "grant_type": "authorization_code",
        "code": asked.code(led_to),
        "client_id": rotation.client_id,
        "redirect_uri": asked.redirect,
        "code_verifier": asked.verifier,
        "scope": SCOPE,
    }
    return to_secret(await trade(rotation, "sign in", wanted))
