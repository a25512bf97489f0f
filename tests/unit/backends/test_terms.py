"""What a queue query asks of products that are not ours."""

import pytest

from supportdesk_tui.backends.terms import unapplied, words
from supportdesk_tui.domain.queue import QueueQuery


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ('  "" ', []),
        ("refund  now", [("refund", False), ("now", False)]),
        ('refund "purple elephant" now', [("refund", False), ("purple elephant", True), ("now", False)]),
        ('a"b OR state:new', [("a", False), ("b OR state:new", True)]),
        ('"one"two', [("one", True), ("two", False)]),
    ],
)
def test_words_in_quotes_stay_together(text: str, found: list[tuple[str, bool]]) -> None:
    assert words(text) == found


def test_terms_nobody_else_knows_are_named() -> None:
    query = QueueQuery(languages=frozenset({"zh"}), promised=True, unread=True)
    assert unapplied(query) == ("lang", "is:promised", "is:unread")
    assert unapplied(QueueQuery(unread=True), tag=frozenset({"vip"}), sla=None) == ("is:unread", "tag")
