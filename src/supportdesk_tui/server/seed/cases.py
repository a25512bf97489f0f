"""Tickets in every state a desk knows: late, near, calm, paused, with specialists, snoozed, solved."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from supportdesk_tui.server.floor.bot import answer, handover_card
from supportdesk_tui.server.floor.facts import facts_in
from supportdesk_tui.server.floor.people import Customer, Promise, Words
from supportdesk_tui.server.floor.routing import first_team
from supportdesk_tui.server.floor.sla import deadline, settle
from supportdesk_tui.server.floor.ticket import Ticket, ticket_number
from supportdesk_tui.server.floor.words import CATEGORIES, DAY, HOUR, MINUTE
from supportdesk_tui.server.seed.agents import AGENTS
from supportdesk_tui.server.seed.hostile import EDGES
from supportdesk_tui.server.seed.stories import THREADS
from supportdesk_tui.server.seed.thread import Thread

CHANNELS = {"chat": 45, "ticket": 25, "email": 14, "inapp": 6, "phone": 5, "social": 4, "forum": 1}
CATEGORY_WEIGHTS = {
    "USE": 16, "TEC": 9, "FND": 15, "DEP": 12, "SEC": 4, "FRZ": 3, "KYC": 10, "ACC": 9, "TRD": 7, "EMG": 1, "P2P": 4,
    "FIA": 4, "API": 2, "EAR": 2, "PRO": 2, "CMP": 2, "FBK": 2, "LEG": 0.3,
}  # fmt: skip
STATES = {
    "unanswered": 20, "asked_again": 20, "answered": 17, "waiting_customer": 19, "waiting_internal": 8,
    "waiting_third_party": 6, "snoozed": 6, "waiting_human": 3, "bot": 1,
}  # fmt: skip
USED = ((1.02, 1.5, 7), (0.82, 0.97, 9), (0.52, 0.79, 18), (0.03, 0.49, 66))
"""How much of a deadline is used up: from, to, weight. Late, near, soon, calm."""
TASK_TEAMS = {
    "FND": "wallet-ops",
    "DEP": "wallet-ops",
    "SEC": "security",
    "FRZ": "risk",
    "KYC": "kyc",
    "TRD": "derivatives",
    "FIA": "finance",
}
TASK_TITLES = {
    "wallet-ops": "Wallet-Ops",
    "security": "Security Response",
    "risk": "Risk",
    "kyc": "KYC Review",
    "derivatives": "Derivatives desk",
    "finance": "Fiat & Finance",
}
PROMISES = {"zh": "24小时内回复您进展", "en": "an update within 24 hours"}


@dataclass(slots=True)
class Case:
    """A ticket with everything that was said on it."""

    ticket: Ticket
    entries: list[Words] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)


class CaseMaker:
    """Tells one case after the other; the edge customers' first, so that every desk has them."""

    def __init__(self, rng: random.Random, people: list[Customer], count: int, now: int) -> None:
        self.rng = rng
        self.count = count
        self.now = now
        self.live_share = 0.72 if count <= 2_000 else 0.22
        self.edges = people[: len(EDGES)]
        self.people: dict[str, list[Customer]] = {}
        for one in people[len(EDGES) :]:
            self.people.setdefault(one.language, []).append(one)
        self._languages = [code for code in self.people if code in THREADS]
        self._weights = [len(self.people[code]) for code in self._languages]
        self._entry = 0

    def cases(self) -> Iterator[Case]:
        """Exactly as many as were asked for."""
        n = 0
        while n < self.count:
            n += 1
            if n <= len(self.edges) and self.count >= 2 * len(self.edges):
                yield self._edge_case(n)
                continue
            case = self._case(n)
            task_team = TASK_TEAMS.get(case.ticket.category)
            if case.ticket.status == "waiting_internal" and task_team and n < self.count:
                n += 1
                task = self._task(n, case, task_team)
                yield case
                yield task
                continue
            yield case

    # --- one case

    def _case(self, n: int) -> Case:
        rng = self.rng
        language = rng.choices(self._languages, self._weights)[0]
        customer = rng.choice(self.people[language])
        threads = THREADS[language]
        category = rng.choices(list(CATEGORY_WEIGHTS), list(CATEGORY_WEIGHTS.values()))[0]
        if category not in threads:
            category = rng.choice(list(threads))
        thread = rng.choice(threads[category])
        channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        ticket = self._ticket(n, customer, channel, category)
        state = rng.choices(list(STATES), list(STATES.values()))[0] if rng.random() < self.live_share else "solved"
        if state == "waiting_internal" and category not in TASK_TEAMS:
            state = "answered"
        case = Case(ticket)
        story = self._texts(thread, customer)
        ticket.subject = story.subject
        turns = self._length(state, len(story.turns))
        self._place(ticket, state)
        self._tell(case, story, turns, state)
        self._finish(case, state)
        return case

    def _ticket(self, n: int, customer: Customer, channel: str, category: str) -> Ticket:
        rng = self.rng
        priority = CATEGORIES[category].priority
        if rng.random() < 0.15:
            priority = max(1, min(4, priority + rng.choice((-1, 1))))
        return Ticket(
            n=n,
            id=f"t{n}",
            number="",
            subject="",
            channel=channel,
            status="new",
            priority=priority,
            category=category,
            language=customer.language,
            customer=customer.id,
            customer_name=customer.name,
            tier=customer.tier,
            created_at=0,
            team=first_team(customer.language, category),
            public=channel in {"social", "forum"},
            tags=["vip"] if customer.tier.startswith("VIP") else [],
        )

    def _texts(self, thread: Thread, customer: Customer) -> "_Story":
        rng = self.rng
        values = {
            "name": customer.name,
            "coin": rng.choice(("USDT", "BTC", "ETH", "SOL", "XRP")),
            "amount": f"{rng.choice((50, 120, 300, 980, 2500, 12000)) + rng.randrange(0, 90)}",
            "network": rng.choice(("TRC20", "ERC20", "BEP20", "SOL")),
            "order": f"WD{rng.randrange(10**17, 10**18)}",
            "txid": rng.randbytes(32).hex(),
            "hours": str(rng.randrange(2, 30)),
            "pair": rng.choice(("BTC/USDT", "ETH/USDT", "SOL/USDT")),
            "code": str(rng.choice((40103, 50012, 1021, -2015, 700231))),
            "version": f"6.{rng.randrange(4, 13)}.{rng.randrange(0, 9)}",
            "city": rng.choice(("Singapore", "Lagos", "Madrid", "Almaty", "Osaka")),
        }
        pick = [rng.choice(variants).format_map(values) for variants in (thread.subjects, thread.openers, *thread.turns)]
        return _Story(pick[0], pick[1:], thread.note.format_map(values))

    def _length(self, state: str, turns: int) -> int:
        """How many turns have been said: odd numbers end with the customer, even ones with the agent."""
        wants_customer = state in {"unanswered", "asked_again", "waiting_human", "bot"}
        if state in {"unanswered", "waiting_human", "bot"}:
            return 1
        longest = turns if (turns % 2 == 1) == wants_customer else turns - 1
        if longest <= 2:
            return max(longest, 3 if wants_customer and turns >= 3 else min(2, turns))
        return self.rng.randrange(3 if wants_customer else 2, longest + 1, 2)

    def _place(self, ticket: Ticket, state: str) -> None:
        """When it was opened and last spoken on, so that its clock stands where the draw says."""
        rng, policy = self.rng, CATEGORIES[ticket.category]
        low, high, _ = rng.choices(USED, [weight for *_, weight in USED])[0]
        used = rng.uniform(low, high)
        if state == "solved":
            ticket.opened_at = self.now - rng.randrange(2 * HOUR, 60 * DAY)
        elif state in {"unanswered", "waiting_human", "bot"}:
            ticket.opened_at = self.now - int(used * deadline(policy.first, ticket, policy, response=True, first=True))
        elif state == "asked_again" and policy.next:
            ticket.turn_at = self.now - int(used * deadline(policy.next, ticket, policy, response=True))
            ticket.opened_at = ticket.turn_at - rng.randrange(10 * MINUTE, 40 * MINUTE)
        else:
            span = policy.resolve or 3 * DAY
            ticket.opened_at = self.now - int(used * deadline(span, ticket, policy, response=False))
        ticket.created_at = ticket.opened_at
        ticket.number = ticket_number(ticket.n, datetime.fromtimestamp(ticket.created_at / 1000, tz=UTC).strftime("%y%m%d"))

    # --- what was said

    def _tell(self, case: Case, story: "_Story", turns: int, state: str) -> None:
        ticket = case.ticket
        owner = self._owner(ticket) if turns > 1 or (state == "unanswered" and self.rng.random() < 0.35) else None
        ticket.owner = owner[1] if owner else None
        end = ticket.turn_at or (self.now if ticket.opened_at > self.now - DAY else ticket.opened_at + DAY)
        step = max(1, (end - ticket.opened_at) // max(1, turns))
        for at, body in enumerate(story.turns[:turns]):
            by_agent = at % 2 == 1
            when = ticket.turn_at if ticket.turn_at and at == turns - 1 else ticket.opened_at + at * step
            self._say(
                case,
                "agent" if by_agent else "customer",
                body,
                (owner or ("", None)) if by_agent else (ticket.customer_name, None),
                when,
            )
            if by_agent:
                ticket.human_at = ticket.human_at or when
                ticket.unread = 0
            else:
                ticket.unread += 1
        if story.note and turns > 2 and owner:
            self._say(case, "note", story.note, owner, case.entries[-1].at + 1000)
        if turns % 2 == 1 and ticket.turn_at is None:
            ticket.turn_at = case.entries[-1].at
        if turns % 2 == 0:
            ticket.turn_at = None
        ticket.fields = {name: value for entry in case.entries for name, value in facts_in(entry.body).items()}

    def _say(self, case: Case, kind: str, body: str, author: tuple[str, str | None], at: int) -> None:
        self._entry += 1
        case.ticket.entry_count += 1
        case.entries.append(
            Words(
                seq=self._entry, id=f"e{self._entry}", ticket=case.ticket.id, kind=kind, author=author[0], author_id=author[1],
                at=min(at, self.now), body=body, language=case.ticket.language, ordinal=case.ticket.entry_count,
            )
        )  # fmt: skip

    def _owner(self, ticket: Ticket) -> tuple[str, str]:
        fits = [one for one in AGENTS if ticket.team in one.teams and one.role in {"l1", "l2", "specialist"}]
        speaks = [one for one in fits if ticket.language in one.languages] or fits or list(AGENTS[:1])
        chosen = self.rng.choice(speaks)
        return chosen.name, chosen.id

    def _finish(self, case: Case, state: str) -> None:
        ticket, rng = case.ticket, self.rng
        last = case.entries[-1].at
        ticket.status = {
            "unanswered": "new", "asked_again": "open", "answered": "open", "solved": "solved" if last > self.now - 3 * DAY else "closed",
        }.get(state, state)  # fmt: skip
        ticket.stage = {"unanswered": "received", "waiting_internal": "analysis", "solved": "resolved"}.get(state, "diagnosing")
        if state == "snoozed":
            ticket.snoozed_until, ticket.resume_status = self.now + rng.randrange(1, 40) * HOUR, "open"
        if state == "solved":
            ticket.turn_at, ticket.unread = None, 0
            ticket.resolve_reason = rng.choice(("answered", "fixed", "customer_error", "chain_congestion", "third_party_delay"))
        if state in {"bot", "waiting_human"}:
            self._bot(case, state)
        if state in {"waiting_third_party", "waiting_internal", "answered"} and rng.random() < 0.4:
            due = self.now + int(rng.uniform(0.2, 30) * HOUR)
            text = PROMISES.get(ticket.language, PROMISES["en"])
            case.promises.append(Promise(id=f"ps{ticket.n}", ticket=ticket.id, text=text, due_at=due, owner=ticket.owner))
            ticket.open_promises = 1
        if rng.random() < 0.12:
            ticket.tags.append(rng.choice(("refund", "follow-up", "bug", "chain-congestion", "feedback")))
        if rng.random() < 0.04:
            ticket.watchers.append(rng.choice(("a1", "a10", "a11", "a12")))
        self._settle(ticket, case.entries[-1].at)

    def _settle(self, ticket: Ticket, at: int) -> None:
        settle(ticket, at)
        ticket.updated_at = at
        ticket.version = 1

    def _bot(self, case: Case, state: str) -> None:
        ticket, said = case.ticket, case.entries[0]
        turn = answer(said.body if state == "bot" else f"{said.body} human", ticket.language, 0, "USE")
        self._say(case, "bot", turn.says, ("Buoy", None), said.at + 2000)
        ticket.channel = "chat"
        if state == "waiting_human":
            ticket.handover = handover_card(turn.intent, turn.says, ticket.fields, 1)

    # --- the special ones

    def _task(self, n: int, parent: Case, team: str) -> Case:
        source = parent.ticket
        task = self._ticket(
            n, next(one for one in self.people[source.language] if one.id == source.customer), "ticket", source.category
        )
        task.subject = f"{TASK_TITLES[team]}: {source.subject}"
        task.team, task.tags, task.fields, task.stage = team, ["task"], dict(source.fields), "analysis"
        task.opened_at = task.created_at = parent.entries[-1].at
        task.number = ticket_number(n, datetime.fromtimestamp(task.created_at / 1000, tz=UTC).strftime("%y%m%d"))
        task.handover = f"{source.number} · {source.customer_name} ({source.tier})\n{parent.entries[0].body[:400]}"
        case = Case(task)
        owner = (next(one.name for one in AGENTS if one.id == source.owner), source.owner) if source.owner else ("Desk", None)
        self._say(case, "note", task.handover, owner, task.created_at)
        case.links = [
            {"id": f"{source.id}.{task.id}.task", "ticket": source.id, "other": task.id, "relation": "task"},
            {"id": f"{task.id}.{source.id}.task_of", "ticket": task.id, "other": source.id, "relation": "task_of"},
        ]
        self._settle(task, task.created_at)
        return case

    def _edge_case(self, n: int) -> Case:
        edge, customer = EDGES[n - 1], self.edges[n - 1]
        ticket = self._ticket(n, customer, "chat" if len(edge.bodies) > 3 else "ticket", edge.category)
        ticket.subject, ticket.tags = edge.subject, [*ticket.tags, *edge.tags]
        case = Case(ticket)
        self._place(ticket, "unanswered")
        for at, body in enumerate(edge.bodies):
            self._say(case, "customer", body, (customer.name, None), ticket.opened_at + at * 2000)
            ticket.unread += 1
        ticket.turn_at = ticket.opened_at
        self._settle(ticket, case.entries[-1].at)
        return case


@dataclass(frozen=True, slots=True)
class _Story:
    subject: str
    turns: list[str]
    note: str
