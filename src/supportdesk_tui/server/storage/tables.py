"""Every table: the log, its projections, what is derived from those, and what is kept beside the log."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
    true,
)

metadata = MetaData()


def _some(name: str, *columns: str, where: str) -> Index:
    """An index of some of the rows."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(40)),
    Column("kind", String(40), nullable=False),
    Column("ticket", String(40)),
    Column("key", String(64)),
    Column("says", Text, nullable=False, server_default=""),
    Column("tells", String(40)),
    Column("entry", String(40)),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("ix_events_ticket", "ticket", "seq"),
    _some("ix_events_key", "key", where="key IS NOT NULL"),
    _some("ix_events_staff", "seq", where="ticket IS NULL").ddl_if(dialect="postgresql"),
)
"""The append-only log. `before` and `after` hold, per projection and row id, the columns that changed (null: no such row)."""

tickets = Table(
    "tickets",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("id", String(40), nullable=False, unique=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("status", String(40), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("category", String(20), nullable=False),
    Column("language", String(20), nullable=False),
    Column("customer", String(40), nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("tier", String(40), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("owner", String(40)),
    Column("team", String(40)),
    Column("tags", JSON, nullable=False),
    Column("watchers", JSON, nullable=False),
    Column("cc", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("thread", Text, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("resolve_reason", Text, nullable=False),
    Column("snoozed_until", BigInteger),
    Column("resume_status", String(40), nullable=False),
    Column("handover", Text, nullable=False),
    Column("merged_into", String(40)),
    Column("open_promises", Integer, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("entry_count", Integer, nullable=False),
    Column("bot_misses", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("human_at", BigInteger),
    Column("turn_at", BigInteger),
    Column("paused_at", BigInteger),
    Column("paused_ms", BigInteger, nullable=False),
    Column("solved_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("phase", String(20), nullable=False),
    Column("band", Integer, nullable=False),
    Column("clock_kind", String(20), nullable=False),
    Column("clock_start", BigInteger),
    Column("clock_due", BigInteger),
    Column("clock_paused", Boolean, nullable=False),
    Column("clock_key", BigInteger, nullable=False),
    Column("prio_key", BigInteger, nullable=False),
    Index("ix_tickets_clock", "band", "clock_key", "n"),
    Index("ix_tickets_prio", "band", "prio_key", "n"),
    Index("ix_tickets_updated", "band", "updated_at", "n"),
    Index("ix_tickets_created", "band", "created_at", "n"),
    Index("ix_tickets_owner", "owner", "band", "clock_key", "n"),
    Index("ix_tickets_team", "team", "band", "clock_key", "n"),
    Index("ix_tickets_phase", "phase", "clock_key", "n"),
    Index("ix_tickets_channel", "channel", "band", "clock_key", "n"),
    Index("ix_tickets_customer", "customer", "updated_at"),
    _some("ix_tickets_promised", "band", "clock_key", "n", where="open_promises > 0"),
    _some("ix_tickets_snoozed", "snoozed_until", where="snoozed_until IS NOT NULL"),
    _some("ix_tickets_solved", "solved_at", where="status = 'solved'"),
    _some("ix_tickets_thread", "thread", where="thread <> ''"),
    _some("ix_tickets_merged", "merged_into", where="merged_into IS NOT NULL"),
)

entries = Table(
    "entries",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("ticket", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("author", Text, nullable=False),
    Column("author_id", String(40)),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("key", String(64)),
    Column("language", String(20), nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Index("ix_entries_ticket", "ticket", "seq"),
)

links = Table(
    "links",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("ticket", String(40), nullable=False),
    Column("other", String(40), nullable=False),
    Column("relation", String(20), nullable=False),
    Index("ix_links_ticket", "ticket"),
)

promises = Table(
    "promises",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ticket", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("owner", String(40)),
    Column("state", String(20), nullable=False),
    Index("ix_promises_ticket", "ticket"),
    _some("ix_promises_due", "due_at", where="state = 'open'"),
)

customers = Table(
    "customers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("uid", String(40), nullable=False, index=True),
    Column("email", String(320), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("tier", String(40), nullable=False),
    Column("language", String(20), nullable=False),
    Column("context", JSON, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("login", String(100), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("teams", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("skills", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
)

PROJECTIONS = {table.name: table for table in (tickets, entries, links, promises, customers, agents)}
"""What the log alone can rebuild."""

ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("tag", String(100), primary_key=True),
    Column("n", Integer, primary_key=True),
    Index("ix_ticket_tags_n", "n"),
)
ticket_watchers = Table(
    "ticket_watchers", metadata, Column("agent", String(40), primary_key=True), Column("n", Integer, primary_key=True)
)

keys = Table(
    "keys",
    metadata,
    Column("agent", String(40), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("deed", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("summary", LargeBinary, nullable=False),
    Column("undone_by", String(64)),
    Index("ix_keys_at", "at").ddl_if(dialect="postgresql"),
)
"""Idempotency keys with the first answer; `deed` says what was done, for undo, `summary` is the AppliedOut of the key."""

tokens = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("agent", String(40)),
    Column("kind", String(20), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

credentials = Table(
    "credentials",
    metadata,
    Column("agent", String(40), primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("ticket", String(40)),
    Column("agent", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("language", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("reviewed_at", BigInteger),
    Column("review_due_at", BigInteger),
)

gaps = Table(
    "kb_gaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("agent", String(40), nullable=False),
    Column("text", Text, nullable=False),
)
"""Searches of the help centre that found nothing."""
