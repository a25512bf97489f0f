"""Puts words on a ticket: who said what when, with notes, files, quoted mail and the bot's first answer."""

import random
from dataclasses import dataclass, field
from typing import Protocol

from supportdesk_tui.server.floor.bot import NEVER_FOR_THE_BOT, answer, handover_card
from supportdesk_tui.server.floor.people import Words
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import MINUTE
from supportdesk_tui.server.seed.agents import AGENTS
from supportdesk_tui.server.seed.files import FILES, files_with
from supportdesk_tui.server.seed.money import PLOTS, Values
from supportdesk_tui.server.seed.thread import Thread

NAMES = {one.id: one.name for one in AGENTS}
QUOTE = {"zh": "港湾客服 写道:", "en": "Harbor Support wrote:"}
FOR_A_HUMAN = {
    "zh": ("转人工", "bot没用,转人工", "人工客服"),
    "en": ("human please", "Agent!", "that does not help, human please"),
}
GAPS = {"chat": (MINUTE // 2, 4 * MINUTE), "phone": (MINUTE // 2, 3 * MINUTE)}
SLOW_GAP = (4 * MINUTE, 45 * MINUTE)


class Told(Protocol):
    """What words are put on."""

    ticket: Ticket
    entries: list[Words]


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation with its facts filled in."""

    thread: Thread
    subject: str
    turns: list[str]
    note: str
    values: Values
    used: list[set[str]] = field(default_factory=list)
    """Facts named by each turn; the subject's belong to the first."""

    @property
    def plot(self) -> str:
        """What the exchange's books show of it."""
        return self.thread.plot

    def values_said(self, turns: int) -> Values:
        """The facts, with those marked as used that were named by then."""
        said = Values(dict(self.values.items()))
        said.used = set().union(*self.used[:turns])
        return said


def told(rng: random.Random, thread: Thread, values: Values) -> Story:
    """Choose the words; outside money, the variants of the same place belong together."""
    together = thread.plot not in PLOTS
    lead = rng.randrange(max(len(thread.subjects), len(thread.openers)))
    turns, used = [], []
    for variants in (thread.subjects, thread.openers, *thread.turns):
        chosen = variants[lead % len(variants)] if together else rng.choice(variants)
        values.used = set()
        turns.append(chosen.format_map(values))
        used.append(values.used)
    note = thread.note.format_map(values)
    return Story(thread, turns[0], turns[1:], note, values, [used[0] | used[1], *used[2:]])


class Teller:
    """Writes entries, numbered over the whole desk."""

    def __init__(self, rng: random.Random, now: int) -> None:
        self.rng = rng
        self.now = now
        self._entry = 0

    def say(
        self, case: Told, kind: str, body: str, author: tuple[str, str | None], at: int, files: tuple[str, ...] = ()
    ) -> None:
        """Append one entry."""
        self._entry += 1
        case.ticket.entry_count += 1
        before = case.entries[-1].at if case.entries else 0
        case.entries.append(
            Words(
                seq=self._entry, id=f"e{self._entry}", ticket=case.ticket.id, kind=kind, author=author[0], author_id=author[1],
                at=max(before, min(at, self.now)), body=body, language=case.ticket.language, ordinal=case.ticket.entry_count,
                attachments=[FILES[name].described() for name in files],
            )
        )  # fmt: skip

    def tell(self, case: Told, story: Story, turns: int, state: str) -> None:
        """Everything said so far."""
        ticket = case.ticket
        owner = (NAMES.get(ticket.owner or "", "Desk"), ticket.owner)
        times = self._times(ticket, turns)
        for at, (body, when) in enumerate(zip(story.turns[:turns], times, strict=True)):
            if at % 2 == 1:
                self.say(case, "agent", body, self._speaker(story, at, owner), when)
                ticket.human_at, ticket.unread = ticket.human_at or when, 0
            else:
                files = story.thread.files.get(at) or files_with(body)
                self.say(case, "customer", self._mailed(story, at, ticket, body), (ticket.customer_name, None), when, files)
                ticket.unread += 1
            if at == 0:
                self._bot(case, story, state)
            for kind, text in story.thread.asides.get(at, ()):
                self.say(case, kind, text, self._speaker(story, at, owner), when + 1000)
        if story.note and turns > 2 and ticket.owner:
            self.say(case, "note", story.note, owner, case.entries[-1].at + 1000)
        if state == "waiting_internal" and ticket.owner:
            self.say(case, "system", f"{owner[0]} escalated this to specialists", owner, case.entries[-1].at + 2000)
        ticket.turn_at = None if turns % 2 == 0 else ticket.turn_at or case.entries[-1].at

    @staticmethod
    def _speaker(story: Story, at: int, owner: tuple[str, str | None]) -> tuple[str, str | None]:
        """The long case was with a colleague for a night."""
        return ("Mei Lin", "a2") if story.plot == "long_credit" and at == 13 else owner

    def _times(self, ticket: Ticket, turns: int) -> list[int]:
        """When each turn was said: first words early, the latest ones shortly before now or where the clock wants them."""
        low, high = GAPS.get(ticket.channel, SLOW_GAP)
        end = ticket.turn_at or min(self.now - MINUTE, ticket.opened_at + self.rng.randrange(low, high) * turns * 3)
        if turns == 1:
            return [ticket.opened_at]
        gaps = [self.rng.uniform(low, high) for _ in range(turns - 1)]
        room = max(turns * 1000, end - ticket.opened_at)
        scale = min(1.0, room / sum(gaps)) if ticket.turn_at is None else room / sum(gaps)
        times, at = [ticket.opened_at], float(ticket.opened_at)
        for gap in gaps:
            at += gap * scale
            times.append(int(at))
        if ticket.turn_at:
            times[-1] = ticket.turn_at
        return times

    def _mailed(self, story: Story, at: int, ticket: Ticket, body: str) -> str:
        """Mail programs quote what they answer."""
        if at < 2 or ticket.channel != "email" or body.startswith(">") or story.thread.asides:
            return body
        quoted = "\n".join(f"> {line}" for line in story.turns[at - 1].splitlines())
        return f"{body}\n\n{QUOTE.get(ticket.language, QUOTE['en'])}\n{quoted}"

    def _bot(self, case: Told, story: Story, state: str) -> None:
        """Some chats began with the bot; what it learned is on the handover card."""
        ticket, said = case.ticket, case.entries[0]
        wanted = state in {"bot", "waiting_human"}
        if not wanted and (ticket.channel != "chat" or ticket.category in NEVER_FOR_THE_BOT or self.rng.random() > 0.3):
            return
        words = FOR_A_HUMAN.get(ticket.language)
        if words is None and not wanted:
            return
        first = answer(said.body, ticket.language, 0, "USE")
        self.say(case, "bot", first.says, ("Buoy", None), said.at + 2000)
        ticket.channel = "chat"
        if state == "bot":
            return
        if not first.hands_over and words:
            asked = self.rng.choice(words)
            self.say(case, "customer", asked, (ticket.customer_name, None), said.at + 15_000)
            self.say(case, "bot", answer(asked, ticket.language, 1, "USE").says, ("Buoy", None), said.at + 16_000)
        known: dict[str, str] = {
            name: story.values[name] for name in ("coin", "amount", "network", "order") if name in story.used[0]
        }
        ticket.handover = handover_card(first.intent, first.says, known, 1)
