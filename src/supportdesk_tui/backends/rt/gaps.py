"""What Request Tracker cannot do, and why."""

from supportdesk_tui.domain.capabilities import Capability

GAPS: dict[Capability, str] = {
    Capability.SNOOZE: "Request Tracker has no snooze; a stalled or pending status waits for the customer",
    Capability.PROMISE: "Request Tracker keeps no promises to customers",
    Capability.UNDO: "Request Tracker keeps everything and takes nothing back",
    Capability.PRESENCE: "Request Tracker does not tell who looks at a ticket",
    Capability.PUSH: "Request Tracker sends no events: the desk looks for news within a budget",
    Capability.AGENT_STATE: "Request Tracker does not know whether an agent is available",
    Capability.READ_MARK: "Request Tracker shows read marks on its web pages only",
    Capability.IDEMPOTENCY: "Request Tracker knows no keys: after a broken line the desk reads before it sends again",
    Capability.ATOMIC: "Request Tracker sends the reply first and changes the rest after it",
    Capability.MACROS: "Request Tracker keeps no macros; the desk reads its own from files",
}
