"""What is typed into a form or asked as a reason: a draft of its own, by what is asked and the tickets it is about."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from supportdesk_tui.domain.ids import TicketId

Texts: TypeAlias = tuple[tuple[str, str], ...]
"""Names of fields and what stands in them."""


class FormDraft(Struct, frozen=True):
    """A form that is half filled in; belongs to the agent, like the draft of a reply."""

    key: str
    """See `form_key`."""
    title: str
    """What the form asks, as a message or in the words of a macro."""
    texts: Texts
    """Fields the agent has typed into; of a form about no ticket all of them, for what it starts with depends on the desk."""
    at: datetime
    """When something was typed last."""
    other: Texts = ()
    """What stood there before the agent started anew: it can be had back until the form is sent."""
    ticket: TicketId | None = None
    """What it is about, the first one of several; None for a new ticket."""
    count: int = 0
    """How many tickets it is about."""
    tickets: tuple[TicketId, ...] = ()
    """All of them where they are several: they are marked again when the form is shown again."""
    number: str = ""
    """Case number of the ticket, for display."""
    opener: str = ""
    """Command that shows the form again, and its arguments; empty when only its ticket can be opened."""
    args: tuple[str, ...] = ()
    is_saved: bool = True
    is_refused: bool = False
    """The disk would not take it."""

    @property
    def is_empty(self) -> bool:
        """Nothing would be lost."""
        return not any(text.strip() for _, text in (*self.texts, *self.other))


def form_key(command: str, args: tuple[str, ...], tickets: tuple[TicketId, ...]) -> str:
    """One name for what a form asks (its command and first arguments) and for which tickets; no ticket has this name."""
    about = tickets
    if len(tickets) > 1:
        from hashlib import blake2b

        about = (TicketId(blake2b("\n".join(tickets).encode(), digest_size=16).hexdigest()),)
    return "\n".join((command, *args, "", *about))


def joined_forms(newer: FormDraft, older: FormDraft) -> FormDraft:
    """Two of one form as one that nothing is missing from: the older one is what can be had back, unless something is there."""
    if newer.other or dict(older.texts).items() <= dict(newer.texts).items():
        return newer
    from msgspec.structs import replace

    return replace(newer, other=older.texts)
