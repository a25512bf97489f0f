"""What Chatwoot cannot do, and why."""

from supportdesk_tui.domain.capabilities import Capability

GAPS: dict[Capability, str] = {
    Capability.MERGE: "Chatwoot merges contacts, never conversations",
    Capability.LINK: "Chatwoot knows no links between conversations",
    Capability.ESCALATE: "Chatwoot has no linked tasks: give the conversation to the other team and leave a note",
    Capability.PROMISE: "Chatwoot keeps no promises to customers",
    Capability.UNDO: "Chatwoot takes nothing back",
    Capability.PRESENCE: "Chatwoot tells who types, not who looks at a conversation",
    Capability.IDEMPOTENCY: "Chatwoot knows no keys: after a broken line the desk reads before it sends again",
    Capability.VERSIONS: "Chatwoot lets the last change win; the desk looks before it writes, but others may come between",
    Capability.ATOMIC: "Chatwoot sends the reply first and changes the rest after it",
}
