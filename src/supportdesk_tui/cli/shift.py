"""One scripted shift: keys pressed in the real app against the real server, and each step looked up in its event log."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supportdesk_tui.cli.assemble import Seat, assemble
from supportdesk_tui.cli.hand import Hand, Missing
from supportdesk_tui.domain.changes import Escalate, Note, Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Phase, TicketSummary
from supportdesk_tui.store.state import DeskState, Loaded, OutboxPhase, value_of

if TYPE_CHECKING:
    from supportdesk_tui.cli.demonstration import Stage

SIZE = (160, 48)
VIEW = "unassigned"
NOTE = "Checked the hot wallet: the payout is in the next batch."
SUMMARY = " Please confirm the payout."
CUSTOMER = "Is anybody there? I am still waiting for my money."
LEAD = "l"
"""Letter of the target that asks for nothing but a summary."""
REASON = "answered"
LONGEST_WALK = 500
"""Rows the cursor may have to pass."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing an agent does, and the kind of event in the server's log that proves it."""

    title: str
    do: Callable[[], Awaitable[str]]
    event: str = ""
    holds: str = ""
    """Words the event must hold."""


async def play_shift(seat: Seat, stage: "Stage", screenshot: Path) -> str:
    """Play every step, tell it line by line, write the picture; the answer names the step that failed, or is empty."""
    app = assemble(seat)
    async with app.run_test(size=SIZE) as pilot:
        shift = Shift(Hand(app, pilot, stage), screenshot)
        failed = await shift.play()
        await app.close_desk()
    return failed


class Shift:
    """The agent who plays it."""

    def __init__(self, hand: Hand, screenshot: Path) -> None:
        self._hand = hand
        self._screenshot = screenshot
        self._ticket = TicketId("")
        self._seq = 0
        """Of the last event of the ticket's log before the step that is played."""

    async def play(self) -> str:
        """Step by step, until one fails."""
        for step in self._steps():
            try:
                done = await step.do()
                if step.event:
                    done += f"  [event {await self._proof(step)} of the server's log]"
            except Missing as missing:
                click.echo(f"FAILED  {step.title}: {missing}")
                return f"the shift stopped at: {step.title}"
            click.echo(f"ok  {step.title}: {done}")
        return ""

    def _steps(self) -> Iterable[Step]:
        yield Step("open the queue", self._open_queue)
        yield Step("open a ticket", self._open_ticket)
        yield Step("read it", self._read)
        yield Step("take it", self._take, "ticket.assigned")
        yield Step("a customer writes meanwhile", self._customer_writes, "customer.wrote", CUSTOMER)
        yield Step("answer with a macro", self._reply, "reply")
        yield Step("leave an internal note", self._note, "note", NOTE)
        yield Step("escalate", self._escalate, "ticket.escalated")
        yield Step("take a picture", self._picture)
        yield Step("reassign", self._reassign, "ticket.assigned")
        yield Step("solve", self._solve, "ticket.status", "solved")

    async def _proof(self, step: Step) -> int:
        def proves(event: dict[str, Any]) -> bool:
            return event["kind"] == step.event and step.holds in str(event["after"])

        event = await self._hand.logged(self._ticket, self._seq, proves, f"{step.event} of {self._ticket}")
        self._seq = int(event["seq"])
        return self._seq

    # --- the steps

    async def _open_queue(self) -> str:
        hand = self._hand
        await hand.until(lambda state: state.session.session and not state.session.is_cached, "signed in")
        await hand.until(lambda _: hand.app.context().macros is not None, "the macro library")
        await hand.until(lambda state: any(view.id == VIEW for view in state.queue.views), f"the view {VIEW}")
        place = next(n for n, view in enumerate(hand.state.queue.views, 1) if view.id == VIEW)
        await hand.press(str(place))
        await hand.until(lambda state: state.queue.view == VIEW and state.queue.rows and not state.queue.is_loading, "its rows")
        agent = hand.state.session.session
        name = agent.agent.name if agent else ""
        return f"{name} sees {hand.state.queue.total} unassigned tickets of {hand.state.queue.have or 'all'} known"

    async def _open_ticket(self) -> str:
        hand = self._hand
        session = hand.state.session.session
        teams = session.agent.teams if session else ()
        row = next((row for row in hand.state.queue.rows if row.team in teams and row.status.phase is Phase.NEW), None)
        if row is None:
            raise Missing("no new ticket of our team in the queue")
        await self._walk_to(row)
        await hand.press("enter")
        await hand.until(_is_open(row.id), f"{row.number} open")
        self._ticket = row.id
        self._seq = max(int(event["seq"]) for event in await hand.log(row.id))
        return f"{row.number}  {row.subject}"

    async def _walk_to(self, row: TicketSummary) -> None:
        """Key by key, because rows still arrive and move while we walk."""
        for _ in range(2 * LONGEST_WALK):
            queue = self._hand.state.queue
            if queue.cursor == row.id:
                return
            place = next((n for n, one in enumerate(queue.rows, queue.start) if one.id == row.id), None)
            await self._hand.press("j" if place is None or place > queue.index else "k")
        raise Missing(f"the cursor on {row.number}")

    async def _read(self) -> str:
        entries = value_of(self._hand.state.conversation.entries) or ()
        customer = value_of(self._hand.state.conversation.customer)
        if not entries or customer is None:
            raise Missing("what the customer wrote")
        await self._hand.press("down")
        first = entries[0].body.split("\n")[0]
        count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
        return f"{count}; {customer.customer.name} ({customer.customer.tier}) wrote: {first}"

    async def _take(self) -> str:
        await self._hand.press("A")
        session = self._hand.state.session.session
        await self._hand.until(lambda state: session and self._row(state).owner == session.agent.id, "our name on it")
        return f"now {self._row().owner_name}'s"

    async def _customer_writes(self) -> str:
        row = self._row()
        subject = f"Re: [{row.number}]"
        await self._hand.write_as_customer(
            {"channel": "email", "customer": row.customer_id, "body": CUSTOMER, "subject": subject}
        )
        await self._hand.until(
            lambda state: any(CUSTOMER in entry.body for entry in value_of(state.conversation.entries) or ()),
            "the message in the open conversation",
        )
        return f"{row.customer_name}: {CUSTOMER}"

    async def _reply(self) -> str:
        hand = self._hand
        await hand.press("semicolon", "g", "h")
        await hand.until(lambda state: state.view.composer_open and hand.app.desk.composer.text, "the macro's text")
        text = hand.app.desk.composer.text
        await hand.press("ctrl+d")
        await self._sent(Reply)
        return f"macro gh: {text.strip()}"

    async def _note(self) -> str:
        await self._hand.press("n")
        await self._hand.until(lambda state: state.view.composer_open, "the composer")
        await self._hand.type(NOTE)
        await self._hand.press("ctrl+d")
        await self._sent(Note)
        return NOTE

    async def _escalate(self) -> str:
        hand = self._hand
        simple = [one for one in hand.state.session.directory.targets if set(one.required) <= {"summary"}]
        target = next((one for one in simple if one.key == LEAD), next(iter(simple), None))
        if target is None:
            raise Missing("a team to escalate to")
        await hand.press("exclamation_mark")
        await hand.until(lambda state: state.view.menu is not None, "the menu of targets")
        await hand.press(target.key)
        await hand.type(SUMMARY)
        await hand.press("ctrl+d")
        await self._sent(Escalate)
        return f"to {target.title}; {self._row().owner_name} keeps the customer"

    async def _picture(self) -> str:
        self._hand.app.bridge.tick()
        await self._hand.press("ctrl+l")
        svg = self._hand.app.export_screenshot(title="supportdesk demo")
        try:
            self._screenshot.write_text(svg, encoding="utf-8")
        except OSError as error:
            raise Missing(f"{self._screenshot}: {error.strerror}") from error
        return f"{self._screenshot}"

    async def _reassign(self) -> str:
        hand, before = self._hand, self._row().owner
        await hand.press("a")
        await hand.until(lambda state: state.view.menu is not None, "the menu of agents")
        menu = hand.state.view.menu
        choice = next((one for one in menu.items if one.key.isdigit() and one.args != (before,)), None) if menu else None
        if choice is None:
            raise Missing("a colleague who can take it")
        await hand.press(choice.key)
        await hand.until(lambda state: self._row(state).owner not in {before, None}, "another name on it")
        return f"to {choice.label} ({choice.hint})"

    async def _solve(self) -> str:
        hand, number = self._hand, self._row().number
        await hand.press("e")
        await hand.type(REASON)
        await hand.press("enter")
        await hand.until(lambda state: not any(item.phase in _MOVING for item in state.outbox), "an empty outbox")
        return f"{number}: {REASON}"

    # --- what the steps look at

    def _row(self, state: DeskState | None = None) -> TicketSummary:
        detail = value_of((state or self._hand.state).conversation.detail)
        if detail is None:
            raise Missing("the open ticket")
        return detail.summary

    async def _sent(self, kind: type) -> None:
        def is_sent(state: DeskState) -> bool:
            return any(item.phase is OutboxPhase.SENT and isinstance(item.change, kind) for item in state.outbox)

        await self._hand.until(is_sent, "sent")


_MOVING = {OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.UNKNOWN}


def _is_open(ticket: TicketId) -> Callable[[DeskState], bool]:
    def holds(state: DeskState) -> bool:
        open_one = state.conversation
        parts = (open_one.detail, open_one.entries, open_one.customer)
        return open_one.ticket == ticket and all(isinstance(part, Loaded) and not part.is_cached for part in parts)

    return holds
