"""The shape of a conversation to be told: variants of each turn, facts filled in as {names}."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Thread:
    """One kind of conversation in one language; turns after the opener alternate agent, customer, agent …"""

    category: str
    subjects: tuple[str, ...]
    openers: tuple[str, ...]
    turns: tuple[tuple[str, ...], ...]
    note: str = ""
    """What an agent writes for colleagues."""
    plot: str = ""
    """What the exchange's own books show of it: a name of `money.PLOTS` or `lives.LIVES`."""
    files: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Files that come with a turn, by its place; the opener is 0."""
    asides: Mapping[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Notes and system lines after a turn: (kind, text)."""
