"""What a command is: one entry feeds keys, footer, palette, help and macros."""

from collections.abc import Callable, Iterable
from enum import Enum, StrEnum
from typing import TypeAlias

from msgspec import Struct

from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.i18n import catalog

Args: TypeAlias = tuple[str, ...]

msg = catalog.msg
"""Marks English text for translation; it is translated when drawn, never at import."""


class Scope(StrEnum):
    """Where a command's keys work. DESK is queue, conversation and customer; APP is everywhere."""

    APP = "app"
    DESK = "desk"
    QUEUE = "queue"
    CONVERSATION = "conversation"
    CUSTOMER = "customer"
    COMPOSER = "composer"


class Danger(Enum):
    """What stands between a key and its effect."""

    NONE = "none"
    UNDO = "undo"
    """Can be taken back with z."""
    CONFIRM = "confirm"


class Blocked(Struct, frozen=True):
    """Why a command cannot run now: a message marked with `msg`, and its named values."""

    reason: str
    values: tuple[tuple[str, str], ...] = ()


When: TypeAlias = Callable[[Context], Blocked | None]
Run: TypeAlias = Callable[[Context, Args], Iterable[Effect]]


def always(_: Context) -> Blocked | None:
    """Never blocked."""
    return None


class Command(Struct, frozen=True):
    """Something a person can do."""

    id: str
    """`ticket.escalate`: stable for ever; users' keymaps and macros name it."""
    title: str
    """English, marked with `msg`."""
    scope: Scope
    run: Run
    keys: tuple[str, ...] = ()
    """Default keys in Textual's spelling; empty when only a menu or the palette leads to it."""
    when: When = always
    short: str = ""
    """One word for the footer, marked with `msg`; empty keeps it out of the footer."""
    danger: Danger = Danger.NONE
    group: str = ""
    """Heading in the key sheet."""
    is_internal: bool = False
    """Run by a menu, form, prompt or pane only: not offered in the palette and without a key."""
