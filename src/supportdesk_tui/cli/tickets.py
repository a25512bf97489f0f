"""`supportdesk tickets …`: read and change tickets from the shell, through the same port and the same outbox as the desk."""

from typing import TYPE_CHECKING

import click

from supportdesk_tui.cli.options import anyway_option, json_option, profile_option, seen_option

if TYPE_CHECKING:
    from supportdesk_tui.domain.changes import Change

SORTS = ("clock", "updated", "created", "priority")


@click.group("tickets")
def tickets_command() -> None:
    """List, read and change tickets without opening the desk.

    A change is on disk before it is sent and is sent once: if the connection breaks (exit code 3), the same command again goes
    on under the same key.
    """


@tickets_command.command("list")
@click.argument("query", default="")
@click.option("--sort", type=click.Choice(SORTS), default="clock", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@profile_option
@json_option
def list_command(query: str, sort: str, limit: int, profile: str | None, as_json: bool) -> None:
    """List tickets; QUERY is in the grammar of the search line, e.g. 'owner:me sla:<30m'.

    One ticket a line, fields separated by tabs: number, priority, status, clock, owner, channel, subject.
    """
    from supportdesk_tui.cli.reading import list_tickets

    list_tickets(profile, query, sort=sort, limit=limit, as_json=as_json)


@tickets_command.command("show")
@click.argument("number")
@profile_option
@json_option
def show_command(number: str, profile: str | None, as_json: bool) -> None:
    """Print a ticket and its conversation; NUMBER is a case number or an id.

    The letter before a line says who speaks: C customer, A agent, B bot, I internal note, S system.
    """
    from supportdesk_tui.cli.reading import show_ticket

    show_ticket(profile, number, as_json=as_json)


@tickets_command.command("reply")
@click.argument("number")
@click.argument("body", required=False)
@seen_option
@anyway_option
@profile_option
@json_option
def reply_command(number: str, body: str | None, seen: int, anyway: str, profile: str | None, as_json: bool) -> None:
    """Answer the customer with BODY, with `-` from standard input, or with what you write in $EDITOR.

    What the send gate finds wrong is printed and nothing is sent (exit code 1), until the text is changed or --anyway says why;
    what the customer and others said after the entry of --seen is such a finding too.
    """
    from supportdesk_tui.cli.spoken import say_words
    from supportdesk_tui.domain.changes import Reply

    say_words(profile, number, Reply("", seen=seen), body, anyway.strip(), as_json=as_json)


@tickets_command.command("note")
@click.argument("number")
@click.argument("body", required=False)
@anyway_option
@profile_option
@json_option
def note_command(number: str, body: str | None, anyway: str, profile: str | None, as_json: bool) -> None:
    """Leave an internal note: BODY, `-` for standard input, or $EDITOR. The customer never reads it."""
    from supportdesk_tui.cli.spoken import say_words
    from supportdesk_tui.domain.changes import Note

    say_words(profile, number, Note(""), body, anyway.strip(), as_json=as_json)


@tickets_command.command("assign")
@click.argument("number")
@click.argument("agent")
@profile_option
@json_option
def assign_command(number: str, agent: str, profile: str | None, as_json: bool) -> None:
    """Give a ticket to AGENT: `me`, `nobody`, an agent's id or name."""
    from supportdesk_tui.cli.writing import change_ticket, to_assign

    change_ticket(profile, number, lambda desk: to_assign(desk, agent), as_json=as_json)


@tickets_command.command("status")
@click.argument("number")
@click.argument("status")
@click.option("--reason", default="", help="Why it is solved, e.g. answered.")
@profile_option
@json_option
def status_command(number: str, status: str, reason: str, profile: str | None, as_json: bool) -> None:
    """Set the STATUS of a ticket, by the backend's own name."""
    from supportdesk_tui.cli.writing import change_ticket, to_status

    change_ticket(profile, number, lambda desk: to_status(desk, status, reason), as_json=as_json)


@tickets_command.command("escalate")
@click.argument("number")
@click.argument("target")
@click.option("--summary", required=True, help="What the specialists must know.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A fact the target requires; repeatable.")
@anyway_option
@profile_option
@json_option
def escalate_command(  # noqa: PLR0913, PLR0917  # one for each option
    number: str, target: str, summary: str, fields: tuple[str, ...], anyway: str, profile: str | None, as_json: bool
) -> None:
    """Open a linked task with TARGET, a team or its letter after `!`; you keep the customer."""
    from supportdesk_tui.cli.writing import Desk, change_ticket, to_escalate

    def escalate(desk: Desk) -> "Change":
        return to_escalate(desk, target, summary, fields)

    change_ticket(profile, number, escalate, anyway.strip(), as_json=as_json)
