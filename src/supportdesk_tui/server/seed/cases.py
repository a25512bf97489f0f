"""Tickets in every state a desk knows: late, near, calm, paused, with specialists, snoozed, solved."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from supportdesk_tui.server.floor.people import Customer, Promise, Words
from supportdesk_tui.server.floor.routing import first_team
from supportdesk_tui.server.floor.sla import settle
from supportdesk_tui.server.floor.ticket import Ticket, ticket_number
from supportdesk_tui.server.floor.words import CATEGORIES, DAY, HOUR, MINUTE
from supportdesk_tui.server.seed.agents import AGENTS
from supportdesk_tui.server.seed.hostile import EDGES
from supportdesk_tui.server.seed.lives import Scene, live_through
from supportdesk_tui.server.seed.long_talks import LONG
from supportdesk_tui.server.seed.money import PLOTS, fields_said, invented, iso, movement_of
from supportdesk_tui.server.seed.plan import CUSTOMERS_TURN, FIRST_TURN, FLOOR, MINE, Slot, draw_state, place
from supportdesk_tui.server.seed.promised import promise_in
from supportdesk_tui.server.seed.stories import THREADS
from supportdesk_tui.server.seed.telling import Story, Teller, told
from supportdesk_tui.server.seed.thread import Thread

CHANNELS = {"chat": 45, "ticket": 25, "email": 14, "inapp": 6, "phone": 5, "social": 4, "forum": 1}
CATEGORY_WEIGHTS = {
    "USE": 16, "TEC": 9, "FND": 15, "DEP": 12, "SEC": 4, "FRZ": 3, "KYC": 10, "ACC": 9, "TRD": 7, "EMG": 1, "P2P": 4,
    "FIA": 4, "API": 2, "EAR": 2, "PRO": 2, "CMP": 2, "FBK": 2, "LEG": 0.3,
}  # fmt: skip
TASKS = {
    "FND": ("wallet-ops", "Wallet-Ops"), "DEP": ("wallet-ops", "Wallet-Ops"), "SEC": ("security", "Security Response"),
    "FRZ": ("risk", "Risk"), "KYC": ("kyc", "KYC Review"), "TRD": ("derivatives", "Derivatives desk"), "FIA": ("finance", "Fiat & Finance"),
}  # fmt: skip
"""The team that works on a category's hard cases, and its title."""
ATTEMPTS = 12
UNSOLVED = 5
"""Turns after which a conversation comes to its good end."""
SMALL = 2_000
"""Up to here every ticket is made to differ from every other; beyond, nobody reads them all."""


@dataclass(slots=True)
class Case:
    """A ticket with everything that was said on it."""

    ticket: Ticket
    entries: list[Words] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)


class CaseMaker:
    """Tells one case after the other; the edge customers' first, then the demo agent's, so that every desk has them."""

    def __init__(self, rng: random.Random, people: list[Customer], count: int, now: int) -> None:
        self.rng = rng
        self.count = count
        self.now = now
        self.is_small = count <= SMALL
        self.live_share = 0.72 if self.is_small else 0.22
        self.edges = people[: len(EDGES)]
        self.people: dict[str, list[Customer]] = {}
        for one in people[len(EDGES) :]:
            self.people.setdefault(one.language, []).append(one)
        self._deck = [one.language for one in people[len(EDGES) :] if one.language in THREADS]
        rng.shuffle(self._deck)
        self._busy: set[str] = set()
        self._told: set[tuple[str, ...]] = set()
        self._teller = Teller(rng, now)

    def cases(self) -> Iterator[Case]:
        """Exactly as many as were asked for."""
        slots = list(MINE + FLOOR) if self.count >= 2 * len(MINE + FLOOR) else []
        edges = len(self.edges) if self.count >= 2 * len(self.edges) else 0
        n = 0
        while n < self.count:
            n += 1
            if slots:
                yield self._case(n, slots.pop(0))
                continue
            if edges:
                edges -= 1
                yield self._edge_case(n, len(self.edges) - edges - 1)
                continue
            case = self._case(n, None)
            yield case
            task = TASKS.get(case.ticket.category)
            if case.ticket.status == "waiting_internal" and task and n < self.count:
                n += 1
                yield self._task(n, case, *task)

    # --- one case

    def _case(self, n: int, slot: Slot | None) -> Case:
        language = slot.language if slot else self._deck[n % len(self._deck)]
        state, heat = (slot.state, slot.heat) if slot else draw_state(self.rng, self.live_share)
        thread, customer, story = self._choose(language, slot, is_live=state != "solved")
        if state == "waiting_internal" and thread.category not in TASKS:
            state = "answered"
        ticket = self._ticket(n, customer, slot.channel if slot else self._channel(state), thread.category)
        ticket.priority = slot.priority if slot and slot.priority else ticket.priority
        state = place(ticket, state, heat, self.rng, self.now)
        ticket.number = ticket_number(n, datetime.fromtimestamp(ticket.created_at / 1000, tz=UTC).strftime("%y%m%d"))
        turns = _length(self.rng, state, story, is_long=thread in LONG.values())
        case = Case(ticket)
        ticket.subject = story.subject
        ticket.owner = slot.owner or None if slot else self._owner(ticket, state, turns)
        ticket.tags = ["vip"] if customer.tier.startswith("VIP") else []
        self._teller.tell(case, story, turns, state)
        self._books(case, customer, story, turns, is_live=state != "solved")
        self._finish(case, state)
        return case

    def _channel(self, state: str) -> str:
        """Only chats begin with the bot."""
        if state in {"bot", "waiting_human"}:
            return "chat"
        return self.rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]

    def _thread(self, language: str, slot: Slot | None) -> Thread:
        threads = THREADS[language]
        if slot and slot.plot in LONG:
            return LONG[slot.plot]
        if slot:
            return next((one for one in threads[slot.category] if slot.plot in {"", one.plot}), threads[slot.category][0])
        category = self.rng.choices(list(CATEGORY_WEIGHTS), list(CATEGORY_WEIGHTS.values()))[0]
        return self.rng.choice(threads.get(category) or threads[self.rng.choice(list(threads))])

    def _customer(self, language: str, thread: Thread, *, is_live: bool) -> Customer:
        """Somebody who has nothing else open and has not asked the same before."""
        people = self.people.get(language) or next(iter(self.people.values()))
        customer = self.rng.choice(people)
        for _ in range(ATTEMPTS if self.is_small else 0):
            asked_before = (customer.id, thread.subjects[0]) in self._told
            if not asked_before and not (is_live and customer.id in self._busy):
                break
            customer = self.rng.choice(people)
        if self.is_small:
            self._told.add((customer.id, thread.subjects[0]))
            if is_live:
                self._busy.add(customer.id)
        return customer

    def _choose(self, language: str, slot: Slot | None, *, is_live: bool) -> tuple[Thread, Customer, Story]:
        """A conversation unlike all earlier ones, where that can be had."""
        for attempt in range(ATTEMPTS if self.is_small else 1):
            thread = self._thread(language, slot)
            story = told(self.rng, thread, invented(self.rng, language, PLOTS.get(thread.plot)))
            if attempt == ATTEMPTS - 1 or not {("subject", story.subject), ("said", story.turns[0])} & self._told:
                break
        if self.is_small:
            self._told |= {("subject", story.subject), ("said", story.turns[0])}
        return thread, self._customer(language, thread, is_live=is_live), story

    def _ticket(self, n: int, customer: Customer, channel: str, category: str) -> Ticket:
        priority = CATEGORIES[category].priority
        if n > len(MINE) and self.rng.random() < 0.15:
            priority = max(1, min(4, priority + self.rng.choice((-1, 1))))
        return Ticket(
            n=n, id=f"t{n}", number="", subject="", channel=channel, status="new", priority=priority, category=category,
            language=customer.language, customer=customer.id, customer_name=customer.name, tier=customer.tier, created_at=0,
            team=first_team(customer.language, category), public=channel in {"social", "forum"},
        )  # fmt: skip

    def _owner(self, ticket: Ticket, state: str, turns: int) -> str | None:
        """Who speaks the language in the ticket's team; the demo agent's own queue is planned, not drawn."""
        if turns == 1 and (state in {"waiting_human", "bot"} or self.rng.random() < 0.6):
            return None
        fits = [one for one in AGENTS if ticket.team in one.teams and one.role in {"l1", "l2", "specialist"}]
        if self.is_small and state != "solved":
            fits = [one for one in fits if one.id != MINE[0].owner]
        speaks = [one for one in fits if ticket.language in one.languages] or fits or [AGENTS[11]]
        return self.rng.choice(speaks).id

    # --- what follows from what was said

    def _books(self, case: Case, customer: Customer, story: Story, turns: int, *, is_live: bool) -> None:
        """The customer's account shows what the ticket talks about; the ticket's fields hold what was said."""
        ticket, plot = case.ticket, PLOTS.get(story.plot)
        moves: list[dict[str, Any]] = customer.context["movements"]  # type: ignore[assignment]  # made by make_customer
        ticket.fields = fields_said(story.values_said(turns), ticket.opened_at)
        if plot and (is_live or len(moves) < 4):
            move = movement_of(plot, story.values, turns, ticket.opened_at)
            if not is_live and move["state"] != "returned":
                move |= {"state": "done", "confirmations": move["needed"], "txid": move["txid"] or story.values.get("txid")}
            moves.append(move)
            moves.sort(key=lambda one: str(one["at"]), reverse=True)
        if is_live:
            scene = Scene(story.values, turns, ticket.opened_at, self.now, self.rng, customer.language)
            ticket.fields = {**live_through(customer, ticket.category, story.plot, scene), **ticket.fields}

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
        else:
            self._promise(case)
        if rng.random() < 0.12:
            ticket.tags.append(rng.choice(("refund", "follow-up", "bug", "chain-congestion", "feedback")))
        if rng.random() < 0.04:
            ticket.watchers.append(rng.choice(("a1", "a10", "a11", "a12")))
        _settle(ticket, last)

    def _promise(self, case: Case) -> None:
        """What the last answer has promised, while it is still to come."""
        answer = next((one for one in reversed(case.entries) if one.kind == "agent"), None)
        found = promise_in(answer.body) if answer else None
        if answer is None or found is None or answer.at + found[1] < self.now + 10 * MINUTE:
            return
        ticket, due = case.ticket, answer.at + found[1]
        case.promises.append(Promise(id=f"ps{ticket.n}", ticket=ticket.id, text=found[0], due_at=due, owner=ticket.owner))
        ticket.open_promises = 1

    # --- the special ones

    def _task(self, n: int, parent: Case, team: str, title: str) -> Case:
        source = parent.ticket
        task = self._ticket(
            n, next(one for one in self.people[source.language] if one.id == source.customer), "ticket", source.category
        )
        task.subject = f"{title}: {source.subject}"
        task.team, task.tags, task.fields, task.stage = team, ["task"], dict(source.fields), "analysis"
        task.status, task.owner = "open", next((one.id for one in AGENTS if team in one.teams), None)
        task.opened_at = task.created_at = task.human_at = parent.entries[-1].at
        task.number = ticket_number(n, datetime.fromtimestamp(task.created_at / 1000, tz=UTC).strftime("%y%m%d"))
        task.handover = f"{source.number} · {source.customer_name} ({source.tier})\n{parent.entries[0].body[:400]}"
        case = Case(task)
        owner = next((one for one in AGENTS if one.id == source.owner), AGENTS[0])
        self._teller.say(case, "note", task.handover, (owner.name, owner.id), task.created_at)
        case.links = [
            {"id": f"{source.id}.{task.id}.task", "ticket": source.id, "other": task.id, "relation": "task"},
            {"id": f"{task.id}.{source.id}.task_of", "ticket": task.id, "other": source.id, "relation": "task_of"},
        ]
        _settle(task, task.created_at)
        return case

    def _edge_case(self, n: int, place_in_list: int) -> Case:
        edge, customer = EDGES[place_in_list], self.edges[place_in_list]
        ticket = self._ticket(n, customer, "chat" if len(edge.bodies) > 3 else "ticket", edge.category)
        ticket.subject, ticket.tags = edge.subject, list(edge.tags)
        state = place(ticket, "answered" if edge.answer else "unanswered", "calm", self.rng, self.now)
        ticket.number = ticket_number(n, iso(ticket.created_at)[2:10].replace("-", ""))
        case = Case(ticket)
        for at, body in enumerate(edge.bodies):
            self._teller.say(case, "customer", body, (customer.name, None), ticket.opened_at + at * 2000)
            ticket.unread += 1
        ticket.turn_at = ticket.opened_at
        last = case.entries[-1].at
        if state != "unanswered":
            ticket.status, ticket.human_at = "open", last + 4 * MINUTE
            ticket.owner = self._owner(ticket, state, 2)
        if edge.answer:
            answerer = next((one for one in AGENTS if one.id == ticket.owner), AGENTS[1])
            self._teller.say(case, "agent", edge.answer, (answerer.name, answerer.id), last + 4 * MINUTE)
            ticket.turn_at, ticket.unread = None, 0
            ticket.status = "waiting_customer"
        values = invented(self.rng, customer.language, PLOTS.get(edge.plot))
        if edge.plot in PLOTS:
            customer.context["movements"] = [movement_of(PLOTS[edge.plot], values, 1, ticket.opened_at)]
        scene = Scene(values, 2 if edge.answer else 1, ticket.opened_at, self.now, self.rng, customer.language)
        live_through(customer, edge.category, edge.plot or "plain", scene)
        _settle(ticket, case.entries[-1].at)
        return case


def _length(rng: random.Random, state: str, story: Story, *, is_long: bool) -> int:
    """How many turns have been said: odd numbers end with the customer, even ones with the agent."""
    turns, wants_customer = len(story.turns), state in CUSTOMERS_TURN
    if state in FIRST_TURN:
        return 1
    turns = turns if is_long or state == "solved" else min(turns, UNSOLVED)
    longest = turns if (turns % 2 == 1) == wants_customer else turns - 1
    if is_long or state == "solved" or longest <= 2:
        return max(longest, 1 if wants_customer else min(2, turns))
    return rng.randrange(3 if wants_customer else 2, longest + 1, 2)


def _settle(ticket: Ticket, at: int) -> None:
    settle(ticket, at)
    ticket.updated_at = at
    ticket.version = 1
