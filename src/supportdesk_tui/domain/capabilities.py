"""What this agent may do on this backend, as the server says."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct, field

from supportdesk_tui.domain.people import Agent


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
    """Most requests a minute that looking for news makes; 0 where the server pushes."""
    clock_offset: timedelta = timedelta()
    """Server time minus ours."""
