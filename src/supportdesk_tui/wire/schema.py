"""The native API, version 1, as structs: the client decodes them, the server makes them, OpenAPI is drawn from them.

Times are RFC 3339 in UTC. Unknown fields are ignored by the client; the server refuses them in bodies it reads.
All text is as people wrote it: the client sanitises, the server stores.

    GET    /api/v1/health                        Health, no token
    POST   /api/v1/session                       SignIn -> SignedIn, no token
    GET    /api/v1/session                       SessionOut
    DELETE /api/v1/session                       revokes the token in use
    GET    /api/v1/directory                     DirectoryOut
    GET    /api/v1/views                         list[ViewOut]
    GET    /api/v1/tickets                       TicketPage; ?q=<grammar>&sort=clock|updated|created|priority&after=&limit=1..500
    GET    /api/v1/tickets/{id or number}        TicketOut; the digits at a number's end are enough
    GET    /api/v1/tickets/{id}/entries          EntryPage, customer-visible; ?before=<seq>&limit=1..200
    GET    /api/v1/tickets/{id}/notes            EntryPage, notes and system lines; same parameters
    GET    /api/v1/tickets/{id}/log              list[LogOut], the event log of one ticket; auditors, leads, admins; everyone for own team
    POST   /api/v1/tickets/{id}/replies          ReplyIn   -> AppliedOut   (customer-visible)
    POST   /api/v1/tickets/{id}/entries/{entry}/reveal   RevealIn -> RevealOut   (audited, no-store)
    POST   /api/v1/tickets/{id}/notes            NoteIn    -> AppliedOut   (internal)
    POST   /api/v1/tickets/{id}/changes          ChangeIn  -> AppliedOut
    POST   /api/v1/tickets                       CreateIn  -> AppliedOut
    POST   /api/v1/changes                       BulkIn    -> BulkOut, a result per ticket
    GET    /api/v1/changes/{key}                 AppliedOut of a key, 404 when it never arrived
    POST   /api/v1/changes/{key}/undo            UndoOut; 409 with what changed since
    DELETE /api/v1/agents/{id}/tokens            signs an agent out everywhere; oneself (`me`), or anybody as an administrator
    PUT    /api/v1/agents/me/state               AgentStateIn -> AgentOut
    GET    /api/v1/customers/{id}                CustomerOut
    GET    /api/v1/articles                      list[ArticleOut]; ?text=&locale=
    POST   /api/v1/attachments                   raw body, Content-Type, ?name=&ticket=  -> AttachmentOut
    GET    /api/v1/attachments/{id}              bytes; Range with If-Range gives the rest
    PUT    /api/v1/presence                      PresenceIn -> 204
    POST   /api/v1/inbound                       InboundIn -> InboundOut (a customer writes, on any channel); needs the inbound token
    GET    /api/v1/events                        text/event-stream; Last-Event-ID resumes
    GET    /api/v1/openapi.json                  no token

Every POST that changes something carries `Idempotency-Key` (8–64 of [A-Za-z0-9_-]): the first answer is replayed with
`Idempotent-Replayed: true`; the same key with another body is refused with 422 `key_reused`.
`If-Match: "<version>"` on a change makes it 409 `conflict` (ErrorOut.current = TicketRow) when the ticket moved on.
`If-Log-Reached: <event id>` makes it 409 when the server's log ends before that event: it was put back to a backup.
Every answer carries `X-Request-Id` and `Date`. Errors are ErrorOut.
Events: `event:` ticket | entry | presence | agent | beat | gap; `id:` the global sequence (ticket and entry events only);
a beat comes every second of silence with {"at": …}; `gap` says the mark is too old and everything must be read again.

The grammar of `q`: terms joined by blanks, `key:value[,value…]`, a leading `-` negates nothing and is refused; bare words
and "quoted phrases" are free text. Keys: phase status channel owner (me, nobody, an agent id) team (mine, an id) lang cat
prio (p1…p4) tag sla (`<30m`, `<2h`, `late`) is (watched, promised, unread). Same grammar as the desk's search line.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

API_VERSION = "1"
API_PREFIX = "/api/v1"
MAX_BODY = 100_000
"""Longest body of a reply, note or inbound message, in characters."""

Body = Annotated[str, Meta(min_length=1, max_length=MAX_BODY)]
Line = Annotated[str, Meta(max_length=1000)]
Word = Annotated[str, Meta(min_length=1, max_length=100)]
ChannelName = Literal["chat", "email", "ticket", "phone", "social", "forum", "inapp"]
RoleName = Literal["trainee", "l1", "l2", "specialist", "lead", "duty_manager", "auditor", "admin"]
AgentStateName = Literal["available", "busy", "wrap_up", "break", "training", "away", "offline"]
PhaseName = Literal["new", "open", "pending", "snoozed", "on_hold", "solved", "closed"]
ActivityName = Literal["viewing", "typing", "typing_note", "gone"]


class Out(Struct, kw_only=True):
    """What the server says; clients ignore fields they do not know."""


class In(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a client says; a misspelt field is refused, not ignored."""


# --- errors and health


class ErrorOut(Out):
    """The one shape of every refusal."""

    code: str
    """bad_request, unauthenticated, forbidden, not_found, method, conflict, too_large, invalid, key_reused, rate_limited,
    timeout, unavailable, internal."""
    message: str
    field: str = ""
    request_id: str = ""
    current: "TicketRow | None" = None


class Health(Out):
    """Alive, and which server."""

    ok: bool
    version: str
    at: datetime
    api: str = API_VERSION


# --- session and directory


class SignIn(In):
    """An agent's login name and password."""

    login: Word
    password: Annotated[str, Meta(min_length=1, max_length=500)]
    label: Line = ""
    """What the token is for, e.g. a host name; shown where tokens are listed."""


class SignedIn(Out):
    """A token, said once; the server keeps its hash."""

    token: str
    agent: "AgentOut"


class AgentOut(Out):
    """Somebody who answers."""

    id: str
    name: str
    login: str
    role: RoleName
    teams: list[str]
    languages: list[str]
    skills: dict[str, int]
    state: AgentStateName
    load: int
    capacity: int


class SessionOut(Out):
    """Who the token belongs to and what that role may do."""

    agent: AgentOut
    permissions: list[str]
    """Capability names, as in `domain.capabilities.Capability`."""
    server: str
    at: datetime


class TeamOut(Out):
    id: str
    name: str


class StatusOut(Out):
    name: str
    phase: PhaseName
    title: str


class CategoryOut(Out):
    code: str
    title: str
    required: list[str]


class TargetOut(Out):
    """Where `!` and a letter lead."""

    key: str
    team: str
    title: str
    required: list[str]


class DirectoryOut(Out):
    agents: list[AgentOut]
    teams: list[TeamOut]
    statuses: list[StatusOut]
    categories: list[CategoryOut]
    tags: list[str]
    targets: list[TargetOut]
    resolve_reasons: list[str]
    link_hosts: list[str]


class ViewOut(Out):
    """A named queue; `q` is in the grammar."""

    id: str
    title: str
    q: str
    sort: str
    count: int


# --- tickets


class ClockOut(Out):
    kind: Literal["first", "next", "resolve", "none"]
    started_at: datetime | None = None
    due_at: datetime | None = None
    paused: bool = False


class TicketRow(Out):
    """One row of a queue."""

    id: str
    number: str
    subject: str
    channel: str
    status: str
    phase: PhaseName
    priority: int
    category: str
    language: str
    customer_id: str
    customer_name: str
    tier: str
    owner: str | None
    owner_name: str
    team: str | None
    tags: list[str]
    clock: ClockOut
    unread: int
    created_at: datetime
    updated_at: datetime
    version: int
    watchers: list[str] = []
    public: bool = False
    open_promises: int = 0


class TicketPage(Out):
    items: list[TicketRow]
    after: str | None
    total: int | None = None


class FieldOut(Out):
    name: str
    title: str
    value: str
    required: bool


class PromiseOut(Out):
    id: str
    text: str
    due_at: datetime
    owner: str | None
    owner_name: str
    state: Literal["open", "kept", "broken", "moved"]
    number: str = ""


class LinkOut(Out):
    id: str
    number: str
    relation: str
    subject: str
    status: str
    phase: PhaseName
    team_name: str = ""


class AttachmentOut(Out):
    id: str
    name: str
    media_type: str
    size: int
    inline: bool = False


class TicketOut(Out):
    row: TicketRow
    fields: list[FieldOut]
    links: list[LinkOut]
    promises: list[PromiseOut]
    stage: str
    snoozed_until: datetime | None
    handover: str
    watchers: list[str]
    cc: list[str]


class EntryOut(Out):
    """One thing said or done."""

    id: str
    seq: int
    kind: Literal["customer", "agent", "bot", "note", "system"]
    author: str
    author_id: str | None
    at: datetime
    body: str
    attachments: list[AttachmentOut] = []
    key: str | None = None
    language: str = ""
    masked: list[str] = []
    """Kinds of secrets that were hidden in body and file names; a mark `▒▒ … ▒▒` stands in their place."""


class EntryPage(Out):
    """Newest last; `before` leads to older ones."""

    items: list[EntryOut]
    before: int | None


class RevealIn(In):
    """Why somebody wants to see what is hidden; kept in the log with their name."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class RevealOut(Out):
    """The words as they were written; never to be kept."""

    entry: str
    body: str
    files: list[str]
    """The names of its files."""
    masked: list[str]


class LogOut(Out):
    """One event of the append-only log."""

    seq: int
    at: datetime
    actor: str
    kind: str
    ticket: str | None
    before: dict[str, msgspec.Raw] | None
    after: dict[str, msgspec.Raw] | None


# --- changes


class OverrideIn(In):
    """What the agent's send gate found in the text, and why it was sent all the same."""

    finding: Word
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class Assign(In, tag="assign"):
    agent: str | None
    only_if_unowned: bool = False


class Transfer(In, tag="transfer"):
    team: Word
    reason: Line = ""


class SetStatus(In, tag="set_status"):
    status: Word
    reason: Line = ""


class SetPriority(In, tag="set_priority"):
    priority: Annotated[int, Meta(ge=1, le=4)]


class TagChange(In, tag="tag"):
    add: Annotated[list[Word], Meta(max_length=50)] = []
    remove: Annotated[list[Word], Meta(max_length=50)] = []


class SetField(In, tag="set_field"):
    name: Word
    value: Line


class Snooze(In, tag="snooze"):
    until: datetime | None


class Watch(In, tag="watch"):
    on: bool


class MarkRead(In, tag="mark_read"):
    read: bool
    to: Annotated[int, Meta(ge=0)] = 0
    """Sequence of the newest entry that was seen: what came after it stays unread. 0 means everything."""


class Merge(In, tag="merge"):
    into: Word


class LinkChange(In, tag="link"):
    to: Word
    relation: Literal["related", "duplicate"] = "related"


class Escalate(In, tag="escalate", omit_defaults=True):
    team: Word
    summary: Annotated[str, Meta(min_length=1, max_length=10_000)]
    fields: dict[Word, Line] = {}
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []


class ReturnTask(In, tag="return_task", omit_defaults=True):
    finding: Annotated[str, Meta(min_length=1, max_length=10_000)]
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []


class MakePromise(In, tag="make_promise", omit_defaults=True):
    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    due_at: datetime
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []


class SettlePromise(In, tag="settle_promise"):
    promise: Word


FollowUpIn = (
    Assign | Transfer | SetStatus | SetPriority | TagChange | SetField | Snooze | Watch | Escalate | MakePromise | SettlePromise
)
ChangeIn = FollowUpIn | MarkRead | Merge | LinkChange | ReturnTask


class ReplyIn(In):
    """Words the customer will read; `then` is applied with them or not at all."""

    body: Body
    then: Annotated[list[FollowUpIn], Meta(max_length=20)] = []
    attachments: Annotated[list[Word], Meta(max_length=20)] = []
    cc: Annotated[list[Line], Meta(max_length=20)] = []
    language: Annotated[str, Meta(max_length=20)] = ""
    macro: Annotated[str, Meta(max_length=100)] = ""
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []
    seen: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Newest entry the agent had read: 409 when the customer or another agent has spoken since; 0 does not ask."""
    seen_owner: Annotated[str, Meta(max_length=100)] | None = None
    """Who had the ticket as far as the agent knew, empty for nobody: 409 when another agent has it now; null does not ask."""


class NoteIn(In):
    """Words the customer will never read."""

    body: Body
    then: Annotated[list[FollowUpIn], Meta(max_length=20)] = []
    attachments: Annotated[list[Word], Meta(max_length=20)] = []
    mentions: Annotated[list[Word], Meta(max_length=20)] = []
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []


class CreateIn(In, omit_defaults=True):
    customer: Word
    channel: ChannelName
    category: Word
    subject: Annotated[str, Meta(min_length=1, max_length=500)]
    body: Body
    overrides: Annotated[list[OverrideIn], Meta(max_length=20)] = []


class AppliedOut(Out):
    key: str
    ticket: str | None
    version: int | None
    says: str
    entry: str = ""
    seq: int = 0


class BulkIn(In):
    tickets: Annotated[list[Word], Meta(min_length=1, max_length=1000)]
    change: ChangeIn


class OutcomeOut(Out):
    ticket: str
    done: bool
    code: str = ""
    reason: str = ""
    version: int | None = None


class BulkOut(Out):
    key: str
    outcomes: list[OutcomeOut]


class FoundOut(AppliedOut):
    """What became of a change that was looked for; of one to many tickets, what became of each."""

    outcomes: list[OutcomeOut] = []


class UndoOut(Out):
    """What was taken back, per ticket, in one sentence."""

    key: str
    says: str
    outcomes: list[OutcomeOut]


class AgentStateIn(In):
    state: AgentStateName


# --- customer and articles


class FactOut(Out):
    name: str
    value: str
    warn: bool = False


class MovementOut(Out):
    id: str
    direction: Literal["in", "out"]
    coin: str
    network: str
    amount: str
    state: str
    confirmations: int
    needed: int
    txid: str
    address: str
    at: datetime
    memo_missing: bool = False


class ContactOut(Out):
    ticket: str
    number: str
    subject: str
    channel: str
    status: str
    phase: PhaseName
    at: datetime


class FlagOut(Out):
    name: str
    source: str
    expires_at: datetime | None = None


class CustomerOut(Out):
    id: str
    name: str
    uid: str
    tier: str
    language: str
    region: str
    time_zone: str
    email: str
    phone: str
    joined_at: datetime | None
    preferred_channel: str | None
    do_not_contact: bool
    kyc: list[FactOut]
    security: list[FactOut]
    account: list[FactOut]
    movements: list[MovementOut]
    contacts: list[ContactOut]
    tags: list[str]
    flags: list[FlagOut]
    promises: list[PromiseOut]


class ArticleOut(Out):
    id: str
    title: str
    url: str
    body: str
    language: str
    reviewed_at: datetime | None
    review_due_at: datetime | None


# --- live


class PresenceIn(In):
    ticket: str | None
    activity: ActivityName


class PresenceOut(Out):
    ticket: str
    agent: str
    name: str
    activity: ActivityName


class TicketEvent(Out):
    """`event: ticket`."""

    seq: int
    at: datetime
    actor: str | None
    row: TicketRow
    says: str = ""
    tells: str | None = None


class EntryEvent(Out):
    """`event: entry`."""

    seq: int
    at: datetime
    actor: str | None
    row: TicketRow
    entry: EntryOut
    says: str = ""
    tells: str | None = None


class Beat(Out):
    """`event: beat`."""

    at: datetime


class InboundIn(In):
    """A customer's message, from any channel."""

    channel: ChannelName
    customer: Annotated[str, Meta(min_length=1, max_length=200)]
    """Customer id, uid, e-mail, or `Name <e-mail>`; unknown ones make a new customer."""
    body: Body
    subject: Annotated[str, Meta(max_length=500)] = ""
    thread: Annotated[str, Meta(max_length=500)] = ""
    """External thread id; continues the ticket that has it. A case number in the subject does too."""
    language: Annotated[str, Meta(max_length=20)] = ""
    category: Annotated[str, Meta(max_length=20)] = ""
    public: bool = False


class InboundOut(Out):
    ticket: str
    number: str
    entry: str
    created: bool
