"""A click on a key that is shown presses it: one way for keys and clicks, in the order in which they came."""

from typing import Any, NamedTuple

from textual import events
from textual.app import App

from supportdesk_tui.ui.text import cells

ARROWS = "←↑↓→"
"""Keys that are shown side by side without a blank."""


class Place(NamedTuple):
    """Where a key stands on a line: the columns, and the key as it is shown."""

    start: int
    end: int
    key: str


def pressed(places: list[Place], x: int) -> str:
    """The key that stands at a column; empty where none does."""
    return next((place.key for place in places if place.start <= x < place.end), "")


def places_of(keys: str, start: int, end: int) -> list[Place]:
    """Where each of some keys stands that are shown from a column on: `j k`, `↑↓`; one alone with its label, up to `end`."""
    several = keys.split(" ") if " " in keys else list(keys) if all(key in ARROWS for key in keys) else [keys]
    if len(several) == 1:
        return [Place(start, end, keys)]
    found: list[Place] = []
    for key in several:
        found.append(Place(start, start + cells(key), key))
        start += cells(key) + (" " in keys)
    return found


def press(app: App[Any], shown: str) -> None:
    """Type a key, given as it is shown: `Ctrl+D`, `?`, `Enter`."""
    from supportdesk_tui.commands import keys

    named = {words: name for name, words in keys.SHOWN.items()}
    key = named.get(shown) or keys.spell(shown)
    app.post_message(events.Key(key, shown if len(shown) == 1 and keys.is_printable(key) else None))
