"""The embedded server is an optional part of the installation: say which command adds it."""

from importlib.util import find_spec

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.i18n.catalog import _

PACKAGE = "'supportdesk-tui[server]'"
NEEDED = ("starlette", "uvicorn", "sqlalchemy", "alembic")


def require_server() -> None:
    """Stop with the command that installs it when a package of the `[server]` extra is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise Stopped(
            _("the embedded server is not installed ({packages} missing)", packages=", ".join(missing)),
            code=ExitCode.WRONG_USE,
            next_step=_("Run: {one}   or: {other}", one=f"pip install {PACKAGE}", other=f"pipx install {PACKAGE}"),
        )
