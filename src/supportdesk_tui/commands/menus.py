"""The menus a prefix key opens: built from what the desk knows this moment."""

from collections.abc import Iterable, Iterator
from string import ascii_lowercase

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.composer import can_toggle
from supportdesk_tui.commands.composer import mailed as copies_blocked
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.forms import targets
from supportdesk_tui.commands.guards import is_in_composer, lacking
from supportdesk_tui.commands.macro_server import can_pick as server_macros_blocked
from supportdesk_tui.commands.queue import can_widen
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.assign import best_fit
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.queue import SortKey
from supportdesk_tui.domain.ticket import Phase, Priority
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Menu, MenuItem, Pane

STATUS_KEYS = {
    "new": "n",
    "open": "o",
    "waiting_customer": "c",
    "waiting_internal": "i",
    "waiting_third_party": "t",
    "waiting_human": "h",
    "pending": "p",
    "on_hold": "w",
    "snoozed": "z",
    "solved": "s",
    "closed": "x",
    "spam": "#",
}
"""Letters for well-known statuses; others get the first free letter of their name."""
OTHER_VERBS = frozenset({"bot", "merged"})
"""Statuses one reaches by another verb only; so are those of the snoozed phase."""
SORT_TITLES = {
    SortKey.CLOCK: ("c", msg("by clock")),
    SortKey.UPDATED: ("u", msg("newest change first")),
    SortKey.CREATED: ("n", msg("newest first")),
    SortKey.PRIORITY: ("p", msg("by priority")),
}
STATE_TITLES = {
    AgentState.AVAILABLE: ("a", msg("available")),
    AgentState.BUSY: ("b", msg("busy")),
    AgentState.WRAP_UP: ("w", msg("wrap-up")),
    AgentState.BREAK: ("k", msg("break")),
    AgentState.TRAINING: ("t", msg("training")),
    AgentState.AWAY: ("y", msg("away")),
    AgentState.OFFLINE: ("o", msg("offline")),
}
BEST = 9
"""Best-fit agents and pinned macros that get a digit."""


def opened(title: str, items: Iterable[MenuItem], about: Context | None = None) -> tuple[Effect, ...]:
    """The effect that shows a menu; `about` where its choices act on the tickets that are meant."""
    count, number = (max(1, len(about.targets)), about.about) if about is not None else (1, "")
    return (ef.Emit(ev.MenuOpened(Menu(title, tuple(items), count, number))),)


def go(context: Context, _: Args) -> Iterable[Effect]:
    """Where to go."""
    top = {
        Pane.CONVERSATION: "conversation.first",
        Pane.CUSTOMER: "customer.first",
    }.get(context.focus, "queue.first")
    places = (
        ("i", msg("mine"), "mine"),
        ("u", msg("unassigned"), "unassigned"),
        ("t", msg("my teams"), "team"),
        ("c", msg("chats"), "chats"),
        ("r", msg("at risk"), "risk"),
        ("p", msg("promises"), "promises"),
        ("s", msg("snoozed"), "snoozed"),
        ("w", msg("watched"), "watched"),
        ("a", msg("all"), "all"),
    )
    return opened(
        msg("Go to"),
        (
            MenuItem("g", msg("first"), top),
            *(MenuItem(key, title, "queue.go", (place,)) for key, title, place in places),
            MenuItem("o", msg("outbox"), "outbox.open"),
            MenuItem("k", msg("knowledge base"), "articles.open", blocked=_reason(context, Capability.ARTICLES)),
            MenuItem("n", msg("case number…"), "ticket.number"),
        ),
    )


def assign(context: Context, _: Args) -> Iterable[Effect]:
    """Whom to give it to: me, the best-fit agents with their load, a team, anyone."""
    current, agents = context.current, context.state.session.directory.agents
    fits = [fit for fit in best_fit(current, agents, context.me) if fit.can_take][:BEST] if current else []
    blocked = _reason(context, Capability.TRANSFER)
    return opened(
        msg("Assign to"),
        (
            *(MenuItem(str(n), fit.agent.name, "ticket.assign", (fit.agent.id,), fit.why) for n, fit in enumerate(fits, 1)),
            MenuItem("a", msg("me"), "ticket.take", blocked=_reason(context, Capability.TAKE)),
            MenuItem("t", msg("team…"), "ticket.transfer", blocked=blocked),
            MenuItem("n", msg("nobody"), "ticket.unassign"),
            MenuItem("/", msg("anyone…"), "ticket.assign_pick"),
        ),
        context,
    )


def status(context: Context, _: Args) -> Iterable[Effect]:
    """Which status."""
    items: list[MenuItem] = []
    has_more = False
    for one in context.state.session.directory.statuses:
        if one.name in OTHER_VERBS or one.phase is Phase.SNOOZED:
            continue
        used = {item.key for item in items}
        wanted = (STATUS_KEYS.get(one.name, ""), *filter(str.isascii, one.name.lower()), *ascii_lowercase)
        key = next((letter for letter in wanted if letter and letter not in used and letter not in "_- "), "")
        if key:
            items.append(MenuItem(key, one.title, "ticket.status", (one.name,)))
        else:
            has_more = True
    if has_more:
        items.append(MenuItem("/", msg("another…"), "ticket.status_pick"))
    return opened(msg("Status"), items, context)


def snooze(context: Context, _: Args) -> Iterable[Effect]:
    """Until when."""
    return opened(
        msg("Snooze"),
        (
            MenuItem("b", msg("until the customer answers"), "ticket.snooze", ("reply",)),
            MenuItem("t", msg("tomorrow 9:00"), "ticket.snooze", ("tomorrow",)),
            MenuItem("1", msg("one hour"), "ticket.snooze", ("1h",)),
            MenuItem("2", msg("two hours"), "ticket.snooze", ("2h",)),
            MenuItem("4", msg("four hours"), "ticket.snooze", ("4h",)),
            MenuItem("p", msg("until…"), "ticket.snooze_pick"),
        ),
        context,
    )


def priority(context: Context, _: Args) -> Iterable[Effect]:
    """Which priority."""
    titles = {
        Priority.P1: msg("P1 critical"),
        Priority.P2: msg("P2 high"),
        Priority.P3: msg("P3 normal"),
        Priority.P4: msg("P4 low"),
    }
    items = (MenuItem(str(one.value), title, "ticket.priority", (str(one.value),)) for one, title in titles.items())
    return opened(msg("Priority"), items, context)


def escalate(context: Context, _: Args) -> Iterable[Effect]:
    """To which specialists."""
    items = (MenuItem(one.key, one.title, "ticket.escalate", (one.team,)) for one in targets(context) if one.key)
    return opened(msg("Escalate to"), items, context)


def select(_: Context, __: Args) -> Iterable[Effect]:
    """What to select."""
    return opened(
        msg("Select"),
        (
            MenuItem("a", msg("all of this list"), "queue.select_all"),
            MenuItem("n", msg("none"), "queue.select_none"),
            MenuItem("i", msg("the others"), "queue.select_invert"),
        ),
    )


def my_status(_: Context, __: Args) -> Iterable[Effect]:
    """Whether work may reach me."""
    items = (MenuItem(key, title, "desk.my_state", (state.value,)) for state, (key, title) in STATE_TITLES.items())
    return opened(msg("I am"), items)


def options(context: Context, _: Args) -> Iterable[Effect]:
    """How the desk looks."""
    full = can_widen(context)
    return opened(
        msg("View"),
        (
            *(MenuItem(key, title, "queue.sort", (sort.value,)) for sort, (key, title) in SORT_TITLES.items()),
            MenuItem("k", msg("clock on or off"), "desk.clock"),
            MenuItem("i", msg("customer on or off"), "customer.toggle"),
            MenuItem("w", msg("wide list"), "queue.wide", blocked=full.reason if full else ""),
            MenuItem("t", msg("theme…"), "desk.theme"),
            MenuItem("l", msg("language…"), "desk.locale"),
        ),
    )


# --- the leader


def leader(context: Context, _: Args) -> Iterable[Effect]:
    """Macros by category, the pinned ones, and what one does to the text being written."""
    return opened(msg("Macro"), (*_macro_items(context), *_composer_items(context)))


def _macro_items(context: Context) -> Iterator[MenuItem]:
    library = context.macros
    waiting = "" if library is not None else msg("Macros are still being read")
    yield MenuItem(";", msg("find…"), "macro.pick", blocked=waiting)
    theirs = server_macros_blocked(context)
    yield MenuItem("M", msg("kept by the server…"), "macro.pick_server", blocked=waiting or (theirs.reason if theirs else ""))
    if library is None:
        return
    if context.state.last_macro:
        yield MenuItem(".", msg("the last one again"), "macro.repeat", hint=context.state.last_macro)
    for category in library.categories:
        yield MenuItem(category.key, category.title(_language(context)), "menu.macros", (category.key,))
    for number, macro in enumerate(library.at_hand(context.state.habits.macros, BEST), 1):
        yield MenuItem(str(number), macro.title(_language(context)), "macro.insert", (macro.id,), macro.id)


def _language(context: Context) -> str:
    return context.options.get("locale", "en")[:2]


def _composer_items(context: Context) -> Iterator[MenuItem]:
    off = "" if is_in_composer(context) or context.state.view.composer_open else msg("The composer is not open")
    yield MenuItem("A", msg("attach a file"), "composer.attach", blocked=off or _reason(context, Capability.ATTACH))
    mailed = copies_blocked(context)
    yield MenuItem("C", msg("copies by mail"), "composer.cc", blocked=off or (mailed.reason if mailed is not None else ""))
    other = can_toggle(context)
    yield MenuItem("N", msg("reply ⇄ note"), "composer.toggle_mode", blocked=off or (other.reason if other is not None else ""))
    yield MenuItem("P", msg("promise"), "composer.promise", blocked=off or _reason(context, Capability.PROMISE))
    yield MenuItem("S", msg("status after sending"), "composer.status", blocked=off or _reason(context, Capability.STATUS))
    yield MenuItem("X", msg("discard"), "composer.discard", blocked=off)
    yield MenuItem("U", msg("take back"), "outbox.take_back")
    yield MenuItem("!", msg("escalate"), "menu.escalate", blocked=_reason(context, Capability.ESCALATE))
    yield MenuItem("K", msg("knowledge base"), "articles.open", blocked=_reason(context, Capability.ARTICLES))


def macros(context: Context, args: Args) -> Iterable[Effect]:
    """The macros of one category."""
    library = context.macros
    category = next((one for one in library.categories if one.key == args[0]), None) if library is not None else None
    if library is None or category is None:
        return ()
    language = _language(context)
    items = (MenuItem(one.id[1:], one.title(language), "macro.insert", (one.id,)) for one in library.of_category(category.key))
    return opened(category.title(language), items)


def _reason(context: Context, capability: Capability) -> str:
    blocked = lacking(context, capability)
    return blocked.reason if blocked is not None else ""
