"""The macros as their files are now."""

from collections.abc import Callable
from typing import Any, TypeAlias

LoadMacros: TypeAlias = Callable[[Any], tuple[Any, tuple[str, ...]]]
"""Given the library we have (None at first), the library as the files are now, and what is newly wrong in it."""

ASKED_BY = frozenset({"menu.leader", "macro.pick", "macro.repeat"})
"""Commands before which changed files are read again."""


class MacroShelf:
    """Holds the library; empty until the first reading, which waits for the first paint."""

    def __init__(self, load: LoadMacros | None) -> None:
        self._load = load
        self.library: Any = None

    def read(self) -> tuple[str, ...]:
        """Bring the library up with its files; says what is newly wrong in them."""
        if self._load is None:
            return ()
        self.library, problems = self._load(self.library)
        return problems
