"""Loads Textual without its command palette: the desk has one of its own.

The palette of Textual, and the inputs, trees, lists and choices that come with it, are a megabyte and a tenth of a start;
what finds the folder for downloads is a third of a megabyte more.
"""

import sys
from types import ModuleType
from typing import Final

LEFT_OUT: Final = ("textual.command", "platformdirs")


def load_textual() -> None:
    """Import `textual.app` with nothing behind the names it takes from these; does nothing where it is loaded.

    The desk turns the palette off and lets Textual save no file, so nobody asks what they are. Who imports them later gets the
    real ones.
    """
    if "textual.app" in sys.modules:
        return
    absent = [name for name in LEFT_OUT if name not in sys.modules]
    for name in absent:
        vars(sys.modules.setdefault(name, ModuleType(name)))["__getattr__"] = _nothing
    try:
        import textual.app  # noqa: F401 - whoever needs it imports it again
    finally:
        for name in absent:
            del sys.modules[name]


def _nothing(name: str) -> type:
    """A class without anything in it, for a name that is only written in annotations, or derived from."""
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})
