"""The live feed: what a commit did is pushed at once to every open stream; slow clients are dropped, late ones replayed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.desk.transaction import Happening, load_ticket
from supportdesk_tui.server.floor.hiding import hide_line
from supportdesk_tui.server.floor.people import Agent, Words
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.http.mapping import Names, agent_out, entry_out, row_out
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import REVEALED, Event, from_row
from supportdesk_tui.wire import schema

QUEUE_LIMIT = 2_000
REPLAY_LIMIT = 2_000
"""Events a client may be behind; further back it reads everything again."""
QUEUE_BYTES = 4_000_000
"""What may wait for one client; whoever is further behind reads everything again."""
PRESENCE_S = 90.0
"""How long somebody is thought to be where they said; the desk says it anew long before."""
BEAT_S = 1.0


class Frame(Struct):
    """One event as bytes, with its place in the log (0: none)."""

    seq: int
    data: bytes


class Stream:
    """One client's queue."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.frames: asyncio.Queue[Frame | None] = asyncio.Queue(QUEUE_LIMIT)
        self.waiting = 0
        """Bytes queued."""

    def push(self, frame: Frame) -> bool:
        """Queue a frame; False when the client is too slow and its stream must end."""
        if self.frames.full() or self.waiting + len(frame.data) > QUEUE_BYTES:
            return False
        self.waiting += len(frame.data)
        self.frames.put_nowait(frame)
        return True

    async def next(self) -> Frame | None:
        """The next frame; a beat when none came for a while, None at the end."""
        try:
            frame = await asyncio.wait_for(self.frames.get(), BEAT_S)
        except TimeoutError:
            return Frame(0, beat())
        self.waiting -= len(frame.data) if frame else 0
        return frame

    def end(self) -> None:
        """Forget what waits; the next thing the client gets is the end."""
        while not self.frames.empty():
            self.frames.get_nowait()
        self.waiting = 0
        self.frames.put_nowait(None)


def format_event(name: str, payload: Struct, seq: int = 0) -> bytes:
    """An event in the form of text/event-stream; JSON holds no line break, so one data line is enough."""
    mark = b"id: %d\n" % seq if seq else b""
    return b"event: " + name.encode() + b"\n" + mark + b"data: " + msgspec.json.encode(payload) + b"\n\n"


class Hub:
    """Every open stream and who is where; lives on the server's event loop."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.streams: set[Stream] = set()
        self.presence: dict[tuple[str, str], schema.PresenceOut] = {}
        self._said_at: dict[str, float] = {}
        """Agent → when they last said where they are."""
        self.is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Listen to commits; called on the loop the streams live on."""
        self._loop = asyncio.get_running_loop()
        self.desk.on_commit = self.told

    # --- from the writer's thread

    def told(self, happenings: list[Happening]) -> None:
        """A commit happened: make the frames here, hand them to the loop."""
        frames = [frame for one in happenings for frame in self._frames(one)]
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.push_all, frames)

    def _frames(self, one: Happening) -> list[Frame]:
        if one.agent is not None:
            return self._agent_frames(one.agent)
        frames = [Frame(one.event.seq, ticket_frame(one.event, one.after, one.entry, self.desk.agents))] if one.after else []
        moved = {one.before.owner if one.before else None, one.after.owner if one.after else None} - {None}
        was_live, is_live = _is_live(one.before), _is_live(one.after)
        if len(moved) > 1 or was_live != is_live or (one.before and one.after and one.before.owner != one.after.owner):
            for owner in moved:
                agent = self.desk.agents.get(owner or "")
                frames += self._agent_frames(agent) if agent else []
        return frames

    def _agent_frames(self, agent: Agent) -> list[Frame]:
        """An agent and their load; nothing where that cannot be counted now: the change is committed and told all the same."""
        from supportdesk_tui.server.http.refused import UNUSABLE, log_unwritten

        try:
            return [Frame(0, format_event("agent", agent_out(agent, self.load_of(agent.id))))]
        except UNUSABLE as error:
            log_unwritten(error)
            return []

    def load_of(self, agent: str) -> int:
        """Open tickets of an agent."""
        from supportdesk_tui.server.http.views import load_of

        return load_of(self.desk, agent)

    def attend_soon(self, agent: str, name: str, ticket: str | None, activity: schema.ActivityName) -> None:
        """`attend`, from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.attend, agent, name, ticket, activity)

    # --- on the loop

    def push_all(self, frames: list[Frame]) -> None:
        """Queue frames for every stream; one that cannot keep up is dropped."""
        for stream in list(self.streams):
            for frame in frames:
                if not stream.push(frame):
                    self._drop(stream)
                    break

    def _drop(self, stream: Stream) -> None:
        self.streams.discard(stream)
        stream.end()

    def attend(self, agent: str, name: str, ticket: str | None, activity: schema.ActivityName) -> None:
        """Somebody looks at or types on a ticket, or has gone."""
        self._said_at[agent] = time.monotonic()
        for where in [
            key for key in self.presence if key[0] == agent and (key[1] != ticket or activity == "gone" or ticket is None)
        ]:
            left = self.presence.pop(where)
            self._say(schema.PresenceOut(ticket=left.ticket, agent=agent, name=name, activity="gone"))
        if ticket is not None and activity != "gone":
            here = schema.PresenceOut(ticket=ticket, agent=agent, name=name, activity=activity)
            if self.presence.get((agent, ticket)) != here:
                self.presence[agent, ticket] = here
                self._say(here)

    def forget_the_silent(self) -> None:
        """Whoever stopped saying where they are is not there any more, though their connection may still be open."""
        oldest = time.monotonic() - PRESENCE_S
        for agent in {agent for agent, _ in self.presence if self._said_at.get(agent, 0.0) < oldest}:
            self.attend(agent, "", None, "gone")

    def _say(self, presence: schema.PresenceOut) -> None:
        self.push_all([Frame(0, format_event("presence", presence))])

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.is_closed = True
        for stream in list(self.streams):
            self._drop(stream)

    async def follow(self, agent: str, since: int | None, may_listen: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """The stream of one client: what it missed, who is where, then everything as it happens while it may listen."""
        stream = Stream(agent)
        self.streams.add(stream)
        try:
            sent, missed = await asyncio.to_thread(self._missed, since)
            yield beat(sent if since is None else 0) + b"".join(missed)
            for here in list(self.presence.values()):
                yield format_event("presence", here)
            while not self.is_closed:
                frame = await stream.next()
                if frame is None or not await may_listen():
                    return
                if frame.seq == 0 or frame.seq > sent:
                    yield frame.data
        finally:
            self.streams.discard(stream)
            if not any(one.agent == agent for one in self.streams):
                known = self.desk.agents.get(agent)
                self.attend(agent, known.name if known else "", None, "gone")

    def _missed(self, since: int | None) -> tuple[int, list[bytes]]:
        """The last event the client will then have, and what it missed; a gap when that is too much or unknown."""
        with self.desk.database.reading() as connection:
            head = connection.execute(select(func.max(tables.events.c.seq))).scalar() or 0
            if since is None:
                return head, []
            if since > head or head - since > REPLAY_LIMIT:
                return head, [gap(head)]
            log = tables.events
            rows = (
                connection.execute(
                    select(log).where(log.c.seq > since, log.c.ticket.is_not(None), log.c.kind != REVEALED).order_by(log.c.seq)
                )
                .mappings()
                .all()
            )
            frames: list[bytes] = []
            for row in rows:
                event = from_row(dict(row))
                ticket = load_ticket(connection, tables.tickets.c.id == event.ticket)
                found = (
                    connection.execute(select(tables.entries).where(tables.entries.c.id == (event.entry or "")))
                    .mappings()
                    .first()
                )
                if ticket is not None:
                    frames.append(ticket_frame(event, ticket, Words(**found) if found else None, self.desk.agents))
            return head, frames


def _is_live(ticket: Ticket | None) -> bool:
    return ticket is not None and ticket.band < 2


def beat(head: int = 0) -> bytes:
    """A sign of life; the first of a fresh stream says where the log ends, so that a reconnect misses nothing."""
    return format_event("beat", schema.Beat(at=datetime.now(UTC)), head)


def gap(head: int) -> bytes:
    """The mark is too old: read everything again; the new mark comes with it."""
    return b"event: gap\nid: %d\ndata: {}\n\n" % head


def ticket_frame(event: Event, ticket: Ticket, entry: Words | None, names: Names) -> bytes:
    """A committed event as its frame: with the entry when somebody said something."""
    row = row_out(ticket, names)
    at = datetime.fromtimestamp(event.at / 1000, tz=UTC)
    if entry is None:
        told = schema.TicketEvent(
            seq=event.seq, at=at, actor=event.actor, row=row, says=hide_line(event.says), tells=event.tells
        )
        return format_event("ticket", told, event.seq)
    said = schema.EntryEvent(
        seq=event.seq, at=at, actor=event.actor, row=row, entry=entry_out(entry), says=hide_line(event.says), tells=event.tells
    )
    return format_event("entry", said, event.seq)
