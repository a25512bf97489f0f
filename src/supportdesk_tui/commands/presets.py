"""Key presets: where habits of other programs differ from the catalogue."""

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "default": {},
    "vim": {
        "desk.undo": ("u",),
        "desk.redo": ("ctrl+r",),
        "ticket.reply": ("r", "i"),
        "ticket.unread": ("M",),
        "customer.toggle": ("I",),
        "queue.page_down": ("ctrl+f", "ctrl+d", "pagedown"),
        "queue.page_up": ("ctrl+b", "ctrl+u", "pageup"),
        "conversation.page_down": ("ctrl+f", "ctrl+d", "pagedown"),
        "conversation.page_up": ("ctrl+b", "ctrl+u", "pageup"),
        "conversation.find": ("/",),
    },
    "gmail": {
        "queue.open": ("enter", "o", "right"),
        "queue.back": ("escape", "u", "left"),
        "conversation.back": ("escape", "u", "left"),
        "ticket.unread": ("U",),
        "conversation.reveal": ("M",),
        "conversation.things": ("O",),
        "ticket.tag": ("l",),
        "conversation.customer": ("right",),
        "ticket.take": ("I",),
        "queue.select_range": ("X",),
        "ticket.solve": ("e", "["),
        "ticket.next": ("J", "]"),
        "ticket.watch": ("s",),
        "menu.status": ("S",),
        "queue.next_view": ("`", "}"),
        "queue.previous_view": ("~", "{"),
        "composer.send": ("ctrl+d", "f9", "ctrl+enter"),
    },
}
"""Preset name → command id → keys instead of the catalogue's."""
