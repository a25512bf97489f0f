"""The case a change works on, and what it leaves behind."""

from dataclasses import dataclass
from datetime import UTC, datetime

from supportdesk_tui.server.desk.refusals import Refusal
from supportdesk_tui.server.desk.transaction import NOTHING, Also, Transaction, copy_of
from supportdesk_tui.server.floor.people import Agent, Words
from supportdesk_tui.server.floor.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Done:
    """What a change says it did: to the agent now, and as a deed that undo can name."""

    says: str
    deed: str
    """Imperative, `{}` stands for the tickets: `assign {} to Mei Lin`."""
    entry: str = ""
    seq: int = 0


def written(moment: datetime) -> str:
    """A moment as the log has it, in a form that every desk can put into its agent's own zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class Case:
    """One ticket in the hands of one agent, inside one transaction."""

    def __init__(self, tx: Transaction, who: Agent, ticket: Ticket) -> None:
        self.tx = tx
        self.who = who
        self.ticket = ticket
        self.before = copy_of(ticket)

    def record(self, kind: str, says: str, deed: str, *, also: Also = NOTHING, tells: str | None = None) -> Done:
        """Write what the ticket became as one event; the next change starts from there."""
        told = None if tells == self.who.id else tells
        line = f"{self.who.name} {says}"
        event = self.tx.record(kind, self.before, self.ticket, also=also, says=line, tells=told)
        self.before = copy_of(self.ticket)
        return Done(says, deed, also.entry.id if also.entry else "", event.seq)

    def system(self, kind: str, says: str, deed: str, *, tells: str | None = None) -> Done:
        """Write the change with a line in the conversation that says who did it."""
        return self.record(kind, says, deed, also=Also(entry=self.line(says)), tells=tells)

    def silent(self, kind: str, says: str, deed: str) -> Done:
        """Write the change without a line in the conversation; the log has it."""
        return self.record(kind, says, deed)

    def line(self, says: str) -> Words:
        """A system entry."""
        return self.tx.words(self.ticket, "system", f"{self.who.name} {says}", (self.who.name, self.who.id))

    @staticmethod
    def millis(moment: datetime, *, field: str) -> int:
        """Milliseconds of an aware time within reason."""
        if moment.tzinfo is None:
            raise Refusal("the time needs a zone, e.g. 2026-08-17T12:00:00Z", field=field)
        utc = moment.astimezone(UTC) if 1971 < moment.year < 2200 else None
        if utc is None:
            raise Refusal("the time is out of range", field=field)
        return int(utc.timestamp() * 1000)
