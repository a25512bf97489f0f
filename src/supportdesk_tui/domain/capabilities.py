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
    PRESENCE = "presence"
    PUSH = "push"
    AGENT_STATE = "agent_state"
    READ_MARK = "read_mark"
    IDEMPOTENCY = "idempotency"
    """The server answers a repeated change key with its first answer."""


class Session(Struct, frozen=True):
    """Who we are to the backend."""

    agent: Agent
    capabilities: frozenset[Capability]
    lacking: dict[Capability, str] = field(default_factory=dict)
    """Why a capability is missing: `role` (this agent may not) or `backend` (the product cannot)."""
    server: str = ""
    """Product and version."""
    clock_offset: timedelta = timedelta()
    """Server time minus ours."""
