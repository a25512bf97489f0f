"""Why the server says no, each with its HTTP status and code; raised by the rules, answered by the routes."""

from supportdesk_tui.server.floor.ticket import Ticket


class Refusal(Exception):  # noqa: N818  names the condition
    """A request that cannot be done; `str()` can be shown to the agent."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, *, field: str = "", current: Ticket | None = None, after_s: int = 0) -> None:
        super().__init__(message)
        self.field = field
        self.current = current
        self.after_s = after_s


class BadRequest(Refusal):
    """It cannot even be read."""

    status = 400
    code = "bad_request"


class Unreadable(BadRequest):
    """It is in a coding the server does not take."""

    status = 415


class TooSlow(BadRequest):
    """It did not arrive in time."""

    status = 408
    code = "timeout"


class Unauthenticated(Refusal):
    """No token, or one that is not good (any more)."""

    status = 401
    code = "unauthenticated"


class Forbidden(Refusal):
    """The role does not allow it."""

    status = 403
    code = "forbidden"


class Missing(Refusal):
    """There is no such thing."""

    status = 404
    code = "not_found"


class Conflicting(Refusal):
    """Somebody was faster; `current` is how the ticket stands."""

    status = 409
    code = "conflict"


class TooLarge(Refusal):
    """More bytes than allowed."""

    status = 413
    code = "too_large"


class LongUrl(TooLarge):
    """The path and query are longer than allowed."""

    status = 414


class SecretInText(Refusal):
    """The text holds what whoever reads it can empty a wallet with; no role and no reason sends it."""

    code = "secret_in_text"


class KeyReused(Refusal):
    """The idempotency key belongs to another request."""

    code = "key_reused"


class TooMany(Refusal):
    """Asked too often; `after_s` says when again."""

    status = 429
    code = "rate_limited"
