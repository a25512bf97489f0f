"""What happens to session, link and the agent's own screen."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.store import events as ev
from supportdesk_tui.store.handlers import Handlers
from supportdesk_tui.store.state import DeskState, DeskView, Level, Notice, Pane

READING = timedelta(seconds=3)
"""A line younger than this may not have been read."""
UNTOLD = 9
"""Lines that wait at most."""


def _signed_in(state: DeskState, event: ev.SignedIn) -> DeskState:
    session = replace(state.session, session=event.session, directory=event.directory, is_cached=event.is_cached)
    return replace(state, session=session)


def _agent_changed(state: DeskState, _: ev.AgentChanged) -> DeskState:
    view = replace(DeskView(), customer_shown=state.view.customer_shown, clock_shown=state.view.clock_shown)
    return DeskState(session=state.session, link=state.link, view=view)


def _link_changed(state: DeskState, event: ev.LinkChanged) -> DeskState:
    link = replace(
        state.link,
        phase=event.phase,
        heard_at=event.heard_at or state.link.heard_at,
        reason=event.reason,
        retry_at=event.retry_at,
        looks_every_s=event.looks_every_s,
    )
    return state if link == state.link else replace(state, link=link)


def _agent_updated(state: DeskState, event: ev.AgentUpdated) -> DeskState:
    known = state.session.directory.agents
    if event.agent in known:
        return state
    agents = tuple(event.agent if one.id == event.agent.id else one for one in known)
    if all(one.id != event.agent.id for one in known):
        agents = (*known, event.agent)
    session = state.session.session
    if session and session.agent.id == event.agent.id:
        session = replace(session, agent=event.agent)
    directory = replace(state.session.directory, agents=agents)
    return replace(state, session=replace(state.session, session=session, directory=directory))


def _focus_moved(state: DeskState, event: ev.FocusMoved) -> DeskState:
    over = state.view.customer_over and event.pane is not Pane.QUEUE
    is_wide = state.view.queue_wide if event.is_wide is None else event.is_wide
    return _with_view(state, focus=event.pane, customer_over=over, queue_wide=is_wide and event.pane is Pane.QUEUE)


def _composer_toggled(state: DeskState, event: ev.ComposerToggled) -> DeskState:
    focus = Pane.COMPOSER if event.is_open else Pane.CONVERSATION
    state = _with_view(state, composer_open=event.is_open, focus=focus, queue_wide=False)
    ticket = state.conversation.ticket
    draft = state.draft(ticket)
    if not event.is_open and draft is not None and draft.is_empty:
        return replace(state, drafts={key: one for key, one in state.drafts.items() if key != ticket})
    return state


def _customer_toggled(state: DeskState, event: ev.CustomerToggled) -> DeskState:
    return _with_view(state, customer_shown=event.is_shown)


def _customer_slid(state: DeskState, event: ev.CustomerSlid) -> DeskState:
    return _with_view(state, customer_over=event.is_over)


def _clock_toggled(state: DeskState, _: ev.ClockToggled) -> DeskState:
    return _with_view(state, clock_shown=not state.view.clock_shown)


def _menu_opened(state: DeskState, event: ev.MenuOpened) -> DeskState:
    return _with_view(state, menu=event.menu)


def _menu_closed(state: DeskState, _: ev.MenuClosed) -> DeskState:
    return _with_view(state, menu=None)


def _told(state: DeskState, event: ev.Told) -> DeskState:
    shown, notice, waiting = state.view.notice, event.notice, state.view.untold
    if notice is None:
        following = replace(waiting[0], at=event.at or waiting[0].at) if waiting else None
        return _with_view(state, notice=following, untold=waiting[1:])
    if shown is None or shown == notice:
        return _with_view(state, notice=notice)
    if notice.is_alert and shown.level is not Level.INFO:
        return _with_view(state, untold=_with_untold(waiting, notice))
    kept = _with_untold(waiting, shown) if shown.is_alert and _is_fresh(shown, notice) else waiting
    return _with_view(state, notice=notice, untold=kept)


def _is_fresh(shown: Notice, notice: Notice) -> bool:
    """What stands there cannot have been read yet."""
    return shown.at is not None and notice.at is not None and notice.at - shown.at < READING


def _with_untold(waiting: tuple[Notice, ...], notice: Notice) -> tuple[Notice, ...]:
    """The oldest go where there are more than anybody reads."""
    return (*(one for one in waiting if one.text != notice.text), notice)[-UNTOLD:]


def _with_view(state: DeskState, **changes: Any) -> DeskState:
    view = replace(state.view, **changes)
    return state if view == state.view else replace(state, view=view)


HANDLERS: Handlers = {
    ev.SignedIn: _signed_in,
    ev.AgentChanged: _agent_changed,
    ev.LinkChanged: _link_changed,
    ev.AgentUpdated: _agent_updated,
    ev.FocusMoved: _focus_moved,
    ev.ComposerToggled: _composer_toggled,
    ev.CustomerToggled: _customer_toggled,
    ev.CustomerSlid: _customer_slid,
    ev.ClockToggled: _clock_toggled,
    ev.MenuOpened: _menu_opened,
    ev.MenuClosed: _menu_closed,
    ev.Told: _told,
}
