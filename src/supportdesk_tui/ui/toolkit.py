"""Loads Textual without its command palette: the desk has one of its own.

The palette of Textual, and the inputs, trees, lists and choices that come with it, are a megabyte and a tenth of a start.
"""

import sys
from types import ModuleType
from typing import Final

PALETTE: Final = "textual.command"


def load_textual() -> None:
    """Import `textual.app` with nothing behind the names it takes from the palette; does nothing where either is loaded.

    The desk turns the palette off, so nobody asks what they are. Who imports the palette later gets the real one.
    """
    if PALETTE in sys.modules or "textual.app" in sys.modules:
        return
    palette = sys.modules[PALETTE] = ModuleType(PALETTE)
    vars(palette)["__getattr__"] = _nothing
    try:
        import textual.app  # noqa: F401 - whoever needs it imports it again
    finally:
        del sys.modules[PALETTE]


def _nothing(name: str) -> type:
    """A class without anything in it, for a name that is only written in annotations, or derived from."""
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})
