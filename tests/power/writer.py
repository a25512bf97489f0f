"""What an agent's client does while its disk is recorded: `python -m tests.power.writer '<json>'`.

Every word is written by nobody else. What the desk shows (its store; the screen draws nothing else) and what the agent asks
for is put down as marks, one JSON object a line, in the moment it happens.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from msgspec import Struct
from msgspec import json as msgjson
from msgspec.structs import replace

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, Forget, Retry, TakeBack
from supportdesk_tui.domain.changes import Change, MarkRead, Note, Reply
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import DeskState, Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync.common import Options
from tests.power.trace import MARKS
from tests.sync.desk import Desk, desk
from tests.sync.fake import until

PLACE = Path("desk/agent")
"""Of the client's folder below the one that is watched: two folders that are not there in the beginning."""
QUIET_S = 1.0
LEAVING = (OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING)
IN_QUESTION = frozenset({OutboxPhase.REFUSED, OutboxPhase.UNKNOWN})


class Part(Struct):
    """What one run is to do."""

    root: str
    url: str
    token: str
    tickets: list[str]
    seed: int
    steps: int
    is_with_another: bool = False
    """A second client of the same agent writes too, off line, and leaves before the end; then the first one starts again."""


class Marks:
    """Says what the desk shows, as it comes to show it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._shown: dict[ChangeKey, OutboxPhase] = {}
        self._saved: dict[TicketId, str] = {}

    def say(self, **mark: object) -> None:
        os.write(self._file, json.dumps(mark).encode() + b"\n")

    def look(self, state: DeskState) -> None:
        for item in state.outbox:
            if self._shown.get(item.key) is not item.phase:
                self._shown[item.key] = item.phase
                words = words_of(item.change)
                self.say(shows=item.key, phase=item.phase.value, tickets=item.tickets, words=words, kind=kind_of(item.change))
        for ticket, draft in state.drafts.items():
            if draft.is_saved and self._saved.get(ticket) != draft.body:
                self._saved[ticket] = draft.body
                self.say(saved=ticket, words=draft.body.split())


def words_of(change: Change) -> list[str]:
    """The words of a change that has some."""
    return str(change.body).split() if isinstance(change, Reply | Note) else []


def kind_of(change: Change) -> str:
    """As the server's tables call it."""
    return {Reply: "agent", Note: "note"}.get(type(change), type(change).__name__)


class Writer:
    """An agent who types, sends, takes back, asks again and throws away, by chance."""

    def __init__(self, one: Desk, part: Part, marks: Marks, chance: random.Random, numbers: Iterator[int]) -> None:
        self._one = one
        self._part = part
        self._marks = marks
        self._chance = chance
        self._numbers = numbers

    async def work(self, steps: int) -> None:
        """So many steps."""
        doings: list[Callable[[], None]] = [self._type] * 6 + [self._send] * 5 + [
            self._save, self._mark_read, self._take_back, self._send_nowhere, self._ask_again,
        ]  # fmt: skip
        for _ in range(steps):
            self._chance.choice(doings)()
            await asyncio.sleep(self._chance.choice((0, 0, 0.001, 0.02, 0.1)))

    def _ticket(self) -> TicketId:
        return TicketId(self._chance.choice(self._part.tickets))

    def _type(self) -> None:
        ticket = self._ticket()
        draft = self._one.state.draft(ticket) or Draft(ticket, self._chance.choice(list(DraftMode)))
        word = f"w{self._part.seed}-{next(self._numbers):04d}"
        long = self._chance.random() < 0.05
        word += "x" * 20_000 if long else ""
        self._marks.say(typed=word)
        self._one.store.dispatch(DraftChanged(replace(draft, body=f"{draft.body} {word}".strip(), is_saved=False)))

    def _send(self, ticket: TicketId | None = None) -> None:
        written = [one for one in self._one.state.drafts if self._one.state.drafts[one].body]
        if not written:
            return self._type()
        draft = self._one.state.drafts[self._chance.choice(written)]
        change = Note(draft.body) if draft.mode is DraftMode.NOTE else Reply(draft.body)
        effect = Apply((ticket or draft.ticket,), change, clears_draft=draft.ticket, hold=self._chance.random() < 0.5)
        self._one.engine.perform(effect)
        return None

    def _save(self) -> None:
        """As on leaving, or when the terminal hangs up."""
        self._one.engine.save_now()

    def _mark_read(self) -> None:
        self._one.engine.perform(Apply((self._ticket(),), MarkRead()))

    def _take_back(self) -> None:
        held = self.waiting(OutboxPhase.HELD, OutboxPhase.QUEUED)
        if held:
            key = self._chance.choice(held).key
            self._marks.say(takes_back=key)
            self._one.engine.perform(TakeBack(key))

    def _send_nowhere(self) -> None:
        """To a ticket the server does not have: refused."""
        self._send(TicketId("t999999999"))

    def _ask_again(self) -> None:
        asked = self.waiting(*IN_QUESTION)
        if asked:
            item = self._chance.choice(asked)
            forgets = self._chance.random() < 0.3
            if forgets:
                self._marks.say(forgets=item.key, words=words_of(item.change))
            self._one.engine.perform(Forget(item.key) if forgets else Retry(item.key))

    def waiting(self, *phases: OutboxPhase) -> list[OutboxItem]:
        """Changes in one of these phases."""
        return [item for item in self._one.state.outbox if item.phase in phases]


async def main(part: Part) -> None:
    """Play the part."""
    marks, chance = Marks(Path(part.root).parent / MARKS), random.Random(part.seed)
    numbers = count(1)
    folder = Path(part.root) / PLACE

    async def connect() -> Backend:
        return NativeBackend(part.url, part.token)

    async def session(steps: int) -> None:
        async with desk(folder, connect, Options(hold_s=0.3)) as one:
            marks.look(one.state)
            one.store.subscribe(marks.look)
            await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
            marks.say(agent=one.common.me)
            writer = Writer(one, part, marks, chance, numbers)
            if part.is_with_another:
                await until(lambda: one.common.cache.last.session() is not None)  # else it does not know who its agent is
                await another(steps // 3)
            await writer.work(steps)
            with suppress(TimeoutError):
                await until(lambda: not writer.waiting(*LEAVING), QUIET_S)

    async def another(steps: int) -> None:
        async with desk(folder, None, Options(hold_s=0.3)) as other:
            await Writer(other, part, marks, chance, numbers).work(steps)

    await session(part.steps)
    if part.is_with_another:
        await session(3)


if __name__ == "__main__":
    asyncio.run(main(msgjson.decode(sys.argv[1], type=Part)))
