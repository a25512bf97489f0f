"""What Zammad cannot do, and why."""

from supportdesk_tui.domain.capabilities import Capability

GAPS: dict[Capability, str] = {
    Capability.PROMISE: "Zammad keeps no promises to customers",
    Capability.UNDO: "Zammad keeps its history and takes nothing back",
    Capability.PRESENCE: "Zammad tells only those who have the same ticket open in a tab of its own pages",
    Capability.PUSH: "Zammad says that something changed, not what: the desk is woken by it and asks within a budget",
    Capability.AGENT_STATE: "Zammad knows agents as out of office from day to day, not as available or busy",
    Capability.READ_MARK: "Zammad marks notifications as seen, not tickets",
    Capability.IDEMPOTENCY: "Zammad knows no keys: after a broken line the desk reads before it sends again",
    Capability.VERSIONS: "Zammad lets the last writer win: the desk looks before it writes, which two at once can both do",
    Capability.ATOMIC: "Zammad takes a reply and the ticket's fields together, but tags, watching and links only one by one",
}
