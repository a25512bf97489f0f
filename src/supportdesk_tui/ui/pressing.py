"""A click on a key that is shown presses it: one way for keys and clicks, in the order in which they came."""

from typing import Any, NamedTuple

from textual import events
from textual.app import App


class Place(NamedTuple):
    """Where a key stands on a line: the columns, and the key as it is shown."""

    start: int
    end: int
    key: str


def pressed(places: list[Place], x: int) -> str:
    """The key that stands at a column; empty where none does."""
    return next((place.key for place in places if place.start <= x < place.end), "")


def press(app: App[Any], shown: str) -> None:
    """Type a key, given as it is shown: `Ctrl+D`, `?`, `Enter`."""
    from supportdesk_tui.commands import keys

    named = {words: name for name, words in keys.SHOWN.items()}
    key = named.get(shown) or keys.spell(shown)
    app.post_message(events.Key(key, shown if len(shown) == 1 and keys.is_printable(key) else None))
