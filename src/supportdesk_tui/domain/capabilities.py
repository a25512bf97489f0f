"""What this agent may do on this backend, as the server says."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from supportdesk_tui.domain import changes
from supportdesk_tui.domain.people import Agent
from supportdesk_tui.domain.ticket import CHANNEL_LIMITS, DEFAULT_LIMIT, Channel


class Capability(StrEnum):
    """One verb a backend may lack or forbid."""

    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    TAKE = "take"
    TRANSFER = "transfer"
    STATUS = "status"
    PRIORITY = "priority"
    TAG = "tag"
    FIELD = "field"
    SNOOZE = "snooze"
    WATCH = "watch"
    MERGE = "merge"
    LINK = "link"
    ESCALATE = "escalate"
    PROMISE = "promise"
    UNDO = "undo"
    CREATE = "create"
    BULK = "bulk"
    SEARCH = "search"
    ARTICLES = "articles"
    ATTACH = "attach"
    REVEAL = "reveal"
    """Show what is hidden in an entry, with a reason that is kept."""
    PRESENCE = "presence"
    PUSH = "push"
    AGENT_STATE = "agent_state"
    READ_MARK = "read_mark"
    MACROS = "macros"
    """It keeps macros or canned texts of its own."""
    IDEMPOTENCY = "idempotency"
    """The server answers a repeated change key with its first answer."""
    VERSIONS = "versions"
    """A change made on an older version of the ticket is refused as a conflict."""
    ATOMIC = "atomic"
    """A reply and what follows it happen together or not at all."""


NEEDED: dict[type, Capability] = {
    changes.Reply: Capability.REPLY,
    changes.Note: Capability.NOTE,
    changes.Assign: Capability.ASSIGN,
    changes.Transfer: Capability.TRANSFER,
    changes.SetStatus: Capability.STATUS,
    changes.SetPriority: Capability.PRIORITY,
    changes.Tag: Capability.TAG,
    changes.SetField: Capability.FIELD,
    changes.Snooze: Capability.SNOOZE,
    changes.Watch: Capability.WATCH,
    changes.Merge: Capability.MERGE,
    changes.Link: Capability.LINK,
    changes.Escalate: Capability.ESCALATE,
    changes.ReturnTask: Capability.ESCALATE,
    changes.MakePromise: Capability.PROMISE,
    changes.SettlePromise: Capability.PROMISE,
    changes.Undo: Capability.UNDO,
    changes.Create: Capability.CREATE,
    changes.SetAgentState: Capability.AGENT_STATE,
    changes.MarkRead: Capability.READ_MARK,
}
"""What each kind of change takes."""


class Session(Struct, frozen=True):
    """Who we are to the backend."""

    agent: Agent
    capabilities: frozenset[Capability]
    lacking: dict[Capability, str] = field(default_factory=dict)
    """Why a capability is missing: `role` (this agent may not), `backend` (the product cannot), or the product's reason in
    words of ours."""
    server: str = ""
    """Product and version."""
    polling: int = 0
    """Most requests a minute that looking for news makes, and how sparingly the server is asked; 0 where it never is looked."""
    lengths: dict[str, int] = field(default_factory=dict)
    """Longest reply in characters by channel, the empty name standing for every other one and for notes; 0 for no limit.
    Empty means the usual ones of `ticket.CHANNEL_LIMITS`."""
    clock_offset: timedelta = timedelta()
    """Server time minus ours."""

    @property
    def is_pushed(self) -> bool:
        """The server tells what is new."""
        return Capability.PUSH in self.capabilities or not self.polling

    def with_push(self, reason: str) -> "Session":
        """The same while the server pushes (no reason), or does not, and why."""
        lacking = {one: why for one, why in self.lacking.items() if one is not Capability.PUSH}
        if reason:
            without = self.capabilities - {Capability.PUSH}
            return replace(self, capabilities=without, lacking={**lacking, Capability.PUSH: reason})
        return replace(self, capabilities=self.capabilities | {Capability.PUSH}, lacking=lacking)

    def longest(self, channel: Channel | None) -> int:
        """Longest text in characters that a channel takes, or a note where there is none; 0 for no limit."""
        usual = CHANNEL_LIMITS.get(channel, DEFAULT_LIMIT) if channel is not None else DEFAULT_LIMIT
        return self.lengths.get(channel.value if channel else "", self.lengths.get("", usual))
