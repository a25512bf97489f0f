"""Answers of Zammad to the domain; pure and total: a word this client does not know is shown as text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad.words import (
    AGENT,
    CUSTOMER,
    MERGED,
    NOBODY,
    PUBLIC,
    Lens,
    article_type,
    channel_of,
)
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.directory import Article
from supportdesk_tui.domain.ids import AgentId, AttachmentId, CustomerId, EntryId, TeamId, TicketId
from supportdesk_tui.domain.people import Agent, AgentState, Contact, Customer, CustomerContext, Fact, Role
from supportdesk_tui.domain.sla import NO_CLOCK, Clock, ClockKind
from supportdesk_tui.domain.ticket import FieldValue, LinkedTicket, Phase, Ticket, TicketSummary
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import NO_TEXT, SafeText
from supportdesk_tui.text.secrets import Admitted, admit, admit_line, mask

_INLINE = re.compile(r'src="[^"<>]{0,200}/(\d{1,18})\?view=inline"')
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RELATIONS = {"parent": "task_of", "child": "task", "normal": "related"}
"""Kinds of links, seen from the ticket that is open, and what they are called here."""
_DEADLINES = (
    ("first_response_escalation_at", ClockKind.FIRST),
    ("update_escalation_at", ClockKind.NEXT),
    ("close_escalation_at", ClockKind.RESOLVE),
)
_OWN = frozenset(
    """id group_id priority_id state_id organization_id number title owner_id customer_id note first_response_at
    first_response_escalation_at first_response_in_min first_response_diff_in_min close_at close_escalation_at close_in_min
    close_diff_in_min update_escalation_at update_in_min update_diff_in_min last_close_at last_contact_at
    last_contact_agent_at last_contact_customer_at last_owner_update_at create_article_type_id create_article_sender_id
    article_count escalation_at pending_time time_unit preferences updated_by_id created_by_id created_at updated_at
    checklist_id referencing_checklist_ids article_ids ticket_time_accounting_ids referencing_checklists group organization
    ticket_time_accounting state priority owner customer created_by updated_by create_article_type create_article_sender
    ai_stored_result_ids type""".split()  # noqa: SIM905  a table reads better as words
)
"""Keys every ticket has; any other was named by the admin."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Everything that came with an answer, by class and id; each thing once."""

    root: Node

    def find(self, kind: str, number: str) -> Node:
        """One thing; an empty place where it did not come."""
        return self.root.at(kind, number)

    def name(self, number: str) -> SafeText:
        """What a user is called."""
        return name_of(self.find("User", number))


def name_of(user: Node) -> SafeText:
    """First and last name, else the address."""
    whole = " ".join(filter(None, (user.text("firstname").strip(), user.text("lastname").strip())))
    return admit_line(whole) or user.line("email") or user.line("login")


def number_of(number: str) -> str:
    """A ticket's number as it is written here: ids and numbers are both digits, and only a number begins with this sign."""
    return f"#{number}" if number else ""


def version_of(row: Node) -> int:
    """Zammad has no version: the millisecond of the last update stands for it."""
    at = row.when("updated_at")
    return round(at.timestamp() * 1000) if at else 0


# --- tickets


def to_summary(row: Node, assets: Assets, lens: Lens) -> TicketSummary:
    """One ticket, with or without the names an expanded one has."""
    state = lens.state(row.text("state_id"), row.text("state"))
    kind = article_type(row, "create_article_type")
    created = row.when("created_at") or EPOCH
    owner, customer, group = row.text("owner_id"), row.text("customer_id"), row.text("group_id")
    is_owned = owner not in {"", NOBODY}
    return TicketSummary(
        id=TicketId(row.text("id")),
        number=number_of(row.text("number")),
        subject=row.line("title"),
        channel=channel_of(kind),
        status=state.status,
        priority=lens.rank(row.text("priority_id")),
        category=group,
        language="",
        customer_id=CustomerId(customer),
        customer_name=assets.name(customer) or row.line("customer"),
        tier=SafeText("VIP") if assets.find("User", customer).flag("vip") else NO_TEXT,
        owner=AgentId(owner) if is_owned else None,
        owner_name=(assets.name(owner) or row.line("owner")) if is_owned else NO_TEXT,
        team=TeamId(group) if group else None,
        tags=(),
        clock=_clock(row, created),
        unread=0,
        created_at=created,
        updated_at=row.when("updated_at") or created,
        version=version_of(row),
        public=kind in PUBLIC,
    )


def _clock(row: Node, created: datetime) -> Clock:
    """The deadline that comes first; the server leaves it out while the clock stands still."""
    due = row.when("escalation_at")
    if due is None:
        return NO_CLOCK
    kind = next((kind for name, kind in _DEADLINES if row.when(name) == due), ClockKind.RESOLVE)
    started = row.when("last_contact_customer_at") if kind is ClockKind.NEXT else created
    return Clock(kind, started or created, due)


def to_ticket(whole: Node, lens: Lens) -> Ticket:
    """An opened ticket from the answer that has everything."""
    assets, row = parts_of(whole)
    watchers = tuple(AgentId(user) for _, user in mentions_of(whole))
    summary = to_summary(row, assets, lens)
    summary = changed(summary, tags=tuple(admit_line(one.text()) for one in whole.each("tags")), watched=lens.me in watchers)
    asleep = summary.status.phase is Phase.SNOOZED
    return Ticket(
        summary=summary,
        fields=tuple(
            FieldValue(name, admit_line(name), admit_line(_said(value), 1000))
            for name, value in row.pairs()
            if name not in _OWN and not isinstance(value.value, dict)
        ),
        links=tuple(_links(whole, assets, lens)),
        snoozed_until=row.when("pending_time") if asleep else None,
        watchers=watchers,
    )


def _said(value: Node) -> str:
    if isinstance(value.value, bool):
        return "yes" if value.value else "no"
    return ", ".join(one.text() for one in value.each()) if isinstance(value.value, list) else value.text()


def changed(summary: TicketSummary, **terms: object) -> TicketSummary:
    """The same with other values."""
    from msgspec.structs import replace

    return replace(summary, **terms)


def parts_of(whole: Node) -> tuple[Assets, Node]:
    """Everything that came along, and the ticket itself."""
    assets = Assets(whole.at("assets"))
    return assets, assets.find("Ticket", whole.text("ticket_id") or whole.text("id"))


def mentions_of(whole: Node) -> list[tuple[str, str]]:
    """Who follows the ticket: ids of the mention and of the user."""
    assets = Assets(whole.at("assets"))
    found = ((one.text(), assets.find("Mention", one.text()).text("user_id")) for one in whole.each("mentions"))
    return [(mention, user) for mention, user in found if user]


def link_ids(whole: Node) -> dict[str, str]:
    """Linked tickets by id, and what the product calls the link."""
    links = (one for one in whole.each("links") if one.text("link_object") == "Ticket")
    return {one.text("link_object_value"): one.text("link_type") for one in links if one.text("link_object_value")}


def _links(whole: Node, assets: Assets, lens: Lens) -> Iterable[LinkedTicket]:
    for number, kind in link_ids(whole).items():
        row = assets.find("Ticket", number)
        state = lens.state(row.text("state_id"), row.text("state"))
        yield LinkedTicket(
            id=TicketId(number),
            number=number_of(row.text("number") or number),
            relation="duplicate" if state.kind == MERGED else RELATIONS.get(kind, "related"),
            subject=row.line("title"),
            status=state.status,
            team_name=admit_line(lens.groups.get(row.text("group_id"), "")),
        )


def merged_into(whole: Node, lens: Lens) -> TicketId | None:
    """Where a merged ticket went; None for one that was not."""
    _, row = parts_of(whole)
    if lens.state(row.text("state_id")).kind != MERGED:
        return None
    return next((TicketId(number) for number, kind in link_ids(whole).items() if kind == "parent"), None)


# --- what was said


def articles_of(whole: Node) -> list[Node]:
    """The thread, oldest first."""
    assets = Assets(whole.at("assets"))
    rows = (assets.find("TicketArticle", one.text()) for one in whole.each("ticket_article_ids"))
    return sorted((row for row in rows if row.text("id")), key=lambda row: row.number("id"))


def to_entry(row: Node, assets: Assets) -> Entry:
    """One article."""
    sender, kind = row.number("sender_id"), article_type(row)
    author = row.text("origin_by_id") or row.text("created_by_id")
    said = words_of(row)
    return Entry(
        id=EntryId(row.text("id")),
        seq=row.number("id"),
        kind=_kind(row, sender, kind),
        author=assets.name(author) or row.line("from") or row.line("created_by"),
        author_id=AgentId(author) if sender != CUSTOMER and author not in {"", NOBODY} else None,
        at=row.when("created_at") or EPOCH,
        body=said.text,
        attachments=tuple(_attachments(row)),
        flags=said.flags,
        masked=said.kinds,
    )


def _kind(row: Node, sender: int, kind: str) -> EntryKind:
    """Who speaks. Mail marked as internal goes out all the same: whoever hides it has still written to the customer."""
    if sender == CUSTOMER or row.text("sender") == "Customer":
        return EntryKind.CUSTOMER
    if row.flag("internal") and kind in {"note", ""}:
        return EntryKind.NOTE
    if sender == AGENT or row.text("sender") == "Agent":
        return EntryKind.AGENT
    return EntryKind.BOT if kind == "email" else EntryKind.SYSTEM


def words_of(row: Node) -> Admitted:
    """The words of an article, its HTML as lines; secrets hidden."""
    if row.text("content_type").startswith("text/html"):
        read = html_to_text(_with_names(row))
        text, kinds = mask(read.text)
        return Admitted(text, read.flags, kinds)
    return admit(row.text("body").strip("\n"))


def _with_names(row: Node) -> str:
    """The HTML of an article, its inline images under the names of their files."""
    body = row.text("body")
    if "view=inline" not in body:
        return body
    names = {file.text("id"): file.text("filename") for file in row.each("attachments")}
    return _INLINE.sub(lambda image: f'alt="{escape(names.get(image[1], ""))}" {image[0]}', body)


def raw_words(row: Node) -> str:
    """The same with nothing hidden, not safe to draw."""
    body = row.text("body")
    return str(html_to_text(body).text) if row.text("content_type").startswith("text/html") else body


def _attachments(row: Node) -> Iterable[Attachment]:
    """Files and inline images; the other form of the same words, kept as a file, is left out."""
    for file in row.each("attachments"):
        says = file.at("preferences")
        if says.flag("content-alternative") or not file.text("id"):
            continue
        is_inline = says.text("Content-Disposition").startswith("inline") or f"/{file.text('id')}?view=inline" in row.text(
            "body"
        )
        yield Attachment(
            id=AttachmentId(f"{row.text('ticket_id')}/{row.text('id')}/{file.text('id')}"),
            name=file.line("filename"),
            media_type=says.text("Mime-Type") or says.text("Content-Type").partition(";")[0] or "application/octet-stream",
            size=file.number("size"),
            inline=is_inline,
        )


# --- people


def to_agent(user: Node) -> Agent:
    """Somebody who answers; the teams are the groups they may own tickets of."""
    may_own = (TeamId(group) for group, access in user.pairs("group_ids") if "full" in {one.text() for one in access.each()})
    return Agent(
        id=AgentId(user.text("id")),
        name=name_of(user),
        role=Role.L2,
        teams=tuple(may_own),
        languages=(),
        skills=(),
        state=AgentState.AWAY if user.flag("out_of_office") else AgentState.AVAILABLE,
        load=0,
        capacity=0,
    )


def access_of(user: Node) -> frozenset[str]:
    """What an agent may do in at least one group: full, read, create, change, overview."""
    return frozenset(one.text() for _, access in user.pairs("group_ids") for one in access.each())


def to_customer(user: Node, tickets: Node, lens: Lens) -> CustomerContext:
    """Who is asking, and what else they asked: open tickets first."""
    assets = Assets(tickets.at("assets"))
    numbers = [one.text() for part in ("ticket_ids_open", "ticket_ids_closed") for one in tickets.each(part)]
    rows = [to_summary(row, assets, lens) for row in (assets.find("Ticket", number) for number in numbers) if row]
    known = ("organization", "department", "phone", "mobile", "street", "zip", "city", "country", "web", "note")
    facts = [Fact(name, admit_line(plain(user.text(name)))) for name in known if user.text(name).strip()]
    return CustomerContext(
        customer=Customer(
            id=CustomerId(user.text("id")),
            name=name_of(user),
            uid="",
            tier=SafeText("VIP") if user.flag("vip") else NO_TEXT,
            language=user.text("preferences", "locale").partition("-")[0].casefold(),
            region=str(user.line("country")),
            time_zone="",
            email=user.line("email"),
            phone=user.line("mobile") or user.line("phone"),
            joined_at=user.when("created_at"),
        ),
        account=tuple(facts),
        contacts=tuple(Contact(row.id, row.number, row.subject, row.channel, row.status, row.updated_at) for row in rows),
    )


def plain(text: str) -> str:
    """A note is kept as HTML."""
    return str(html_to_text(text).text) if "<" in text or "&" in text else text


def to_article(row: Node, base: str) -> Article:
    """An answer of the knowledge base as its search shows it: the beginning of the text, and where the whole stands."""
    url = row.text("url")
    return Article(
        id=row.text("id"),
        title=admit_line(plain(row.text("title"))),
        url=f"{base}/{url.removeprefix('/')}" if url.startswith(("/", "#")) else url,
        body=admit(plain(row.text("body"))).text,
        language="",
        reviewed_at=row.when("date"),
    )
