"""Asking Chatwoot: requests of one account, and what a refusal says."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from supportdesk_tui.backends.calls import JSON, Answer, Call, Said, unkeyed
from supportdesk_tui.backends.chatwoot.words import Lens
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node, read_json, said_in
from supportdesk_tui.backends.signing import Token
from supportdesk_tui.domain.errors import BackendError, Forbidden, NotFound, RateLimited, Refused, SignInNeeded
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import sanitize_line

PROFILE = "/api/v1/profile"
ACCOUNT = "/api/v1/accounts/{account}"
PAGE = 25
"""Conversations of a page; Chatwoot has no parameter for it and no link to the next."""
_UNSIGNED = ("invalid access token", "sign in or sign up")
"""What Chatwoot says when it does not know who asks."""
_FORBIDDEN = "not authorized"
_TOO_MANY = "too many messages"
_MINUTE_S = 60.0
Values = Mapping[str, str]
Query = Mapping[str, str | Sequence[str]]


class Chatwoot:
    """Requests to one Chatwoot as one agent of one account. The header with dashes is the one that passes through nginx."""

    def __init__(self, url: str, token: str, *, account: str = "", ca_file: str = "", limits: Limits | None = None) -> None:
        """`account` may be empty until the profile was read."""
        self.http = Http(
            url, Token(token, header="Api-Access-Token", scheme=""), read_refusal=said, limits=limits, ca_file=ca_file
        )
        self.account = account
        self.lens = Lens()

    async def profile(self, *, attempts: int | None = None) -> Node:
        """Who the token belongs to. The answer holds tokens: nothing of it is kept that is not needed."""
        call = Call(operation="sign in", method="GET", route=PROFILE, attempts=attempts)
        return read_json(call, await self.send(call), dict)

    async def get(self, operation: str, route: str, *, values: Values | None = None, query: Query | None = None) -> Node:
        """Something of the account."""
        call = Call(operation=operation, method="GET", route=ACCOUNT + route, values=self.placed(values), query=query or {})
        return read_json(call, await self.send(call))

    async def find(self, operation: str, route: str, body: object, query: Query) -> Node:
        """A question that is asked by POST and changes nothing."""
        call = Call(
            operation=operation, method="POST", route=ACCOUNT + route, values=self.placed(), query=query,
            body=msgspec.json.encode(body), headers=JSON,
        )  # fmt: skip
        return read_json(call, await self.send(call), dict)

    def writing(self, operation: str, method: str, route: str, values: Values, body: Any) -> Call:
        """A change."""
        return unkeyed(operation, method, ACCOUNT + route, body, self.placed(values))

    def placed(self, values: Values | None = None) -> dict[str, str]:
        """Values of a route, the account among them."""
        return {**(values or {}), "account": self.account}

    async def ticket(self, ticket: TicketId, operation: str = "open the ticket") -> Node:
        """One conversation by the number people see; `#` before it is allowed."""
        found = await self.get(operation, "/conversations/{ticket}", values={"ticket": numbered(ticket, operation)})
        if not found.text("id"):
            raise NotFound(operation)
        return found

    async def send(self, call: Call) -> Answer:
        """Do a request. 401 means a bad token or a missing permission; 422 may mean a limit: here they are told apart."""
        try:
            return await self.http.send(call)
        except SignInNeeded as error:
            raise await self._told_apart(call, error) from None
        except Refused as error:
            if _TOO_MANY in str(error.reason).casefold():
                raise RateLimited(call.operation, error.reason, after_s=_MINUTE_S, request_id=error.request_id) from None
            raise

    async def _told_apart(self, call: Call, error: SignInNeeded) -> BackendError:
        """By the words where they are known, else by asking who we are: whoever is told that may only not do this."""
        reason = str(error.reason).casefold()
        if call.route == PROFILE or any(words in reason for words in _UNSIGNED):
            return error
        forbidden = Forbidden(call.operation, error.reason, request_id=error.request_id)
        if _FORBIDDEN in reason:
            return forbidden
        try:
            await self.http.send(Call(operation="sign in", method="GET", route=PROFILE))
        except BackendError as other:
            return other
        return forbidden


def numbered(ticket: str, operation: str) -> str:
    """The number in a path; anything else cannot exist."""
    number = ticket.removeprefix("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise NotFound(operation)
    return number


def said(body: bytes) -> Said:
    """What a refusal says, in any of the forms Chatwoot has; a limit is told in plain text."""
    read = said_in(body)
    listed = "; ".join(one.text() for one in read.each("errors"))
    words = read.text("error") or read.text("message") or listed
    if not words and not read and len(body) < 200 and not body.lstrip().startswith(b"<"):
        words = body.decode(errors="replace").strip()
    reason = sanitize_line(words, 1000)
    return Said(reason, {str(sanitize_line(one.text())): str(reason) for one in read.each("attributes")})
