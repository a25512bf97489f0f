"""The shape of the tables that say what each event does."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from supportdesk_tui.store.state import DeskState

Handlers: TypeAlias = Mapping[type, Callable[[DeskState, Any], DeskState]]
"""Event type to pure function; the table guarantees that a function only meets its own event."""
