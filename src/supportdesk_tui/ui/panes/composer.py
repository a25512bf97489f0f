"""The composer: what is being written and, in words, who will read it and what happens on send."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea

from supportdesk_tui.commands.blanks import spans
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.directory import NO_DIRECTORY, Directory
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Channel
from supportdesk_tui.domain.together import together
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import DraftMode, Pane
from supportdesk_tui.store.views import ComposerView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown, shown_line, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.editor import Editor
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line

if TYPE_CHECKING:
    from supportdesk_tui.ui.host import DeskHost

EDITED_EVERY_S = 0.25
"""Typing is told to the store at most this often."""
NEAR = 0.9
"""Share of the limit from which the counter warns."""

_ENDS = frozenset(".,;:!?")
"""Marks behind which a word is written after a space."""

KeepText = Callable[[TicketId, str, str], str]
"""Takes a ticket, the text typed for its draft and what the draft was when that was typed; the draft as it is then."""

NAME = 30
"""Columns of a name at most, so that what is said about it is still read."""


class ComposerHead(LinePane):
    """Who will read it; below, what was said meanwhile."""

    DEFAULT_CSS = "ComposerHead { height: 1; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._view: ComposerView | None = None
        self._length = 0

    def show(self, view: ComposerView, length: int) -> None:
        """Draw what differs."""
        if view is self._view and length == self._length and self._laid_for == tuple(self.size):
            return
        self._view, self._length = view, length
        rows = 2 if self._announced(view) else 1
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows
        self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """Title with counter, then the announcement if any."""
        view = self._view
        if view is None:
            return []
        lines = [self._title(view)]
        said = self._announced(view)
        if said:
            lines.append(Line(self.paint, width, ground_of(view)).to(2).add(said, "warning").strip())
        return lines

    def _title(self, view: ComposerView) -> Strip:
        is_note = view.mode is DraftMode.NOTE
        ink = "note_border" if is_note else "reply_border"
        line = Line(self.paint, self.size.width, ground_of(view))
        line.add(self.paint.glyphs.bar if view.is_focused else " ", ink, bold=True).add(" ")
        count, count_ink = self._counter(view)
        saved = "" if view.draft is None or not view.draft.is_refused else _("not saved") + " · "
        kept = cells(saved) + cells(count) + 2
        for place, (text, is_loud) in enumerate(title_words(view)):
            if is_loud or cells(text) + 3 + kept < line.room:
                line.add(" · " if place else "", "text_low").add(text, ink if is_loud else "text_low", bold=is_loud)
        if cells(saved) + cells(count) + 2 < line.room:
            line.to(line.width - cells(saved) - cells(count) - 1).add(saved, "warning").add(count, count_ink)
        return line.strip()

    def _counter(self, view: ComposerView) -> tuple[str, str]:
        if not view.limit:
            return when.number(self._length), "text_low"
        text = f"{when.number(self._length)}/{when.number(view.limit)}"
        if self._length > view.limit:
            return _("{mark} {count} too long", mark=self.paint.glyphs.warn, count=text), "danger"
        return text, "warning" if self._length >= view.limit * NEAR else "text_low"

    def _announced(self, view: ComposerView) -> str:
        if view.arrived:
            said = arrival_words(view.arrived)
            return f"{self.paint.glyphs.warn} {said}"
        writing = words.presence(one for one in view.others)
        writes = any(activity in {Activity.TYPING, Activity.TYPING_NOTE} for _name, activity in view.others)
        return f"{self.paint.glyphs.typing if writes else self.paint.glyphs.viewing} {writing}" if writing else ""


ROOMY_ROWS = 30
"""Rows of the screen from which the foot of the composer may take a third line."""


class ComposerFoot(LinePane):
    """What happens on send, and the key that sends."""

    DEFAULT_CSS = "ComposerFoot { height: 1; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._view: ComposerView | None = None
        self._text = ""
        self._key = ""

    def show(self, view: ComposerView, text: str, key: str) -> None:
        """Draw what differs, on as many lines as it takes."""
        self._view, self._text, self._key = view, text, key
        self.on_resize()
        self.redraw()

    def on_resize(self) -> None:
        """Another text or width may take other lines."""
        rows = len(self._said(self.size.width)) if self.size.width else 1
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows

    def _sends(self) -> str:
        return _("add note") if self._view is not None and self._view.mode is DraftMode.NOTE else _("send")

    def _said(self, width: int) -> list[tuple[tuple[str, str], ...]]:
        """Lines of (text, ink): the language that is missing, and what happens on send; room for the key on the last one."""
        draft = self._view.draft if self._view is not None else None
        note = own_words(shown_line(draft.language_note)) if draft is not None else ""
        room = width - 2 - cells(self._key) - cells(self._sends()) - 4
        parts = tuple(part for part in ((note, "warning"), (self._text, "text")) if part[0])
        if not parts or cells(" · ".join(text for text, _ink in parts)) <= room:
            return [parts]
        most = 3 if self.app.size.height >= ROOMY_ROWS else 2
        lines = [((line, ink),) for text, ink in parts for line in wrap(text, width - 4)]
        if len(lines) > most:
            lines = [*lines[: most - 1], ((" ".join(one[0][0] for one in lines[most - 1 :]), lines[-1][0][1]),)]
        if len(lines) < most and cells(lines[-1][0][0]) > room:
            lines.append((("", "text"),))
        text, ink = lines[-1][0]
        return [*lines[:-1], ((cut(text, max(0, room)), ink),)]

    def lay(self, width: int, height: int) -> list[Strip]:
        """What happens, and the key at the end."""
        view = self._view
        if view is None:
            return []
        lines = []
        for parts in self._said(width):
            line = Line(self.paint, width, ground_of(view)).to(2)
            for place, (text, ink) in enumerate(parts):
                line.add(" · " if place else "", "text_low").add(text, ink)
            lines.append(line)
        send = self._sends()
        lines[-1].to(width - cells(self._key) - cells(send) - 2)
        lines[-1].add(self._key, "key", bold=True).add(f" {send}", "text_low")
        return [line.strip() for line in lines]


class Composer(Vertical):
    """Head, editor, foot."""

    DEFAULT_CSS = "Composer { height: 12; }"

    def __init__(self, palette: Palette, keep: KeepText = lambda _, text, __: text) -> None:
        """`keep` is told the text a few times a second at most, and at once when the composer is left.

        It is called and not sent a message: between a message and its arrival the draft would be older than what was told.
        """
        super().__init__()
        self._keep = keep
        self.head = ComposerHead(palette)
        self.editor = Editor(palette)
        self.foot = ComposerFoot(palette)
        self.directory: Directory = NO_DIRECTORY
        self._view: ComposerView | None = None
        self._now: datetime | None = None
        self._body = ""
        """The draft as it was last heard or told."""
        self._told = ""
        """How that stands in the editor: what cannot be drawn is replaced there."""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Three widgets."""
        yield self.head
        yield self.editor
        yield self.foot

    def use_palette(self, palette: Palette) -> None:
        """Draw in other colours."""
        for part in (self.head, self.editor, self.foot):
            part.use_palette(palette)

    def show(self, view: ComposerView, now: datetime) -> None:
        """Draw who reads it; the text is taken from the draft only when another draft is shown."""
        before = self._view
        if before is not None and before.ticket != view.ticket:
            self.tell_edit()
        self._view, self._now = view, now
        body = view.draft.body if view.draft else ""
        if before is None or before.ticket != view.ticket or (view.is_open and not before.is_open):
            self._take(body)
        else:
            self.follow(body)
        self.editor.write_as("note" if view.mode is DraftMode.NOTE else "reply")
        self._show_frame()

    def follow(self, body: str) -> None:
        """The draft is this now: what others did to it since the last time, and what was typed here, both stay."""
        if body == self._body:
            return
        ours, base = self.editor.text, self._told
        if body == ours:
            self._body = self._told = body
        else:
            self._take(body)
            if (text := together(base, self._told, ours)) != self._told:
                self.set_text(text)

    def _take(self, body: str) -> None:
        """Show the draft as it is; nothing typed here is newer."""
        self.set_text(body)
        self._body, self._told = body, self.editor.text

    def _show_frame(self) -> None:
        view, now = self._view, self._now
        if view is None or now is None:
            return
        draft = view.draft
        self.head.show(view, len(self.editor.text))
        then = words.then(draft.then, now, self.directory, row=view.summary, goes_on=draft.then_next) if draft else ""
        files = " · ".join(shown_line(name) for _id, name in draft.attachments) if draft else ""
        said = " · ".join(part for part in (then, _("with {files}", files=files) if files else "") if part)
        self.foot.show(view, said, _("⟪composer.send⟫"))

    # --- text

    @property
    def ticket(self) -> TicketId | None:
        """Whose text stands here; another ticket's only once its view was shown."""
        return self._view.ticket if self._view is not None else None

    @property
    def text(self) -> str:
        """What is written now, newer than any draft."""
        return self.editor.text

    def set_text(self, text: str) -> None:
        """Replace everything, caret at the end; stops and undo of the text before are gone. Told like typing."""
        self.editor.stops.clear()
        self.editor.load_text(shown(text) if text else "")
        self.editor.move_cursor(self.editor.document.end)
        self._show_frame()

    def insert(self, text: str, stops: Sequence[tuple[int, int]] = (), caret: int | None = None) -> None:
        """Put text at the caret with places to fill in, the first one marked; what is there already ends before it."""
        lead = lead_of(self.editor, text)
        moved = [(offset + len(lead), length) for offset, length in stops]
        self.editor.insert_stops(lead + text, moved, None if caret is None else caret + len(lead))

    def select(self, offset: int, length: int) -> None:
        """Mark a piece of the text, in characters, so that typing replaces it."""
        self.editor.select_span(offset, offset + length)

    def next_stop(self) -> bool:
        """Mark the next place to fill in, behind the last of them what is not filled in yet; False when nothing is left."""
        editor = self.editor
        at = editor.index_of(editor.cursor_location)
        stop = editor.stops.step(1, at)
        blanks = [] if stop is not None and stop.length else spans(editor.text)
        if not blanks:
            return editor.select_stop(stop)
        if stop is not None:
            editor.stops.step(-1, at)  # the end of the text is gone to when all is filled in
        editor.select_span(*next((blank for blank in blanks if blank[0] >= at), blanks[0]))
        return True

    def previous_stop(self) -> bool:
        """Mark the place before."""
        editor = self.editor
        return editor.select_stop(editor.stops.step(-1, editor.index_of(editor.cursor_location)))

    async def take_key(self, event: events.Key) -> bool:
        """Type; done when this returns, so that keys never overtake each other."""
        done = await self.editor.take_key(event)
        self._count()
        return done

    async def take_paste(self, text: str) -> bool:
        """Put pasted text in; False when it was too long to take whole."""
        return self.editor.take_paste(text)

    async def on_click(self) -> None:
        """Who clicks into a text means to write there: keys come here from now on."""
        await cast("DeskHost", self.app).run_command("pane.focus", (Pane.COMPOSER,))

    # --- telling

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell the store now and then."""
        event.stop()
        self._count()
        if self._timer is None and self.editor.text != self._told:
            self._timer = self.set_timer(EDITED_EVERY_S, self.tell_edit)

    def _count(self) -> None:
        """Show the length in the frame of the key that changed it."""
        if self._view is not None:
            self.head.show(self._view, len(self.editor.text))

    def tell_edit(self) -> None:
        """Tell now what was typed since the last time."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        text = self.editor.text
        if self.ticket is not None and text != self._told:
            body = self._keep(self.ticket, text, self._body)
            if body == text:
                self._body = self._told = body
            else:
                self._take(body)


def lead_of(editor: Editor, text: str) -> str:
    """What parts an inserted text from the words before the caret: one of several lines begins a paragraph, a line a word."""
    row, column = min(editor.selection)
    before = editor.document.get_line(row)[:column]
    if not before.strip() or before[-1].isspace():
        return ""
    if "\n" in text.strip("\n"):
        return "\n\n"
    is_apart = before[-1] in _ENDS or (before[-1].isascii() and before[-1].isalnum() and text[:1].isascii())
    return " " if is_apart and text[:1].isalnum() else ""


def ground_of(view: ComposerView) -> str:
    """The surface that says note or reply from edge to edge."""
    return "note_background" if view.mode is DraftMode.NOTE else "composer"


def title_words(view: ComposerView) -> list[tuple[str, bool]]:
    """Who will read it, in words; the loud ones first, in the colour of the mode."""
    row = view.summary
    if view.mode is DraftMode.NOTE:
        return [(_("Internal note"), True), (_("only your team reads this"), False)]
    if row is None:
        return [(_("Reply"), True)]
    channel = words.channel(row.channel)
    if row.public or row.channel is Channel.FORUM:
        return [(_("PUBLIC reply"), True), (_("everyone can read this"), True), (channel, False)]
    parts = [(_("Reply to {name}", name=cut(shown_line(row.customer_name), NAME)), True)]
    if view.draft is not None and view.draft.cc:
        parts.append((_("copies to {names}", names=cut(shown_line(", ".join(view.draft.cc)), 2 * NAME)), True))
    parts.append((channel, False))
    if row.language:
        parts.append((words.language(row.language), False))
    return parts


def arrival_words(arrived: Sequence[Entry]) -> str:
    """Who spoke since writing began."""
    last = arrived[-1]
    name = cut(shown_line(last.author), NAME)
    if last.kind is EntryKind.CUSTOMER:
        text = _("{name} wrote again {time}", name=name, time=when.clock_time(last.at))
    else:
        text = _("{name} replied {time} · read it first", name=name, time=when.clock_time(last.at))
    more = len(arrived) - 1
    return text + (" · " + _("{n} more", n=more) if more else "")
