"""Tasks: tickets below another one, for a queue of specialists, and the way back."""

from datetime import datetime

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import mapping, writing
from supportdesk_tui.backends.rt.client import Rt
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.errors import BackendError, Refused
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Phase

HAND_BACK = "hand the task back"


def to_task(row: Node, change: changes.Escalate, rt: Rt) -> dict[str, object]:
    """The new ticket's body: asked for by the agent, so that the customer is not written to."""
    facts = "\n".join(f"{name}: {value}" for name, value in change.fields)
    return {
        "Queue": rt.lens.queues.get(change.team, change.team),
        "Requestor": [rt.lens.me],
        "Subject": row.text("Subject"),
        "Content": f"{change.summary}\n\n{facts}".strip(),
        "ContentType": "text/plain",
        "Parent": int(row.text("id")),
    }


async def find(rt: Rt, row: Node, change: changes.Escalate, earliest: datetime) -> bool:
    """Whether the ticket has a task in that queue, made since."""
    children = [number for number, relation in mapping.linked_ids(row).items() if relation == "task" and number.isdecimal()]
    if not children:
        return False
    where = " OR ".join(f"id = {int(number)}" for number in children)
    found = await rt.tickets(where, fields={"fields": "Queue,Created"})
    made = ((one.text("Queue", "id"), one.when("Created")) for one in found.rows)
    return any(queue == change.team and at is not None and at >= earliest for queue, at in made)


def parent_of(row: Node) -> TicketId:
    """The ticket a task was opened from."""
    parents = (number for number, relation in mapping.linked_ids(row).items() if relation == "task_of")
    parent = next(parents, "")
    if not parent:
        raise Refused(HAND_BACK, "no other ticket asked for this one")
    return TicketId(parent)


def told(row: Node, change: changes.ReturnTask) -> changes.Note:
    """The finding as a note on the owner's ticket: RT mails it to them."""
    return changes.Note(f"{change.finding}\n\n({mapping.number_of(row.text('id'))}: {row.text('Subject')})")


async def finish(rt: Rt, row: Node) -> str:
    """Solve the task where its lifecycle lets it be solved; what was refused is said, the finding is with the owner anyhow."""
    ways = [link.text("to") for link in row.each("_hyperlinks") if link.text("ref") == "lifecycle"]
    way = next((name for name in ways if rt.lens.phase(name) is Phase.SOLVED), "")
    if not way:
        return "the finding is with the owner; the task cannot be solved from here"
    try:
        await rt.send(writing.put(TicketId(row.text("id")), {"Status": way}, ""))
    except BackendError as error:
        return f"the finding is with the owner; the task stays open: {error.reason}"
    return ""
