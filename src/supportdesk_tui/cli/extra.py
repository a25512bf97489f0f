"""The embedded server is an optional part of the installation: say which command adds it."""

from importlib.util import find_spec

from supportdesk_tui.cli.outcomes import ExitCode, Stopped

NEEDED = ("starlette", "uvicorn", "sqlalchemy", "alembic")


def require_server() -> None:
    """Stop with the command that installs it when a package of the `[server]` extra is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise Stopped(
            f"the embedded server is not installed ({', '.join(missing)} missing)",
            code=ExitCode.WRONG_USE,
            next_step="Run: pip install 'supportdesk-tui[server]'   or: pipx install 'supportdesk-tui[server]'",
        )
