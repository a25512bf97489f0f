"""Writing to Zammad: a look before, because the last writer wins, and a look at the answer, because it ignores what it does
not know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from supportdesk_tui.backends.files import held
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.traces import Setting, as_shown, earliest, same_words
from supportdesk_tui.backends.zammad import mapping, writing
from supportdesk_tui.backends.zammad import query as asking
from supportdesk_tui.backends.zammad.client import Zammad, is_id
from supportdesk_tui.backends.zammad.ties import Ties, id_of
from supportdesk_tui.backends.zammad.words import NOBODY
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED
from supportdesk_tui.domain.changes import Applied, Change, FollowUp, Note, Reply
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import Conflict, NotFound, Refused, Unsupported
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.text.safe import sanitize_line

MAX_FILE = 25 * 1024 * 1024
SINGLE = (changes.Tag, changes.Watch, changes.Escalate, changes.MakePromise, changes.SettlePromise)
"""What may follow a reply, but cannot go with it in one request."""


class Changing:
    """Does changes to tickets of one Zammad."""

    def __init__(self, zammad: Zammad) -> None:
        self._zammad = zammad
        self._ties = Ties(zammad)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None) -> Applied:
        """Do one change and look that it happened."""
        if isinstance(change, changes.Create):
            return await self._create(change, key)
        if isinstance(change, changes.Undo | changes.SetAgentState):
            raise Unsupported(NEEDED[type(change)])
        if ticket is None:
            raise NotFound("change the ticket")
        if isinstance(change, Reply | Note):
            return await self._say(ticket, change, key, expected)
        whole = await self._look(ticket, expected)
        return await self._do(whole, change, key)

    async def _do(self, whole: Node, change: Change, key: ChangeKey) -> Applied:
        """One change of a ticket that was just looked at."""
        match change:
            case changes.Tag():
                await self._ties.tag(whole, change)
            case changes.Watch(on=on):
                await self._ties.watch(whole, on=on)
            case changes.Merge(into=into):
                return self._applied(await self._ties.merge(whole, into), key)
            case changes.Link(to=to):
                await self._ties.link(whole, to)
            case changes.Escalate():
                await self._ties.escalate(whole, change)
            case _:
                return await self._set(whole, change, key)
        return self._applied(await self._zammad.whole(id_of(whole)), key)

    async def _look(self, ticket: TicketId, expected: int | None) -> Node:
        """The ticket as it stands; a conflict when it is newer than what the agent saw."""
        self._zammad.forget(ticket)
        whole = await self._zammad.whole(ticket)
        _, row = mapping.parts_of(whole)
        if expected is not None and mapping.version_of(row) > expected:
            raise self._conflict(whole, "the ticket has changed")
        return whole

    def _conflict(self, whole: Node, reason: str) -> Conflict:
        return Conflict("change the ticket", reason, current=mapping.to_ticket(whole, self._zammad.lens).summary)

    def _applied(self, whole: Node, key: ChangeKey, says: str = "", entry: str = "") -> Applied:
        _, row = mapping.parts_of(whole)
        return Applied(key, TicketId(row.text("id")), mapping.version_of(row), sanitize_line(says, 1000), entry)

    async def _put(self, ticket: TicketId, body: dict[str, Any], operation: str = "change the ticket") -> Node:
        """Change fields and say something in one request, which answers with everything."""
        call = writing.write(operation, "PUT", "/tickets/{ticket}", body, ticket=ticket)
        whole = await self._zammad.write(call)
        self._zammad.forget(ticket)
        return self._zammad.checked(call, whole)

    # --- the ticket's own fields

    def _setting(self, change: Change) -> Setting:
        return writing.to_setting(change, self._zammad.lens, self._zammad.http.now())

    async def _set(self, whole: Node, change: Change, key: ChangeKey) -> Applied:
        _, row = mapping.parts_of(whole)
        setting = self._setting(change)
        owner = row.text("owner_id")
        if isinstance(change, changes.Assign) and change.only_if_unowned and owner not in {NOBODY, self._zammad.lens.me}:
            raise self._conflict(whole, "somebody has it")
        body = dict(setting.body)
        if isinstance(change, changes.Transfer) and change.reason:
            body["article"] = writing.note(change.reason)
        elif setting.is_done(row):
            return self._applied(whole, key)
        after = await self._put(id_of(whole), body)
        if not setting.is_done(mapping.parts_of(after)[1]):
            raise Refused("change the ticket", "not done: Zammad does not know this field or value", fields=_unknown(setting))
        return self._applied(after, key, setting.says)

    # --- words

    async def _say(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, expected: int | None) -> Applied:
        """Words, and with them in one request every field that is to follow; tags and the like come after."""
        if not said.body.strip():
            raise Refused("send the reply", "there is nothing in it")
        settings = [self._setting(one) for one in said.then if not isinstance(one, SINGLE)]
        whole = await self._look(ticket, expected)
        files = await held(said.attachments)
        operation = "send the reply" if isinstance(said, Reply) else "add the note"
        if isinstance(said, Reply):
            spoken = writing.reply(said, whole, files)
        else:
            spoken = writing.Spoken(writing.note(said.body, files))
        body: dict[str, Any] = {"article": spoken.body}
        for setting in settings:
            body |= setting.body
        mentions = [int(one) for one in said.mentions if is_id(one)] if isinstance(said, Note) else []
        after = await self._put(ticket, body, operation)
        entry = self._spoken(after, said, None)
        if entry is None:
            raise Refused(operation, "Zammad took the request but shows no such words")
        problems = [spoken.says] if spoken.says else []
        if mentions:
            problems.append("the people named in it are not told: Zammad lets an agent subscribe only themselves")
        return await self._settle(after, said.then, key, entry, problems)

    def _spoken(self, whole: Node, said: Reply | Note, first_at: datetime | None) -> str | None:
        """Id of our words among the articles, the newest of them."""
        wanted, assets = as_shown(said.body), mapping.parts_of(whole)[0]
        for row in reversed(mapping.articles_of(whole)):
            entry = mapping.to_entry(row, assets)
            is_ours = row.text("created_by_id") == self._zammad.lens.me and (first_at is None or entry.at >= first_at)
            is_kind = (entry.kind is EntryKind.NOTE) is isinstance(said, Note)
            if is_ours and is_kind and same_words(wanted, entry.body):
                return entry.id
        return None

    async def _settle(
        self, whole: Node, then: Sequence[FollowUp], key: ChangeKey, entry: str, problems: list[str] | None = None
    ) -> Applied:
        """Do what could not go along with the words; what is refused then does not take them back, and is said."""
        says, left = list(problems or ()), [one for one in then if isinstance(one, SINGLE)]
        for one in left:
            try:
                await self._do(whole, one, key)
            except (Refused, Conflict, Unsupported) as error:
                says.append(f"not all that follows was done: {getattr(error, 'reason', '') or error}")
        if left:
            whole = await self._zammad.whole(id_of(whole))
        return self._applied(whole, key, "; ".join(says), entry)

    async def _create(self, change: changes.Create, key: ChangeKey) -> Applied:
        lens = self._zammad.lens
        body = writing.new_ticket(change, change.category or next(iter(lens.my_teams), ""))
        call = writing.write("open a ticket", "POST", "/tickets", body)
        made = await self._zammad.write(call)
        return self._applied(self._zammad.checked(call, made), key)

    # --- what became of one

    async def find(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Whether a change whose outcome is unknown has happened; what was to follow our words is done then."""
        first_at = earliest(since, self._zammad.http)
        if ticket is None:
            return await self._find_created(change, key, first_at) if isinstance(change, changes.Create) else None
        whole = await self._look(ticket, None)
        if isinstance(change, Reply | Note):
            entry = self._spoken(whole, change, first_at)
            return None if entry is None else await self._settle(whole, change.then, key, entry)
        try:
            is_done = self.shows(change, whole)
        except (Unsupported, Refused):
            return None
        return self._applied(whole, key) if is_done else None

    def shows(self, change: Change, whole: Node) -> bool:
        """Whether a ticket looks as the change would leave it."""
        lens = self._zammad.lens
        match change:
            case changes.Tag(add=add, remove=remove):
                held = {one.text() for one in whole.each("tags")}
                return set(add) <= held and not set(remove) & held
            case changes.Watch(on=on):
                return (lens.me in {user for _, user in mapping.mentions_of(whole)}) is on
            case changes.Merge(into=into):
                return mapping.merged_into(whole, lens) == into
            case changes.Link(to=to):
                return to in mapping.link_ids(whole)
            case changes.Escalate(team=team):
                assets = mapping.parts_of(whole)[0]
                tasks = (number for number, kind in mapping.link_ids(whole).items() if kind == "child")
                return any(assets.find("Ticket", one).text("group_id") == team for one in tasks)
        return self._setting(change).is_done(mapping.parts_of(whole)[1])

    async def _find_created(self, change: changes.Create, key: ChangeKey, first_at: datetime) -> Applied | None:
        terms = [asking.at_least("ticket.created_at", first_at), asking.one_of("ticket.title", [change.subject])]
        found = await self._zammad.tickets(terms, sort="id")
        for row in found.rows:
            customer = found.assets.find("User", row.text("customer_id"))
            if change.customer in {row.text("customer_id"), customer.text("email"), customer.text("login")}:
                return Applied(key, TicketId(row.text("id")), mapping.version_of(row))
        return None


def _unknown(setting: Setting) -> dict[str, str]:
    return dict.fromkeys(setting.body, "not taken")
