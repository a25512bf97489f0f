"""A conversation as blocks of lines, each kept as long as what it shows is the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct, field

from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind, newer_than
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import shown, shown_line, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.entry import GUTTER, EntryLook, EntryPainter, Picture, day_break, unread_mark
from supportdesk_tui.ui.widgets.glyph import Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint

KEPT = 800
"""Pictures of entries kept, those of tickets left behind included: opening one again wraps nothing."""


GROUP_GAP = timedelta(minutes=5)
"""Who goes on speaking within this time of the message before needs no head again."""
GROUP_CHARS = 300
"""A longer message has a head of its own: without a blank between them long ones run together."""
GROUP_WIDTH = 40
"""Columns below which nothing is grouped: there is no room for a time beside the words."""


class Block(Struct, frozen=True):
    """Some lines that belong together."""

    key: str
    lines: list[Line]
    hits: tuple[int, ...] = ()
    entry: Entry | None = None
    is_cut: bool = False
    heads: int = 0
    """Lines before the words of an entry."""
    folds: frozenset[int] = frozenset()
    """The lines of it on which hits are folded away."""


class Reading(Struct):
    """What the reader has set: which entries are unfolded, where the entry cursor is, what is looked for."""

    unfolded: set[str] = field(default_factory=set)
    cursor: str = ""
    find: str = ""
    opened: str = ""
    """The entry that is unfolded as long as the hit one is on is in it."""

    def shows_whole(self, name: str) -> bool:
        """Whether an entry is unfolded."""
        return name in self.unfolded or name == self.opened

    def toggle(self, name: str) -> None:
        """Unfold an entry, or fold it whoever unfolded it."""
        if not self.shows_whole(name):
            self.unfolded.add(name)
            return
        self.unfolded.discard(name)
        if self.opened == name:
            self.opened = ""


def pending_state(item: OutboxItem, now: datetime, glyphs: Glyphs) -> tuple[str, str]:
    """Where a reply or note on its way stands, and its colour: words first."""
    match item.phase:
        case OutboxPhase.HELD:
            if item.held_until is None:
                return _("waits for your word · ⟪ticket.reply⟫"), "danger"
            left = max(0, round((item.held_until - now).total_seconds()))
            return _("held {n} s · ⟪desk.undo⟫ takes it back", n=left), "warning"
        case OutboxPhase.QUEUED:
            return _("waiting for the line · sent as soon as it is back"), "warning"
        case OutboxPhase.SENDING:
            return _("sending{dots}", dots=glyphs.dots), "text_low"
        case OutboxPhase.SENT:
            return _("sent {time}", time=when.clock_time(item.settled_at or item.created_at)), "success"
        case OutboxPhase.REFUSED:
            reason = own_words(shown_line(item.reason))
            return _("{mark} not sent: {reason} · ⟪outbox.open⟫", mark=glyphs.bad, reason=reason), "danger"
        case _:
            return _("{mark} unknown: the line broke while sending · ⟪outbox.open⟫", mark=glyphs.warn), "warning"


def goes_on(before: Entry, entry: Entry) -> bool:
    """Whether the same one says something more, in the same way, right after what was said before, and shortly."""
    return (
        before.kind is entry.kind is not EntryKind.SYSTEM
        and before.author_id == entry.author_id
        and (entry.author_id is not None or before.author == entry.author)
        and len(entry.body) <= GROUP_CHARS
        and before.at <= entry.at <= before.at + GROUP_GAP
    )


class Talk:
    """Makes the blocks of a conversation at one width."""

    def __init__(self, paint: Paint, width: int) -> None:
        self.width = width
        self.paint = paint
        self._painter = EntryPainter(paint, width)
        self._kept: dict[str, tuple[EntryLook, Picture]] = {}
        self._blank = [Line(paint, width, "conversation")]

    def blocks(
        self, view: ConversationView, now: datetime, reading: Reading, start: int = 0, stop: int | None = None
    ) -> list[Block]:
        """What there is to read of a stretch of the entries, oldest first."""
        if len(self._kept) > KEPT:
            self._kept.clear()
        stop = len(view.entries) if stop is None else stop
        return [
            *(self._older(view) if not start else ()),
            *self._entries(view, now, reading, start, stop),
            *(self._pending(view, now, reading) if stop == len(view.entries) else ()),
        ]

    def _older(self, view: ConversationView) -> Iterator[Block]:
        if view.is_full:
            text = _("{up} earlier entries are on the server only: the desk holds the newest {n}")
            text = text.format(up=self.paint.glyphs.up, n=len(view.entries))
            lines = [
                Line(self.paint, self.width, "conversation").to(GUTTER - 1).add(part, "warning")
                for part in wrap(text, max(8, self.width - GUTTER - 1))
            ]
            yield Block("older", lines)
        if not view.has_older:
            return
        text = _("reading earlier entries{dots}") if view.is_loading_older else _("{up} earlier entries")
        text = text.format(up=self.paint.glyphs.up, dots=self.paint.glyphs.dots)
        yield Block("older", [Line(self.paint, self.width, "conversation").to(GUTTER - 1).add(text, "text_low")])

    def _entries(self, view: ConversationView, now: datetime, reading: Reading, start: int, stop: int) -> Iterator[Block]:
        channel = words.channel(view.summary.channel) if view.summary else ""
        newer = newer_than(view.entries, view.read_to) if view.read_to else 0
        unread = sum(one.author_id is None or one.author_id != view.me for one in view.entries[len(view.entries) - newer :])
        before: Entry | None = view.entries[start - 1] if start else None
        day = before.at.astimezone().date() if before is not None else None
        for entry in view.entries[start:stop]:
            above, day_before, day = before, day, entry.at.astimezone().date()
            if day != day_before:
                lines = day_break(self.paint, self.width, entry.at, now)
                yield Block(f"day {entry.id}", lines if before is not None else lines[1:])
                above = None
            if unread and entry.seq > view.read_to and before is not None and before.seq <= view.read_to:
                yield Block("unread", unread_mark(self.paint, self.width, unread))
                above = None
            look = self._look(entry, channel, ("", ""), reading, above)
            if not look.goes_on and (before is None or not (before.kind is entry.kind is EntryKind.SYSTEM)):
                yield Block(f"gap {entry.id}", self._blank)
            yield self._entry(look)
            before = entry

    def _look(self, entry: Entry, channel: str, state: tuple[str, str], reading: Reading, above: Entry | None) -> EntryLook:
        """The look of an entry; one that goes on after the one right above it is drawn without a head."""
        is_joined = above is not None and self.width >= GROUP_WIDTH and goes_on(above, entry)
        return EntryLook(
            entry,
            channel,
            *state,
            is_unfolded=reading.shows_whole(entry.id),
            has_cursor=entry.id == reading.cursor,
            find=reading.find,
            goes_on=is_joined,
            shows_time=is_joined and above is not None and above.at.minute != entry.at.minute,
        )

    def _pending(self, view: ConversationView, now: datetime, reading: Reading) -> Iterator[Block]:
        before = view.entries[-1] if view.entries else None
        for item in view.pending:
            if not isinstance(item.change, Reply | Note):
                continue
            kind = EntryKind.NOTE if isinstance(item.change, Note) else EntryKind.AGENT
            entry = Entry(
                id=EntryId(f"pending {item.key}"),
                seq=0,
                kind=kind,
                author=shown_line(_("me")),
                author_id=view.me,
                at=item.created_at,
                body=shown(item.change.body),
                key=item.key,
            )
            is_same_day = before is not None and before.at.astimezone().date() == entry.at.astimezone().date()
            state = pending_state(item, now, self.paint.glyphs)
            look = self._look(entry, "", state, reading, before if is_same_day else None)
            if not look.goes_on:
                yield Block(f"gap {item.key}", self._blank)
            yield self._entry(look)
            before = entry

    def _entry(self, look: EntryLook) -> Block:
        entry = look.entry
        kept = self._kept.get(entry.id)
        if kept is not None and kept[0] == look:
            picture = kept[1]
        else:
            picture = self._painter.picture(look)
            self._kept[entry.id] = (look, picture)
        return Block(entry.id, picture.lines, picture.hits, entry, picture.is_cut, picture.heads, picture.folds)
