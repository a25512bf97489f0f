"""Answers of Zendesk to the domain; pure and total: a word this client does not know is shown as text."""

from collections.abc import Iterable
from datetime import UTC, datetime

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zendesk.words import CHANNELS, PHASES, PRIORITIES, Field, Lens
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.directory import Article, ServerMacro
from supportdesk_tui.domain.ids import AgentId, AttachmentId, CustomerId, EntryId, TeamId, TicketId, ViewId
from supportdesk_tui.domain.people import Contact, Customer, CustomerContext, Fact
from supportdesk_tui.domain.queue import QueueQuery, View
from supportdesk_tui.domain.sla import NO_CLOCK, Clock, ClockKind
from supportdesk_tui.domain.ticket import (
    LIVE_PHASES,
    Channel,
    FieldValue,
    LinkedTicket,
    Phase,
    Priority,
    Status,
    Ticket,
    TicketSummary,
)
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line
from supportdesk_tui.text.secrets import Admitted, admit, admit_line, mask

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
METRICS = {
    "first_reply_time": ClockKind.FIRST,
    "next_reply_time": ClockKind.NEXT,
    "periodic_update_time": ClockKind.NEXT,
    "pausable_update_time": ClockKind.NEXT,
}
"""Metrics of a policy; any other is about the whole ticket."""
SYSTEM = {"-1", "0"}
"""Authors that are Zendesk itself."""


def number_of(number: str) -> str:
    """A ticket's number as Zendesk's mails write it."""
    return f"#{number}"


def version_of(updated_at: datetime) -> int:
    """Zendesk has no version: the second of the last update stands for it, and is what `updated_stamp` compares."""
    return int(updated_at.timestamp())


def stamp_of(version: int) -> str:
    """A version as `updated_stamp`."""
    return datetime.fromtimestamp(version, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- tickets


def status_of(row: Node, lens: Lens) -> Status:
    """A ticket's status: one of the account's own where it has one. A closed ticket keeps the one it was solved with."""
    name = row.text("status")
    own = lens.statuses.get(lens.status_names.get(row.text("custom_status_id"), ""))
    if own is not None and own.phase is PHASES.get(name, own.phase):
        return own
    return lens.statuses.get(name) or Status(name, PHASES.get(name, Phase.OPEN), admit_line(name))


def priority_of(row: Node) -> Priority:
    """What a priority means; none counts as low."""
    return PRIORITIES.get(row.text("priority"), Priority.P4)


def to_summary(row: Node, lens: Lens) -> TicketSummary:
    """A ticket as a row of the queue."""
    status = status_of(row, lens)
    created = row.when("created_at") or LONG_AGO
    updated = row.when("updated_at") or created
    owner, group, asker = row.text("assignee_id"), row.text("group_id"), row.text("requester_id")
    watchers = {one.text() for one in row.each("follower_ids")}
    return TicketSummary(
        id=TicketId(row.text("id")),
        number=number_of(row.text("id")),
        subject=row.line("subject") or row.line("description"),
        channel=CHANNELS.get(row.text("via", "channel"), Channel.OTHER),
        status=status,
        priority=priority_of(row),
        category=row.text("ticket_form_id"),
        language="",
        customer_id=CustomerId(asker),
        customer_name=lens.name(asker),
        tier=NO_TEXT,
        owner=AgentId(owner) if owner else None,
        owner_name=lens.name(owner),
        team=TeamId(group) if group else None,
        tags=tuple(admit_line(tag) for tag in tags_of(row)),
        clock=clock_of(row, created) if status.phase in LIVE_PHASES else NO_CLOCK,
        unread=0,
        created_at=created,
        updated_at=updated,
        version=version_of(updated),
        watched=lens.me is not None and lens.me.id in watchers,
    )


def tags_of(row: Node) -> list[str]:
    """The tags as they are written there."""
    return [one.text() for one in row.each("tags") if one.text()]


def clock_of(row: Node, created: datetime) -> Clock:
    """The earliest deadline that runs; a paused one when none runs."""
    metrics = [one for one in row.each("slas", "policy_metrics") if one.when("breach_at") is not None]
    running = [one for one in metrics if one.text("stage") == "active"]
    paused = [one for one in metrics if one.text("stage") == "paused"]
    chosen = min(running or paused, key=lambda one: one.when("breach_at") or LONG_AGO, default=None)
    if chosen is None:
        return NO_CLOCK
    kind = METRICS.get(chosen.text("metric"), ClockKind.RESOLVE)
    return Clock(kind, created, chosen.when("breach_at"), paused=not running)


def to_ticket(row: Node, linked: Iterable[Node], lens: Lens) -> Ticket:
    """An opened ticket, and the tickets it names."""
    relations = linked_ids(row)
    return Ticket(
        summary=to_summary(row, lens),
        fields=fields_of(row, lens),
        links=tuple(
            LinkedTicket(
                id=TicketId(one.text("id")),
                number=number_of(one.text("id")),
                relation=relations[one.text("id")],
                subject=one.line("subject"),
                status=status_of(one, lens),
                team_name=admit_line(lens.groups.get(TeamId(one.text("group_id")), "")),
            )
            for one in linked
            if one.text("id") in relations
        ),
        watchers=tuple(AgentId(one.text()) for one in row.each("follower_ids") if one.text()),
        cc=tuple(lens.name(one.text()) for one in row.each("email_cc_ids") if one.text()),
    )


def fields_of(row: Node, lens: Lens) -> tuple[FieldValue, ...]:
    """The ticket fields of its form, with what stands in them."""
    wanted = lens.forms.get(row.text("ticket_form_id"))
    values = {one.text("id"): one.at("value") for one in row.each("custom_fields")}
    return tuple(
        FieldValue(number, known.title, shown(known, values.get(number, Node())), known.is_required)
        for number, known in lens.fields.items()
        if number in values and (wanted is None or number in wanted)
    )


def shown(field: Field, value: Node) -> SafeText:
    """What stands in a field, by the titles of its options."""
    if value.value is True or value.value is False:
        return sanitize_line("yes" if value.value else "no")
    parts = [one.text() for one in value.each()] if isinstance(value.value, list) else [value.text()]
    return admit_line(", ".join(field.options.get(part, part) for part in parts if part), 1000)


def linked_ids(row: Node) -> dict[str, str]:
    """Numbers of the tickets this one names: its problem, and what followed it."""
    found = {row.text("problem_id"): "task_of", **{one.text(): "related" for one in row.each("followup_ids")}}
    return {number: relation for number, relation in found.items() if number}


# --- what was said


def to_entry(row: Node, lens: Lens) -> Entry:
    """One comment."""
    said = words_of(row)
    author = row.text("author_id")
    kind = kind_of(row, lens)
    return Entry(
        id=EntryId(row.text("id")),
        seq=row.number("id"),
        kind=kind,
        author=sanitize_line("Zendesk") if author in SYSTEM else lens.name(author),
        author_id=AgentId(author) if kind is not EntryKind.CUSTOMER and author not in SYSTEM and author else None,
        at=row.when("created_at") or LONG_AGO,
        body=said.text,
        attachments=tuple(to_attachment(file) for file in row.each("attachments") if not file.flag("deleted")),
        flags=said.flags,
        masked=said.kinds,
    )


def kind_of(row: Node, lens: Lens) -> EntryKind:
    """Who speaks; somebody nobody knows is taken for a customer, in front of whom nothing internal is said."""
    if row.at("public").value is False:
        return EntryKind.NOTE
    if row.text("author_id") in SYSTEM:
        return EntryKind.BOT
    return EntryKind.AGENT if lens.is_agent(row.text("author_id")) else EntryKind.CUSTOMER


def words_of(row: Node) -> Admitted:
    """The words of a comment: its text, or its HTML as lines, or what was understood of a call; secrets hidden."""
    text = _plain(row)
    if text:
        return admit(text)
    read = html_to_text(row.text("html_body"))
    safe, kinds = mask(read.text)
    return Admitted(safe, read.flags, kinds)


def raw_words(row: Node) -> str:
    """The same with nothing hidden, not safe to draw."""
    return _plain(row) or str(html_to_text(row.text("html_body")).text)


def _plain(row: Node) -> str:
    text = row.text("body").strip("\n")
    return text if text.strip() else row.text("data", "transcription_text").strip("\n")


def to_attachment(file: Node) -> Attachment:
    """A file, described."""
    return Attachment(
        id=AttachmentId(file.text("id")),
        name=file.line("file_name"),
        media_type=file.text("content_type"),
        size=file.number("size"),
        inline=file.flag("inline"),
    )


# --- people and words


def to_customer(whole: Node, tickets: Iterable[Node], lens: Lens) -> CustomerContext:
    """Who is asking, and what else they asked."""
    asker = whole.at("user")
    rows = [to_summary(row, lens) for row in tickets]
    facts = [
        Fact(name, value)
        for name, value in (
            ("Organization", whole.line("organizations", 0, "name")),
            ("Role", asker.line("role") if asker.text("role") not in {"", "end-user"} else NO_TEXT),
            ("Details", asker.line("details", limit=500)),
            ("Notes", asker.line("notes", limit=500)),
        )
        if value
    ]
    facts += [Fact(name, one.line(limit=500)) for name, one in asker.pairs("user_fields") if one.text()]
    return CustomerContext(
        customer=Customer(
            id=CustomerId(asker.text("id")),
            name=asker.line("name") or asker.line("email") or asker.line("id"),
            uid=str(asker.line("external_id")),
            tier=NO_TEXT,
            language=asker.text("locale").partition("-")[0].casefold() if asker.text("locale").isascii() else "",
            region="",
            time_zone=asker.text("iana_time_zone"),
            email=asker.line("email"),
            phone=asker.line("phone"),
            joined_at=asker.when("created_at"),
        ),
        account=tuple(facts),
        contacts=tuple(Contact(row.id, row.number, row.subject, row.channel, row.status, row.updated_at) for row in rows),
        tags=tuple(admit_line(tag) for tag in tags_of(asker)),
    )


def to_view(row: Node, counts: dict[str, int | None]) -> View:
    """A view of Zendesk; only Zendesk evaluates it."""
    number = row.text("id")
    return View(ViewId(f"view-{number}"), row.line("title"), QueueQuery(view=number), counts.get(number))


def to_article(row: Node, base: str) -> Article:
    """An article; its address is made from its number."""
    read = html_to_text(row.text("body") or row.text("snippet"))
    return Article(
        id=row.text("id"),
        title=row.line("title"),
        url=f"{base}/hc/articles/{row.number('id')}",
        body=mask(read.text)[0],
        language=row.text("locale").partition("-")[0].casefold() if row.text("locale").isascii() else "",
        reviewed_at=row.when("updated_at"),
    )


def to_macro(row: Node) -> ServerMacro:
    """A macro, and what it does in a line."""
    steps = [f"{one.line('field', limit=60)}: {_step(one)}" for one in row.each("actions") if one.text("field")]
    return ServerMacro(
        id=row.text("id"),
        title=sanitize_line(row.line("title").replace("::", " › ")),
        preview=admit_line("; ".join(steps) or row.text("description"), 300),
    )


def _step(action: Node) -> str:
    """The value of an action: a word, or a list whose last part is the words."""
    parts = [one.text() for one in action.each("value")]
    return (parts[-1] if parts else action.text("value"))[:120]
