"""What was said on a ticket."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, EntryId
from supportdesk_tui.text.safe import SafeText


class EntryKind(StrEnum):
    """Who speaks; decided by the backend's role, never by a name."""

    CUSTOMER = "customer"
    AGENT = "agent"
    """A public reply: the customer reads it."""
    BOT = "bot"
    NOTE = "note"
    """Internal: the customer never reads it."""
    SYSTEM = "system"
    """What the desk did: assigned, escalated, status set."""


class Attachment(Struct, frozen=True):
    """A file on an entry, described; its bytes are asked for one by one."""

    id: AttachmentId
    name: SafeText
    media_type: str
    size: int
    """Bytes; 0 where the product does not tell before the file is asked for."""
    inline: bool = False

    @property
    def says_size(self) -> str:
        """How large it is, as people compare sizes; empty where the product does not tell."""
        return file_size(self.size) if self.size else ""


def file_size(count: int) -> str:
    """A size a person can compare: `840 B`, `12 kB`, `3.4 MB`."""
    if count < 1_000:
        return f"{count} B"
    for unit, size in (("kB", 1_000), ("MB", 1_000_000)):
        if count < size * 1_000:
            value = count / size
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{count / 1_000_000_000:.1f} GB"


class Entry(Struct, frozen=True):
    """One thing said or done on a ticket."""

    id: EntryId
    seq: int
    """The server's order; times may lie, this does not."""
    kind: EntryKind
    author: SafeText
    author_id: AgentId | None
    at: datetime
    body: SafeText
    attachments: tuple[Attachment, ...] = ()
    key: ChangeKey | None = None
    """The change that made it, when one of ours did: how a sent reply finds its pending twin."""
    language: str = ""
    flags: tuple[str, ...] = ()
    """What the sanitiser met: `control_chars`, `bidi`, `invisible`, `truncated` …"""
    masked: tuple[str, ...] = ()
    """Kinds of secrets that are hidden in body and file names, as `text.secrets.Kind` names them."""


def seq_of(entry: Entry) -> int:
    """The server's order, as a key to sort and search by."""
    return entry.seq


def newer_than(entries: Sequence[Entry], seq: int) -> int:
    """How many entries of a conversation stand behind one of them; costs next to nothing however many there are."""
    return len(entries) - bisect_right(entries, seq, key=seq_of)


def spoken_since(entries: Iterable[Entry], seq: int, me: AgentId | None) -> tuple[Entry, ...]:
    """Public words of others that are newer than an entry."""
    public = {EntryKind.CUSTOMER, EntryKind.AGENT}
    return tuple(
        one for one in entries if one.seq > seq and one.kind in public and (one.author_id is None or one.author_id != me)
    )
