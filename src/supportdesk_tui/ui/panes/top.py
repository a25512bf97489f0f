"""The bar at the top: where we are, how we are connected, who we are."""

from datetime import datetime

from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _, ngettext
from supportdesk_tui.store.state import LinkPhase, LinkState
from supportdesk_tui.store.views import TabView, TopView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown_line
from supportdesk_tui.ui.widgets.line_pane import LinePane

OFFLINE_S = 15
"""Seconds a lost line is told as its last sign of life; after that it is off."""

AGAIN_S = 5
"""A shorter wait is not worth a word."""


def ticks(link: LinkState, now: datetime) -> bool:
    """Whether the line tells seconds: only while a lost connection is young."""
    return link.phase is LinkPhase.LOST and silent_s(link, now) < OFFLINE_S


def silent_s(link: LinkState, now: datetime) -> float:
    """Seconds since the last sign of life; as long as it counts as off when a clock that was set back cannot tell."""
    silent = (now - link.heard_at).total_seconds() if link.heard_at is not None else OFFLINE_S
    return silent if silent > -1 else OFFLINE_S


class TopPane(LinePane):
    """One line; the tabs give way to what is said at the right."""

    GROUND = "bar"

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: TabView) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: TopView | None = None
        self._now: datetime | None = None
        self._ends: list[tuple[int, TabView]] = []

    def show(self, view: TopView, now: datetime) -> None:
        """Draw what differs from the view before."""
        self._view, self._now = view, now
        self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """Tabs, then link, outbox, me."""
        view, now = self._view, self._now
        if view is None or now is None:
            return []
        right = self._right(view, now, width)
        size = sum(cells(text) for text, _ink in right) + 3 * max(0, len(right) - 1)
        line = self.line()
        self._ends = []
        for tab in view.tabs:
            key = f"{tab.key} " if width >= 120 and tab.key else ""
            count = f" {tab.count}" if tab.count is not None else ""
            title = cut(shown_line(_(tab.title)), 18)
            need = cells(key) + cells(title) + cells(count) + 2
            if need > line.room - size - 2 and not tab.is_active:
                break
            ground = "chip" if tab.is_active else self.GROUND
            line.add(f" {key}", "text_low", ground=ground)
            line.add(title, "text_high" if tab.is_active else "text_low", bold=tab.is_active, ground=ground)
            line.add(f"{count} ", "accent" if tab.is_active else "text_low", ground=ground)
            self._ends.append((width - line.room, tab))
        line.to(max(0, width - size - 1))
        for place, (text, ink) in enumerate(right):
            line.add(" · " if place else "", "text_low").add(text, ink)
        return [line.strip()]

    def _right(self, view: TopView, now: datetime, width: int) -> list[tuple[str, str]]:
        said, ink = self._link(view, now)
        again = _again(view.link, now)
        parts = [(_("{state} · again at {time}", state=said, time=again) if again and width >= 80 else said, ink)]
        if view.bad_views:
            said = _("{mark} views unreadable: {n}", mark=self.paint.glyphs.warn, n=view.bad_views)
            parts.append((said if width >= 100 else f"{self.paint.glyphs.warn} {view.bad_views}", "warning"))
        if view.troubled:
            mark = self.paint.glyphs.warn
            said = ngettext(
                "{mark} {count} needs you · ⟪outbox.open⟫", "{mark} {count} need you · ⟪outbox.open⟫", view.troubled, mark=mark
            )
            parts.append((said, "danger"))
        if view.held or (view.waiting and not _is_off(view, now)):
            parts.append((_("outbox {n}", n=view.waiting + view.held), "warning" if view.waiting else "text_low"))
        me = view.me
        if me is not None:
            name = shown_line(me.name)
            state = words.agent_state(me.state)
            load = f" {me.load}/{me.capacity}" if me.capacity else ""
            ink = "text_low" if me.state is AgentState.AVAILABLE else "warning"
            parts.append((f"{name} {state}{load}" if width >= 100 else f"{cut(name, 10)}{load}", ink))
        if view.clock_shown:
            parts.append((when.clock_time(now), "text_low"))
        return parts

    def _link(self, view: TopView, now: datetime) -> tuple[str, str]:
        link, heard = view.link, view.link.heard_at
        match link.phase:
            case LinkPhase.LOST if heard is not None and not _is_off(view, now):
                silent = max(1, int(silent_s(link, now)))
                return _("{mark} last heard {n} s", mark=self.paint.glyphs.lost, n=silent), "warning"
            case LinkPhase.LIVE:
                mark = self.paint.glyphs.live
                if not view.is_asked:
                    return _("{mark} live", mark=mark), "success"
                if not link.looks_every_s:
                    return _("{mark} looking", mark=mark), "success"
                return _("{mark} news within {n} s", mark=mark, n=link.looks_every_s), "success"
            case LinkPhase.CONNECTING:
                return _("{mark} connecting", mark=self.paint.glyphs.lost), "text_low"
            case LinkPhase.LOST if view.waiting:
                return _("{mark} offline · {n} queued", mark=self.paint.glyphs.lost, n=view.waiting), "danger"
            case LinkPhase.LOST:
                return _("{mark} offline", mark=self.paint.glyphs.lost), "danger"
            case LinkPhase.SIGN_IN:
                return _("{mark} sign in again", mark=self.paint.glyphs.warn), "danger"
            case _:
                return _("{mark} no network", mark=self.paint.glyphs.lost), "text_low"

    def on_click(self, event: Click) -> None:
        """A click chooses a view."""
        tab = next((tab for end, tab in self._ends if event.x < end), None)
        if tab is not None:
            self.post_message(self.TabChosen(tab))


def _again(link: LinkState, now: datetime) -> str:
    """When a lost connection is tried again, where that is not at once: the time of day, which does not change every second."""
    if link.phase is not LinkPhase.LOST or link.retry_at is None or (link.retry_at - now).total_seconds() < AGAIN_S:
        return ""
    return when.clock_time(link.retry_at, seconds=True)


def _is_off(view: TopView, now: datetime) -> bool:
    """Whether the line has been silent for so long that it counts as off; then what waits is told beside it."""
    return view.link.phase is LinkPhase.LOST and silent_s(view.link, now) >= OFFLINE_S
