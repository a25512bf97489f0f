"""How a command ends: the one place that turns what went wrong into words, a next step and an exit code."""

from enum import IntEnum

from supportdesk_tui.config.problems import ConfigError
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    DeskError,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    SignInNeeded,
    StorageError,
    Unreachable,
    Unsupported,
)
from supportdesk_tui.i18n.catalog import _, msg


class ExitCode(IntEnum):
    """What the calling shell sees; documented in `--help` and docs/cli.md."""

    DONE = 0
    REFUSED = 1
    WRONG_USE = 2
    CANNOT_REACH = 3
    SIGN_IN = 4


class Stopped(Exception):  # noqa: N818 - names an ending, as the errors of the domain name a condition
    """A command that could not do its work: what happened, what to do next, and the exit code."""

    def __init__(self, message: str, *, code: ExitCode, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.next_step = next_step


KNOWN: tuple[type[Exception], ...] = (DeskError, ConfigError, Stopped)
"""What a command may end with."""
_ENDINGS: tuple[tuple[type[Exception], ExitCode, str, str], ...] = (
    (SignInNeeded, ExitCode.SIGN_IN, msg("not signed in"), msg("Run: supportdesk login")),
    (
        Unreachable,
        ExitCode.CANNOT_REACH,
        msg("cannot reach the backend"),
        msg("Check the URL and the network with: supportdesk doctor"),
    ),
    (
        Ambiguous,
        ExitCode.CANNOT_REACH,
        msg("the connection broke on the way, so it is not known whether the change was made"),
        msg("It stays in the outbox; the same command again asks the server first and never does it twice."),
    ),
    (RateLimited, ExitCode.CANNOT_REACH, msg("the backend asks to wait"), msg("Try again later.")),
    (Forbidden, ExitCode.REFUSED, msg("not allowed"), msg("Your role may not do this; ask a lead, or see: supportdesk whoami")),
    (
        NotFound,
        ExitCode.REFUSED,
        msg("there is no such thing, or you may not see it"),
        msg("Look with: supportdesk tickets list"),
    ),
    (
        Conflict,
        ExitCode.REFUSED,
        msg("somebody changed the ticket meanwhile"),
        msg("Read it again with: supportdesk tickets show"),
    ),
    (Refused, ExitCode.REFUSED, msg("the backend said no"), ""),
    (
        BadPayload,
        ExitCode.CANNOT_REACH,
        msg("the backend's answer makes no sense"),
        msg("Is the URL right? See: supportdesk doctor"),
    ),
    (Unsupported, ExitCode.REFUSED, msg("this backend cannot do that"), msg("See what it can do with: supportdesk whoami")),
    (
        StorageError,
        ExitCode.REFUSED,
        msg("a file of ours could not be read or written"),
        msg("See the folders with: supportdesk config path"),
    ),
    (
        ConfigError,
        ExitCode.WRONG_USE,
        msg("the configuration has problems"),
        msg("See all of them with: supportdesk config check"),
    ),
    (DeskError, ExitCode.REFUSED, msg("it could not be done"), ""),
)
"""First match wins; the words stand before the error's own."""


def tell(error: Exception) -> ExitCode:
    """Say on standard error what happened and what to do next; the answer is the exit code."""
    import click

    ending = stopped(error)
    click.echo(f"supportdesk: {ending}", err=True)
    if ending.next_step:
        click.echo(f"  {ending.next_step}", err=True)
    return ending.code


def stopped(error: Exception) -> Stopped:
    """The ending for an error of ours."""
    if isinstance(error, Stopped):
        return error
    code, what, next_step = next((code, what, step) for kind, code, what, step in _ENDINGS if isinstance(error, kind))
    details = _details(error)
    said = _("{what}: {details}", what=_(what), details=details) if details else _(what)
    return Stopped(said, code=code, next_step=_step(error, _(next_step)))


def _details(error: Exception) -> str:
    if isinstance(error, ConfigError):
        from supportdesk_tui.cli.saying import said

        return "\n".join(map(said, error.problems))
    if not isinstance(error, BackendError):
        return str(error)
    from supportdesk_tui.ui.vocabulary import own_words

    if isinstance(error, Refused) and error.fields:
        fields = "; ".join(f"{name}: {own_words(complaint)}" for name, complaint in error.fields.items())
        return f"{own_words(str(error.reason))} ({fields})" if error.reason else fields
    return own_words(str(error.reason or error.operation))


def _step(error: Exception, step: str) -> str:
    if isinstance(error, RateLimited):
        return _("Try again in {n} s.", n=max(1, round(error.after_s)))
    if isinstance(error, BackendError) and error.request_id:
        return _("{step} (request {id})", step=step, id=error.request_id).strip()
    return step
