"""Looking for words in a conversation; further up than the desk holds it page by page, until a hit, the beginning or a stop."""

from collections.abc import Callable
from enum import Enum, auto
from typing import TypeAlias

from textual.strip import Strip

from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.ui.text import shown_line
from supportdesk_tui.ui.widgets.talk import Reading
from supportdesk_tui.ui.widgets.talk_reader import TalkReader
from supportdesk_tui.ui.widgets.talk_span import STEP, TalkSpan


class Step(Enum):
    """What a search that goes on upward does next."""

    WAIT = auto()
    ASK = auto()
    """For the entries before those that are here."""
    SHOW = auto()
    """A hit is among those that came."""
    END = auto()


class TalkSeek:
    """One search upward; it reads no page before it is told to, and no second one while the first is on its way."""

    def __init__(self) -> None:
        self._before: int | None = None
        """Sequence of the oldest entry when the last page was asked for; None while nothing is looked for."""
        self._is_answered = False

    @property
    def is_on(self) -> bool:
        """Whether it is looking."""
        return self._before is not None

    def ask(self, view: ConversationView) -> None:
        """The entries before those that are here are being asked for."""
        self._before, self._is_answered = view.entries[0].seq if view.entries else None, False

    def stop(self) -> None:
        """Look no further."""
        self._before = None

    def hit(self, view: ConversationView, places: list[int]) -> int | None:
        """The place of the newest hit among the entries that came since."""
        before = self._before
        came = [at for at in places if before is not None and view.entries[at].seq < before]
        return came[-1] if came else None

    def step(self, view: ConversationView, places: list[int]) -> Step:
        """What to do now that the conversation is as it is."""
        if self._before is None:
            return Step.WAIT
        if view.is_loading_older:
            self._is_answered = True  # by the time it is not loading any more
            return Step.WAIT
        if self.hit(view, places) is not None:
            return Step.SHOW
        has_come = bool(view.entries) and view.entries[0].seq < self._before
        if view.shown.failed or not view.has_older:
            return Step.END
        return Step.ASK if has_come or self._is_answered else Step.WAIT

    def words(self, view: ConversationView, text: str) -> str:
        """How far a search has looked where that is not the whole conversation; empty where it is, or nothing is looked for."""
        count = when.number(len(view.entries))
        if not text or not view.entries:
            return ""
        if self.is_on:
            return _("looking further up, {n} messages so far · ⟪conversation.find_previous⟫ stops", n=count)
        if view.has_older:
            return _("only in the newest {n} messages · ⟪conversation.find_previous⟫ looks further up", n=count)
        return _("only in the newest {n} messages: the desk holds no more", n=count) if view.is_full else ""


Scene: TypeAlias = tuple[ConversationView | None, TalkSpan, Reading]
"""The conversation as it is drawn now, which of it is laid out, and what the reader has set."""


class Finder:
    """Words that are looked for in one pane."""

    def __init__(
        self,
        reader: TalkReader,
        scene: Callable[[], Scene],
        arrange: Callable[[], None],
        redraw: Callable[[], None],
        ask: Callable[[], object],
    ) -> None:
        """`arrange` lays the conversation out again, `ask` asks for the entries before those that are here."""
        self._reader, self._scene = reader, scene
        self._arrange, self._redraw, self._ask = arrange, redraw, ask
        self._seek = TalkSeek()

    def stop(self) -> None:
        """Look no further up."""
        self._seek.stop()

    def find(self, text: str) -> int:
        """Mark a text wherever it stands and show it; says how often. None ends the search; what it unfolded stays."""
        _view, span, reading = self._scene()
        reading.find = text.strip()
        if not reading.find and reading.opened:
            reading.unfolded.add(reading.opened)
            reading.opened = ""
        self.stop()
        self._arrange()
        count = self._reader.first_hit()
        self.go_on(0)
        return count if span.is_whole else len(span.places(reading.find))

    def go_on(self, by: int) -> None:
        """To the next place, or the one before; goes round at the ends.

        Where there are earlier entries than are here the one before the first is looked for there, and the same key stops it.
        """
        view, span, reading = self._scene()
        reader, text = self._reader, reading.find
        is_above = by < 0 if span.places(text) else by != 0
        if by and self._seek.is_on:
            self.stop()
        elif view is not None and view.has_older and text and is_above and is_first_hit(reader, span, text):
            self._seek.ask(view)
            self._ask()
        else:
            is_here = not text or span.is_whole or 0 <= reader.hit + by < len(reader.hits())
            entry = None if is_here else span.beyond(text, by)
            if entry is None:
                reader.show_hit(by)
            else:
                self._arrange()
                reader.show_entry(entry.id, is_last=by < 0)
            self._unfold()
        self._redraw()

    def _unfold(self) -> None:
        """Unfold the entry with the hit one is on where it is folded away, and fold the one unfolded before."""
        _view, _span, reading = self._scene()
        block, is_folded = self._reader.hit_block()
        key = block.key if block is not None and (is_folded or block.key == reading.opened) else ""
        if is_folded:
            reading.cursor = key
        if key != reading.opened or is_folded:
            reading.opened = key
            self._arrange()
            self._reader.show_hit()

    def look_further(self) -> None:
        """A search that goes on upward: what came is looked through, and what is before it is asked for."""
        view, span, reading = self._scene()
        if view is None or not self._seek.is_on:
            return
        places = span.places(reading.find)
        match self._seek.step(view, places):
            case Step.ASK:
                self._seek.ask(view)
                self._ask()
            case Step.SHOW if (at := self._seek.hit(view, places)) is not None:
                self.stop()
                span.go(at - STEP)
                self._arrange()
                self._reader.show_entry(view.entries[at].id, is_last=True)
                self._unfold()
            case Step.END:
                self.stop()
            case _:
                pass

    def pointed(self, lines: list[Strip], mark: Strip) -> list[Strip]:
        """The lines in view with a mark, one column wide, before the one with the hit somebody is on."""
        reader, (_view, _span, reading) = self._reader, self._scene()
        hits = reader.hits() if reading.find else []
        at = hits[reader.hit] - reader.top if reader.hit < len(hits) else -1
        if 0 <= at < len(lines):
            lines[at] = Strip.join([mark, lines[at].crop(mark.cell_length)])
        return lines

    def found(self) -> str:
        """How the search stands; empty without one."""
        view, span, reading = self._scene()
        is_all = view is None or not (view.has_older or view.is_full)
        return found_words(reading.find, self._reader, span, is_all=is_all)

    def reach(self) -> str:
        """How far it has looked, where that is not the whole conversation."""
        view, _span, reading = self._scene()
        return self._seek.words(view, reading.find) if view is not None else ""


def is_first_hit(reader: TalkReader, span: TalkSpan, text: str) -> bool:
    """Whether no hit stands above the one that is shown."""
    places = span.places(text)
    return not places or (reader.hit == 0 and span.start <= places[0])


def found_words(text: str, reader: TalkReader, span: TalkSpan, *, is_all: bool = True) -> str:
    """How a search inside the conversation stands; empty without one. `is_all`: nothing of it is on the server only."""
    if not text:
        return ""
    if not span.is_whole and (places := span.places(text)):
        return _("“{text}” in {count} entries", text=shown_line(text), count=len(places))
    count = len(reader.hits())
    if not count:
        text = shown_line(text)
        return _("“{text}” is nowhere here", text=text) if is_all else _("“{text}” not found so far", text=text)
    return _("“{text}” {n} of {count}", text=shown_line(text), n=reader.hit + 1, count=count)
