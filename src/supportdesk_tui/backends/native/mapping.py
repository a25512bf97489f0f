"""Wire to domain: pure and total. A word this client does not know is shown as text and means the most careful thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from supportdesk_tui.backends.calls import Said
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Applied, Outcome
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
    Contact,
    Customer,
    CustomerContext,
    Fact,
    MoneyDirection,
    Movement,
    RiskFlag,
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


@dataclass(frozen=True, slots=True)
class Lens:
    """What reading a row depends on beside the row."""

    me: AgentId | None = None
    titles: Mapping[str, SafeText] = field(default_factory=dict)
    """Titles of statuses, once the directory is known."""


def known(kind: type[E], word: str, otherwise: E) -> E:
    """The member of that name, or what an unknown word means."""
    return kind(word) if word in kind._value2member_map_ else otherwise


def utc(at: datetime) -> datetime:
    """An aware time in UTC; a time without a zone is meant so."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _utc_or_none(at: datetime | None) -> datetime | None:
    return None if at is None else utc(at)


def _lines(texts: Iterable[str]) -> tuple[SafeText, ...]:
    return tuple(sanitize_line(text) for text in texts)


def _said(text: str) -> secrets.Admitted:
    """What a stranger wrote, in the one way all of it enters: made safe, its secrets hidden. The marks are our server's."""
    return secrets.admit(text, keeps_marks=True)


def _said_line(text: str, limit: int = LINE_LIMIT) -> SafeText:
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
        languages=_lines(out.languages),
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


def to_directory(out: wire.DirectoryOut) -> Directory:
    """The words of this backend."""
    keys = {target.team: target.key for target in out.targets}
    return Directory(
        agents=tuple(to_agent(agent) for agent in out.agents),
        teams=tuple(
            Team(TeamId(team.id), sanitize_line(team.name), sanitize_line(keys.get(team.id, ""))) for team in out.teams
        ),
        statuses=tuple(Status(status.name, _phase(status.phase), sanitize_line(status.title)) for status in out.statuses),
        categories=tuple(Category(one.code, sanitize_line(one.title), tuple(one.required)) for one in out.categories),
        tags=_lines(out.tags),
        targets=tuple(
            EscalationTarget(sanitize_line(one.key), TeamId(one.team), sanitize_line(one.title), tuple(one.required))
            for one in out.targets
        ),
        resolve_reasons=_lines(out.resolve_reasons),
        link_hosts=_lines(out.link_hosts),
    )


def to_view(out: wire.ViewOut) -> View:
    """A named queue; what its query says in words we do not know is left out."""
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
        reviewed_at=_utc_or_none(out.reviewed_at),
        review_due_at=_utc_or_none(out.review_due_at),
    )


# --- tickets


def _phase(word: str) -> Phase:
    """An unknown phase counts as open: the ticket stays in sight."""
    return known(Phase, word, Phase.OPEN)


def _status(name: str, phase: str, lens: Lens) -> Status:
    return Status(name, _phase(phase), lens.titles.get(name) or sanitize_line(name.replace("_", " ")))


def _clock(out: wire.ClockOut) -> Clock:
    if out.kind == "none" or out.due_at is None:
        return Clock(known(ClockKind, out.kind, ClockKind.NEXT), paused=True) if out.paused else NO_CLOCK
    return Clock(known(ClockKind, out.kind, ClockKind.NEXT), _utc_or_none(out.started_at), utc(out.due_at), out.paused)


def to_summary(row: wire.TicketRow, lens: Lens) -> TicketSummary:
    """One row of a queue."""
    return TicketSummary(
        id=TicketId(row.id),
        number=sanitize_line(row.number),
        subject=_said_line(row.subject),
        channel=known(Channel, row.channel, Channel.OTHER),
        status=_status(row.status, row.phase, lens),
        priority=Priority(min(max(row.priority, 1), 4)),
        category=sanitize_line(row.category),
        language=sanitize_line(row.language),
        customer_id=CustomerId(row.customer_id),
        customer_name=_said_line(row.customer_name),
        tier=sanitize_line(row.tier),
        owner=_agent_id(row.owner),
        owner_name=sanitize_line(row.owner_name),
        team=_team_id(row.team),
        tags=_lines(row.tags),
        clock=_clock(row.clock),
        unread=row.unread,
        created_at=utc(row.created_at),
        updated_at=utc(row.updated_at),
        version=row.version,
        watched=lens.me is not None and lens.me in row.watchers,
        public=row.public,
        open_promises=row.open_promises,
    )


def to_ticket(out: wire.TicketOut, lens: Lens) -> Ticket:
    """An opened ticket."""
    return Ticket(
        summary=to_summary(out.row, lens),
        fields=tuple(
            FieldValue(one.name, sanitize_line(one.title), _said_line(one.value, 1000), one.required) for one in out.fields
        ),
        links=tuple(
            LinkedTicket(
                id=TicketId(one.id),
                number=sanitize_line(one.number),
                relation=sanitize_line(one.relation),
                subject=_said_line(one.subject),
                status=_status(one.status, one.phase, lens),
                team_name=sanitize_line(one.team_name),
            )
            for one in out.links
        ),
        promises=tuple(_promise(one) for one in out.promises),
        stage=sanitize_line(out.stage),
        snoozed_until=_utc_or_none(out.snoozed_until),
        handover=_said(out.handover).text,
        watchers=tuple(AgentId(agent) for agent in out.watchers),
        cc=_lines(out.cc),
    )


def _promise(out: wire.PromiseOut) -> PromiseRecord:
    return PromiseRecord(
        id=out.id,
        text=_said_line(out.text, 1000),
        due_at=utc(out.due_at),
        owner=_agent_id(out.owner),
        owner_name=sanitize_line(out.owner_name),
        state=known(PromiseState, out.state, PromiseState.OPEN),
        ticket_number=sanitize_line(out.number),
    )


def to_attachment(out: wire.AttachmentOut) -> Attachment:
    """A file, described."""
    return Attachment(AttachmentId(out.id), _said_line(out.name), sanitize_line(out.media_type), out.size, out.inline)


def to_entry(out: wire.EntryOut) -> Entry:
    """One thing said; a kind we do not know is shown as the desk's own line, never as anybody's words."""
    said = _said(out.body)
    return Entry(
        id=EntryId(out.id),
        seq=out.seq,
        kind=known(EntryKind, out.kind, EntryKind.SYSTEM),
        author=_said_line(out.author),
        author_id=_agent_id(out.author_id),
        at=utc(out.at),
        body=said.text,
        attachments=tuple(to_attachment(one) for one in out.attachments),
        key=None if out.key is None else ChangeKey(out.key),
        language=sanitize_line(out.language),
        flags=said.flags,
        masked=tuple(dict.fromkeys((*_lines(out.masked), *said.kinds))),
    )


# --- customers


def to_customer(out: wire.CustomerOut, lens: Lens) -> CustomerContext:
    """Who is asking; money we cannot read is said to be there."""
    movements = [movement for movement in map(_movement, out.movements) if movement is not None]
    unreadable = len(out.movements) - len(movements)
    missing = (Fact("unreadable_movements", sanitize_line(str(unreadable)), warn=True),) if unreadable else ()
    return CustomerContext(
        customer=Customer(
            id=CustomerId(out.id),
            name=_said_line(out.name),
            uid=sanitize_line(out.uid),
            tier=sanitize_line(out.tier),
            language=sanitize_line(out.language),
            region=sanitize_line(out.region),
            time_zone=sanitize_line(out.time_zone),
            email=sanitize_line(out.email),
            phone=sanitize_line(out.phone),
            joined_at=_utc_or_none(out.joined_at),
            preferred_channel=known(Channel, out.preferred_channel, Channel.OTHER) if out.preferred_channel else None,
            do_not_contact=out.do_not_contact,
        ),
        kyc=_facts(out.kyc),
        security=_facts(out.security),
        account=(*_facts(out.account), *missing),
        movements=tuple(movements),
        contacts=tuple(_contact(one, lens) for one in out.contacts),
        tags=_lines(out.tags),
        flags=tuple(
            RiskFlag(sanitize_line(one.name), sanitize_line(one.source), _utc_or_none(one.expires_at)) for one in out.flags
        ),
        promises=tuple(_promise(one) for one in out.promises),
    )


def _facts(facts: Iterable[wire.FactOut]) -> tuple[Fact, ...]:
    return tuple(Fact(sanitize_line(one.name), _said_line(one.value), one.warn) for one in facts)


def _contact(out: wire.ContactOut, lens: Lens) -> Contact:
    return Contact(
        ticket=TicketId(out.ticket),
        number=sanitize_line(out.number),
        subject=_said_line(out.subject),
        channel=known(Channel, out.channel, Channel.OTHER),
        status=_status(out.status, out.phase, lens),
        at=utc(out.at),
    )


def _movement(out: wire.MovementOut) -> Movement | None:
    try:
        amount = Decimal(out.amount)
    except InvalidOperation:
        return None
    if not amount.is_finite() or out.direction not in MoneyDirection._value2member_map_:
        return None
    return Movement(
        id=out.id,
        direction=MoneyDirection(out.direction),
        coin=sanitize_line(out.coin),
        network=sanitize_line(out.network),
        amount=amount,
        state=sanitize_line(out.state),
        confirmations=out.confirmations,
        needed=out.needed,
        txid=sanitize_line(out.txid),
        address=sanitize_line(out.address),
        at=utc(out.at),
        memo_missing=out.memo_missing,
    )


# --- answers to changes


def to_said(out: wire.ErrorOut, lens: Lens) -> Said:
    """Why the server refused, safe to show."""
    reason = sanitize_line(out.message or out.code, limit=1000)
    fields = {str(sanitize_line(out.field)): str(reason)} if out.field else {}
    return Said(reason, fields, to_summary(out.current, lens) if out.current else None)


def to_applied(out: wire.AppliedOut) -> Applied:
    """The backend took a change."""
    ticket = None if out.ticket is None else TicketId(out.ticket)
    return Applied(ChangeKey(out.key), ticket, out.version, sanitize_line(out.says, limit=1000), out.entry)


def to_undone(out: wire.UndoOut) -> Applied:
    """What was taken back; the ticket is named when it was one."""
    only = out.outcomes[0] if len(out.outcomes) == 1 else None
    ticket = TicketId(only.ticket) if only else None
    return Applied(ChangeKey(out.key), ticket, only.version if only else None, sanitize_line(out.says, limit=1000))


def to_outcome(out: wire.OutcomeOut) -> Outcome:
    """What became of a bulk change on one ticket."""
    reason = "" if out.done else sanitize_line(out.reason or out.code, limit=1000)
    return Outcome(TicketId(out.ticket), out.done, reason, out.version)
