"""The disk under outbox, drafts and forms: nothing an agent typed may be lost here.

A folder belongs to one profile. Every running client holds one file of it (a slot) by a lock that dies with the process;
at start a client also takes every slot whose owner is gone and works through it where it lies. An intent is therefore in
exactly one file, and that file in the hands of exactly one process: two clients can never send the same change.
Rows lie in frames with a checksum, so that a damaged file can be combed through byte by byte.
"""

import fcntl
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, ChangeKey
from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.store.kept import FormDraft, joined_forms
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync import files
from supportdesk_tui.sync import outbox_rows as rows
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync.database import Database, Schema
from supportdesk_tui.sync.salvage import frame, read_intact, unframe

T = TypeVar("T")
_Rows: TypeAlias = "list[tuple[int, Slot, T]]"
"""Revision, place, and what stands there."""
_SCHEMA = Schema(
    steps=(
        """
        CREATE TABLE items (key TEXT PRIMARY KEY, agent TEXT NOT NULL, rev INTEGER NOT NULL, frame BLOB NOT NULL);
        CREATE TABLE drafts (agent TEXT NOT NULL, ticket TEXT NOT NULL, rev INTEGER NOT NULL, frame BLOB NOT NULL,
            PRIMARY KEY (agent, ticket));
        """,
        """
        CREATE TABLE forms (agent TEXT NOT NULL, key TEXT NOT NULL, rev INTEGER NOT NULL, frame BLOB NOT NULL,
            PRIMARY KEY (agent, key));
        """,
    ),
    pragmas=("page_size = 16384", "cache_size = -256", "journal_mode = TRUNCATE", "synchronous = FULL", "secure_delete = ON"),
    is_checked=True,
    is_kept=True,
)
_UPSERT_ITEM = (
    "INSERT INTO items VALUES (?, ?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET agent = excluded.agent, rev = excluded.rev, frame = excluded.frame"
)
_UPSERT_DRAFT = (
    "INSERT INTO drafts VALUES (?, ?, ?, ?) "
    "ON CONFLICT (agent, ticket) DO UPDATE SET rev = excluded.rev, frame = excluded.frame"
)
_UPSERT_FORM = (
    "INSERT INTO forms VALUES (?, ?, ?, ?) ON CONFLICT (agent, key) DO UPDATE SET rev = excluded.rev, frame = excluded.frame"
)

_DELETE_DRAFT = "DELETE FROM drafts WHERE agent = ? AND ticket = ?"
_DELETE_FORM = "DELETE FROM forms WHERE agent = ? AND key = ?"
_EVERY_ROW = (
    "SELECT CAST(agent AS BLOB), CAST(key AS BLOB), frame FROM items "
    "UNION ALL SELECT CAST(agent AS BLOB), CAST(ticket AS BLOB), frame FROM drafts "
    "UNION ALL SELECT CAST(agent AS BLOB), CAST(key AS BLOB), frame FROM forms"
)
_IF_NEWER = " WHERE excluded.rev > rev"


class Salvage(Struct, frozen=True):
    """A file that was broken: where it lies now and how many rows came out of it."""

    aside: Path
    items: int
    drafts: int
    """Forms that were half filled in count among them."""


class Slot:
    """One file of intents and drafts, held by a lock."""

    def __init__(self, folder: Path, number: int, lock: int) -> None:
        self.number = number
        self._lock = lock
        self.salvages: list[Salvage] = []
        self.path = folder / f"outbox-{number}.db"
        self.db = Database(self.path, _SCHEMA, self._on_damage)

    def open(self) -> None:
        """Open the file; what an earlier run set aside and did not live to read is read now."""
        self.db.open()
        with self.db.use() as connection:
            is_sound = all(_is_sound(*row) for row in connection.execute(_EVERY_ROW))
        if not is_sound:
            self.db.give_up()
        for aside in files.all_aside(self.path):
            if not files.rescued(aside).exists():
                self._on_damage(aside)

    def _on_damage(self, aside: Path) -> None:
        """Put every intact row of a broken file into the new one; what was on its way is unknown, what was held waits."""
        failpoint("salvage.before_read")
        records = read_intact(aside)
        counts = {"item": 0, "draft": 0, "form": 0}
        with self.db.use(write=True) as connection:
            for record in records:
                kind = str(record.get("record"))
                counts[kind] = counts.get(kind, 0) + 1
                if kind == "item":
                    if record["item"]["phase"] == OutboxPhase.HELD:
                        record["item"]["held_until"] = None
                    elif record["item"]["phase"] in {OutboxPhase.QUEUED, OutboxPhase.SENDING}:
                        record["item"]["phase"] = OutboxPhase.UNKNOWN.value
                    key = record["item"]["key"]
                    connection.execute(_UPSERT_ITEM + _IF_NEWER, (key, record["agent"], record["rev"], frame(record)))
                elif kind == "draft":
                    values = (record["agent"], record["draft"]["ticket"], record["rev"], frame(record))
                    connection.execute(_UPSERT_DRAFT + _IF_NEWER, values)
                elif kind == "form":
                    values = (record["agent"], record["form"]["key"], record["rev"], frame(record))
                    connection.execute(_UPSERT_FORM + _IF_NEWER, values)
            failpoint("salvage.uncommitted")
        failpoint("salvage.done")
        files.private_file(files.rescued(aside))
        files.keep_names(files.rescued(aside))
        self.salvages.append(Salvage(aside, counts["item"], counts["draft"] + counts["form"]))

    def release(self) -> None:
        """Close the file and let go of the lock."""
        self.db.close()
        os.close(self._lock)


class Ledger:
    """All slots this client holds; new rows go into the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._slots: list[Slot] = []
        self._home: dict[ChangeKey, Slot] = {}
        self._copies: dict[tuple[AgentId, str], set[Slot]] = {}
        """Where a draft or form lies besides the first slot: it is deleted there once the first slot has what became of it."""
        self._rev = 0
        self._is_closed = False
        self._has_news = False
        """Slots were taken that nobody has read yet."""
        self.unreadable = 0
        """Rows met that this release cannot read, e.g. after going back to an older one."""

    def open(self) -> None:
        """Take every slot that nobody else holds, or make a new one."""
        self._is_closed = False
        files.private_folder(self._folder)
        numbers = sorted(int(one.stem.partition("-")[2]) for one in self._folder.glob("outbox-*.lock"))
        for number in numbers or [0]:
            self._take(number)
        number = max(numbers, default=0)
        while not self._slots:
            number += 1
            self._take(number)

    def adopt(self) -> bool:
        """Take slots whose owner has died since, or all of them if the disk did not let us before; True when there is news."""
        if not self._slots:
            self.open()
        mine = {slot.number for slot in self._slots}
        numbers = {int(one.stem.partition("-")[2]) for one in self._folder.glob("outbox-*.lock")}
        for number in sorted(numbers - mine):
            self._take(number)
        return self._has_news

    def _take(self, number: int) -> bool:
        path = self._folder / f"outbox-{number}.lock"
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"cannot use {path}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        slot = Slot(self._folder, number, lock)
        failpoint("outbox.slot_taken")
        try:
            slot.open()
        except StorageError:
            slot.release()
            raise
        self._slots.append(slot)
        self._has_news = True
        return True

    def close(self) -> None:
        """Let go of every slot."""
        self._is_closed = True
        for slot in self._slots:
            slot.release()
        self._slots.clear()
        self._copies.clear()

    def salvages(self) -> list[Salvage]:
        """Broken files met so far; told once."""
        met = [one for slot in self._slots for one in slot.salvages]
        for slot in self._slots:
            slot.salvages.clear()
        return met

    @property
    def main(self) -> Database:
        """Where new rows go, and the thread for all of them; a disk that was no good at the start is tried again."""
        if not self._slots and not self._is_closed:
            self.open()
        return self._first.db

    # --- items

    def items(self, agent: AgentId) -> list[OutboxItem]:
        """Every intent of an agent, oldest first; one that cannot be read stays on the disk and is counted."""
        found = self._read(agent, "SELECT frame FROM items WHERE agent = ?", lambda record: rows.to_item(record["item"]))
        self._has_news = False
        self._home |= {item.key: slot for _, slot, item in found}
        return sorted((item for _, _, item in found), key=lambda item: (item.created_at, item.key))

    def _read(self, agent: AgentId, sql: str, read: Callable[[dict[str, Any]], T]) -> "_Rows[T]":
        found: _Rows[T] = []
        for slot in self._slots:
            for record in _records(slot, sql, agent):
                one = _tolerant(read, record) if record else None
                if record is None or one is None:
                    self.unreadable += 1
                    continue
                self._rev = max(self._rev, int(record["rev"]))
                found.append((int(record["rev"]), slot, one))
        return found

    def put_item(
        self, agent: AgentId, item: OutboxItem, clears: rows.Clears = rows.NOTHING, instead_of: ChangeKey | None = None
    ) -> None:
        """Commit an intent; the draft, form or intent it came from goes with it, so that the text is in one place, always."""
        home = self._home.get(instead_of or item.key, self._first)
        slot = self._home.setdefault(item.key, home)
        record = {"record": "item", "agent": agent, "rev": self._next(), "item": rows.from_item(item)}
        failpoint("outbox.before_put")
        with slot.db.use(write=True) as db:
            db.execute(_UPSERT_ITEM, (item.key, agent, record["rev"], frame(record)))
            if clears.keeps is not None and not clears.keeps.is_empty:
                db.execute(_UPSERT_DRAFT, self._draft_row(agent, clears.keeps))
            elif clears.draft is not None:
                db.execute(_DELETE_DRAFT, (agent, clears.draft))
            if clears.form:
                db.execute(_DELETE_FORM, (agent, clears.form))
            if instead_of is not None:
                db.execute("DELETE FROM items WHERE key = ?", (instead_of,))
            failpoint("outbox.put_uncommitted")
        failpoint("outbox.after_put")
        self._only_here(agent, clears.draft, clears.form)

    def drop_item(self, agent: AgentId, key: ChangeKey, keeps: Draft | FormDraft | None = None) -> None:
        """Forget a settled intent; one that is taken back becomes a draft or a form before nothing else has its words."""
        slot = self._home.get(key, self._first)
        if isinstance(keeps, FormDraft):
            self.put_form(agent, keeps)
        failpoint("outbox.before_drop")
        with slot.db.use(write=True) as db:
            db.execute("DELETE FROM items WHERE key = ?", (key,))
            if isinstance(keeps, Draft):
                db.execute(_UPSERT_DRAFT, self._draft_row(agent, keeps))
            failpoint("outbox.drop_uncommitted")
        self._home.pop(key, None)
        if isinstance(keeps, Draft) and slot is not self._first:
            self._copies.setdefault((agent, keeps.ticket), set()).add(slot)
            with suppress(StorageError):  # it is safe where it is
                self.put_draft(agent, keeps)
        failpoint("outbox.after_drop")

    # --- drafts

    def drafts(self, agent: AgentId, besides: Collection[str] = ()) -> list[Draft]:
        """One draft a ticket, some left where they are; two of dead clients become one, newer text first."""
        found = self._read(agent, "SELECT frame FROM drafts WHERE agent = ?", lambda record: rows.to_draft(record["draft"]))
        found = [one for one in found if one[2].ticket not in besides]
        return self._joined(agent, found, lambda draft: draft.ticket, rules.joined_drafts, self.put_draft)

    def _joined(
        self,
        agent: AgentId,
        found: "_Rows[T]",
        name: Callable[[T], str],
        join: Callable[[T, T], T],
        put: Callable[[AgentId, T], None],
    ) -> list[T]:
        named: dict[str, _Rows[T]] = {}
        for version in found:
            named.setdefault(name(version[2]), []).append(version)
        joined = []
        for subject, versions in named.items():
            versions.sort(key=lambda version: -version[0])
            joined.append(one := reduce(join, (version[2] for version in versions)))
            self._copies[agent, subject] = {slot for _, slot, _ in versions} - {self._first}
            if self._copies[agent, subject]:
                with suppress(StorageError):  # each version stays where it is until the disk takes them as one
                    put(agent, one)
        return joined

    def _only_here(self, agent: AgentId, *subjects: str | None) -> None:
        """The first slot has what became of a draft or form: the rest goes; what a disk keeps is tried again the next time."""
        for subject in filter(None, subjects):
            copies = self._copies.get((agent, subject), set())
            for slot in tuple(copies):
                failpoint("drafts.joined")
                with suppress(StorageError):
                    with slot.db.use(write=True) as db:
                        for delete in (_DELETE_DRAFT, _DELETE_FORM):  # no ticket has the name of a form
                            db.execute(delete, (agent, subject))
                    copies.discard(slot)

    def put_draft(self, agent: AgentId, draft: Draft) -> None:
        """Commit a draft; an empty one is dropped."""
        failpoint("drafts.before_put")
        with self.main.use(write=True) as db:
            if draft.is_empty:
                db.execute(_DELETE_DRAFT, (agent, draft.ticket))
            else:
                db.execute(_UPSERT_DRAFT, self._draft_row(agent, draft))
        failpoint("drafts.after_put")
        self._only_here(agent, draft.ticket)

    def _draft_row(self, agent: AgentId, draft: Draft) -> tuple[object, ...]:
        record = {"record": "draft", "agent": agent, "rev": self._next(), "draft": rows.from_draft(draft)}
        return agent, draft.ticket, record["rev"], frame(record)

    # --- forms

    def forms(self, agent: AgentId, besides: Collection[str] = ()) -> list[FormDraft]:
        """One of each form; two of dead clients become one, in which the older text can be had back."""
        found = self._read(agent, "SELECT frame FROM forms WHERE agent = ?", lambda record: rows.to_form(record["form"]))
        found = [one for one in found if one[2].key not in besides]
        return self._joined(agent, found, lambda form: form.key, joined_forms, self.put_form)

    def put_form(self, agent: AgentId, form: FormDraft) -> None:
        """Commit what stands in a form; an empty one is dropped."""
        with self.main.use(write=True) as db:
            if form.is_empty:
                db.execute(_DELETE_FORM, (agent, form.key))
            else:
                record = {"record": "form", "agent": agent, "rev": self._next(), "form": rows.from_form(form)}
                db.execute(_UPSERT_FORM, (agent, form.key, record["rev"], frame(record)))
        self._only_here(agent, form.key)

    def _next(self) -> int:
        self._rev = max(self._rev + 1, time.time_ns() // 1_000)
        return self._rev

    @property
    def _first(self) -> Slot:
        if not self._slots:
            raise StorageError("the outbox is not open")
        return self._slots[0]


def _is_sound(agent: object, subject: object, blob: object) -> bool:
    """Whether a row is found under the names that stand in its frame."""
    record = unframe(blob) if isinstance(blob, bytes) else None
    if record is None:
        return False
    name = record["draft"]["ticket"] if record["record"] == "draft" else record[record["record"]]["key"]
    return (agent, subject) == (str(record["agent"]).encode(), str(name).encode())


def _records(slot: Slot, sql: str, agent: AgentId) -> list[dict[str, Any] | None]:
    """Rows of a slot, a file found to be broken is read again once it is rescued; None for one whose checksum is wrong then."""

    def read() -> list[bytes]:
        with slot.db.use() as db:
            return [blob for (blob,) in db.execute(sql, (agent,))]

    known = len(slot.salvages)
    try:
        records = [unframe(blob) for blob in read()]
    except StorageError:
        if len(slot.salvages) == known:
            raise
        records = [None]
    if None in records:
        if len(slot.salvages) == known:
            slot.db.give_up()
        records = [unframe(blob) for blob in read()]
    return records


def _tolerant(read: Callable[[dict[str, Any]], T], plain: dict[str, Any]) -> T | None:
    try:
        return read(plain)
    except (StorageError, KeyError, ValueError, TypeError):
        return None
