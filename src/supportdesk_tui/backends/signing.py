"""How a request says who sends it; each product has its own way, and only the client of one origin ever asks."""

from collections.abc import Mapping
from typing import Protocol

from supportdesk_tui.domain.errors import SignInNeeded


class Signing(Protocol):
    """Signs the requests of one client; `repr` shows nothing of the secret."""

    def headers(self) -> Mapping[str, str]:
        """What goes with the next request."""
        ...

    async def renew(self) -> bool:
        """After a refused signature: get a newer one. True when asking once more is worth it."""
        ...


class Token:
    """A token in one header for as long as it is good: `Authorization: Bearer …`, or what the product calls it."""

    def __init__(self, token: str, *, header: str = "Authorization", scheme: str = "Bearer ") -> None:
        checked_token(token)
        self._headers = {header: f"{scheme}{token}"} if token else {}

    def headers(self) -> Mapping[str, str]:
        """The header, where there is a token."""
        return self._headers

    async def renew(self) -> bool:
        """There is no newer one: the agent must sign in."""
        return False


def checked_token(token: str) -> str:
    """A token that can stand in a header; anything else was never one."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SignInNeeded("connect", "the token holds characters no token has")
    return token
