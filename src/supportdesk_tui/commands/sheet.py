"""What the footer, the key sheet, the palette and docs/keys.md show: catalogue, keys and reasons put together."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from supportdesk_tui.commands import keys as spelling
from supportdesk_tui.commands.blanks import spans
from supportdesk_tui.commands.catalog import BY_ID, CATALOG
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.guards import is_task
from supportdesk_tui.commands.keymap import CHAINS, Keymap
from supportdesk_tui.commands.spec import Blocked, Command, Scope, msg
from supportdesk_tui.domain.ticket import Phase
from supportdesk_tui.store.state import DraftMode, Pane, value_of

SCOPE_TITLES: dict[Scope, str] = {
    Scope.APP: msg("Everywhere"),
    Scope.DESK: msg("Queue, conversation and customer"),
    Scope.QUEUE: msg("Queue"),
    Scope.CONVERSATION: msg("Conversation"),
    Scope.CUSTOMER: msg("Customer"),
    Scope.COMPOSER: msg("Composer"),
}
_LEFT: dict[Pane, tuple[str, ...]] = {
    Pane.QUEUE: (
        *("queue.open", "ticket.reply", "ticket.note", "menu.leader", "menu.escalate", "menu.assign", "ticket.take"),
        *("ticket.solve", "desk.undo", "ticket.next_best", "queue.select", "queue.search", "queue.filter", "queue.wide"),
        *("menu.snooze", "menu.status", "ticket.tag", "menu.go"),
    ),
    Pane.CONVERSATION: (
        *("ticket.reply", "ticket.note", "menu.leader", "menu.escalate", "menu.assign", "ticket.take", "ticket.solve"),
        *("desk.undo", "ticket.next", "menu.snooze", "menu.status", "ticket.promise", "ticket.tag", "conversation.find"),
        *("customer.toggle", "conversation.back"),
    ),
    Pane.CUSTOMER: ("ticket.reply", "ticket.note", "menu.leader", "menu.escalate", "customer.back", "pane.tab"),
    Pane.COMPOSER: (
        *("composer.send", "composer.leave", "menu.leader", "composer.toggle_mode", "composer.next_stop", "composer.editor"),
        "composer.find",
    ),
}
"""Footer of each pane, most used first."""
_RIGHT = ("desk.palette", "desk.keys")
_DONE = frozenset({Phase.SOLVED, Phase.CLOSED})
NEXT_PANE = msg("next pane")
"""What Tab does in a text without a blank that waits to be filled in."""
ADD_NOTE = msg("add note")
"""What the key that sends does with a text that only colleagues read."""
_KNOWN_BY_HEART = frozenset(
    command.group for command in CATALOG if command.id in {"queue.down", "queue.view_1", "queue.select", "conversation.down"}
)
"""Groups of commands that everybody knows by their keys."""


class Hint(Struct, frozen=True):
    """One entry of the footer; `label` is a message to translate."""

    key: str
    label: str
    command: str
    blocked: Blocked | None = None
    is_right: bool = False
    """Stands at the right end, and is the last to go when it gets narrow."""


class Line(Struct, frozen=True):
    """One command on the key sheet or in the palette."""

    command: str
    title: str
    """A message to translate."""
    keys: tuple[str, ...]
    """For people; none when only a menu or the palette leads there."""
    group: str
    blocked: Blocked | None = None
    lost: tuple[tuple[str, str], ...] = ()
    """(key, command that has it now)."""


class Section(Struct, frozen=True):
    """The commands of one scope."""

    scope: Scope
    title: str
    lines: tuple[Line, ...]


def hints(context: Context, keymap: Keymap) -> tuple[Hint, ...]:
    """What works here and now, most used first; what is off carries its reason."""
    left = _LEFT[context.focus]
    if context.focus is Pane.CONVERSATION and _is_open_task(context):
        left = ("ticket.return_task", *left)
    named = ((name, False) for name in left), ((name, True) for name in _RIGHT)
    return tuple(
        hint
        for part in named
        for name, right in part
        if (hint := _hint(context, keymap, BY_ID[name], is_right=right)) is not None
    )


def _hint(context: Context, keymap: Keymap, command: Command, *, is_right: bool) -> Hint | None:
    held = keymap.keys.get(command.id, ())
    if context.focus is Pane.COMPOSER:
        held = tuple(key for key in held if not spelling.is_printable(key))
    label = command.short or command.title
    if command.id == "composer.next_stop" and not spans(context.composer_text):
        label = NEXT_PANE
    elif command.id == "composer.send" and _is_note(context):
        label = ADD_NOTE
    return Hint(spelling.shown(held[0]), label, command.id, command.when(context), is_right) if held else None


def _is_note(context: Context) -> bool:
    ticket = context.state.conversation.ticket
    draft = context.state.draft(ticket) if ticket is not None else None
    return draft is not None and draft.mode is DraftMode.NOTE


def _is_open_task(context: Context) -> bool:
    detail = value_of(context.state.conversation.detail)
    return detail is not None and detail.summary.status.phase not in _DONE and is_task(detail)


def sections(keymap: Keymap, context: Context | None = None, *, pane: Pane | None = None) -> tuple[Section, ...]:
    """The key sheet: everything, or the scopes of one pane, innermost first; with reasons when there is a context."""
    scopes: Iterable[Scope] = CHAINS[pane] if pane is not None else Scope
    made = (Section(scope, SCOPE_TITLES[scope], tuple(_lines(scope, keymap, context))) for scope in scopes)
    return tuple(section for section in made if section.lines)


def palette(keymap: Keymap, context: Context | None = None) -> tuple[Line, ...]:
    """Every command that can be asked for by name: what is done with a ticket before how to move, what is off at the end."""
    lines = (_line(command, keymap, context) for command in CATALOG if not command.is_internal)
    return tuple(sorted(lines, key=lambda line: (line.blocked is not None, line.group in _KNOWN_BY_HEART)))


def _lines(scope: Scope, keymap: Keymap, context: Context | None) -> Iterator[Line]:
    for command in CATALOG:
        if command.scope is scope and not command.is_internal:
            yield _line(command, keymap, context)


def _line(command: Command, keymap: Keymap, context: Context | None) -> Line:
    held = tuple(spelling.shown(key) for key in keymap.keys.get(command.id, ()))
    lost = tuple((spelling.shown(one.key), one.lost_to) for one in keymap.unbound if one.command == command.id)
    blocked = command.when(context) if context is not None else None
    return Line(command.id, command.title, held, command.group, blocked, lost)
