"""What `supportdesk serve` does once the server's packages are known to be there."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.serve import REMOTE_FLAG
from supportdesk_tui.cli.wrapping import padded
from supportdesk_tui.config.paths import find_paths, make_private
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.server.desk.desk import now_ms
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.http.limits import Limits
from supportdesk_tui.server.http.tokens import hash_password
from supportdesk_tui.server.runner import NotLoopback, ServeOptions, is_empty, open_parts, run_server
from supportdesk_tui.server.storage import log, tables
from supportdesk_tui.server.storage.dialect import UnsupportedDatabase
from supportdesk_tui.server.storage.engine import Database

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
    """Prepare the database, say how to sign in when it is new, and serve."""
    if (wanted.certificate is None) != (wanted.key is None):
        raise Stopped(
            _("a certificate and its key belong together"),
            code=ExitCode.WRONG_USE,
            next_step=_("Give {options}.", options="--tls-cert, --tls-key"),
        )
    db_url = wanted.db or default_db()
    try:
        password = first_password(db_url, is_seeded=wanted.seed_tickets > 0)
        options = ServeOptions(
            db_url=db_url,
            host=wanted.host,
            port=wanted.port,
            allow_remote=wanted.is_plain,
            certificate=wanted.certificate,
            key=wanted.key,
            seed_tickets=wanted.seed_tickets,
            seed=wanted.seed,
            password=password,
            limits=Limits(token_rate=wanted.token_rate, address_rate=wanted.address_rate, connections=wanted.connections),
        )
        run_server(options, lambda url: _announce(url, is_new=bool(password)))
    except NotLoopback as error:
        raise Stopped(
            str(error),
            code=ExitCode.WRONG_USE,
            next_step=_("Give --tls-cert and --tls-key, or {option}.", option=REMOTE_FLAG),
        ) from error
    except (UnsupportedDatabase, SQLAlchemyError) as error:
        why = getattr(error, "orig", None) or error  # the database's own words, without SQLAlchemy's around them
        text = _("the database cannot be used: {reason}", reason=str(why).strip())
        raise Stopped(text, code=ExitCode.WRONG_USE) from error
    except OSError as error:
        text = _("cannot listen on {place}: {reason}", place=f"{wanted.host}:{wanted.port}", reason=error.strerror)
        raise Stopped(text, code=ExitCode.REFUSED) from error


def default_db() -> str:
    """A database in the data folder, readable by its owner only."""
    folder = make_private(find_paths(os.environ).data / "server")
    return f"sqlite:///{folder / 'desk.db'}"


def first_password(db_url: str, *, is_seeded: bool) -> str:
    """A password for a database in which nothing has happened, whose administrator is made and told of now; else empty."""
    parts = open_parts(db_url)
    try:
        if not is_empty(parts.database.engine):
            return ""
        password = secrets.token_urlsafe(12)
        if not is_seeded:
            make_admin(parts.database, password)
        click.echo(_("This database is new. Sign in with what stands here now; it is not shown again:"))
        for title, value in ((_("Login"), ADMIN), (_("Password"), password)):
            click.echo(f"  {padded(title, 9)} {value}")
        return password
    finally:
        parts.database.close()


def make_admin(database: Database, password: str) -> None:
    """Let the log begin with an administrator, who can sign in with this password."""
    agent = Agent(id="a1", login=ADMIN, name="Administrator", role="admin", languages=["en"], state="away")
    row = msgspec.structs.asdict(agent)
    salt = secrets.token_bytes(16)
    with database.writing() as connection:
        joined = log.Event(
            seq=log.next_seq(connection), at=now_ms(), actor=None, kind="agent.joined", ticket=None,
            before={"agents": {agent.id: None}}, after={"agents": {agent.id: row}},
        )  # fmt: skip
        log.append(connection, joined)
        connection.execute(
            insert(tables.credentials), [{"agent": agent.id, "salt": salt, "hash": hash_password(password, salt)}]
        )


def _announce(url: str, *, is_new: bool) -> None:
    """Say where it listens; that nobody reads it (`serve | head`) is no reason to stop."""
    with suppress(BrokenPipeError):
        click.echo(url)
        if is_new:
            click.echo(_("Sign in, from another terminal, with: {command}", command=f"supportdesk login {url}"))
