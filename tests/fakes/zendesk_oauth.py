"""Signing in to a fake Zendesk: codes with PKCE, pairs that rotate, API tokens, and strangers who get 200."""

import base64
import hashlib
import itertools
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.zendesk_store import LOGINS, Json, Refusal, Store

CLIENT = "supportdesk_desk"
GRANT = {"error": "invalid_grant", "error_description": "The provided access grant is invalid, expired, or revoked."}
STALE = {"error": "invalid_token", "error_description": "The access token provided is expired, revoked, malformed or invalid."}


@dataclass
class Tokens:
    """Who may sign in, and with what."""

    store: Store
    access: dict[str, int] = field(default_factory=dict)
    """User by access token."""
    dead: set[str] = field(default_factory=set)
    """Access tokens that were good once."""
    refresh: dict[str, tuple[int, str]] = field(default_factory=dict)
    """User and access token by refresh token."""
    codes: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """User, challenge and redirect by code."""
    refreshed: int = 0
    """How often a pair was renewed."""
    lives_s: int = 172_800

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def pair(self, user: int) -> Json:
        """A new pair."""
        number = next(self._numbers)
        access, refresh = f"access-{user}-{number}", f"refresh-{user}-{number}"
        self.access[access] = user
        self.refresh[refresh] = (user, access)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "scope": "read write",
            "expires_in": self.lives_s,
            "refresh_token_expires_in": 7_776_000,
        }

    def secret(self, login: str) -> str:
        """What the desk would keep of a sign-in."""
        made = self.pair(LOGINS[login])
        expires = int(time.time()) + self.lives_s
        return json.dumps({"access": made["access_token"], "refresh": made["refresh_token"], "expires": expires})

    def expire(self) -> None:
        """Every access token ends now; the refresh tokens live on."""
        self.dead |= set(self.access)
        self.access.clear()

    def who(self, headers: Mapping[str, str]) -> int | None:
        """The user of a request; None for a stranger. An ended token is refused outright."""
        scheme, _, said = headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            email, _, token = base64.b64decode(said).decode().partition("/token:")
            return next((one["id"] for one in self.store.users.values() if one["email"] == email and token == "api-key"), None)
        if said in self.dead:
            raise Refusal(401, STALE)
        return self.access.get(said)

    def shown(self, headers: Mapping[str, str]) -> Json:
        """`GET /api/v2/oauth/tokens/current`: of the token itself the beginning alone."""
        access = headers["authorization"].partition(" ")[2]
        number = int(access.rpartition("-")[2])
        return {"token": {"id": number, "token": access[:10], "refresh_token": None, "scopes": ["read", "write"]}}

    def revoke(self, number: int) -> None:
        """A token is worthless from now on, and what would have renewed it."""
        for access in [one for one in self.access if one.endswith(f"-{number}")]:
            del self.access[access]
            self.dead.add(access)
        self.refresh = {name: pair for name, pair in self.refresh.items() if not pair[1].endswith(f"-{number}")}

    def approve(self, page: str, login: str) -> str:
        """What a person does in the browser: looks at the page, says yes; where the browser is led then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert urlsplit(asked["redirect_uri"]).hostname == "127.0.0.1"
        code = secrets.token_hex(8)
        self.codes[code] = (LOGINS[login], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def trade(self, asked: Json) -> Json:
        """`POST /oauth/tokens`."""
        if asked.get("client_id") != CLIENT:
            raise Refusal(401, {"error": "invalid_client", "error_description": "Client authentication failed."})
        if asked["grant_type"] == "refresh_token":
            user, old = self.refresh.pop(asked["refresh_token"], (0, ""))
            if not user:
                raise Refusal(400, GRANT)
            self.refreshed += 1
            self.access.pop(old, None)
            self.dead.add(old)
            return self.pair(user)
        user, challenge, redirect = self.codes.pop(asked["code"], (0, "", ""))
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        is_ours = base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        if not user or not is_ours or asked["redirect_uri"] != redirect:
            raise Refusal(400, GRANT)
        return self.pair(user)
