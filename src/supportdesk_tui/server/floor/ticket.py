"""A ticket as the rules see it; the same fields as its projection. Times are milliseconds since 1970, UTC."""

from msgspec import Struct, field

NEVER = 9_000_000_000_000
"""Sort key of a clock that does not run: after every real deadline."""
PRIORITY_STEP = 10_000_000_000_000


class Ticket(Struct, kw_only=True):
    """One case. The fields from `phase` on are computed by `floor.sla.settle`; nobody else writes them."""

    n: int
    id: str
    number: str
    subject: str
    channel: str
    status: str
    priority: int
    category: str
    language: str
    customer: str
    customer_name: str
    tier: str
    created_at: int
    owner: str | None = None
    team: str | None = None
    tags: list[str] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    public: bool = False
    thread: str = ""
    stage: str = "received"
    resolve_reason: str = ""
    snoozed_until: int | None = None
    resume_status: str = ""
    handover: str = ""
    merged_into: str | None = None
    open_promises: int = 0
    unread: int = 0
    entry_count: int = 0
    bot_misses: int = 0
    opened_at: int = 0
    """When the wait for a human began."""
    human_at: int | None = None
    """First public word of a human; never moves again."""
    turn_at: int | None = None
    """The customer's first word that no human has answered."""
    paused_at: int | None = None
    paused_ms: int = 0
    solved_at: int | None = None
    updated_at: int = 0
    version: int = 0
    phase: str = "new"
    band: int = 0
    """0 needs work, 1 snoozed, 2 done: what the indexes begin with."""
    clock_kind: str = "none"
    clock_start: int | None = None
    clock_due: int | None = None
    clock_paused: bool = False
    clock_key: int = NEVER
    prio_key: int = 0


COMPUTED = frozenset(
    {
        "unread", "entry_count", "opened_at", "human_at", "turn_at", "paused_at", "paused_ms", "solved_at", "updated_at",
        "version", "phase", "band", "clock_kind", "clock_start", "clock_due", "clock_paused", "clock_key", "prio_key",
        "open_promises",
    }
)  # fmt: skip
"""Fields that follow from what happened; undo leaves them to be computed again."""


def ticket_number(n: int, day: str) -> str:
    """The human case number, e.g. HX-260817-004213."""
    return f"HX-{day}-{n:06d}"
