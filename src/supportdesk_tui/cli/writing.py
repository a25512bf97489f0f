"""Changes made from the shell: what is meant, said in the backend's words, sent through the outbox."""

from collections.abc import Callable

import click

from supportdesk_tui.cli import show
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.send import Sending
from supportdesk_tui.cli.session import Desk, at_backend, known_names, settings_of
from supportdesk_tui.config.problems import nearest_name
from supportdesk_tui.domain.changes import Assign, Change, Escalate, SetStatus
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.i18n.catalog import _, msg
from supportdesk_tui.store.state import OutboxItem
from supportdesk_tui.ui.vocabulary import own_words

__all__ = ["Desk", "change_ticket", "say", "to_assign", "to_escalate", "to_status"]


def change_ticket(
    profile: str | None, number: str, choose: Callable[[Desk], Change], reason: str = "", *, as_json: bool
) -> None:
    """Make one change to a ticket, its words through the gate, and print what became of it."""
    from supportdesk_tui.cli.gating import passed_change

    gate = settings_of(profile).gate

    async def send(desk: Desk) -> OutboxItem:
        row = (await desk.backend.get_ticket(TicketId(number))).summary
        desk.directory = await desk.backend.get_directory()
        change = passed_change(desk, choose(desk), reason, gate)
        return await Sending(desk.backend, desk.session, desk.outbox_folder).apply(row, change)

    say(at_backend(profile, send), as_json=as_json)


def say(item: OutboxItem, *, as_json: bool) -> None:
    """Print what became of a change."""
    if as_json:
        plain = {"key": item.key, "ticket": item.number, "phase": item.phase, "says": item.says}
        click.echo(show.to_json(plain))
    else:
        click.echo(f"{item.number}  {own_words(item.says) or _('done')}")


def to_assign(desk: Desk, agent: str) -> Assign:
    """Who is meant by `me`, `nobody`, an id or a name."""
    if agent == "me":
        return Assign(desk.session.agent.id)
    if agent == "nobody":
        return Assign(None)
    agents = desk.directory.agents
    named = [one.id for one in agents if agent == one.id or agent.casefold() == one.name.casefold()]
    named = named or [one.id for one in agents if agent.casefold() in one.name.casefold()]
    if len(named) == 1:
        return Assign(AgentId(named[0]))
    raise _unknown("agent", agent, ["me", "nobody", *(str(one.name) for one in agents)], is_unclear=bool(named))


def to_status(desk: Desk, status: str, reason: str) -> SetStatus:
    """The backend's own status."""
    names = [one.name for one in desk.directory.statuses]
    if status not in names:
        raise _unknown("status", status, names)
    reasons = desk.directory.resolve_reasons
    if reason and reasons and reason not in reasons:
        raise _unknown("reason", reason, list(reasons))
    return SetStatus(status, reason)


def to_escalate(desk: Desk, target: str, summary: str, fields: tuple[str, ...]) -> Escalate:
    """The target behind a letter or a team, with the facts it asks for."""
    known = {name: one for one in desk.directory.targets for name in (one.key, one.team)}
    if target not in known:
        raise _unknown("target", target, _target_names(desk.directory))
    pairs = []
    for field in fields:
        name, equals, value = field.partition("=")
        if not (name and equals):
            raise Stopped(_("{text} is not NAME=VALUE", text=repr(field)), code=ExitCode.WRONG_USE)
        pairs.append((name, value))
    missing = [name for name in known[target].required if name != "summary" and name not in dict(pairs)]
    if missing:
        more = " ".join(f"--field {name}=…" for name in missing)
        text = _("{team} needs {facts}", team=_(known[target].title), facts=", ".join(missing))
        raise Stopped(text, code=ExitCode.WRONG_USE, next_step=_("Add: {words}", words=more))
    return Escalate(known[target].team, summary, tuple(pairs))


def _target_names(directory: Directory) -> list[str]:
    return [f"{one.key} ({one.team})" for one in directory.targets]


_UNKNOWN = {
    "agent": msg("there is no agent {name}"),
    "status": msg("there is no status {name}"),
    "reason": msg("there is no reason {name}"),
    "target": msg("there is no target {name}"),
}


def _unknown(what: str, written: str, names: list[str], *, is_unclear: bool = False) -> Stopped:
    said = msg("more than one agent fits {name}") if is_unclear else _UNKNOWN[what]
    near = nearest_name(written, names)
    return Stopped(_(said, name=repr(written)), code=ExitCode.WRONG_USE, next_step=known_names(near, names))
