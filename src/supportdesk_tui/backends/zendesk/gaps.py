"""What Zendesk cannot do, or not over the API an agent may use, and why."""

from supportdesk_tui.domain.capabilities import Capability

GAPS: dict[Capability, str] = {
    Capability.SNOOZE: "Zendesk has no snooze: pending and on-hold have no time to wake up at",
    Capability.PROMISE: "Zendesk keeps no promises to customers",
    Capability.UNDO: "Zendesk keeps everything and takes nothing back",
    Capability.PRESENCE: "Zendesk tells who looks at a ticket to its own client only",
    Capability.PUSH: "Zendesk sends clients no events: the desk looks for news within a budget",
    Capability.READ_MARK: "Zendesk keeps no read marks",
    Capability.IDEMPOTENCY: "Zendesk knows keys for new tickets only: after a broken line the desk reads before it sends again",
    Capability.ESCALATE: "Side conversations are another product of Zendesk; transfer to the group and leave a note instead",
}
NO_ROUTING = "This account has no omnichannel routing, which knows who is available"
"""Why an account, not the product, lacks the agents' state."""
