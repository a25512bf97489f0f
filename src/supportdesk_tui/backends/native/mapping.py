"""Wire to domain: pure and total. A word this client does not know is shown as text and means the most careful thing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from supportdesk_tui.backends.calls import Said
from supportdesk_tui.backends.native.reading import misread
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Applied, Outcome
from supportdesk_tui.domain.clocks import to_utc
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.directory import Article, Category, Directory, EscalationTarget
from supportdesk_tui.domain.ids import (
    AgentId,
    AttachmentId,
    ChangeKey,
    CustomerId,
    EntryId,
    TeamId,
    TicketId,
    ViewId,
)
from supportdesk_tui.domain.people import (
    Agent,
    AgentState,
    Role,
    Team,
)
from supportdesk_tui.domain.queue import SortKey, View
from supportdesk_tui.domain.sla import NO_CLOCK, Clock, ClockKind
from supportdesk_tui.domain.ticket import (
    Channel,
    FieldValue,
    LinkedTicket,
    Phase,
    Priority,
    PromiseRecord,
    PromiseState,
    Status,
    Ticket,
    TicketSummary,
)
from supportdesk_tui.text import secrets
from supportdesk_tui.text.safe import LINE_LIMIT, SafeText, join, sanitize, sanitize_line
from supportdesk_tui.wire import schema as wire

E = TypeVar("E", bound=StrEnum)


class Lens(Struct, frozen=True):
    """What reading a row depends on beside the row."""

    me: AgentId | None = None
    titles: Mapping[str, SafeText] = field(default_factory=dict)
    """Titles of statuses, once the directory is known."""


def known(kind: type[E], word: str, otherwise: E) -> E:
    """The member of that name, or what an unknown word means."""
    return kind(word) if word in kind._value2member_map_ else otherwise


def utc_or_none(at: datetime | None) -> datetime | None:
    """`to_utc` of a time that may be missing."""
    return None if at is None else to_utc(at)


def lines_of(texts: Iterable[str]) -> tuple[SafeText, ...]:
    """Words of the server, each safe on one line."""
    return tuple(sanitize_line(text) for text in texts)


def _said(text: str) -> secrets.Admitted:
    """What a stranger wrote, in the one way all of it enters: made safe, its secrets hidden. The marks are our server's."""
    return secrets.admit(text, keeps_marks=True)


def said_line(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """`_said` for one line of a list."""
    return secrets.admit_line(text, limit, keeps_marks=True)


def to_revealed(out: wire.RevealOut) -> SafeText:
    """Words as they were written, safe to draw, with the names of their files; not to be kept."""
    return join((sanitize(out.body), *(sanitize_line(name) for name in out.files)), "\n")


def _agent_id(agent: str | None) -> AgentId | None:
    return None if agent is None else AgentId(agent)


def _team_id(team: str | None) -> TeamId | None:
    return None if team is None else TeamId(team)


# --- who and what one can choose from


def to_agent(out: wire.AgentOut) -> Agent:
    """Somebody who answers; an unknown role may little, an unknown state takes no work."""
    return Agent(
        id=AgentId(out.id),
        name=sanitize_line(out.name),
        role=known(Role, out.role, Role.TRAINEE),
        teams=tuple(TeamId(team) for team in out.teams),
        languages=lines_of(out.languages),
        skills=tuple((sanitize_line(skill), level) for skill, level in out.skills.items()),
        state=known(AgentState, out.state, AgentState.AWAY),
        load=out.load,
        capacity=out.capacity,
    )


def to_capabilities(permissions: Iterable[str]) -> frozenset[Capability]:
    """What this token may do, and what every server of this API does."""
    inherent = {
        Capability.IDEMPOTENCY, Capability.PUSH, Capability.SEARCH, Capability.VERSIONS, Capability.ATOMIC,
    }  # fmt: skip
    return frozenset(inherent | {Capability(name) for name in permissions if name in Capability._value2member_map_})


def to_directory(out: wire.DirectoryOut, bad_items: int = 0) -> Directory:
    """The words of this backend, and how many of them could not be read."""
    keys = {target.team: target.key for target in out.targets}
    return Directory(
        agents=tuple(to_agent(agent) for agent in out.agents),
        teams=tuple(
            Team(TeamId(team.id), sanitize_line(team.name), sanitize_line(keys.get(team.id, ""))) for team in out.teams
        ),
        statuses=tuple(Status(status.name, _phase(status.phase), sanitize_line(status.title)) for status in out.statuses),
        categories=tuple(Category(one.code, sanitize_line(one.title), tuple(one.required)) for one in out.categories),
        tags=lines_of(out.tags),
        targets=tuple(
            EscalationTarget(sanitize_line(one.key), TeamId(one.team), sanitize_line(one.title), tuple(one.required))
            for one in out.targets
        ),
        resolve_reasons=lines_of(out.resolve_reasons),
        link_hosts=lines_of(out.link_hosts),
        bad_items=bad_items,
    )


def to_view(out: wire.ViewOut) -> View:
    """A named queue; what its query says in words we do not know is left out."""
    from supportdesk_tui.domain import grammar

    query = grammar.parse(out.q, sort=known(SortKey, out.sort, SortKey.CLOCK)).query
    return View(ViewId(out.id), sanitize_line(out.title), query, out.count)


def to_article(out: wire.ArticleOut) -> Article:
    """A help-centre article."""
    return Article(
        id=out.id,
        title=sanitize_line(out.title),
        url=sanitize_line(out.url, limit=2000),
        body=sanitize(out.body),
        language=sanitize_line(out.language),
        reviewed_at=utc_or_none(out.reviewed_at),
        review_due_at=utc_or_none(out.review_due_at),
    )


# --- tickets


def _phase(word: str) -> Phase:
    """An unknown phase counts as open: the ticket stays in sight."""
    return known(Phase, word, Phase.OPEN)


def to_status(name: str, phase: str, lens: Lens) -> Status:
    """The server's own status, with its title where the directory has one."""
    return Status(name, _phase(phase), lens.titles.get(name) or sanitize_line(name.replace("_", " ")))


def _clock(out: wire.ClockOut) -> Clock:
    if out.kind == "none" or out.due_at is None:
        return Clock(known(ClockKind, out.kind, ClockKind.NEXT), paused=True) if out.paused else NO_CLOCK
    return Clock(known(ClockKind, out.kind, ClockKind.NEXT), utc_or_none(out.started_at), to_utc(out.due_at), out.paused)


def _unknown(row: wire.TicketRow) -> dict[str, str]:
    """What of a row this version does not understand, by the name of the field, and what the server says there."""
    found = dict(misread(row))
    if "phase" in found or row.phase not in Phase._value2member_map_:
        phase = found.pop("phase", row.phase)
        found.setdefault("status", row.status.replace("_", " ") or phase)
    if not 1 <= row.priority <= 4:
        found.setdefault("priority", str(row.priority or "?"))
    if row.channel not in Channel._value2member_map_:
        found.setdefault("channel", row.channel)
    return found


def to_summary(row: wire.TicketRow, lens: Lens) -> TicketSummary:
    """One row of a queue; what it says in words we do not know stands in `unknown` too."""
    unknown = _unknown(row)
    return TicketSummary(
        id=TicketId(row.id),
        number=sanitize_line(row.number),
        subject=said_line(row.subject or unknown.get("subject", "")),
        channel=known(Channel, row.channel, Channel.OTHER),
        status=to_status(row.status or unknown.get("status", ""), row.phase, lens),
        priority=Priority(min(max(row.priority, 1), 4)),
        category=sanitize_line(row.category),
        language=sanitize_line(row.language),
        customer_id=CustomerId(row.customer_id),
        customer_name=said_line(row.customer_name or unknown.get("customer_name", "")),
        tier=sanitize_line(row.tier),
        owner=_agent_id(row.owner),
        owner_name=sanitize_line(row.owner_name),
        team=_team_id(row.team),
        tags=lines_of(row.tags),
        clock=_clock(row.clock),
        unread=row.unread,
        created_at=to_utc(row.created_at),
        updated_at=to_utc(row.updated_at),
        version=row.version,
        watched=lens.me is not None and lens.me in row.watchers,
        public=row.public,
        open_promises=row.open_promises,
        unknown=tuple((name, said_line(text)) for name, text in unknown.items()),
    )


def to_ticket(out: wire.TicketOut, lens: Lens, bad_items: int = 0) -> Ticket:
    """An opened ticket, and how many items of its lists could not be read."""
    return Ticket(
        summary=to_summary(out.row, lens),
        fields=tuple(
            FieldValue(
                one.name,
                sanitize_line(one.title or one.name),
                said_line(one.value or misread(one).get("value", ""), 1000),
                one.required,
            )
            for one in out.fields
        ),
        links=tuple(
            LinkedTicket(
                id=TicketId(one.id),
                number=sanitize_line(one.number),
                relation=sanitize_line(one.relation),
                subject=said_line(one.subject),
                status=to_status(one.status, one.phase, lens),
                team_name=sanitize_line(one.team_name),
            )
            for one in out.links
        ),
        promises=tuple(to_promise(one) for one in out.promises),
        stage=sanitize_line(out.stage),
        snoozed_until=utc_or_none(out.snoozed_until),
        handover=_said(out.handover).text,
        watchers=tuple(AgentId(agent) for agent in out.watchers),
        cc=lines_of(out.cc),
        bad_items=bad_items,
    )


def to_promise(out: wire.PromiseOut) -> PromiseRecord:
    """What was promised; an unknown state counts as open."""
    return PromiseRecord(
        id=out.id,
        text=said_line(out.text, 1000),
        due_at=to_utc(out.due_at),
        owner=_agent_id(out.owner),
        owner_name=sanitize_line(out.owner_name),
        state=known(PromiseState, out.state, PromiseState.OPEN),
        ticket_number=sanitize_line(out.number),
    )


def to_attachment(out: wire.AttachmentOut) -> Attachment:
    """A file, described."""
    return Attachment(AttachmentId(out.id), said_line(out.name), sanitize_line(out.media_type), out.size, out.inline)


def to_entry(out: wire.EntryOut) -> Entry:
    """One thing said; a kind we do not know is shown as the desk's own line, never as anybody's words."""
    said = _said(out.body)
    return Entry(
        id=EntryId(out.id),
        seq=out.seq,
        kind=known(EntryKind, out.kind, EntryKind.SYSTEM),
        author=said_line(out.author),
        author_id=_agent_id(out.author_id),
        at=to_utc(out.at),
        body=said.text,
        attachments=tuple(to_attachment(one) for one in out.attachments),
        key=None if out.key is None else ChangeKey(out.key),
        language=sanitize_line(out.language),
        flags=said.flags,
        masked=tuple(dict.fromkeys((*lines_of(out.masked), *said.kinds))),
    )


# --- answers to changes


def to_said(out: wire.ErrorOut, lens: Lens) -> Said:
    """Why the server refused, safe to show."""
    reason = said_line(out.message or out.code, 1000)
    fields = {str(sanitize_line(out.field)): str(reason)} if out.field else {}
    return Said(reason, fields, to_summary(out.current, lens) if out.current else None)


def to_applied(out: wire.AppliedOut) -> Applied:
    """The backend took a change."""
    ticket = None if out.ticket is None else TicketId(out.ticket)
    return Applied(ChangeKey(out.key), ticket, out.version, said_line(out.says, 1000), out.entry)


def to_found(out: wire.FoundOut) -> Applied:
    """The backend has taken a change before; of one to many tickets, what became of each."""
    return replace(to_applied(out), outcomes=tuple(map(to_outcome, out.outcomes)))


def to_undone(out: wire.UndoOut) -> Applied:
    """What was taken back; the ticket is named when it was one."""
    only = out.outcomes[0] if len(out.outcomes) == 1 else None
    ticket = TicketId(only.ticket) if only else None
    each = tuple(map(to_outcome, out.outcomes)) if only is None else ()
    return Applied(ChangeKey(out.key), ticket, only.version if only else None, said_line(out.says, 1000), outcomes=each)


def to_outcome(out: wire.OutcomeOut) -> Outcome:
    """What became of a bulk change on one ticket."""
    reason = "" if out.done else said_line(out.reason or out.code, 1000)
    return Outcome(TicketId(out.ticket), out.done, reason, out.version)
