"""What `supportdesk serve` does once the server's packages are known to be there."""

import os
import secrets
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.serve import REMOTE_FLAG
from supportdesk_tui.cli.wrapping import padded
from supportdesk_tui.config.paths import find_paths, make_private
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.server import staff
from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.http.limits import Limits
from supportdesk_tui.server.runner import NotLoopback, ServeOptions, run_server
from supportdesk_tui.server.storage.dialect import UnsupportedDatabase, is_outside

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `supportdesk serve`."""

    db: str | None
    host: str
    port: int
    seed_tickets: int
    seed: int
    certificate: Path | None
    key: Path | None
    is_plain: bool
    token_rate: float
    address_rate: float
    connections: int


def serve(wanted: Wanted) -> None:
    """Prepare the database, say who can sign in, and serve."""
    if (wanted.certificate is None) != (wanted.key is None):
        raise Stopped(
            _("a certificate and its key belong together"),
            code=ExitCode.WRONG_USE,
            next_step=_("Give {options}.", options="--tls-cert, --tls-key"),
        )
    db_url = wanted.db or default_db()
    options = ServeOptions(
        db_url=db_url,
        host=wanted.host,
        port=wanted.port,
        allow_remote=wanted.is_plain,
        certificate=wanted.certificate,
        key=wanted.key,
        seed_tickets=wanted.seed_tickets,
        seed=wanted.seed,
        limits=Limits(token_rate=wanted.token_rate, address_rate=wanted.address_rate, connections=wanted.connections),
    )
    try:
        with on_database():
            run_server(options, lambda url: _announce(url, db_url, wanted.db), lambda desk: let_in(desk, wanted.db))
    except NotLoopback as error:
        raise Stopped(
            _("{host} is not an address of this machine alone", host=wanted.host),
            code=ExitCode.WRONG_USE,
            next_step=_("Give --tls-cert and --tls-key, or {option}.", option=REMOTE_FLAG),
        ) from error
    except OSError as error:
        text = _("cannot listen on {place}: {reason}", place=f"{wanted.host}:{wanted.port}", reason=error.strerror)
        taken = _("Give another one with --port; 0 takes a free one.") if error.errno == EADDRINUSE else ""
        raise Stopped(text, code=ExitCode.REFUSED, next_step=taken) from error


@contextmanager
def on_database() -> Iterator[None]:
    """Turn what a database cannot do into an ending: 3 where it is not reached or busy, 2 where it is none of ours."""
    try:
        yield
    except ArgumentError as error:
        raise Stopped(
            _("the database cannot be used: {reason}", reason=_("this is no address of one")),
            code=ExitCode.WRONG_USE,
            next_step=_("Give sqlite:////srv/desk.db or postgresql://user@host/name."),
        ) from error
    except (UnsupportedDatabase, SQLAlchemyError) as error:
        why = getattr(error, "orig", None) or error  # the database's own words, without SQLAlchemy's around them
        text = _("the database cannot be used: {reason}", reason=str(why).strip())
        is_away = isinstance(error, OperationalError) and is_outside(error.orig)
        raise Stopped(text, code=ExitCode.CANNOT_REACH if is_away else ExitCode.WRONG_USE) from error


def default_db() -> str:
    """A database in the data folder, readable by its owner only."""
    folder = make_private(find_paths(os.environ).data / "server")
    return f"sqlite:///{folder / 'desk.db'}"


def shown_db(db_url: str) -> str:
    """A database as it may be named on a screen: without its password."""
    return make_url(db_url).render_as_string(hide_password=True)


def serve_words(words: str, db: str | None) -> str:
    """A command of `supportdesk serve` for this database, as it can be typed."""
    place = f"--db {shlex.quote(shown_db(db))}" if db else ""
    return " ".join(filter(None, ("supportdesk serve", words, place)))


def made_up() -> str:
    """A password nobody can guess, short enough to be typed from a screen."""
    return secrets.token_urlsafe(12)


def show_once(login: str, password: str) -> None:
    """Show what somebody signs in with."""
    for title, value in ((_("Login"), login), (_("Password"), password)):
        click.echo(f"  {padded(title, 9)} {value}")
    click.echo(_("The password is not shown again."))


def let_in(desk: Desk, db: str | None) -> None:
    """Where nobody can sign in: give an administrator a password on a terminal, else say how, since a log is for others too."""
    found = staff.members(desk)
    if staff.can_anybody_sign_in(found):
        return
    admin = next((one.agent.login for one in found if one.agent.role == "admin" and one.agent.active), "")
    if not sys.stdout.isatty() or (found and not admin):
        click.echo(nobody_yet(db, admin, has_agents=bool(found)))
        return
    password = made_up()
    if admin:
        staff.set_password(desk, admin, password)
    else:
        staff.add(desk, staff.Newcomer(login=ADMIN, name="Administrator", role="admin", password=password))
    click.echo(_("Nobody could sign in yet. Now this administrator can:"))
    show_once(admin or ADMIN, password)


def nobody_yet(db: str | None, login: str = "", *, has_agents: bool) -> str:
    """What to do where nobody has a password."""
    words = f"agents password {login or 'LOGIN'}" if has_agents else f"agents add {ADMIN} --role admin"
    return _("Nobody can sign in yet. Let somebody in with: {command}", command=serve_words(words, db))


def _announce(url: str, db_url: str, db: str | None) -> None:
    """Say what is kept where and where it listens; that nobody reads it (`serve | head`) is no reason to stop."""
    with suppress(BrokenPipeError):
        click.echo(_("Tickets are kept in {db}", db=shown_db(db_url)))
        click.echo(url)
        if sys.stdout.isatty():
            click.echo(_("Sign in, from another terminal, with: {command}", command=f"supportdesk login {url}"))
            click.echo(_("Let others in with: {command}", command=serve_words("agents add LOGIN", db)))
