"""The client under a power cut: recorded at work, opened again by its own code, held against what it had shown."""

import json
import random
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct, field
from sqlalchemy import text

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.server.faults import Fault, Faults
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make
from tests.power.disk import Tree, read_tree
from tests.power.recorder import watched
from tests.power.trace import Op
from tests.power.writer import PLACE, Part, kind_of, words_of

ON_ITS_WAY = frozenset({OutboxPhase.SENDING, OutboxPhase.UNKNOWN})
"""What is looked for on the server before anything is sent again."""
COPY = PLACE / "cache.db"
FRAME_HEAD = 24
"""Bytes before each page in SQLite's log; the second word says whether it ends a transaction (walformat.html, 2.1)."""
BEGINNINGS = ("nothing", "two clients", "a damaged file")


class Done(Struct, frozen=True):
    """A text in the server's table."""

    key: str
    ticket: str
    kind: str


class Recording(Struct):
    """One run of the client, and what the server got of it."""

    name: str
    before: Tree
    ops: list[Op]
    agent: AgentId
    done: dict[str, list[Done]]
    """Word → where the server has it."""
    is_damaged: bool
    """Files were broken when it began."""
    written: list[str]
    """Words that were on the disk when it began."""

    def judge(self) -> "DeskJudge":
        """Who knows what it promised."""
        return DeskJudge(self)


def record(beginning: str, seed: int, folder: Path, steps: int) -> Recording:
    """Let a client work against a real server that loses some answers."""
    root = folder / "disk"
    root.mkdir(parents=True)
    faults = Faults()
    with ServerThread(tickets=14, ticking=False, faults=faults) as server:
        with server.engine.connect() as connection:
            rows = connection.execute(text("SELECT id FROM tickets WHERE phase = 'open' ORDER BY id LIMIT 3"))
            tickets = [str(row[0]) for row in rows]
            agent = AgentId(str(connection.execute(text("SELECT id FROM agents WHERE login = 'li.wei'")).scalar_one()))
        written = _prepare(root / PLACE, agent, tickets, beginning)
        before = read_tree(root)
        faults.plan(Fault("cut_after", "POST", "/replies", times=2))
        faults.plan(Fault("cut_before", "POST", "/notes", times=2))
        faults.plan(Fault("cut_after", "POST", "/notes", times=2))
        part = Part(str(root), server.url, server.token_for("li.wei"), tickets, seed, steps, is_with_another=bool(seed % 2))
        with watched([sys.executable, "-m", "tests.power.writer", msgspec.json.encode(part).decode()], root, before) as run:
            pass
        done = _done(server)
    return Recording(beginning, before, run.ops, agent, done, beginning == "a damaged file", written)


def _prepare(place: Path, agent: AgentId, tickets: Sequence[str], beginning: str) -> list[str]:
    """What lies on the disk in the beginning: nothing, the files of two clients that are gone, or a broken one."""
    if beginning == "nothing":
        return []
    ledgers = [Ledger(place / "outbox") for _ in range(2 if beginning == "two clients" else 1)]
    written: list[str] = []
    for number, ledger in enumerate(ledgers):
        ledger.open()
        note, draft = f"b{number}-note", f"b{number}-draft"
        item = make.outbox_item(number, key=f"before-{number:08d}", change=Note(note), tickets=(TicketId(tickets[number]),))
        ledger.put_item(agent, item)
        ledger.put_draft(agent, Draft(TicketId(tickets[2]), body=draft))
        written += [note, draft]
    for ledger in ledgers:
        ledger.close()
    if beginning == "a damaged file":
        broken = place / "outbox" / "outbox-0.db"
        broken.write_bytes(b"\xff" * 100 + broken.read_bytes()[100:])
        (place / "cache.db").write_bytes(random.Random(1).randbytes(5000))
    return written


def _done(server: ServerThread) -> dict[str, list[Done]]:
    found: dict[str, list[Done]] = defaultdict(list)
    with server.engine.connect() as connection:
        query = "SELECT body, entries.ticket, entries.kind, events.key FROM entries JOIN events ON events.entry = entries.id"
        rows = connection.execute(text(query))
        for body, ticket, kind, key in rows:
            for word in str(body).split():
                found[word].append(Done(str(key), str(ticket), str(kind)))
    return dict(found)


class Promises(Struct):
    """What the client has shown, asked and sent up to a moment of its trace."""

    shown: dict[str, dict[str, object]] = field(default_factory=dict)
    """Key → what the desk showed of a change."""
    words: dict[str, str] = field(default_factory=dict)
    """Words the desk had shown as kept → the change or draft they were in."""
    given_up: set[str] = field(default_factory=set)
    """Words thrown away, and keys of changes taken back or thrown away."""
    left: set[str] = field(default_factory=set)
    """Keys whose request has left."""
    typed: dict[str, float] = field(default_factory=dict)
    """Word → when."""
    now: float = 0.0
    is_open: bool = False
    """The desk has begun to work: whatever was broken is set aside and read, and the agent was told."""

    def take(self, op: Op) -> None:
        """Take in what happened next."""
        self.now = op.at
        if op.kind == "send":
            self._sent(op)
        elif op.kind == "mark":
            self._marked(json.loads(op.data), op.at)

    def _sent(self, op: Op) -> None:
        for line in op.data.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if name.lower() == b"idempotency-key":
                self.left.add(value.decode())

    def _marked(self, mark: dict[str, object], at: float) -> None:
        words = mark.get("words")
        if "typed" in mark:
            self.typed[str(mark["typed"])] = at
        elif "takes_back" in mark:
            self.given_up.add(str(mark["takes_back"]))
        elif "forgets" in mark:
            self.given_up |= {str(mark["forgets"]), *(words if isinstance(words, list) else [])}
        elif "agent" in mark:
            self.is_open = True
        elif "shows" in mark:
            self.shown[str(mark["shows"])] = mark
        for word in words if isinstance(words, list) and "forgets" not in mark else []:
            self.words[word] = str(mark.get("shows") or f"draft of {mark['saved']}")


class Found(Struct, frozen=True):
    """Where a word is after the power cut."""

    ticket: str
    item: OutboxItem | None = None
    """None: in a draft."""


class DeskJudge:
    """Opens what a power cut left with the client's own code, and says what is wrong with it."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._promises = Promises()
        self._is_last = False
        """The log of the copy has the head of a frame that ends a transaction; its page comes next."""
        self._copies: set[bytes] = set()
        """Everything the copy of the tickets held so far, whenever a program could have looked."""
        for word in recording.written:
            self._promises.words[word] = "the files before"
        self.draft_loss_s = 0.0
        self.promised = 0
        """Words looked for so far."""

    def take(self, op: Op) -> None:
        """Take in what the client did next."""
        self._promises.take(op)

    def judge(self, root: Path) -> list[str]:
        """What is wrong; may change the files."""
        return self._outbox(root / PLACE / "outbox") + self._copy(root / COPY)

    @property
    def _may_be_damaged(self) -> bool:
        """Whether the broken files of the beginning need not be done with yet."""
        return self._recording.is_damaged and not self._promises.is_open

    # --- outbox and drafts

    def _outbox(self, folder: Path) -> list[str]:
        ledger = Ledger(folder)
        ledger.open()
        salvages, agent = ledger.salvages(), self._recording.agent
        items, drafts, unreadable = ledger.items(agent), ledger.drafts(agent), ledger.unreadable
        ledger.put_draft(agent, Draft(TicketId("goes-on"), body="goes on"))
        ledger.close()
        problems = [f"{unreadable} rows cannot be read"] if unreadable else []
        if salvages and not self._may_be_damaged:
            problems.append(f"damaged: a sound outbox, {[one.aside.name for one in salvages]}")
        return problems + self._words(items, drafts) + self._changes(items) + self._again(folder, items, drafts)

    def _again(self, folder: Path, items: list[OutboxItem], drafts: list[Draft]) -> list[str]:
        """Opened once more it says the same, and has taken what was written since."""
        ledger = Ledger(folder)
        ledger.open()
        agent = self._recording.agent
        same = (ledger.items(agent), sorted(one.body for one in ledger.drafts(agent)))
        told = len(ledger.salvages())
        ledger.close()
        wanted = (items, sorted([*(one.body for one in drafts), "goes on"]))
        return [] if same == wanted and not told else ["again: opened once more it is another"]

    def _words(self, items: Iterable[OutboxItem], drafts: Iterable[Draft]) -> list[str]:
        places: dict[str, list[Found]] = defaultdict(list)
        for item in items:
            for word in words_of(item.change):
                places[word].append(Found(item.tickets[0], item))
        for draft in drafts:
            for word in draft.body.split():
                places[word].append(Found(draft.ticket))
        problems: list[str] = []
        for word, promised in self._promises.words.items():
            self.promised += 1
            if not places[word] and not self._arrived(word) and word not in self._promises.given_up:
                problems.append(f"lost: {word[:20]}, shown as {promised}")
        for word, at in self._promises.typed.items():
            if not places[word] and word not in self._promises.words:
                self.draft_loss_s = max(self.draft_loss_s, self._promises.now - at)
        for word, found in places.items():
            problems += self._where(word, found)
        return problems

    def _where(self, word: str, found: list[Found]) -> list[str]:
        if not found:
            return []
        arrived = self._arrived(word)
        if len(found) > 1:
            return [f"twice: {word[:20]} in {[_place(one) for one in found]}"]
        item = found[0].item
        if arrived and (item is None or item.phase not in ON_ITS_WAY or item.key != arrived[0].key):
            return [f"sent, and would be again: {word[:20]} is in {_place(found[0])}, the server has it by {arrived[0].key}"]
        return []

    def _arrived(self, word: str) -> list[Done]:
        """Where the server has a word whose request had left by now."""
        return [one for one in self._recording.done.get(word, []) if one.key in self._promises.left]

    def _changes(self, items: Iterable[OutboxItem]) -> list[str]:
        found = {str(item.key): item for item in items}
        problems = []
        for key, mark in self._promises.shown.items():
            item = found.get(key)
            is_settled = key in self._promises.left or key in self._promises.given_up or mark["phase"] in {"sent", "refused"}
            if item is None and not mark["words"] and not is_settled:
                problems.append(f"lost: change {key}")
            elif item is not None and (list(item.tickets), kind_of(item.change)) != (mark["tickets"], mark["kind"]):
                problems.append(f"wrong: change {key} is for {item.tickets}, {kind_of(item.change)}")
        return problems

    # --- the copy of the tickets

    def is_snapshot(self, op: Op, following: Op | None) -> bool:
        """Whether a transaction of the copy may be complete."""
        if not op.path.startswith(str(COPY)):
            return False
        if op.path.endswith("-wal") and op.kind == "write":
            was_last, self._is_last = self._is_last, len(op.data) == FRAME_HEAD and op.data[4:8] != bytes(4)
            return was_last
        return following is None or (following.kind, following.path) != (op.kind, op.path)

    def saw(self, root: Path) -> None:
        """Remember what the copy holds when only the program dies."""
        if (root / COPY).exists():
            self._copies.add(content_of(root / COPY))

    def _copy(self, path: Path) -> list[str]:
        if not path.exists():
            return []
        cache = Cache(path)
        cache.open()
        if not self._copies:
            self._copies.add(content_of(path))  # nothing was written yet: it is made new
        held = content_of(path)
        cache.last.session()
        cache.last.mark()
        cache.put_tickets_now([make.summary(1)])
        set_aside = len(cache.set_aside)
        cache.close()
        if set_aside:
            return [] if self._may_be_damaged else ["damaged: a sound copy"]
        return [] if held in self._copies else ["copy: it holds what it never held"]


def content_of(path: Path) -> bytes:
    """Every row of a database, short."""
    import hashlib

    whole = hashlib.blake2b()
    with closing(sqlite3.connect(path)) as db:
        if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return b"broken"
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in tables:
            for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                whole.update(repr((table, row)).encode())
    return whole.digest()


def _place(found: Found) -> str:
    return f"draft of {found.ticket}" if found.item is None else f"change {found.item.key} ({found.item.phase.value})"
