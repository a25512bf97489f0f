"""What `supportdesk serve agents` and `… connectors` do once the server's packages are known to be there."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.service import default_db, made_up, nobody_yet, on_database, serve_words, show_once, shown_db
from supportdesk_tui.cli.wrapping import columns, padded
from supportdesk_tui.i18n.catalog import _, current_locale
from supportdesk_tui.server import staff
from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.desk.refusals import BadRequest, Refusal
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.words import TEAMS
from supportdesk_tui.server.runner import open_parts
from supportdesk_tui.ui.vocabulary import own_words

PASSWORD_OPTION = "--password-stdin"  # noqa: S105  the name of an option


@contextmanager
def at_desk(db: str | None) -> Iterator[Desk]:
    """The desk of a database that a server made; what it refuses becomes an ending of the command."""
    context = click.get_current_context()
    parents = (one.params.get("db") for one in (context, *_parents(context)))
    url = next(filter(None, (db, *parents)), None) or default_db()
    with on_database():
        file = make_url(url).database if url.startswith("sqlite") else None
        if file and not Path(file).exists():
            text = _("there is no database {db}", db=shown_db(url))
            step = _("The server makes it at its first start: {command}", command=serve_words("", url))
            raise Stopped(text, code=ExitCode.REFUSED, next_step=step)
        parts = open_parts(url)
        try:
            yield parts.desk
        except Refusal as refusal:
            code = ExitCode.WRONG_USE if isinstance(refusal, BadRequest) else ExitCode.REFUSED
            known = _("It has: {names}", names=", ".join(TEAMS)) if refusal.field == "team" else ""
            raise Stopped(own_words(str(refusal)), code=code, next_step=known) from refusal
        finally:
            parts.database.close()


def _parents(context: click.Context) -> Iterator[click.Context]:
    while context.parent is not None:
        context = context.parent
        yield context


def password_from(*, is_given: bool) -> str:
    """A password: typed unseen, piped in, or made up; one that is made up can only be shown on a terminal."""
    if is_given and sys.stdin.isatty():
        return str(click.prompt(_("Password"), hide_input=True, confirmation_prompt=_("Password again")))
    if is_given:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdout.isatty():
        text = _("a password is shown on a terminal only, never in a file or a log")
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Give {options}.", options=PASSWORD_OPTION))
    return made_up()


# --- agents


def list_agents(db: str | None, *, as_json: bool) -> None:
    """Print everybody, as a table or for programs."""
    with at_desk(db) as desk:
        found = staff.members(desk)
    if as_json:
        more = [{"has_password": one.has_password, "tokens": one.tokens} for one in found]
        _print_json([{**to_plain(one.agent), **rest} for one, rest in zip(found, more, strict=True)])
        return
    rows = [(_("login"), _("name"), _("role"), _("teams"), _("languages"), _("signs in"))]
    for one in found:
        agent = one.agent
        door = _("with a password") if one.has_password else _("with a token") if one.tokens else _("never")
        state = door if agent.active else _("has left")
        rows.append((agent.login, agent.name, _(agent.role), " ".join(agent.teams), " ".join(agent.languages), state))
    _print_table(rows)
    if not staff.can_anybody_sign_in(found):
        click.echo(nobody_yet(db, has_agents=bool(found)), err=True)


def add_agent(db: str | None, wanted: Mapping[str, Any], *, is_given: bool, as_json: bool) -> None:
    """Let somebody begin; their languages are the one spoken here unless they are told."""
    with at_desk(db) as desk:
        languages = wanted["languages"] or (current_locale().partition("_")[0],)
        password = password_from(is_given=is_given)
        agent = staff.add(desk, staff.Newcomer(**{**wanted, "languages": languages, "password": password}))
    _tell(agent, _("{who} can sign in now", who=_who(agent)), as_json=as_json, password="" if is_given else password)


def change_agent(db: str | None, login: str, wanted: dict[str, Any], *, as_json: bool) -> None:
    """Give an agent another role, other teams or languages."""
    with at_desk(db) as desk:
        agent = staff.change(desk, login, **wanted)
    _tell(agent, _who(agent), as_json=as_json)


def give_password(db: str | None, login: str, *, is_given: bool, as_json: bool) -> None:
    """Give an agent a new password."""
    with at_desk(db) as desk:
        password = password_from(is_given=is_given)
        agent = staff.set_password(desk, login, password)
    says = _("{who} can sign in with the new password only; sessions from before have ended", who=_who(agent))
    _tell(agent, says, as_json=as_json, password="" if is_given else password)


def give_token(db: str | None, login: str, label: str, *, as_json: bool) -> None:
    """Print a token of an agent."""
    with at_desk(db) as desk:
        _print_token(staff.give_token(desk, login, label), as_json=as_json)


def sign_out(db: str | None, login: str, *, as_json: bool) -> None:
    """End every session of an agent."""
    with at_desk(db) as desk:
        agent = staff.sign_out(desk, login)
    _tell(agent, _("{who} is signed out everywhere", who=_who(agent)), as_json=as_json)


def disable_agent(db: str | None, login: str, *, as_json: bool) -> None:
    """Let an agent leave."""
    with at_desk(db) as desk:
        agent = staff.disable(desk, login)
    says = _("{who} can sign in no more; the server puts open tickets back into their queues", who=_who(agent))
    _tell(agent, says, as_json=as_json)


# --- connectors


def list_connectors(db: str | None, *, as_json: bool) -> None:
    """Print what may deliver."""
    with at_desk(db) as desk:
        found = staff.connectors(desk)
    added = [(one.name, datetime.fromtimestamp(one.created_at / 1000, tz=UTC)) for one in found]
    if as_json:
        _print_json([{"name": name, "added_at": at.isoformat()} for name, at in added])
        return
    _print_table([(_("connector"), _("added")), *((name, f"{at:%Y-%m-%d %H:%M} UTC") for name, at in added)])


def add_connector(db: str | None, name: str, *, as_json: bool) -> None:
    """Print a token for a program that delivers."""
    with at_desk(db) as desk:
        _print_token(staff.add_connector(desk, name), as_json=as_json)


def remove_connector(db: str | None, name: str, *, as_json: bool) -> None:
    """Let a program deliver no more."""
    with at_desk(db) as desk:
        staff.remove_connector(desk, name)
    if as_json:
        _print_json({"name": name})
    else:
        click.echo(_("{name} may not deliver any more", name=name))


# --- what is printed


def to_plain(agent: Agent) -> dict[str, Any]:
    """An agent for programs."""
    names = ("id", "login", "name", "role", "teams", "languages", "active")
    return {name: getattr(agent, name) for name in names}


def _who(agent: Agent) -> str:
    teams = ", ".join(own_words(TEAMS[one]) for one in agent.teams) or _("no team")
    words = {"login": agent.login, "name": agent.name, "role": _(agent.role)}
    return _("{login} ({name}, {role}; {teams}; {languages})", **words, teams=teams, languages=" ".join(agent.languages))


def _tell(agent: Agent, says: str, *, as_json: bool, password: str = "") -> None:
    if as_json:
        _print_json(to_plain(agent) | ({"password": password} if password else {}))
        return
    click.echo(says)
    if password:
        show_once(agent.login, password)
        click.echo(_("Sign in with: {command}", command="supportdesk login URL"))


def _print_token(token: str, *, as_json: bool) -> None:
    if as_json:
        _print_json({"token": token})
        return
    click.echo(token)
    if sys.stdout.isatty():
        click.echo(_("It is not shown again."), err=True)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip())
