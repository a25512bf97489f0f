"""The real program with one part that breaks once a file appears: `python -m tests.pty.broken PART FLAG`."""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

PARTS = {
    "pane": ("supportdesk_tui.ui.panes.queue", "QueuePane", "show"),
    "widget": ("supportdesk_tui.ui.panes.composer", "Composer", "take_key"),
    "reducer": ("supportdesk_tui.store.store", "", "reduce"),
    "keymap": ("supportdesk_tui.commands.keymap", "KeyRouter", "press"),
    "command": ("supportdesk_tui.ui.perform", "Performer", "perform"),
    "macro": ("supportdesk_tui.ui.shelf", "MacroShelf", "read"),
    "callback": ("supportdesk_tui.ui.driver", "DeskDriver", "_read"),
    "start": ("supportdesk_tui.cli.opening", "", "seat_at"),
}
"""Name of a part → module, class (or none) and function that breaks."""
CANARY = "canary-token-12345"


def break_part(part: str, flag: Path) -> None:
    """Let a function raise, with a secret in its message and among its variables, as soon as the flag is there."""
    module, owner, name = PARTS[part]
    holder = getattr(import_module(module), owner) if owner else import_module(module)
    original = getattr(holder, name)

    def check() -> None:
        secret = CANARY
        if flag.exists():
            raise ValueError(f"broken on purpose {secret}")

    def call(*args: Any, **kwargs: Any) -> Any:
        check()
        return original(*args, **kwargs)

    async def call_async(*args: Any, **kwargs: Any) -> Any:
        check()
        return await original(*args, **kwargs)

    setattr(holder, name, call_async if asyncio.iscoroutinefunction(original) else call)


if __name__ == "__main__":
    break_part(sys.argv[1], Path(sys.argv[2]))
    sys.argv[1:] = ["run"]
    import_module("supportdesk_tui.__main__").main()
