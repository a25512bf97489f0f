"""The desk's front door: every write in one transaction with its key, told to the feed after the commit."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.server.desk.apply import allow, apply_one
from supportdesk_tui.server.desk.inbound import receive
from supportdesk_tui.server.desk.refusals import Conflicting, KeyReused, Missing, Refusal
from supportdesk_tui.server.desk.sendable import sendable
from supportdesk_tui.server.desk.spoken import create
from supportdesk_tui.server.desk.transaction import Happening, Transaction
from supportdesk_tui.server.desk.undo import undo_events
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.counts import CountBook
from supportdesk_tui.server.storage.engine import Database, connect_to_write
from supportdesk_tui.server.storage.log import Event, events_of_key
from supportdesk_tui.wire import schema

T = TypeVar("T")
INBOUND = "inbound"
"""Whose keys the messages of customers are kept under."""


class Answer(Struct, kw_only=True):
    """What a keyed request was answered, now or the first time."""

    status: int = 200
    body: bytes
    replayed: bool = False


class Deed(Struct, kw_only=True):
    """What a piece of work did: its answer, and how undo and a later look-up name it."""

    body: bytes
    summary: schema.AppliedOut
    deed: str = ""


class Request(Struct, kw_only=True):
    """Who asks for a change, under which key, with which bytes."""

    who: Agent | None
    key: str | None
    fingerprint: bytes
    expected: int | None = None
    reached: int | None = None
    """The newest event the asker has heard of: a log that ends before it was put back to a backup."""


Work = Callable[[Transaction], Deed]
NEWEST_OF_STAFF = (
    select(tables.events.c.seq).where(tables.events.c.ticket.is_(None)).order_by(tables.events.c.seq.desc()).limit(1)
)
"""Everything about agents, tokens and connectors happens on no ticket."""


def now_ms() -> int:
    """The server's clock."""
    return time.time_ns() // 1_000_000


class Desk:
    """Owns the database, the counts and the clock; `on_commit` hears what happened, on the writer's thread."""

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self.database = database
        self.clock = clock
        self.counts = CountBook()
        self.on_commit: Callable[[list[Happening]], None] = lambda _happenings: None
        self.on_staff: Callable[[], None] = lambda: None
        """Hears, on the writer's thread, that agents or their tokens are not what they were."""
        self.agents: dict[str, Agent] = {}
        self._heard: int | None = None
        """The newest event about no ticket whose outcome is in memory."""
        self.load_agents()

    def load_agents(self) -> None:
        """Read the agents, who are few, into memory."""
        with self.database.reading() as connection:
            self._heard = connection.execute(NEWEST_OF_STAFF).scalar()
            rows = connection.execute(
                select(tables.agents).order_by(func.length(tables.agents.c.id), tables.agents.c.id)
            ).mappings()
            self.agents = {row["id"]: Agent(**row) for row in rows}

    def catch_up(self) -> None:
        """Take over what another program wrote of agents and tokens, as `serve agents` does while this one runs."""
        with self.database.reading() as connection:
            newest = connection.execute(NEWEST_OF_STAFF).scalar()
        if newest != self._heard:
            self.database.writer.submit(self._catch_up).result()

    def _catch_up(self) -> None:
        known = self.agents
        self.load_agents()
        self.on_staff()
        event = Event(seq=self._heard or 0, at=self.clock(), actor=None, kind="agent.changed", ticket=None)
        changed = [one for one in self.agents.values() if known.get(one.id) != one]
        if changed:
            self.on_commit([Happening(event=event, before=None, after=None, agent=one) for one in changed])

    # --- requests

    def change(self, request: Request, ticket: str, change: schema.ChangeIn | schema.ReplyIn | schema.NoteIn) -> Answer:
        """One change to one ticket."""
        sendable(change)

        def work(tx: Transaction) -> Deed:
            case, done = apply_one(tx, _agent(request), ticket, change, request.expected)
            applied = schema.AppliedOut(
                key=request.key or "",
                ticket=case.ticket.id,
                version=case.ticket.version,
                says=done.says,
                entry=done.entry,
                seq=done.seq,
            )
            return Deed(body=msgspec.json.encode(applied), summary=applied, deed=done.deed.replace("{}", case.ticket.number))

        return self.keyed(request, work)

    def create(self, request: Request, opened: schema.CreateIn) -> Answer:
        """A new ticket, opened by an agent."""
        sendable(opened)

        def work(tx: Transaction) -> Deed:
            allow(_agent(request), "create")
            ticket, done = create(tx, _agent(request), opened)
            applied = schema.AppliedOut(
                key=request.key or "", ticket=ticket.id, version=ticket.version, says=done.says, entry=done.entry, seq=done.seq
            )
            return Deed(body=msgspec.json.encode(applied), summary=applied, deed=done.deed)

        return self.keyed(request, work)

    def bulk(self, request: Request, many: schema.BulkIn) -> Answer:
        """One change to many tickets, an outcome each; what one ticket refuses, the others still get."""
        sendable(many.change)

        def work(tx: Transaction) -> Deed:
            allow(_agent(request), "bulk")
            outcomes: list[schema.OutcomeOut] = []
            deed = ""
            for ref in dict.fromkeys(many.tickets):
                outcome, said = _one_of_many(tx, request, ref, many.change)
                outcomes.append(outcome)
                deed = said or deed
            done = sum(one.done for one in outcomes)
            title = deed.replace("{}", f"{done} ticket{'' if done == 1 else 's'}")
            summary = schema.AppliedOut(
                key=request.key or "", ticket=None, version=None, says=f"{title}: {done} of {len(outcomes)}"
            )
            return Deed(
                body=msgspec.json.encode(schema.BulkOut(key=request.key or "", outcomes=outcomes)), summary=summary, deed=title
            )

        return self.keyed(request, work)

    def undo(self, request: Request, key: str) -> Answer:
        """Take back what this agent's change with `key` did."""

        def work(tx: Transaction) -> Deed:
            who = _agent(request)
            allow(who, "undo")
            kept = _kept(tx.connection, who.id, key)
            if kept is None:
                raise Missing("you made no change with that key")
            if kept.undone_by:
                raise Conflicting("it was taken back already")
            kept_all = [kept, *_batches(tx.connection, who.id, key)]
            keys = [one.key for one in kept_all]
            events = [event for one in keys for event in events_of_key(tx.connection, who.id, one)]
            outcomes = undo_events(tx, who, sorted(events, key=lambda event: event.seq))
            tx.connection.execute(
                update(tables.keys)
                .where(tables.keys.c.agent == who.id, tables.keys.c.key.in_(keys))
                .values(undone_by=request.key)
            )
            done = sum(one.done for one in outcomes)
            only = f": {done} of {len(outcomes)}" if done < len(outcomes) else ""
            says = f"undid: {', '.join(one.deed for one in kept_all)}{only}"
            summary = schema.AppliedOut(key=request.key or "", ticket=None, version=None, says=says)
            answer = schema.UndoOut(key=request.key or "", says=says, outcomes=outcomes)
            return Deed(body=msgspec.json.encode(answer), summary=summary, deed=f"the undoing of: {kept.deed}")

        return self.keyed(request, work)

    def inbound(self, request: Request, said: schema.InboundIn) -> Answer:
        """A customer's message."""

        def work(tx: Transaction) -> Deed:
            answer = receive(tx, said)
            summary = schema.AppliedOut(
                key=request.key or "", ticket=answer.ticket, version=None, says="received", entry=answer.entry
            )
            return Deed(body=msgspec.json.encode(answer), summary=summary)

        return self.keyed(request, work)

    def set_state(self, who: Agent, state: str) -> Agent:
        """Say whether work may reach an agent."""

        def work(tx: Transaction) -> Agent:
            before = tx.agent(who.id) or who
            after = msgspec.structs.replace(before, state=state)
            if after != before:
                tx.record_agent(before, after)
            return after

        return self.transact(who.id, None, work)

    def find_applied(self, who: Agent, key: str) -> schema.AppliedOut:
        """What became of a change, by its key."""
        with self.database.reading() as connection:
            kept = _kept(connection, who.id, key)
            more = [] if kept is None else _batches(connection, who.id, key)
        if kept is None:
            raise Missing("no change with that key has arrived")
        found = msgspec.json.decode(kept.summary, type=schema.AppliedOut)
        each = [one for row in (kept, *more) for one in msgspec.json.decode(row.answer, type=_Each).outcomes]
        return schema.FoundOut(**msgspec.structs.asdict(found), outcomes=each) if len(each) > 1 else found

    # --- the transaction around them

    def keyed(self, request: Request, work: Work) -> Answer:
        """Do the work once for its key; the same key again gets the first answer, another body under it is refused."""
        owner = request.who.id if request.who else INBOUND
        body_hash = hashlib.sha256(request.fingerprint).hexdigest()

        def once(tx: Transaction) -> Answer:
            kept = _kept(tx.connection, owner, request.key) if request.key else None
            if kept is not None:
                if kept.body_hash != body_hash:
                    raise KeyReused("this Idempotency-Key belongs to another request", field="Idempotency-Key")
                return Answer(status=kept.status, body=kept.answer, replayed=True)
            if request.reached is not None and request.reached >= tx.next_event:
                raise Conflicting("the server was put back to an earlier state", field="If-Log-Reached")
            deed = work(tx)
            if request.key:
                row = {
                    "agent": owner, "key": request.key, "at": tx.now, "body_hash": body_hash, "deed": deed.deed, "status": 200,
                    "answer": deed.body, "summary": msgspec.json.encode(deed.summary),
                }  # fmt: skip
                tx.connection.execute(insert(tables.keys), [row])
            failpoint("server.before_commit")
            return Answer(body=deed.body)

        answer = self.transact(request.who.id if request.who else None, request.key, once)
        failpoint("server.after_commit")
        return answer

    def transact(self, actor: str | None, key: str | None, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the writer's thread in one transaction, then tell the counts and the feed."""
        return self.database.writer.submit(self._transact, actor, key, work).result()

    def _transact(self, actor: str | None, key: str | None, work: Callable[[Transaction], T]) -> T:
        happenings: list[Happening] = []
        with (
            connect_to_write(self.database.engine) as connection,
            connection.begin() as open_transaction,
        ):
            tx = Transaction(connection, now=self.clock(), actor=actor, key=key)
            result = work(tx)
            self.counts.begin()
            try:
                open_transaction.commit()
                happenings = tx.happenings
            finally:
                self.counts.end(_net(happenings))
        for one in happenings:
            if one.agent is not None:
                self.agents[one.agent.id] = one.agent
        if happenings:
            self.on_commit(happenings)
        return result


def _net(happenings: list[Happening]) -> list[tuple[Ticket | None, Ticket | None]]:
    """What became of each ticket over a whole transaction: how it stood before, how it stands after."""
    net: dict[str, tuple[Ticket | None, Ticket | None]] = {}
    for one in happenings:
        if one.after is not None:
            first = net[one.after.id][0] if one.after.id in net else one.before
            net[one.after.id] = (first, one.after)
    return list(net.values())


def _agent(request: Request) -> Agent:
    if request.who is None:
        raise Refusal("only an agent does that")
    return request.who


class _Each(msgspec.Struct):
    """What an answer says of each ticket, if it does."""

    outcomes: list[schema.OutcomeOut] = []


def _kept(connection: Connection, owner: str, key: str) -> Row[Any] | None:
    query = select(tables.keys).where(tables.keys.c.agent == owner, tables.keys.c.key == key)
    return connection.execute(query).first()


def _batches(connection: Connection, owner: str, key: str) -> list[Row[Any]]:
    """What a change to more tickets than one request takes was continued under: `key-1000`, `key-2000` … in order."""
    columns = tables.keys.c
    longer = select(tables.keys).where(columns.agent == owner, columns.key > f"{key}-", columns.key < f"{key}-:")
    found = [row for row in connection.execute(longer) if row.key.removeprefix(f"{key}-").isdigit() and not row.undone_by]
    return sorted(found, key=lambda row: int(row.key.removeprefix(f"{key}-")))


def _one_of_many(tx: Transaction, request: Request, ref: str, change: schema.ChangeIn) -> tuple[schema.OutcomeOut, str]:
    mark = len(tx.happenings)
    savepoint = tx.connection.begin_nested()
    try:
        case, done = apply_one(tx, _agent(request), ref, change, None)
    except Refusal as refusal:
        savepoint.rollback()
        del tx.happenings[mark:]
        tx.renumber()
        return schema.OutcomeOut(ticket=ref, done=False, code=refusal.code, reason=str(refusal)), ""
    savepoint.commit()
    return schema.OutcomeOut(ticket=case.ticket.id, done=True, version=case.ticket.version), done.deed
