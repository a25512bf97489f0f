"""Texts Zendesk keeps for agents: macros, filled in for a ticket without changing it, and articles of the help center."""

import asyncio
from collections.abc import Iterator

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zendesk import mapping
from supportdesk_tui.backends.zendesk.client import Zendesk, number_of
from supportdesk_tui.backends.zendesk.words import Lens
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.directory import Article, MacroText
from supportdesk_tui.domain.errors import Forbidden, NotFound, Refused
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import SafeText, sanitize_line
from supportdesk_tui.text.secrets import admit

LOCALES = {"en": "en-us", "zh": "zh-cn", "pt": "pt-br"}
"""What a help center calls a language by custom."""
OTHERS = {"type": "type", "subject": "subject", "brand_id": "brand", "due_at": "due date", "problem_id": "problem"}
"""What a macro may do besides, which the desk has no change for."""


async def preview(zendesk: Zendesk, ticket: TicketId, macro: str) -> MacroText:
    """What a macro would write and do: its result is held against the ticket as it stands; two requests at once."""
    if not macro.isdecimal():
        raise NotFound("read the macro")
    number = number_of(ticket)
    found, now = await asyncio.gather(
        zendesk.get("read the macro", "/tickets/{ticket}/macros/{macro}/apply", values={"ticket": number, "macro": macro}),
        zendesk.ticket(ticket, include="users"),
    )
    return to_macro_text(found.at("result", "ticket"), found.at("result", "comment"), now.at("ticket"), zendesk.lens)


def to_macro_text(after: Node, beside: Node, before: Node, lens: Lens) -> MacroText:
    """The difference between a ticket and the same with the macro applied, as changes of ours; pure."""
    comment = after.at("comment") or beside
    body = comment.text("body") or _scoped(comment) or str(html_to_text(comment.text("html_body")).text)
    return MacroText(
        body=admit(body.strip("\n")).text,
        is_note=comment.at("public").value is False,
        then=tuple(_steps(after, before, lens)),
        left_out=tuple(_left_out(after, before)),
    )


def _scoped(comment: Node) -> str:
    """Words by channel: those for all channels first."""
    parts = {one.text(0): one.text(1) for one in comment.each("scoped_body")}
    return parts.get("channel:all") or next(iter(parts.values()), "")


def _steps(after: Node, before: Node, lens: Lens) -> Iterator[changes.FollowUp]:
    if _differs(after, before, "group_id"):
        yield changes.Transfer(TeamId(after.text("group_id")))
    if _differs(after, before, "assignee_id"):
        yield changes.Assign(AgentId(after.text("assignee_id")))
    if _differs(after, before, "status") or _differs(after, before, "custom_status_id"):
        yield changes.SetStatus(mapping.status_of(after, lens).name)
    if _differs(after, before, "priority"):
        yield changes.SetPriority(mapping.priority_of(after))
    if isinstance(after.at("tags").value, list):
        new, old = mapping.tags_of(after), mapping.tags_of(before)
        add, remove = tuple(tag for tag in new if tag not in old), tuple(tag for tag in old if tag not in new)
        if add or remove:
            yield changes.Tag(add, remove)
    held = dict(_fields(before))
    for number, value in _fields(after):
        if number in lens.fields and value != held.get(number, ""):
            yield changes.SetField(number, value)


def _fields(ticket: Node) -> Iterator[tuple[str, str]]:
    """Values of fields: traffic has a list, the documentation a single object."""
    for name in ("custom_fields", "fields"):
        for one in (*ticket.each(name), ticket.at(name)):
            if one.text("id"):
                yield one.text("id"), _value(one.at("value"))


def _value(value: Node) -> str:
    if isinstance(value.value, bool):
        return "yes" if value.value else ""
    return ", ".join(one.text() for one in value.each()) or value.text()


def _differs(after: Node, before: Node, name: str) -> bool:
    return bool(after.text(name)) and after.text(name) != before.text(name)


def _left_out(after: Node, before: Node) -> Iterator[SafeText]:
    for name, words in OTHERS.items():
        if _differs(after, before, name):
            yield sanitize_line(f"{words}: {after.line(name, limit=80)}")


async def articles(zendesk: Zendesk, text: str, locale: str | None) -> list[Article]:
    """Articles with the words, in a language where the help center has it, else in any."""
    query = {"query": text, "per_page": "25"}
    wanted = LOCALES.get(locale, locale) if locale else ""
    for asked in [{**query, "locale": wanted}, query] if wanted else [query]:
        try:
            found = await zendesk.get("search the articles", "/help_center/articles/search", query=asked)
        except (NotFound, Forbidden, Refused):
            continue
        rows = found.each("results")
        if rows or asked is query:
            return [mapping.to_article(row, zendesk.http.base) for row in rows if row.text("id")]
    return []
