"""Which entries of RT are ours: RT keeps no keys, so words that we send are known again by ticket, author and text."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from supportdesk_tui.backends.traces import as_shown, same_words
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import AgentId, ChangeKey, EntryId, TicketId

MOST = 200
"""So many of our own words are remembered: the desk shows what it sent once it finds its key on an entry."""


@dataclass(slots=True)
class _Said:
    ticket: TicketId
    kind: EntryKind
    words: str
    """As an entry shows them, with their secrets hidden."""
    key: ChangeKey
    mark: int
    entry: EntryId | None = None


def kind_of(said: Reply | Note) -> EntryKind:
    """What words become."""
    return EntryKind.AGENT if isinstance(said, Reply) else EntryKind.NOTE


class Twins:
    """Our words of this session."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque(maxlen=MOST)

    def expect(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, mark: int) -> None:
        """Words are about to be sent: their entry will have a higher number than the mark."""
        self._said.append(_Said(ticket, kind_of(said), as_shown(said.body), key, mark))

    def know(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, entry: EntryId) -> None:
        """Words were found."""
        self._said.append(_Said(ticket, kind_of(said), as_shown(said.body), key, 0, entry))

    def named(self, ticket: TicketId, entries: Iterable[Entry], me: AgentId | None) -> list[Entry]:
        """The entries, ours with the key of the change that made them."""
        return [self._named(ticket, entry) if entry.author_id == me else entry for entry in entries]

    def _named(self, ticket: TicketId, entry: Entry) -> Entry:
        for one in self._said:
            if one.ticket != ticket or one.entry not in {None, entry.id}:
                continue
            is_known = one.entry == entry.id
            if is_known or (entry.seq > one.mark and entry.kind is one.kind and same_words(one.words, entry.body)):
                one.entry = entry.id
                return replace(entry, key=one.key)
        return entry
