"""Two sources paged apart become one conversation."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.paging import Part, merged
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.text.safe import NO_TEXT

AT = datetime(2026, 8, 17, tzinfo=UTC)


def entry(seq: int) -> Entry:
    return Entry(EntryId(f"e{seq}"), seq, EntryKind.NOTE, NO_TEXT, None, AT, NO_TEXT)


def source(seqs: list[int], before: int | None, size: int) -> Part:
    older = [seq for seq in sorted(seqs) if before is None or seq < before]
    shown = older[-size:]
    return Part([entry(seq) for seq in shown], shown[0] if len(older) > size else None)


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.integers(1, 7))
def test_walking_upward_shows_every_entry_once_in_order(public: set[int], internal: set[int], size: int) -> None:
    internal -= public
    shown: list[int] = []
    before: int | None = None
    while True:
        page = merged([source(list(public), before, size), source(list(internal), before, size)])
        shown = [item.seq for item in page.items] + shown
        if page.after is None:
            break
        assert before is None or int(page.after) < before
        before = int(page.after)
    assert shown == sorted(public | internal)


def test_entry_told_by_both_sources_is_shown_once_and_bad_ones_are_counted() -> None:
    page = merged([Part([entry(1)], None, bad=1), Part([entry(1), entry(2)], None, bad=2)])
    assert [item.seq for item in page.items] == [1, 2]
    assert page.bad_items == 3
