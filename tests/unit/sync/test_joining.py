"""Drafts of two clients of one agent become one: nothing is missing from it, nothing stands there twice."""

import pytest

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import Draft
from supportdesk_tui.sync.outbox_rules import joined_drafts

T1 = TicketId("t1")


@pytest.mark.parametrize(
    ("newer", "older", "joined"),
    [
        ("I know.", "no", "I know.\n\nno"),
        ("Thanks.\n\nOld words.", "Old words.", "Thanks.\n\nOld words."),
        ("Old words, and more.", "Old words", "Old words, and more."),
        ("", "Old words.", "Old words."),
        ("Mine.\n\nToo.", "Of another.\n\nMine.\n\nToo.", "Of another.\n\nMine.\n\nToo."),
        ("Mine.", "Of another.\n\nMine. And more.", "Mine.\n\nOf another.\n\nMine. And more."),
    ],
)
def test_words_of_an_older_draft_are_there_once(newer: str, older: str, joined: str) -> None:
    assert joined_drafts(Draft(T1, body=newer), Draft(T1, body=older)).body == joined
