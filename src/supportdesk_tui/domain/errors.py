"""What can go wrong, by condition.

DeskError
├── Unsupported(capability)
├── StorageError
└── BackendError(operation, retry)
    ├── Unreachable          nothing was sent, or it is safe to ask again
    ├── Ambiguous            a write may or may not have happened: verify by reading
    ├── RateLimited(after_s)
    ├── SignInNeeded
    ├── Forbidden
    ├── NotFound
    ├── Conflict(current)
    ├── Refused(fields)
    └── BadPayload(path, expected)
"""

from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import SafeText


class DeskError(Exception):
    """Anything the desk knows how to tell; `str()` is safe to show."""

    @property
    def why(self) -> str:
        """What went wrong, without the name of the operation where there is a better word."""
        return str(self)


class Unsupported(DeskError):
    """The backend cannot do this at all."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class StorageError(DeskError):
    """A file of ours could not be read or written."""


class BackendError(DeskError):
    """A request failed. `retry` says whether asking again later can help."""

    retry = False

    def __init__(self, operation: str, reason: SafeText | str = "", *, request_id: str = "") -> None:
        super().__init__(f"{operation}: {reason}" if reason else operation)
        self.operation = operation
        self.reason = reason
        self.request_id = request_id

    @property
    def why(self) -> str:
        """The reason that was given, else what failed."""
        return str(self.reason or self)


class Unreachable(BackendError):
    """No answer, and nothing can have happened on the server that a second try would double."""

    retry = True


class Ambiguous(BackendError):
    """A write was on its way when the connection broke."""


class RateLimited(BackendError):
    """Too many requests; ask again after `after_s` seconds."""

    retry = True

    def __init__(self, operation: str, reason: SafeText | str = "", *, after_s: float, request_id: str = "") -> None:
        super().__init__(operation, reason, request_id=request_id)
        self.after_s = after_s


class SignInNeeded(BackendError):
    """The token is missing, wrong, expired or revoked."""


class Forbidden(BackendError):
    """Signed in, but not allowed."""


class NotFound(BackendError):
    """There is no such thing, or we may not see it."""


class Conflict(BackendError):
    """Somebody changed the ticket since; `current` is how it stands now, where the backend says."""

    def __init__(
        self, operation: str, reason: SafeText | str = "", *, current: TicketSummary | None = None, request_id: str = ""
    ) -> None:
        super().__init__(operation, reason, request_id=request_id)
        self.current = current


class Refused(BackendError):
    """The server understood and said no; `fields` maps a field to its complaint."""

    def __init__(
        self, operation: str, reason: SafeText | str = "", *, fields: dict[str, str] | None = None, request_id: str = ""
    ) -> None:
        super().__init__(operation, reason, request_id=request_id)
        self.fields = fields or {}


class BadPayload(BackendError):
    """The answer is not what the API promises."""

    def __init__(self, operation: str, *, path: str, expected: str, location: str = "", request_id: str = "") -> None:
        """`location` is where a redirect leads, as it was sent; nobody follows it by himself."""
        super().__init__(operation, f"unexpected answer at {path}: {expected}", request_id=request_id)
        self.path = path
        self.expected = expected
        self.location = location
