"""A fake Chatwoot under the contract: agents by their tokens, customers by the back door."""

import asyncio
import itertools

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend, Choices
from supportdesk_tui.backends.chatwoot.cable import CablePace
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Channel
from tests.contract.words import Words
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.chatwoot_world import PRIORITIES, STATUSES, World

QUICK = Limits(backoff_s=0.01)
QUICK_CABLE = CablePace(backoff_s=0.01, backoff_max_s=0.05, presence_s=0.1, settled_s=0.05, again_s=0.1, again_max_s=0.1)
EAGER = Choices(budget=Budget(per_minute=6000, quick_s=0.05, slow_s=0.1), pace=QUICK_CABLE)


def world(tickets: int = 70) -> World:
    """An account with conversations of every kind; three statuses have more than a page holds together."""
    made = World()
    made.add_user(3, "Alice", "agent", ["agent"])
    made.add_user(4, "Bob", "agent", ["agent"])
    made.add_user(5, "Tom", "agent", ["report_manage"])
    made.teams = {
        1: {"id": 1, "name": "Level one", "members": [3, 4]},
        2: {"id": 2, "name": "Payments", "members": [4]},
    }
    made.inboxes = {
        1: {"id": 1, "name": "Mail", "channel_type": "Channel::Email", "email": "help@desk.example"},
        2: {"id": 2, "name": "Website", "channel_type": "Channel::WebWidget"},
    }
    payload = [{"attribute_key": "priority", "filter_operator": "equal_to", "values": ["urgent"], "query_operator": None}]
    made.filters = {7: {"id": 7, "name": "Burning", "filter_type": "conversation", "query": {"payload": payload}}}
    made.articles = [
        {
            "id": 1, "title": "Withdrawal limits", "locale": "en", "content": "How much a withdrawal may be.", "slug": "limits",
            "portal_slug": "help", "status": "published", "updated_at": 1_700_000_000,
        }
    ]  # fmt: skip
    made.canned = [{"id": 1, "account_id": 1, "short_code": "hi", "content": "Hello {{contact.name}}, {{ agent.name }} here."}]
    made.macros = [
        {
            "id": 2, "name": "Solve politely", "visibility": "global",
            "actions": [
                {"action_name": "send_message", "action_params": ["Bye {{contact.first_name}}"]},
                {"action_name": "add_label", "action_params": ["vip"]},
                {"action_name": "resolve_conversation", "action_params": []},
                {"action_name": "send_webhook_event", "action_params": ["https://hook.example"]},
            ],
        }
    ]  # fmt: skip
    customers = [made.add_contact(f"customer{number}@example.com") for number in range(8)]
    marks = itertools.cycle(itertools.product((None, *PRIORITIES), STATUSES, (None, 3, 4), (None, 1, 2)))
    for number in range(tickets):
        for _ in range(7):
            priority, status, assignee, team = next(marks)
        row = made.add_conversation(
            customers[number % 8], 1 + number % 2, f"Question {number}" if number % 2 == 0 else None, status=status,
            priority=priority, assignee=assignee, team=team,
        )  # fmt: skip
        row["labels"] = ["vip"] if number % 5 == 0 else []
        made.customer_says(row, f"Hello, this is question {number}.")
        row["status"] = status
        if number % 3 == 0:
            made.say(row, "We look into it.", 1, sender=("user", 3))
    return made


class ChatwootFloor:
    """A fake of Chatwoot 4."""

    me = "alice"
    other = "bob"
    trainee = "tom"
    lacks = SPECS["chatwoot"].gaps()
    words = Words(
        pending="pending",
        solved="resolved",
        talk=45,
        longest=150_000,
        articles=(("withdrawal", "en"),),
        max_file=40 * 1024 * 1024,
        is_seeded=False,
        channel=Channel.EMAIL,
    )

    def __init__(self) -> None:
        self.fake = FakeChatwoot(world())
        self.url = self.fake.url
        self._threads: dict[str, int] = {}

    def backend(self, login: str, url: str = "") -> ChatwootBackend:
        """An agent's backend."""
        return ChatwootBackend(url or self.url, f"token-{login}", EAGER, limits=QUICK)

    def stranger(self) -> ChatwootBackend:
        """A backend with a token nobody has."""
        return ChatwootBackend(self.url, "nobody-has-this", EAGER, limits=QUICK)

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """By mail."""
        ticket = await asyncio.to_thread(
            self.fake.customer_writes, body, subject=subject, thread=self._threads.get(thread, 0) if thread else 0
        )
        if thread:
            self._threads[thread] = ticket
        return TicketId(str(ticket))

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """What was said in public."""
        return await asyncio.to_thread(self.fake.customer_sees, int(ticket))

    def close(self) -> None:
        """Stop, and hold every request that was made against the specification."""
        self.fake.stop()
        findings = sorted(set(self.fake.watched.findings))
        assert not findings, "\n".join(findings)
