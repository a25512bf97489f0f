"""`supportdesk serve agents …` and `… connectors …`: who may sign in to the embedded backend, and what may deliver to it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from supportdesk_tui.cli.options import json_option

Command = TypeVar("Command", bound=Callable[..., Any])
ROLES = ("trainee", "l1", "l2", "specialist", "lead", "duty_manager", "auditor", "admin")


def db_option(command: Command) -> Command:
    """`--db`: whose agents; the one of `serve` itself when it stands before the subcommand."""
    words = "The server's database, as `serve --db` has it; a file in the data folder otherwise."
    return click.option("--db", metavar="URL", help=words)(command)


def password_option(command: Command) -> Command:
    """`--password-stdin`: a password of one's own."""
    words = "Ask for the password, or read it from standard input, instead of making one up."
    return click.option("--password-stdin", "is_given", is_flag=True, help=words)(command)


def languages_option(command: Command) -> Command:
    """`--language`: what somebody reads and writes."""
    words = "A language they answer in, like en or zh; may be given again."
    return click.option("--language", "languages", metavar="CODE", multiple=True, help=words)(command)


def _need_server() -> None:
    from supportdesk_tui.cli.extra import require_server

    require_server()


@click.group("agents")
def agents_group() -> None:
    """Let agents in, and say what they may do.

    It works on the database itself, also while the server runs, which takes notice within two seconds.
    """
    _need_server()


@agents_group.command("list")
@db_option
@json_option
def list_command(db: str | None, as_json: bool) -> None:
    """List everybody who works or worked here."""
    from supportdesk_tui.cli import staffing

    staffing.list_agents(db, as_json=as_json)


@agents_group.command("add")
@click.argument("login")
@click.option("--name", default="", metavar="NAME", help="What customers and colleagues read; made of the login otherwise.")
@click.option("--role", type=click.Choice(ROLES), default="l1", show_default=True, help="What they may do.")
@click.option("--team", "teams", metavar="TEAM", multiple=True, help="A team they belong to, like risk; may be given again.")
@languages_option
@password_option
@db_option
@json_option
def add_command(db: str | None, is_given: bool, as_json: bool, **wanted: Any) -> None:
    """Let somebody sign in.

    The password that is made up for them is shown this once. Without --team, first-line roles belong to the teams that answer
    their languages.
    """
    from supportdesk_tui.cli import staffing

    staffing.add_agent(db, wanted, is_given=is_given, as_json=as_json)


@agents_group.command("role")
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES), metavar="ROLE")
@db_option
@json_option
def role_command(db: str | None, login: str, role: str, as_json: bool) -> None:
    """Give an agent another role.

    ROLE is trainee, l1, l2, specialist, lead, duty_manager, auditor or admin.
    """
    from supportdesk_tui.cli import staffing

    staffing.change_agent(db, login, {"role": role}, as_json=as_json)


@agents_group.command("teams")
@click.argument("login")
@click.argument("teams", metavar="TEAM...", nargs=-1, required=True)
@languages_option
@db_option
@json_option
def teams_command(db: str | None, login: str, teams: tuple[str, ...], languages: tuple[str, ...], as_json: bool) -> None:
    """Say which teams an agent belongs to.

    With --language also what they answer in, in the place of what was said before.
    """
    from supportdesk_tui.cli import staffing

    wanted = {"teams": teams, "languages": languages} if languages else {"teams": teams}
    staffing.change_agent(db, login, wanted, as_json=as_json)


@agents_group.command("password")
@click.argument("login")
@password_option
@db_option
@json_option
def password_command(db: str | None, login: str, is_given: bool, as_json: bool) -> None:
    """Give an agent a new password.

    Their sessions end. Somebody who had left can sign in again.
    """
    from supportdesk_tui.cli import staffing

    staffing.give_password(db, login, is_given=is_given, as_json=as_json)


@agents_group.command("token")
@click.argument("login")
@click.option("--label", default="", metavar="TEXT", help="What the token is for.")
@db_option
@json_option
def token_command(db: str | None, login: str, label: str, as_json: bool) -> None:
    """Print a token of an agent.

    It is for `supportdesk login --token-stdin`, good for 30 days, and shown this once.
    """
    from supportdesk_tui.cli import staffing

    staffing.give_token(db, login, label, as_json=as_json)


@agents_group.command("sign-out")
@click.argument("login")
@db_option
@json_option
def sign_out_command(db: str | None, login: str, as_json: bool) -> None:
    """End every session of an agent."""
    from supportdesk_tui.cli import staffing

    staffing.sign_out(db, login, as_json=as_json)


@agents_group.command("disable")
@click.argument("login")
@db_option
@json_option
def disable_command(db: str | None, login: str, as_json: bool) -> None:
    """Let an agent leave.

    Their sessions end, and their open tickets go back to the queue. What they wrote stays, under their name. A new password
    lets them in again.
    """
    from supportdesk_tui.cli import staffing

    staffing.disable_agent(db, login, as_json=as_json)


@click.group("connectors")
def connectors_group() -> None:
    """Say what may deliver customers' messages.

    A mail script, a web form, a chat: each has a token of its own, for POST /api/v1/inbound and nothing else.
    """
    _need_server()


@connectors_group.command("list")
@db_option
@json_option
def list_connectors_command(db: str | None, as_json: bool) -> None:
    """List what may deliver."""
    from supportdesk_tui.cli import staffing

    staffing.list_connectors(db, as_json=as_json)


@connectors_group.command("add")
@click.argument("name")
@db_option
@json_option
def add_connector_command(db: str | None, name: str, as_json: bool) -> None:
    """Print a token for something that delivers.

    It is good until the connector is removed, and shown this once.
    """
    from supportdesk_tui.cli import staffing

    staffing.add_connector(db, name, as_json=as_json)


@connectors_group.command("remove")
@click.argument("name")
@db_option
@json_option
def remove_connector_command(db: str | None, name: str, as_json: bool) -> None:
    """Let something deliver no more."""
    from supportdesk_tui.cli import staffing

    staffing.remove_connector(db, name, as_json=as_json)
