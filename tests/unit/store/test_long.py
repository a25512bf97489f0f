"""Long conversations in the store: bounded, in order, and never with a hole that nobody sees."""

from msgspec.structs import replace

from supportdesk_tui.domain.ids import Cursor
from supportdesk_tui.store.events import EntriesLoaded, EntryArrived, OlderAsked, TicketOpened
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.reduce_ticket import SPARE_ENTRIES
from supportdesk_tui.store.state import MOST_ENTRIES, DeskState, value_of
from supportdesk_tui.text.safe import sanitize
from tests import make

TICKET = make.summary().id
ENDLESS = 1_000_000


def page(first: int, last: int, **changes: object) -> EntriesLoaded:
    """Entries `first` to `last`, with older ones before them."""
    entries = tuple(make.entry(seq) for seq in range(first, last + 1))
    return replace(EntriesLoaded(TICKET, entries, Cursor(str(first)) if first > 1 else None, make.NOW), **changes)


def opened(*events: object) -> DeskState:
    state = reduce(DeskState(), TicketOpened(TICKET))
    for event in events:
        state = reduce(state, event)  # type: ignore[arg-type]  # any of the events
    return state


def held(state: DeskState) -> list[int]:
    return [entry.seq for entry in value_of(state.conversation.entries) or ()]


def test_so_many_entries_are_held_and_then_it_is_said_that_there_are_more() -> None:
    state, first = opened(page(ENDLESS - 49, ENDLESS)), ENDLESS - 49
    while state.conversation.older is not None:
        state = reduce(reduce(state, OlderAsked()), page(first - 50, first - 1, is_older=True))
        first -= 50
    assert held(state) == list(range(ENDLESS - MOST_ENTRIES + 1, ENDLESS + 1))
    assert (state.conversation.is_full, state.conversation.is_loading_older) == (True, False)
    assert reduce(state, OlderAsked()) is state
    again = reduce(state, page(ENDLESS - 48, ENDLESS + 1))
    assert (len(held(again)), again.conversation.is_full, again.conversation.older) == (MOST_ENTRIES + 1, True, None)


def test_few_entries_of_very_many_words_are_as_much() -> None:
    body = sanitize("x" * 1_000_000)
    huge = page(ENDLESS - 29, ENDLESS - 1, is_older=True)
    huge = replace(huge, entries=tuple(replace(one, body=body) for one in huge.entries))
    state = opened(page(ENDLESS, ENDLESS), OlderAsked(), huge)
    assert (len(held(state)), state.conversation.is_full, state.conversation.older) == (30, True, None)


def test_conversation_that_grows_for_ever_lets_go_of_its_oldest_entries() -> None:
    state = opened(page(1, MOST_ENTRIES))
    assert (state.conversation.older, state.conversation.is_full) == (None, False)
    for seq in range(MOST_ENTRIES + 1, MOST_ENTRIES + SPARE_ENTRIES + 10):
        state = reduce(state, EntryArrived(make.summary(), make.entry(seq)))
        assert len(held(state)) <= MOST_ENTRIES + SPARE_ENTRIES
    assert (held(state)[0] > 1, held(state)[-1], state.conversation.is_full) == (True, MOST_ENTRIES + SPARE_ENTRIES + 9, True)


def test_what_came_before_a_hole_is_read_again_and_not_shown_as_if_nothing_were_missing() -> None:
    kept = page(1, 50, is_cached=True, whole_to=50)
    state = opened(kept, page(200, 249))
    assert held(state) == list(range(200, 250))
    assert state.conversation.older == "200"
    near = opened(kept, page(50, 99))
    assert held(near) == list(range(1, 100))


def test_entry_the_feed_brought_proves_nothing_about_those_it_did_not_bring() -> None:
    state = opened(page(1, 50), EntryArrived(make.summary(), make.entry(121)), page(72, 121))
    assert held(state) == list(range(72, 122))
    kept = page(1, 50, is_cached=True, whole_to=50)
    kept = replace(kept, entries=(*kept.entries, make.entry(121)))
    assert held(opened(kept, page(72, 121))) == list(range(72, 122))


def test_whole_conversation_read_anew_keeps_what_it_had() -> None:
    state = opened(page(1, 40), page(1, 40))
    assert held(state) == list(range(1, 41))
    assert held(opened(page(1, 40), page(30, 60))) == list(range(1, 61))


def test_unreadable_entries_are_counted_with_the_pages_they_are_missing_from() -> None:
    state = opened(page(51, 100, bad_items=2))
    state = reduce(state, page(1, 50, is_older=True, bad_items=1))
    assert state.conversation.bad_entries == 3
    assert reduce(state, page(60, 110, bad_items=2)).conversation.bad_entries == 3
    assert reduce(state, page(200, 260)).conversation.bad_entries == 0
