"""The shape of a conversation to be told: variants of each turn, facts filled in as {names}."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thread:
    """One kind of conversation in one language; turns after the opener alternate agent, customer, agent …"""

    category: str
    subjects: tuple[str, ...]
    openers: tuple[str, ...]
    turns: tuple[tuple[str, ...], ...]
    note: str = ""
    """What an agent writes for colleagues."""
