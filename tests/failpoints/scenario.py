"""What a client does while a failpoint waits for it: starts on damaged files of dead clients, writes, sends, takes back."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, TakeBack
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.failpoints import Broken
from supportdesk_tui.store.events import DraftChanged, FormTyped
from supportdesk_tui.store.kept import FormDraft
from supportdesk_tui.store.state import DeskState, Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync.common import Options
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.sending import new_key
from tests import make
from tests.sync.desk import Desk, desk
from tests.sync.fake import until

Report = Callable[[str], None]
SIGNED_IN_S = 8.0
QUIET_S = 1.5
EARLIER = ("earlier-note", "earlier-reply", "earlier-draft", "other-draft", "earlier-form")
"""Words that lay on the disk before the client started."""


def prepare(folder: Path, agent: AgentId, tickets: list[str]) -> None:
    """Files of two dead clients, the first with its head shot off, and a cache that is none."""
    first, second = TicketId(tickets[0]), TicketId(tickets[1])
    one, other = Ledger(folder / "outbox"), Ledger(folder / "outbox")
    one.open()
    other.open()
    note = make.outbox_item(1, key=new_key(), change=Note("earlier-note"), tickets=(first,))
    reply = make.outbox_item(2, OutboxPhase.REFUSED, key=new_key(), change=Reply("earlier-reply"), tickets=(second,))
    one.put_item(agent, note)
    one.put_item(agent, reply)
    one.put_draft(agent, Draft(TicketId(tickets[2]), body="earlier-draft"))
    one.put_form(agent, form_about(second, "earlier-form"))
    other.put_draft(agent, Draft(TicketId(tickets[2]), DraftMode.NOTE, body="other-draft"))
    one.close()
    other.close()
    broken = folder / "outbox" / "outbox-0.db"
    broken.write_bytes(b"\xff" * 100 + broken.read_bytes()[100:])
    (folder / "cache.db").write_bytes(os.urandom(5000))


async def play(folder: Path, url: str, token: str, tickets: list[str], report: Report) -> None:
    """One run of the client; `report` hears every word that is on the disk."""

    async def connect() -> Backend:
        return NativeBackend(url, token)

    async with desk(folder, connect, Options(hold_s=30)) as one:
        faults = faults_of(one)
        with suppress(TimeoutError):
            await until(lambda: one.state.session.session is not None and not one.state.session.is_cached, SIGNED_IN_S)
        for number, ticket in enumerate(tickets):
            await write(one, TicketId(ticket), f"note-{number}", report)
        await take_back(one, TicketId(tickets[1]), report)
        await fill_in(one, TicketId(tickets[0]), report)
        first = one.state.draft(TicketId(tickets[0])) or Draft(TicketId(tickets[0]))
        one.store.dispatch(DraftChanged(replace(first, body=f"{first.body} last-draft".strip(), is_saved=False)))
        if one.engine.drafts.flush():
            report("last-draft")
        with suppress(TimeoutError):
            await until(lambda: is_quiet(one), QUIET_S)
            await until(lambda: one.common.is_whole or faults, SIGNED_IN_S)


def faults_of(one: Desk) -> list[str]:
    """What the desk tells of faults from now on: whoever waits for the copy need not once it broke."""
    told: list[str] = []

    def listen(state: DeskState) -> None:
        if state.view.notice is not None and Broken.__name__ in state.view.notice.text:
            told.append(state.view.notice.text)

    one.store.subscribe(listen)
    return told


async def type_on(folder: Path, url: str, token: str, tickets: list[str], report: Report) -> None:
    """An agent who never stops: a word every hundredth of a second, every twentieth sends them; killed by the clock."""

    async def connect() -> Backend:
        return NativeBackend(url, token)

    prefix = uuid4().hex[:8]
    async with desk(folder, connect, Options(hold_s=0)) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        for number in count():
            ticket = TicketId(tickets[number // 20 % len(tickets)])
            draft = one.state.draft(ticket) or Draft(ticket)
            body = f"{draft.body} {prefix}-{number}".strip()
            one.store.dispatch(DraftChanged(Draft(ticket, DraftMode.NOTE, body, is_saved=False)))
            report(f"{prefix}-{number} {time.monotonic()}")
            if number % 20 == 19:
                one.engine.perform(Apply((ticket,), Note(body), clears_draft=ticket))
            await asyncio.sleep(0.01)


async def ask_for_a_word(folder: Path, agent: AgentId, report: Report) -> None:
    """Off line: whatever is unknown is told to wait for the agent's word; killed once the disk has it."""
    async with desk(folder, None) as here:
        here.store.dispatch(here.engine.outbox.load(agent))
        here.engine.outbox.ask_for_each("the server was put back")
        ledger = here.engine.outbox.book._ledger
        await until(lambda: (items := ledger.items(agent)) and all(item.needs_word for item in items))
        report("asked")
        os.kill(os.getpid(), signal.SIGKILL)


async def look_on(folder: Path, url: str, token: str, report: Report) -> None:
    """A client that is started, connects, and touches nothing."""

    async def connect() -> Backend:
        return NativeBackend(url, token)

    async with desk(folder, connect) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        report("connected")
        await asyncio.Event().wait()  # for the signal that ends it


async def write(one: Desk, ticket: TicketId, text: str, report: Report) -> None:
    """A note is typed behind what the draft holds, saved, and sent."""
    before = one.state.draft(ticket) or Draft(ticket)
    body = f"{before.body} {text}".strip()
    one.store.dispatch(DraftChanged(Draft(ticket, DraftMode.NOTE, body, is_saved=False)))
    if one.engine.drafts.flush():
        report(text)
    one.engine.perform(Apply((ticket,), Note(body), clears_draft=ticket))
    with suppress(TimeoutError):
        await until(lambda: any(text in str(item.change) for item in one.state.outbox), 0.3)


async def take_back(one: Desk, ticket: TicketId, report: Report) -> None:
    """A reply is held, and taken back again."""
    one.engine.perform(Apply((ticket,), Reply("held-reply"), hold=True))

    def held() -> list[OutboxItem]:
        return [item for item in one.state.outbox if item.change == Reply("held-reply")]

    with suppress(TimeoutError):
        await until(held, 0.3)
        report("held-reply")
        one.engine.perform(TakeBack(held()[0].key))
        await until(lambda: not held(), 0.3)


def form_about(ticket: TicketId, text: str) -> FormDraft:
    """A form with one field."""
    return FormDraft(f"ask {ticket}", "Ask", (("what", text),), make.NOW, ticket=ticket, count=1)


async def fill_in(one: Desk, ticket: TicketId, report: Report) -> None:
    """Something is typed into a form, saved, and sent."""
    form = form_about(ticket, "note-in-a-form")
    one.store.dispatch(FormTyped(form))
    if one.engine.drafts.flush():
        report("note-in-a-form")
    one.engine.perform(Apply((ticket,), Note("note-in-a-form"), clears_form=form.key))
    with suppress(TimeoutError):
        await until(lambda: any("note-in-a-form" in str(item.change) for item in one.state.outbox), 0.3)


def is_quiet(one: Desk) -> bool:
    """Everything that can be sent was sent."""
    waiting = {OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.UNKNOWN}
    return not any(item.phase in waiting for item in one.engine.outbox.book.items)
