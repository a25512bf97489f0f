"""Names of states and changes as an agent reads them, translated when drawn."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    Create,
    Escalate,
    Link,
    MakePromise,
    MarkRead,
    Merge,
    Note,
    Reply,
    ReturnTask,
    SetAgentState,
    SetField,
    SetPriority,
    SetStatus,
    SettlePromise,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.directory import NO_DIRECTORY, Directory
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.queue import SortKey
from supportdesk_tui.domain.ticket import Channel, Status, TicketSummary
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.text import shown_line
from supportdesk_tui.ui.vocabulary import own_words

if TYPE_CHECKING:
    from supportdesk_tui.commands.gate import Finding

LANGUAGES = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "id": "Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "pt": "Português",
    "ru": "Русский",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}
"""Languages by their own name."""
_LANGUAGE_VALUES = frozenset({"wanted", "met"})
_WORD_VALUES = frozenset({"status", "fields"})
"""Values of a finding of the send gate that are languages, and words of the server."""


def language(tag: str) -> str:
    """A language as its speakers write it, else its tag."""
    return LANGUAGES.get(tag.partition("-")[0].lower(), shown_line(tag))


def why(finding: "Finding") -> str:
    """Why the send gate stops a text, in the agent's language; languages and words of the server in it too."""
    values = {}
    for name, value in finding.values:
        if name in _LANGUAGE_VALUES:
            values[name] = _("Latin letters") if value == "latin" else language(value)
        else:
            values[name] = ", ".join(map(own_words, value.split(", "))) if name in _WORD_VALUES else value
    return _(finding.why, **values)


def channel(kind: Channel) -> str:
    """How a customer reached us."""
    return {
        Channel.CHAT: _("chat"),
        Channel.EMAIL: _("e-mail"),
        Channel.TICKET: _("ticket"),
        Channel.PHONE: _("phone"),
        Channel.SOCIAL: _("social"),
        Channel.FORUM: _("forum"),
        Channel.INAPP: _("in-app"),
        Channel.OTHER: _("other channel"),
    }[kind]


def unreadable(count: int, mark: str) -> str:
    """That something is missing from a list, where the list stands."""
    if count == 1:
        return _("{mark} 1 item could not be read", mark=mark)
    return _("{mark} {n} items could not be read", mark=mark, n=count)


def field(name: str) -> str:
    """A field of a ticket: words of ours where we know it, else the backend's name of it."""
    known = {
        "status": _("status"),
        "priority": _("priority"),
        "channel": _("channel"),
        "owner": _("owner"),
        "team": _("team"),
        "tags": _("tags"),
        "clock": _("clock"),
        "category": _("category"),
        "language": _("language"),
    }
    return known.get(name) or shown_line(name)


def order(key: SortKey) -> str:
    """How a queue is sorted."""
    return {
        SortKey.CLOCK: _("by clock"),
        SortKey.UPDATED: _("newest change first"),
        SortKey.CREATED: _("newest first"),
        SortKey.PRIORITY: _("by priority"),
    }[key]


def _known_statuses() -> dict[str, str]:
    return {
        "new": _("new"),
        "bot": _("with the bot"),
        "waiting_human": _("asked for a human"),
        "open": _("Open").lower(),
        "in_progress": _("in progress"),
        "waiting_customer": _("waiting on customer"),
        "waiting_third_party": _("waiting on third party"),
        "waiting_internal": _("waiting on a colleague"),
        "escalated": _("escalated"),
        "snoozed": _("snoozed"),
        "on_hold": _("on hold"),
        "pending": _("pending"),
        "resolved": _("solved"),
        "solved": _("solved"),
        "reopened": _("reopened"),
        "closed": _("closed"),
        "merged": _("merged"),
        "spam": _("spam"),
    }


def status_name(name: str) -> str:
    """A status by its backend name: words of ours where we know it, else the name itself."""
    return _known_statuses().get(name) or shown_line(name.replace("_", " "))


def status(value: Status) -> str:
    """A status, translated when its name is known, else as its backend calls it."""
    return _known_statuses().get(value.name) or shown_line(value.title or value.name)


def agent_state(state: AgentState) -> str:
    """Whether work may reach an agent."""
    return {
        AgentState.AVAILABLE: _("available"),
        AgentState.BUSY: _("busy"),
        AgentState.WRAP_UP: _("wrap-up"),
        AgentState.BREAK: _("on break"),
        AgentState.TRAINING: _("training"),
        AgentState.AWAY: _("away"),
        AgentState.OFFLINE: _("offline"),
    }[state]


def presence(others: Iterable[tuple[str, Activity]]) -> str:
    """Who else is on a ticket, in one sentence each; writers first."""
    said = {
        Activity.TYPING: _("{name} is writing a reply"),
        Activity.TYPING_NOTE: _("{name} is writing a note"),
        Activity.VIEWING: _("{name} is reading"),
    }
    ranked = sorted((one for one in others if one[1] in said), key=lambda one: list(said).index(one[1]))
    return " · ".join(said[activity].format(name=shown_line(name)) for name, activity in ranked)


def _agent(directory: Directory, agent: str | None) -> str:
    known = next((one.name for one in directory.agents if one.id == agent), None)
    return shown_line(known or agent or "")


def _team(directory: Directory, team: str) -> str:
    known = next((one.name for one in directory.teams if one.id == team), None)
    return own_words(shown_line(known or team))


def follow_up(change: Change, now: datetime, directory: Directory = NO_DIRECTORY) -> str:
    """What a change will do, as few words as tell it apart."""
    match change:
        case Assign(agent=None):
            return _("owner: nobody")
        case Assign(agent=agent):
            return _("owner: {name}", name=_agent(directory, agent))
        case Transfer(team=team):
            return _("move to {team}", team=_team(directory, team))
        case SetStatus(status=name):
            return status_name(name)
        case SetPriority(priority=priority):
            return _("priority {priority}", priority=priority.name)
        case Snooze(until=None):
            return _("snooze until the customer answers")
        case Snooze(until=until):
            return _("snooze until {time}", time=when.moment(until, now) if until else "")
        case Escalate(team=team):
            return _("escalate to {team}", team=_team(directory, team))
        case MakePromise(due_at=due_at):
            return _("promise {time}", time=when.moment(due_at, now))
        case _:
            return _quiet(change)


def _quiet(change: Change) -> str:
    match change:
        case Tag(add=add, remove=remove):
            return " ".join([*(f"+{shown_line(tag)}" for tag in add), *(f"-{shown_line(tag)}" for tag in remove)])
        case SetField(name=name, value=value):
            return f"{own_words(shown_line(name))}: {shown_line(value)}"
        case Watch(on=on):
            return _("watch") if on else _("stop watching")
        case SettlePromise():
            return _("promise kept")
        case Reply():
            return _("reply")
        case Note():
            return _("internal note")
        case MarkRead(read=read):
            return _("mark read") if read else _("mark unread")
        case SetAgentState(state=state):
            return own_words(state)
        case _:
            return _verbs().get(type(change)) or type(change).__name__


def _verbs() -> dict[type, str]:
    return {
        Merge: _("merge"),
        Link: _("link"),
        ReturnTask: _("hand the task back"),
        Create: _("new ticket"),
        Undo: _("undo"),
    }


def _differs(change: Change, row: TicketSummary, now: datetime, directory: Directory) -> str:
    """What a change will do, beside what is so now where that is something else: `open → waiting on third party`."""
    will = follow_up(change, now, directory)
    match change:
        case SetStatus(status=name):
            was, to = status(row.status), status_name(name)
        case SetPriority(priority=priority):
            was, to = row.priority.name, priority.name
        case Assign(agent=agent):
            was = _agent(directory, row.owner) if row.owner else _("nobody")
            to = _agent(directory, agent) if agent else _("nobody")
            return will if was == to else _("owner: {name}", name=f"{was} → {to}")
        case _:
            return will
    return will if was == to else f"{was} → {to}"


def then(
    changes: Iterable[Change],
    now: datetime,
    directory: Directory = NO_DIRECTORY,
    *,
    row: TicketSummary | None = None,
    goes_on: bool = False,
) -> str:
    """What happens on send beside the words themselves: `then: open → waiting on third party · promise 16:00`."""
    parts = [follow_up(change, now, directory) if row is None else _differs(change, row, now, directory) for change in changes]
    if goes_on:
        parts.append(_("next ticket"))
    return _("then: {changes}", changes=" · ".join(parts)) if parts else ""
