"""Answers of RT to the domain; pure and total: a word this client does not know is shown as text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt.dates import shown
from supportdesk_tui.backends.rt.words import NOBODY, NOBODYS, Lens, priority_of
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.directory import Article
from supportdesk_tui.domain.ids import AgentId, AttachmentId, CustomerId, EntryId, TeamId, TicketId
from supportdesk_tui.domain.people import Agent, AgentState, Contact, Customer, CustomerContext, Fact, Role
from supportdesk_tui.domain.sla import NO_CLOCK, Clock, ClockKind
from supportdesk_tui.domain.ticket import (
    LIVE_PHASES,
    Channel,
    FieldValue,
    LinkedTicket,
    Status,
    Ticket,
    TicketSummary,
)
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line
from supportdesk_tui.text.secrets import Admitted, admit, admit_line, mask

RELATIONS = {
    "parent": "task_of",
    "child": "task",
    "refers-to": "related",
    "referred-to-by": "related",
    "depends-on": "related",
    "depended-on-by": "related",
}
"""Kinds of links on a ticket, and what they are called here."""
SPOKEN = {"Create", "Correspond", "Comment"}
"""Transactions that carry words."""
TOLD = {"Owner", "Queue", "Subject", "Priority"}
"""Fields whose changes are worth a line; RT moves dates by itself with every reply."""
_EPOCH = 1
FIELD = "field"
"""Begins the id of a file that a custom field holds."""
_HELD = re.compile(r"/download/cf/(\d+)$")


def number_of(number: str) -> str:
    """A ticket's number as RT's mails write it."""
    return f"#{number}"


def version_of(updated_at: datetime) -> int:
    """RT has no version: the second of the last update stands for it."""
    return int(updated_at.timestamp())


def team_id(number: str) -> TeamId:
    """A queue as a team: whoever works in it."""
    return TeamId(number)


def agent_id(login: str) -> AgentId | None:
    """Who did it; None for nobody and for RT itself."""
    return AgentId(login) if login and login not in {NOBODY, "RT_System"} else None


# --- tickets


def status_of(name: str, lens: Lens) -> Status:
    """A status with its meaning."""
    return Status(name, lens.phase(name), admit_line(name))


def to_summary(row: Node, lens: Lens) -> TicketSummary:
    """One row of a list that was asked for with `FIELDS` of the adapter."""
    status = status_of(row.text("Status"), lens)
    asker = next(iter(row.each("Requestor")), Node())
    created = row.when("Created") or datetime.fromtimestamp(_EPOCH).astimezone()
    updated = row.when("LastUpdated") or created
    owner = row.text("Owner", "id")
    queue = row.text("Queue", "id")
    return TicketSummary(
        id=TicketId(row.text("id")),
        number=number_of(row.text("id")),
        subject=row.line("Subject"),
        channel=Channel.EMAIL,
        status=status,
        priority=priority_of(row.number("Priority")),
        category=lens.queues.get(queue, queue),
        language="",
        customer_id=CustomerId(asker.text("id")),
        customer_name=name_of(asker),
        tier=NO_TEXT,
        owner=agent_id(owner),
        owner_name=name_of(row.at("Owner")) if agent_id(owner) else NO_TEXT,
        team=TeamId(queue) if queue else None,
        tags=tuple(admit_line(tag) for tag in tags_of(row, lens)),
        clock=_clock(row, created) if status.phase in LIVE_PHASES else NO_CLOCK,
        unread=0,
        created_at=created,
        updated_at=updated,
        version=version_of(updated),
        watched=any(one.text("id") == lens.me for one in row.each("AdminCc")),
    )


def _clock(row: Node, created: datetime) -> Clock:
    due = row.when("Due")
    if due is None:
        return NO_CLOCK
    return Clock(ClockKind.RESOLVE if row.when("Told") else ClockKind.FIRST, row.when("Starts") or created, due)


def tags_of(row: Node, lens: Lens) -> list[str]:
    """The values of the custom field that holds tags, as they are written there."""
    return next((_values(one) for one in row.each("CustomFields") if lens.tags and one.text("name") == lens.tags), [])


def _values(custom_field: Node) -> list[str]:
    return [one.text() or one.text("filename") for one in custom_field.each("values")]


def name_of(person: Node) -> SafeText:
    """What a person is called."""
    if person.text("Name") == "RT_System" or person.text("id") == "RT_System":
        return sanitize_line("RT")
    return person.line("RealName") or person.line("EmailAddress") or person.line("Name") or person.line("id")


def to_ticket(row: Node, linked: Iterable[Node], lens: Lens) -> Ticket:
    """An opened ticket, and the tickets its links lead to."""
    relations = linked_ids(row)
    return Ticket(
        summary=to_summary(row, lens),
        fields=tuple(
            FieldValue(
                one.text("name"),
                one.line("name"),
                admit_line(", ".join(shown(value, lens.zone) for value in _values(one)), 1000),
            )
            for one in row.each("CustomFields")
            if one.text("name") != lens.tags
        ),
        links=tuple(
            LinkedTicket(
                id=TicketId(one.text("id")),
                number=number_of(one.text("id")),
                relation=relations[one.text("id")],
                subject=one.line("Subject"),
                status=status_of(one.text("Status"), lens),
                team_name=admit_line(lens.queues.get(one.text("Queue", "id"), "")),
            )
            for one in linked
            if one.text("id") in relations
        ),
        attachments=tuple(_files(row)),
        watchers=tuple(AgentId(one.text("id")) for one in row.each("AdminCc")),
        cc=tuple(one.line("EmailAddress") or one.line("id") for one in row.each("Cc")),
    )


def _files(row: Node) -> Iterable[Attachment]:
    """What fields of the kinds Image and Binary hold; RT tells no size before a file is asked for."""
    for one in row.each("CustomFields"):
        for value in one.each("values"):
            number = _HELD.search(value.text("_url"))
            if number:
                yield Attachment(AttachmentId(f"{FIELD}/{number[1]}"), value.line("filename"), value.text("content_type"), 0)


def linked_ids(row: Node) -> dict[str, str]:
    """Numbers of linked tickets and what they are to this one."""
    return {
        link.text("id"): RELATIONS[link.text("ref")]
        for link in row.each("_hyperlinks")
        if link.text("type") == "ticket" and link.text("ref") in RELATIONS and link.text("id")
    }


# --- what was said


@dataclass(frozen=True, slots=True)
class Parts:
    """Texts and files of one transaction."""

    plain: Node | None = None
    html: Node | None = None
    files: tuple[Node, ...] = ()


def to_parts(texts: Iterable[Node], files: Iterable[Node]) -> Mapping[str, Parts]:
    """Parts by their transaction. Of a mail in several forms the first plain text and the first HTML are its words."""
    found: dict[str, Parts] = {}
    for part in sorted(texts, key=lambda one: one.number("id")):
        if part.text("Filename"):
            continue
        held = found.get(part.text("TransactionId"), Parts())
        if part.text("ContentType") == "text/html":
            held = Parts(held.plain, held.html or part, held.files)
        else:
            held = Parts(held.plain or part, held.html, held.files)
        found[part.text("TransactionId")] = held
    for file in sorted(files, key=lambda one: one.number("id")):
        held = found.get(file.text("TransactionId"), Parts())
        found[file.text("TransactionId")] = Parts(held.plain, held.html, (*held.files, file))
    return found


def to_entries(rows: Iterable[Node], parts: Mapping[str, Parts], lens: Lens) -> list[Entry]:
    """History as entries, oldest first; what is not worth a line is left out."""
    entries = [to_entry(row, parts.get(row.text("id"), Parts()), lens) for row in rows if is_told(row)]
    return sorted(entries, key=lambda entry: entry.seq)


def is_told(row: Node) -> bool:
    """Whether a transaction is shown."""
    kind = row.text("Type")
    return kind in SPOKEN or kind == "Status" or (kind == "Set" and row.text("Field") in TOLD)


def to_entry(row: Node, parts: Parts, lens: Lens) -> Entry:
    """One transaction."""
    kind = _kind(row, lens)
    said = admit(_change(row, lens)) if kind is EntryKind.SYSTEM else words_of(parts)
    author = row.text("Creator", "id")
    is_agent = kind in {EntryKind.AGENT, EntryKind.NOTE, EntryKind.SYSTEM}
    return Entry(
        id=EntryId(row.text("id")),
        seq=row.number("id"),
        kind=kind,
        author=name_of(row.at("Creator")),
        author_id=AgentId(author) if is_agent and author else None,
        at=row.when("Created") or datetime.fromtimestamp(_EPOCH).astimezone(),
        body=said.text,
        attachments=tuple(to_attachment(file) for file in parts.files),
        flags=said.flags,
        masked=said.kinds,
    )


def _is_agent(person: Node, lens: Lens) -> bool:
    login = AgentId(person.text("id"))
    return login == lens.me or login in lens.agents or login == "RT_System" or person.flag("Privileged")


def _kind(row: Node, lens: Lens) -> EntryKind:
    match row.text("Type"):
        case "Comment":
            return EntryKind.NOTE
        case "Create" | "Correspond":
            return EntryKind.AGENT if _is_agent(row.at("Creator"), lens) else EntryKind.CUSTOMER
        case _:
            return EntryKind.SYSTEM


def words_of(parts: Parts) -> Admitted:
    """The words of a message: its plain text, or its HTML as lines; secrets hidden."""
    if parts.plain is not None and parts.plain.text("Content").strip():
        return admit(parts.plain.text("Content").strip("\n"))
    if parts.html is not None:
        read = html_to_text(parts.html.text("Content"))
        text, kinds = mask(read.text)
        return Admitted(text, read.flags, kinds)
    return Admitted(NO_TEXT, (), ())


def raw_words(parts: Parts) -> str:
    """The same with nothing hidden, not safe to draw."""
    if parts.plain is not None and parts.plain.text("Content").strip():
        return parts.plain.text("Content")
    return str(html_to_text(parts.html.text("Content")).text) if parts.html is not None else ""


def _change(row: Node, lens: Lens) -> str:
    field, old, new = row.text("Field"), row.text("OldValue"), row.text("NewValue")
    known = {"Queue": lens.queues, "Owner": lens.names}.get(field, {})
    if field == "Owner" and new not in known and new != NOBODYS:
        return "Owner changed"
    old, new = (known.get(value, NOBODY if field == "Owner" and value == NOBODYS else value) for value in (old, new))
    if field == "Owner" and not any(old == name for name in (*known.values(), NOBODY)):
        return f"Owner: {new}"
    return f"{field or 'Status'}: {old} → {new}"


def to_attachment(file: Node) -> Attachment:
    """A file, described; its id holds what its address needs."""
    return Attachment(
        id=AttachmentId(f"{file.text('TransactionId')}/{file.text('id')}"),
        name=file.line("Filename"),
        media_type=file.text("ContentType"),
        size=file.number("ContentLength"),
        inline="content-id:" in file.text("Headers").casefold() and file.text("ContentType").startswith("image/"),
    )


# --- people


def own_number(row: Node) -> str:
    """The number of somebody, which RT puts in a link only."""
    return next((link.text("id") for link in row.each("_hyperlinks") if link.text("ref") == "self"), "")


def to_agent(row: Node, teams: Iterable[TeamId], load: int = 0) -> Agent:
    """Somebody who answers; RT tells neither state nor capacity."""
    return Agent(
        id=AgentId(row.text("Name") or row.text("id")),
        name=name_of(row),
        role=Role.L2,
        teams=tuple(teams),
        languages=(),
        skills=(),
        state=AgentState.AVAILABLE,
        load=load,
        capacity=0,
    )


def to_customer(asker: Node, tickets: Iterable[Node], lens: Lens) -> CustomerContext:
    """Who is asking, and what else they asked."""
    rows = [to_summary(row, lens) for row in tickets]
    facts = [Fact(name, asker.line(name)) for name in ("Organization", "WorkPhone", "City", "Country") if asker.text(name)]
    facts += [
        Fact(one.text("name"), admit_line(", ".join(_values(one)))) for one in asker.each("CustomFields") if any(_values(one))
    ]
    return CustomerContext(
        customer=Customer(
            id=CustomerId(asker.text("id")),
            name=name_of(asker),
            uid="",
            tier=NO_TEXT,
            language=_language(asker.text("Lang")),
            region="",
            time_zone=asker.text("Timezone"),
            email=asker.line("EmailAddress"),
            phone=asker.line("WorkPhone"),
        ),
        account=tuple(facts),
        contacts=tuple(Contact(row.id, row.number, row.subject, row.channel, row.status, row.updated_at) for row in rows),
    )


def _language(said: str) -> str:
    return re.split(r"[-_]", said, maxsplit=1)[0].casefold() if said.isascii() else ""


def to_article(row: Node, base: str) -> Article:
    """An article; its body is whatever custom fields its class has."""
    bodies = [text for one in row.each("CustomFields") for text in _values(one) if text]
    return Article(
        id=row.text("id"),
        title=row.line("Name"),
        url=f"{base}/Articles/Article/Display.html?id={row.number('id')}",
        body=admit("\n\n".join(bodies) or row.text("Summary")).text,
        language="",
    )


def sentences(node: Node) -> str:
    """What RT says it did or refused, in the agent's language; for people, never for decisions."""
    if isinstance(node.value, list):
        return "; ".join(filter(None, (sentences(item) for item in node.each())))
    return node.text() or node.text("message").partition(" at /")[0]
