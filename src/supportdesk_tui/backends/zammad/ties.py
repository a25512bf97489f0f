"""What is tied to a ticket without being one of its fields: tags, followers, links; each by a request of its own."""

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import mapping, writing
from supportdesk_tui.backends.zammad.client import Zammad, is_id
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.errors import NotFound, Refused
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import sanitize_line


class Ties:
    """Changes what is tied to tickets of one Zammad."""

    def __init__(self, zammad: Zammad) -> None:
        self._zammad = zammad

    async def tag(self, whole: Node, change: changes.Tag) -> None:
        """Add and remove tags one by one, those alone that are not so already."""
        ticket, held = id_of(whole), {one.text() for one in whole.each("tags")}
        steps = [("POST", "/tags/add", tag) for tag in change.add if tag not in held]
        steps += [("DELETE", "/tags/remove", tag) for tag in change.remove if tag in held]
        for method, route, tag in steps:
            body = {"item": tag, "object": "Ticket", "o_id": int(ticket)}
            call = writing.write("change the tags", method, route, body)
            if not (await self._zammad.write(call)).flag():
                raise Refused(call.operation, "not done", fields={"tag": "refused"})
        self._zammad.forget(ticket)

    async def watch(self, whole: Node, *, on: bool) -> None:
        """Follow the ticket or stop following it: Zammad calls it a mention of oneself."""
        ticket = id_of(whole)
        mine = [mention for mention, user in mapping.mentions_of(whole) if user == self._zammad.lens.me]
        if on and not mine:
            body = {"mentionable_type": "Ticket", "mentionable_id": int(ticket)}
            await self._zammad.write(writing.write("follow the ticket", "POST", "/mentions", body))
        for mention in () if on else mine:
            await self._zammad.send(writing.write("stop following", "DELETE", "/mentions/{mention}", mention=mention))
        self._zammad.forget(ticket)

    async def merge(self, whole: Node, into: TicketId) -> Node:
        """Fold the ticket into another, which is named by its number; that it failed comes with a 200."""
        _, row = mapping.parts_of(whole)
        target = await self._zammad.whole(TicketId(into))
        number = mapping.parts_of(target)[1].text("number")
        call = writing.write("merge", "PUT", "/ticket_merge/{source}/{number}", source=row.text("id"), number=number)
        says = await self._zammad.write(call)
        if says.text("result") != "success":
            raise Refused(call.operation, sanitize_line(says.text("message") or "not merged", 500))
        self._zammad.forget(id_of(whole))
        self._zammad.forget(into)
        return await self._zammad.whole(TicketId(into))

    async def link(self, whole: Node, to: TicketId) -> None:
        """Tie two tickets: the source is named by its number, the target by its id."""
        if not is_id(to):
            raise NotFound("link the tickets")
        if to in mapping.link_ids(whole):
            return
        body = {
            "link_type": "normal",
            "link_object_target": "Ticket",
            "link_object_target_value": int(to),
            "link_object_source": "Ticket",
            "link_object_source_number": mapping.parts_of(whole)[1].text("number"),
        }
        await self._zammad.write(writing.write("link the tickets", "POST", "/links/add", body))
        self._zammad.forget(id_of(whole))

    async def escalate(self, whole: Node, change: changes.Escalate) -> None:
        """A ticket in the specialists' group below ours, on which we are the customer: the real one is not written to."""
        _, row = mapping.parts_of(whole)
        if not is_id(change.team):
            raise Refused("escalate", "no such group", fields={"team": "unknown"})
        facts = "\n".join(f"{name}: {value}" for name, value in change.fields)
        body = {
            "title": row.text("title"),
            "group_id": int(change.team),
            "customer_id": int(self._zammad.lens.me or 0),
            "article": writing.note(f"{change.summary}\n\n{facts}".strip()),
            "links": {"Ticket": {"parent": [int(row.text("id"))]}},
        }
        await self._zammad.write(writing.write("escalate", "POST", "/tickets", body))
        self._zammad.forget(id_of(whole))


def id_of(whole: Node) -> TicketId:
    """The ticket an answer with everything is about."""
    return TicketId(mapping.parts_of(whole)[1].text("id"))
