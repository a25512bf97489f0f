"""A fake Zammad under the contract, each request held against its documentation; customers write by mail past the API."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.zammad.adapter import Choices, ZammadBackend
from supportdesk_tui.domain.ids import TicketId
from tests.contract.words import Words
from tests.fakes.serving import Served, Watched
from tests.fakes.zammad import FakeZammad, check
from tests.fakes.zammad_desk import CLOSED, EMAIL, NEW, OPEN, WAITING, Desk, Row, stamp

QUICK = Limits(backoff_s=0.01)
EAGER = Choices(budget=Budget(per_minute=3000, quick_s=0.1, slow_s=0.2), page=25, talk=12)
TICKETS = 64
_CUSTOMERS = itertools.count(1)


class ZammadFloor:
    """Zammad 7 without a search index."""

    me = "alice"
    other = "bob"
    trainee = "trainee"
    lacks = SPECS["zammad"].gaps()
    words = Words(
        pending="waiting for customer",
        solved="closed",
        team="2",
        talk=20,
        longest=0,
        articles=(("refund", "en"),),
        is_seeded=False,
        reply_head=b"PUT ",
    )

    def __init__(self) -> None:
        self.desk = seeded()
        self.fake = FakeZammad(self.desk)
        self.watched = Watched(self.fake, check)
        self.served = Served(self.watched).start()
        self.url = self.served.url
        self._threads: dict[str, TicketId] = {}

    def backend(self, login: str, url: str = "") -> ZammadBackend:
        """An agent's backend."""
        return ZammadBackend(url or self.url, f"token-{login}", EAGER, limits=QUICK)

    def stranger(self) -> ZammadBackend:
        """A backend with a token nobody has."""
        return ZammadBackend(self.url, "nobody-has-this", EAGER, limits=QUICK)

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """By mail."""
        known = self._threads.get(thread) if thread else None
        ticket = await asyncio.to_thread(mailed, self.desk, body, subject, known)
        if thread:
            self._threads[thread] = ticket
        return ticket

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """What is not internal, and what went out as mail all the same."""
        with self.desk.lock:
            rows = [self.desk.articles[one] for one in self.desk.tickets[int(ticket)]["article_ids"]]
            return [str(one["body"]) for one in rows if not one["internal"] or one["type_id"] == EMAIL]

    def close(self) -> None:
        """Stop, and fail when any request of the session was not as documented."""
        self.served.stop()
        assert self.watched.findings == []


def mailed(desk: Desk, body: str, subject: str, known: TicketId | None) -> TicketId:
    """A customer's mail: on a known ticket, or on a new one."""
    with desk.lock:
        customer = desk.customer(f"customer{next(_CUSTOMERS)}@example.com")
        if known is None:
            ticket = desk.open_ticket(subject or body[:60] or "no subject", 1, customer, customer)
        else:
            ticket = desk.tickets[int(known)]
        said: Row = {"type": "email", "sender": "Customer", "body": body, "subject": subject, "to": "desk@example.com"}
        desk.say(ticket, customer, said)
        return TicketId(str(ticket["id"]))


def seeded() -> Desk:
    """Three agents, and tickets of every kind, some of them of one and the same millisecond."""
    desk, draw = Desk(), random.Random(7)
    every = {1: ["full"], 2: ["full"], 3: ["read", "create"]}
    agents = [desk.add_user("alice", "Alice Archer", every), desk.add_user("bob", "Bob Brown", every)]
    agents.append(desk.add_user("trainee", "Tom Hale", {1: ["read", "overview"], 2: ["read"]}))
    desk.tokens |= {f"token-{desk.users[one]['login']}": one for one in agents}
    now = datetime.now(UTC)
    for number in range(TICKETS):
        customer = desk.customer(f"seed{number % 20}@example.com")
        made = stamp(now - timedelta(hours=number // 3))
        ticket = desk.open_ticket(f"Question {number}", draw.choice([1, 2]), customer, customer)
        desk.say(
            ticket, customer, {"type": draw.choice(["email", "phone", "web"]), "sender": "Customer", "body": f"seed {number}"}
        )
        due = draw.choice([None, stamp(now + timedelta(minutes=30 * (number % 9 - 3)))])
        ticket |= {"created_at": made, "updated_at": made, "escalation_at": due, "first_response_escalation_at": due}
        ticket |= {"priority_id": draw.choice([1, 2, 3]), "owner_id": draw.choice([1, *agents[:2]])}
        ticket["state_id"] = draw.choice([NEW, OPEN, OPEN, WAITING, CLOSED])
        if ticket["state_id"] in {WAITING, CLOSED}:
            ticket |= {"escalation_at": None, "first_response_escalation_at": None}
    answer = {"type": "KnowledgeBase::Answer::Translation", "title": "Refunds", "url": "/help/en-us/1/3", "tags": []}
    desk.answers.append({"id": 3, "subtitle": "Money > Back", "body": "A refund takes five days.", **answer})
    return desk
