"""One entry of a conversation as lines: a letter in a gutter no text can reach, colour, indentation, and a ground for notes."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.text.marks import SHADE
from supportdesk_tui.text.safe import SafeText, cut, excerpt
from supportdesk_tui.ui.text import shown, shown_line, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.paint import Line, Paint

if TYPE_CHECKING:
    from supportdesk_tui.ui.widgets.talk_words import Found

GUTTER = 4
"""Cursor bar, letter, blank, margin: columns a body never enters."""
TIME = 7
"""Columns at the right of a message without a head that its body never enters: its time stands there."""
INDENT = 2
"""How much further in the desk's own words stand than the customer's."""
MEASURE = 96
"""Widest line of prose: longer ones tire the eye."""
FOLDED_LINES = 40
FOLDED_CHARS = 8_000
FULL_LINES = 2_000
NAMED_FILES = 8
FOLD = "quote"
"""Ink of a line of our own that stands for more."""


class Voice(NamedTuple):
    """How a kind of entry looks."""

    letter: str
    ink: str
    body: str
    ground: str
    indent: int


VOICES = {
    EntryKind.CUSTOMER: Voice("C", "customer_mark", "customer_text", "conversation", 0),
    EntryKind.AGENT: Voice("A", "agent_mark", "agent_text", "conversation", INDENT),
    EntryKind.BOT: Voice("B", "bot_mark", "bot_text", "conversation", INDENT),
    EntryKind.NOTE: Voice("I", "note_mark", "note_text", "note_background", INDENT),
    EntryKind.SYSTEM: Voice("S", "system_mark", "system_text", "conversation", 0),
}


class EntryLook(NamedTuple):
    """Everything an entry's picture depends on."""

    entry: Entry
    channel: str
    state: str
    """What becomes of an entry that is still on its way; empty for one the server has."""
    state_ink: str
    is_unfolded: bool
    has_cursor: bool
    find: str
    goes_on: bool = False
    """The same one goes on speaking: no head of its own, a small letter, and its time at the right."""
    shows_time: bool = False
    """For one that goes on: the clock shows another minute than for the message before."""


class Picture(Struct, frozen=True):
    """The lines of an entry, and on which of them something looked for stands (once per hit)."""

    lines: list[Line]
    hits: tuple[int, ...] = ()
    is_cut: bool = False
    """Something is folded away or left out."""
    heads: int = 0
    """Lines before the words."""
    folds: frozenset[int] = frozenset()
    """The lines on which hits are folded away."""


class Row(NamedTuple):
    """A line below the head of an entry."""

    text: str
    ink: str
    is_own: bool = False
    """Of our own, not of the entry: nothing that is looked for stands in it."""

    @property
    def is_fold(self) -> bool:
        """Whether it stands for words that are not drawn."""
        return self.is_own and self.ink == FOLD


class EntryPainter:
    """Draws entries at one width; wraps each once."""

    def __init__(self, paint: Paint, width: int) -> None:
        self.paint = paint
        self.glyphs = paint.glyphs
        self.width = width

    def picture(self, look: EntryLook) -> Picture:
        """Draw one entry."""
        voice = VOICES[look.entry.kind]
        drawn: list[Line] = []
        if look.entry.kind is EntryKind.SYSTEM:
            rows = [Row(text, "system_text") for text in islice(wrap(words_of(look.entry), self._room(0)), 3)]
        else:
            if not look.goes_on:
                drawn.append(self._head(look, voice))
            rows = list(self._body(look, voice))
        heads = len(drawn)
        found = _locate(rows, look) if look.find else None
        for at, row in enumerate(rows):
            is_first = not drawn
            line = self._gutter(look, voice, voice.letter if is_first else "")
            if found is None:
                line.add(row.text, row.ink)
            else:
                _put(line, row, found.marks.get(at, ()), found.folded.get(at, 0))
            if is_first and look.shows_time:
                line.right(when.clock_time(look.entry.at))
            drawn.append(line)
        for text in wrap(look.state, self._room(voice.indent)) if look.state else ():
            drawn.append(self._gutter(look, voice, "").add(text, look.state_ink))
        is_cut = any(row.is_fold for row in rows)
        if found is None:
            return Picture(drawn, is_cut=is_cut, heads=heads)
        hits, folds = (heads + at for at in found.hits), (heads + at for at in found.folded)
        return Picture(drawn, tuple(hits), is_cut, heads, frozenset(folds))

    def _gutter(self, look: EntryLook, voice: Voice, letter: str) -> Line:
        line = Line(self.paint, self.width, voice.ground)
        line.add(self.glyphs.bar if look.has_cursor else " ", "accent")
        if look.goes_on:  # a small letter tells a message that goes on from a head, which no body can imitate
            line.add(letter.lower() or " ", voice.ink)
        else:
            line.add(letter or " ", voice.ink, bold=True)
        return line.to(GUTTER - 1 + voice.indent, voice.body if look.goes_on else "text")

    def _head(self, look: EntryLook, voice: Voice) -> Line:
        entry = look.entry
        line = self._gutter(look, voice, voice.letter)
        line.add(shown_line(entry.author), voice.ink, bold=True)
        said = {EntryKind.CUSTOMER: look.channel, EntryKind.BOT: _("bot"), EntryKind.NOTE: _("internal note")}.get(
            entry.kind, ""
        )
        for part in (said, when.clock_time(entry.at)):
            if part:
                line.add(f" · {part}", "text_low")
        return line

    def _room(self, indent: int, kept: int = 0) -> int:
        return max(8, min(MEASURE, self.width - GUTTER - indent - kept - 1))

    def _body(self, look: EntryLook, voice: Voice) -> Iterator[Row]:
        entry, room = look.entry, self._room(voice.indent, TIME if look.goes_on else 0)
        limit = FULL_LINES if look.is_unfolded else FOLDED_LINES
        count = 0
        for part in () if _is_wordless(entry) else self._source(entry.body, look.is_unfolded):
            for line in wrap(part.text, room):
                count += 1
                if count > limit:
                    yield self._cut(look.is_unfolded)
                    return
                yield Row(line, part.ink or voice.body, part.is_own)
        yield from self._after(entry, room)

    def _source(self, body: SafeText, is_unfolded: bool) -> Iterator[Row]:
        """The text between quotes, and a line for each quote folded away."""
        part, is_cut = excerpt(body) if is_unfolded else (cut(body, FOLDED_CHARS, end=""), len(body) > FOLDED_CHARS)
        text = shown(part).strip("\n")
        rows = text.split("\n")
        at = 0
        for quote in _quotes(text):
            if quote.start > at:
                yield Row("\n".join(rows[at : quote.start]).rstrip("\n"), "")
            if is_unfolded or len(quote) < 3:
                yield Row("\n".join(rows[quote.start : quote.stop]), "quote")
            else:
                yield Row(_("{dots} {n} quoted lines · Enter", dots=self.glyphs.dots, n=len(quote)), FOLD, is_own=True)
            at = quote.stop
        if at < len(rows):
            yield Row("\n".join(rows[at:]), "")
        if is_cut:
            yield self._cut(is_unfolded)

    def _cut(self, is_unfolded: bool) -> Row:
        """The line where a text is cut: the key that shows more of it."""
        if is_unfolded:
            return Row(_("{dots} cut here · ⟪conversation.full⟫ shows it whole", dots=self.glyphs.dots), FOLD, is_own=True)
        return Row(_("{dots} cut here · Enter opens it whole", dots=self.glyphs.dots), FOLD, is_own=True)

    def _after(self, entry: Entry, room: int) -> Iterator[Row]:
        for attachment in entry.attachments[:NAMED_FILES]:
            yield from (Row(line, "agent_text") for line in wrap(attachment_words(attachment), room))
        if len(entry.attachments) > NAMED_FILES:
            yield Row(_("{n} more files", n=len(entry.attachments) - NAMED_FILES), "link", is_own=True)
        if set(entry.flags) & {"control_chars", "bidi", "invisible"}:
            yield Row(_("{mark} hidden characters were taken out", mark=self.glyphs.warn), "warning", is_own=True)


def _locate(rows: list[Row], look: EntryLook) -> "Found":
    """What was found in an entry; what finds it is loaded with the first search."""
    from supportdesk_tui.ui.widgets.talk_words import locate

    return locate(rows, words_of(look.entry), look.find)


def _put(line: Line, row: Row, marks: Sequence[tuple[int, int]], folded: int) -> None:
    """Draw a row with what was found in it; how often something was found behind a fold is said before its words."""
    if folded:
        line.add(_("{n} found", n=folded), "match_text", ground="match").add(" ", row.ink)
    at = 0
    for start, end in marks:
        line.add(row.text[at:start], row.ink).add(row.text[start:end], "match_text", ground="match")
        at = end
    line.add(row.text[at:], row.ink)


def words_of(entry: Entry) -> str:
    """All words of an entry in which something may be looked for, as they are drawn."""
    if entry.kind is EntryKind.SYSTEM:
        author = shown_line(entry.author)
        said = shown_line(entry.body).removeprefix(f"{author} ")
        return " ".join(part for part in (when.clock_time(entry.at), author, own_words(said)) if part)
    body = "" if _is_wordless(entry) else shown(entry.body).strip("\n")
    return "\n".join((body, *map(attachment_words, entry.attachments))) if entry.attachments else body


def holds(entry: Entry, pattern: re.Pattern[str]) -> bool:
    """Whether something that is looked for stands in an entry; its own text is looked through first, as it is."""
    if entry.kind is not EntryKind.SYSTEM:
        if pattern.search(entry.body):
            return True
        if not entry.attachments and SHADE not in entry.body:
            return False
    return pattern.search(words_of(entry)) is not None


def _is_wordless(entry: Entry) -> bool:
    """Whether it is nothing but files."""
    return bool(entry.attachments) and not entry.body.strip()


def _quotes(text: str) -> list[range]:
    """Quoted stretches; the patterns that find them are loaded with the first text that may hold one."""
    if not any(mark in text for mark in (">", ":\n", "：\n", "--", "__", "——", ": ")):
        return []
    from supportdesk_tui.text.quotes import fold_quotes

    return fold_quotes(text)


def attachment_words(attachment: Attachment) -> str:
    """A file in one line: name, and size where it is known."""
    return f"[{' · '.join(filter(None, (shown_line(attachment.name), attachment.says_size)))}]"


def day_break(paint: Paint, width: int, at: datetime, now: datetime) -> list[Line]:
    """The line between two days."""
    line = Line(paint, width, "conversation").to(GUTTER - 1).add(when.day_break(at, now) + " ", "text_low")
    line.add(paint.glyphs.rule * max(0, line.room - 2), "rule")
    return [Line(paint, width, "conversation"), line]


def unread_mark(paint: Paint, width: int, count: int) -> list[Line]:
    """The line above what was not seen before."""
    line = Line(paint, width, "conversation").to(GUTTER - 1).add(_("{n} new", n=count) + " ", "accent", bold=True)
    line.add(paint.glyphs.rule * max(0, line.room - 2), "accent")
    return [Line(paint, width, "conversation"), line]
