"""Answers of Chatwoot to the domain; pure and total: a word this client does not know is shown as text."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from mimetypes import guess_type
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from supportdesk_tui.backends.chatwoot.words import PHASES, PRIORITIES, ROLES, STATES, TITLES, Inbox, Lens, channel_of
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.directory import Article
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, CustomerId, EntryId, TeamId, TicketId
from supportdesk_tui.domain.people import Agent, AgentState, Contact, Customer, CustomerContext, Fact, Role
from supportdesk_tui.domain.sla import NO_CLOCK, Clock, ClockKind
from supportdesk_tui.domain.ticket import Channel, FieldValue, Phase, Priority, Status, Ticket, TicketSummary
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import NO_TEXT, SafeText, join
from supportdesk_tui.text.secrets import Admitted, admit, admit_line, mask

_START = datetime.fromtimestamp(1, UTC)
_MICROS = 1_000_000
_UNSAID = {EntryKind.NOTE, EntryKind.SYSTEM}
"""What is never said to the customer."""
SUBJECT = 120
"""Cells of the first words that stand for a subject."""


def version_of(row: Node) -> int:
    """Chatwoot has no version: the microsecond of the last update stands for it."""
    return int((_at(row, "updated_at") or _START).timestamp() * _MICROS)


def _at(row: Node, *path: str | int) -> datetime | None:
    return row.when(*path)


def _changed_at(row: Node) -> datetime | None:
    return _at(row, "last_activity_at") or _at(row, "timestamp") or _at(row, "updated_at")


# --- conversations


def status_of(name: str) -> Status:
    """A status with its meaning; one never met counts as open, and so stays in sight."""
    return Status(name, PHASES.get(name, Phase.OPEN), admit_line(TITLES.get(name, name)))


def to_summary(row: Node, lens: Lens, *, watched: bool = False) -> TicketSummary:
    """One conversation, of a list or alone."""
    status = status_of(row.text("status"))
    asker = row.at("meta", "sender")
    owner = owner_of(row)
    created = _at(row, "created_at") or _START
    inbox = row.text("inbox_id")
    team = row.text("meta", "team", "id")
    return TicketSummary(
        id=TicketId(row.text("id")),
        number=f"#{row.text('id')}",
        subject=subject_of(row),
        channel=channel_of(row.text("meta", "channel") or lens.inboxes.get(inbox, Inbox("", "")).channel),
        status=status,
        priority=PRIORITIES.get(row.text("priority"), Priority.P4),
        category=inbox,
        language=_language(row.text("additional_attributes", "conversation_language")),
        customer_id=CustomerId(asker.text("id")),
        customer_name=name_of(asker),
        tier=NO_TEXT,
        owner=owner,
        owner_name=agent_name(row.at("meta", "assignee")) if owner else NO_TEXT,
        team=TeamId(team) if team else None,
        tags=tuple(admit_line(tag.text()) for tag in row.each("labels")),
        clock=NO_CLOCK if status.phase is Phase.SOLVED else clock_of(row, created),
        unread=row.number("unread_count"),
        created_at=created,
        updated_at=_changed_at(row) or created,
        version=version_of(row),
        watched=watched,
    )


def after_words(ticket: TicketSummary, message: Node, lens: Lens) -> TicketSummary | None:
    """A row after a message of an event, which tells a little of its conversation; None where that is not enough.

    The conversation was updated right after its message: its true version is never less than this one.
    """
    about, at = message.at("conversation"), _at(message, "updated_at")
    activity = _at(about, "last_activity_at")
    if ticket.clock is not NO_CLOCK or at is None or activity is None or not isinstance(about.value, dict):
        return None
    version = int(at.timestamp() * _MICROS)
    if version < ticket.version:
        return ticket
    owner = AgentId(about.text("assignee_id")) if about.text("assignee_id") else None
    known = admit_line(lens.agents.get(owner, "")) if owner else NO_TEXT
    is_newest = message.number("created_at") >= about.number("last_activity_at")
    is_subject = ticket.channel is not Channel.EMAIL and is_newest and kind_of(message) not in _UNSAID
    return replace(
        ticket,
        subject=(message.line("content", limit=SUBJECT) if is_subject else NO_TEXT) or ticket.subject,
        owner=owner,
        owner_name=ticket.owner_name if owner == ticket.owner else known,
        unread=about.number("unread_count"),
        updated_at=activity,
        version=version,
    )


def deleted(ticket: TicketSummary) -> TicketSummary:
    """A row of which nothing is left at Chatwoot."""
    return replace(ticket, status=Status("deleted", Phase.CLOSED, admit_line("Deleted")), clock=NO_CLOCK, unread=0)


def owner_of(row: Node) -> AgentId | None:
    """The agent it is assigned to; a bot is nobody one can hand it back from."""
    if row.text("meta", "assignee_type") == "AgentBot":
        return None
    owner = row.text("meta", "assignee", "id")
    return AgentId(owner) if owner else None


def subject_of(row: Node) -> SafeText:
    """Only mail has a subject; else the last words that were said in public, else who is asking."""
    subject = row.line("additional_attributes", "mail_subject")
    if subject:
        return subject
    for message in (row.at("last_non_activity_message"), row.at("messages", -1)):
        if message.text("content") and not message.flag("private") and message.number("message_type", default=-1) != 2:
            return message.line("content", limit=SUBJECT)
    return name_of(row.at("meta", "sender"))


def clock_of(row: Node, created: datetime) -> Clock:
    """The next deadline of the service level (enterprise edition), added up as the dashboard does: Chatwoot sends none."""
    policy = row.at("applied_sla")
    first, waiting = _at(row, "first_reply_created_at"), _at(row, "waiting_since")
    running = [
        (ClockKind.FIRST, None if first else created, policy.number("sla_first_response_time_threshold")),
        (ClockKind.NEXT, waiting if first else None, policy.number("sla_next_response_time_threshold")),
        (ClockKind.RESOLVE, created, policy.number("sla_resolution_time_threshold")),
    ]
    clocks = [Clock(kind, since, _later(since, threshold)) for kind, since, threshold in running if since and threshold > 0]
    return min(clocks, key=lambda clock: clock.due_at or _START, default=NO_CLOCK)


def _later(since: datetime, seconds: int) -> datetime:
    try:
        return since + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def to_ticket(row: Node, participants: Iterable[Node], lens: Lens) -> Ticket:
    """An opened conversation."""
    watchers = tuple(AgentId(one.text("id")) for one in participants if one.text("id"))
    return Ticket(
        summary=to_summary(row, lens, watched=lens.me in watchers),
        fields=tuple(_fields(row, lens)),
        snoozed_until=_at(row, "snoozed_until"),
        watchers=watchers,
    )


def _fields(row: Node, lens: Lens) -> Iterable[FieldValue]:
    held = {name: value for name, value in row.pairs("custom_attributes") if value}
    for name in {**lens.titles, **held}:
        title = lens.titles.get(name, name)
        yield FieldValue(name, admit_line(title), held.get(name, Node()).line(limit=1000) or _flag(held.get(name)))
    waiting = _at(row, "waiting_since")
    if waiting:
        yield FieldValue("waiting_since", admit_line("Waiting since"), admit_line(f"{waiting:%Y-%m-%d %H:%M} UTC"))


def _flag(value: Node | None) -> SafeText:
    return admit_line(str(value.value).lower()) if value is not None and isinstance(value.value, bool) else NO_TEXT


# --- what was said


def to_entry(message: Node, ticket: TicketId, lens: Lens) -> Entry:
    """One message."""
    kind = kind_of(message)
    sender = message.at("sender")
    author = sender.text("id") if kind in {EntryKind.AGENT, EntryKind.NOTE} and sender.text("type") in {"user", ""} else ""
    said = words_of(message)
    notes = "\n".join([*_not_delivered(message), *(f"[{one}]" for one in _things(message))])
    if notes:
        more = admit(notes)
        parts = [part for part in (said.text, more.text) if part]
        said = Admitted(join(parts, "\n"), said.flags, (*said.kinds, *more.kinds))
    return Entry(
        id=EntryId(message.text("id")),
        seq=message.number("id"),
        kind=kind,
        author=agent_name(sender) if kind is not EntryKind.CUSTOMER else name_of(sender),
        author_id=AgentId(author) if author else None,
        at=_at(message, "created_at") or _START,
        body=said.text,
        attachments=tuple(
            to_attachment(one, ticket, message.text("id")) for one in message.each("attachments") if one.text("data_url")
        ),
        key=ChangeKey(message.text("echo_id")) if message.text("echo_id") else None,
        flags=said.flags,
        masked=said.kinds,
    )


def kind_of(message: Node) -> EntryKind:
    """Who speaks. Whatever is marked private is a note: nothing of it may look like said in public."""
    if message.flag("private"):
        return EntryKind.NOTE
    is_bot = message.text("sender", "type") == "agent_bot"
    kinds = {0: EntryKind.CUSTOMER, 1: EntryKind.BOT if is_bot else EntryKind.AGENT, 3: EntryKind.BOT}
    return kinds.get(message.number("message_type", default=-1), EntryKind.SYSTEM)


def words_of(message: Node) -> Admitted:
    """The words of a message, secrets hidden: of a mail all of it, which `content` cuts down to the newest part."""
    html = message.text("content_attributes", "email", "html_content", "full")
    if html and not message.flag("content_attributes", "deleted"):
        read = html_to_text(html)
        text, kinds = mask(read.text)
        return Admitted(text, read.flags, kinds)
    return admit(_plain(message))


def raw_words(message: Node) -> str:
    """The same with nothing hidden, not safe to draw."""
    html = message.text("content_attributes", "email", "html_content", "full")
    return str(html_to_text(html).text) if html else _plain(message)


def _plain(message: Node) -> str:
    return message.text("content_attributes", "email", "text_content", "full") or message.text("content")


def _not_delivered(message: Node) -> Iterable[str]:
    if message.text("status") == "failed":
        yield f"[not delivered: {message.text('content_attributes', 'external_error') or 'the channel gave no reason'}]"


def _things(message: Node) -> Iterable[str]:
    """Attachments that are no files: places, contact cards, what a network did not hand over."""
    for one in message.each("attachments"):
        if not one.text("data_url"):
            place = " ".join(filter(None, (one.text("coordinates_lat"), one.text("coordinates_long"))))
            yield " ".join(filter(None, (one.text("file_type"), one.text("fallback_title"), place)))


def to_attachment(file: Node, ticket: TicketId, message: str) -> Attachment:
    """A file, described; its id says where to ask for its address, which is signed and therefore not kept."""
    name = file_name(file.text("data_url"))
    return Attachment(
        id=AttachmentId(f"{ticket}/{message}/{file.text('id')}"),
        name=admit_line(name),
        media_type=guess_type(name)[0] or "application/octet-stream",
        size=file.number("file_size"),
        inline=False,
    )


def file_name(address: str) -> str:
    """The name of a file, which stands in its address only."""
    try:
        return unquote(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        return ""


# --- people


def name_of(person: Node) -> SafeText:
    """A contact's name, or what else tells who it is."""
    for key in ("name", "email", "phone_number", "identifier"):
        if person.text(key).strip():
            return person.line(key)
    return person.line("id")


def agent_name(person: Node) -> SafeText:
    """The name an agent chose to be seen by, else their own."""
    return person.line("available_name") or person.line("display_name") or person.line("name") or person.line("email")


def to_agent(row: Node, teams: Iterable[TeamId] = ()) -> Agent:
    """Somebody who answers; Chatwoot tells no load and no capacity."""
    return Agent(
        id=AgentId(row.text("id")),
        name=agent_name(row),
        role=ROLES.get(row.text("role"), Role.L2),
        teams=tuple(teams),
        languages=(),
        skills=(),
        state=STATES.get(row.text("availability_status"), AgentState.OFFLINE),
        load=0,
        capacity=0,
    )


def to_customer(contact: Node, conversations: Iterable[Node], lens: Lens) -> CustomerContext:
    """Who is asking, and what else they asked."""
    rows = [to_summary(row, lens) for row in conversations if row.text("id")]
    more = [*contact.pairs("additional_attributes"), *contact.pairs("custom_attributes")]
    facts = [Fact(name, value.line(limit=500)) for name, value in more if value.text()]
    if contact.flag("blocked"):
        facts.insert(0, Fact("blocked", admit_line("yes"), warn=True))
    return CustomerContext(
        customer=Customer(
            id=CustomerId(contact.text("id")),
            name=name_of(contact),
            uid=contact.text("identifier") if contact.text("identifier").isprintable() else "",
            tier=NO_TEXT,
            language=_language(contact.text("additional_attributes", "browser_language")),
            region=str(contact.line("additional_attributes", "country_code", limit=8)),
            time_zone="",
            email=contact.line("email"),
            phone=contact.line("phone_number"),
            joined_at=_at(contact, "created_at"),
        ),
        account=tuple(facts),
        contacts=tuple(Contact(row.id, row.number, row.subject, row.channel, row.status, row.updated_at) for row in rows),
    )


def _language(said: str) -> str:
    return re.split(r"[-_]", said, maxsplit=1)[0].casefold()[:8] if said.isascii() and said.isprintable() else ""


def to_article(row: Node, base: str) -> Article:
    """An article; its public page is built from portal and article, never taken from the answer."""
    portal, slug = row.text("portal_slug"), row.text("slug")
    is_plain = all(re.fullmatch(r"[\w-]+", part) for part in (portal, slug))
    return Article(
        id=row.text("id"),
        title=row.line("title"),
        url=f"{base}/hc/{portal}/articles/{slug}" if is_plain else "",
        body=admit(row.text("content")).text,
        language=_language(row.text("locale")),
        reviewed_at=_at(row, "updated_at"),
    )
