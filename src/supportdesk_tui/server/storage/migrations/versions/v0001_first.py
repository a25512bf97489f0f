"""The first schema: log, projections, keys, tokens, search. Frozen: later versions change it in steps of their own."""

import re

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE agents (
    id VARCHAR(40) NOT NULL,
    login VARCHAR(100) NOT NULL,
    name TEXT NOT NULL,
    role VARCHAR(20) NOT NULL,
    teams JSON NOT NULL,
    languages JSON NOT NULL,
    skills JSON NOT NULL,
    state VARCHAR(20) NOT NULL,
    capacity INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (login)
);

CREATE TABLE articles (
    id VARCHAR(40) NOT NULL,
    language VARCHAR(20) NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    reviewed_at BIGINT,
    review_due_at BIGINT,
    PRIMARY KEY (id)
);

CREATE TABLE attachments (
    id VARCHAR(40) NOT NULL,
    name TEXT NOT NULL,
    media_type VARCHAR(200) NOT NULL,
    size BIGINT NOT NULL,
    ticket VARCHAR(40),
    agent VARCHAR(40) NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE credentials (
    agent VARCHAR(40) NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (agent)
);

CREATE TABLE customers (
    id VARCHAR(40) NOT NULL,
    uid VARCHAR(40) NOT NULL,
    email VARCHAR(320) NOT NULL,
    name TEXT NOT NULL,
    tier VARCHAR(40) NOT NULL,
    language VARCHAR(20) NOT NULL,
    context JSON NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ix_customers_email ON customers (email);

CREATE INDEX ix_customers_uid ON customers (uid);

CREATE TABLE entries (
    seq INTEGER NOT NULL,
    id VARCHAR(40) NOT NULL,
    ticket VARCHAR(40) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    author TEXT NOT NULL,
    author_id VARCHAR(40),
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    "key" VARCHAR(64),
    language VARCHAR(20) NOT NULL,
    attachments JSON NOT NULL,
    ordinal INTEGER NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (id)
);

CREATE INDEX ix_entries_ticket ON entries (ticket, seq);

CREATE TABLE events (
    seq INTEGER NOT NULL,
    at BIGINT NOT NULL,
    actor VARCHAR(40),
    kind VARCHAR(40) NOT NULL,
    ticket VARCHAR(40),
    "key" VARCHAR(64),
    says TEXT DEFAULT '' NOT NULL,
    tells VARCHAR(40),
    entry VARCHAR(40),
    "before" TEXT NOT NULL,
    "after" TEXT NOT NULL,
    PRIMARY KEY (seq)
);

CREATE INDEX ix_events_key ON events ("key") WHERE key IS NOT NULL;

CREATE INDEX ix_events_ticket ON events (ticket, seq);

CREATE TABLE kb_gaps (
    id INTEGER NOT NULL,
    at BIGINT NOT NULL,
    agent VARCHAR(40) NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE keys (
    agent VARCHAR(40) NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    at BIGINT NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    deed TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer BLOB NOT NULL,
    summary BLOB NOT NULL,
    undone_by VARCHAR(64),
    PRIMARY KEY (agent, "key")
);

CREATE TABLE links (
    id VARCHAR(100) NOT NULL,
    ticket VARCHAR(40) NOT NULL,
    other VARCHAR(40) NOT NULL,
    relation VARCHAR(20) NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ix_links_ticket ON links (ticket);

CREATE TABLE promises (
    id VARCHAR(40) NOT NULL,
    ticket VARCHAR(40) NOT NULL,
    text TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    owner VARCHAR(40),
    state VARCHAR(20) NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ix_promises_due ON promises (due_at) WHERE state = 'open';

CREATE INDEX ix_promises_ticket ON promises (ticket);

CREATE TABLE ticket_tags (
    tag VARCHAR(100) NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (tag, n)
);

CREATE INDEX ix_ticket_tags_n ON ticket_tags (n);

CREATE TABLE ticket_watchers (
    agent VARCHAR(40) NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (agent, n)
);

CREATE TABLE tickets (
    n INTEGER NOT NULL,
    id VARCHAR(40) NOT NULL,
    number VARCHAR(40) NOT NULL,
    subject TEXT NOT NULL,
    channel VARCHAR(20) NOT NULL,
    status VARCHAR(40) NOT NULL,
    priority INTEGER NOT NULL,
    category VARCHAR(20) NOT NULL,
    language VARCHAR(20) NOT NULL,
    customer VARCHAR(40) NOT NULL,
    customer_name TEXT NOT NULL,
    tier VARCHAR(40) NOT NULL,
    created_at BIGINT NOT NULL,
    owner VARCHAR(40),
    team VARCHAR(40),
    tags JSON NOT NULL,
    watchers JSON NOT NULL,
    cc JSON NOT NULL,
    fields JSON NOT NULL,
    public BOOLEAN NOT NULL,
    thread TEXT NOT NULL,
    stage VARCHAR(20) NOT NULL,
    resolve_reason TEXT NOT NULL,
    snoozed_until BIGINT,
    resume_status VARCHAR(40) NOT NULL,
    handover TEXT NOT NULL,
    merged_into VARCHAR(40),
    open_promises INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    entry_count INTEGER NOT NULL,
    bot_misses INTEGER NOT NULL,
    opened_at BIGINT NOT NULL,
    human_at BIGINT,
    turn_at BIGINT,
    paused_at BIGINT,
    paused_ms BIGINT NOT NULL,
    solved_at BIGINT,
    updated_at BIGINT NOT NULL,
    version INTEGER NOT NULL,
    phase VARCHAR(20) NOT NULL,
    band INTEGER NOT NULL,
    clock_kind VARCHAR(20) NOT NULL,
    clock_start BIGINT,
    clock_due BIGINT,
    clock_paused BOOLEAN NOT NULL,
    clock_key BIGINT NOT NULL,
    prio_key BIGINT NOT NULL,
    PRIMARY KEY (n),
    UNIQUE (id),
    UNIQUE (number)
);

CREATE INDEX ix_tickets_channel ON tickets (channel, band, clock_key, n);

CREATE INDEX ix_tickets_clock ON tickets (band, clock_key, n);

CREATE INDEX ix_tickets_created ON tickets (band, created_at, n);

CREATE INDEX ix_tickets_customer ON tickets (customer, updated_at);

CREATE INDEX ix_tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX ix_tickets_owner ON tickets (owner, band, clock_key, n);

CREATE INDEX ix_tickets_phase ON tickets (phase, clock_key, n);

CREATE INDEX ix_tickets_prio ON tickets (band, prio_key, n);

CREATE INDEX ix_tickets_promised ON tickets (band, clock_key, n) WHERE open_promises > 0;

CREATE INDEX ix_tickets_snoozed ON tickets (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE INDEX ix_tickets_solved ON tickets (solved_at) WHERE status = 'solved';

CREATE INDEX ix_tickets_team ON tickets (team, band, clock_key, n);

CREATE INDEX ix_tickets_thread ON tickets (thread) WHERE thread <> '';

CREATE INDEX ix_tickets_updated ON tickets (band, updated_at, n);

CREATE TABLE tokens (
    hash VARCHAR(64) NOT NULL,
    agent VARCHAR(40),
    kind VARCHAR(20) NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (hash)
);

CREATE VIRTUAL TABLE search USING fts5(body, content='', tokenize='unicode61 remove_diacritics 2');
"""
TABLES = (
    "search",
    "tokens",
    "tickets",
    "ticket_watchers",
    "ticket_tags",
    "promises",
    "links",
    "keys",
    "kb_gaps",
    "events",
    "entries",
    "customers",
    "credentials",
    "attachments",
    "articles",
    "agents",
)


POSTGRES = (
    (r"\b(VARCHAR\(\d+\)|TEXT)(?=[ ,])", 'TEXT COLLATE "C"'),
    (r"\bBLOB\b", "BYTEA"),
    (r"\bseq INTEGER\b", "seq BIGINT"),
    (r"(?<=kb_gaps \(\n    id )INTEGER", "SERIAL"),
    (
        r"CREATE VIRTUAL TABLE search .*",
        "CREATE TABLE search (doc BIGINT NOT NULL, body TSVECTOR NOT NULL);\n\n"
        "CREATE INDEX ix_search ON search USING gin (body);\n\n"
        "CREATE INDEX ix_keys_at ON keys (at);\n",
    ),
)
"""How PostgreSQL says it. Texts compare by their bytes and have no length of their own, as in SQLite."""


def schema(dialect: str) -> str:
    """The statements that make every table."""
    made = SCHEMA
    for pattern, becomes in POSTGRES if dialect == "postgresql" else ():
        made = re.sub(pattern, becomes, made)
    return made


def upgrade() -> None:
    """Create every table."""
    for statement in schema(op.get_context().dialect.name).split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
