"""Reading JSON nobody promised us anything about."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.loose import Node, read_json, said_in
from supportdesk_tui.domain.errors import Ambiguous, BadPayload
from supportdesk_tui.text.safe import FORBIDDEN, SafeText

READ = Call(operation="look", method="GET", route="/x")
WRITE = Call(operation="write", method="POST", route="/x", is_write=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
DOCUMENT = Node(
    {
        "id": 30,
        "priority": "90",
        "subject": "a\x1b[2Jb",
        "owner": {"name": "Li", "id": None},
        "tags": ["vip", 7],
        "open": True,
        "at": "2026-11-14T02:34:40Z",
        "unix": 1_700_000_000,
        "unset": "1970-01-01T00:00:00Z",
    }
)


def test_what_is_there_is_read() -> None:
    assert (DOCUMENT.number("id"), DOCUMENT.text("id"), DOCUMENT.number("priority")) == (30, "30", 90)
    assert (DOCUMENT.text("owner", "name"), [tag.text() for tag in DOCUMENT.each("tags")]) == ("Li", ["vip", "7"])
    assert DOCUMENT.text("tags", -1) == "7"
    assert DOCUMENT.flag("open")
    assert DOCUMENT.when("at") == datetime(2026, 11, 14, 2, 34, 40, tzinfo=UTC)
    assert DOCUMENT.when("unix") == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert dict(DOCUMENT.pairs("owner"))["name"].text() == "Li"


def test_line_is_safe_to_draw() -> None:
    line = DOCUMENT.line("subject")
    assert isinstance(line, SafeText)
    assert not FORBIDDEN.search(line)


def test_what_is_missing_or_something_else_is_nothing() -> None:
    assert (DOCUMENT.text("owner"), DOCUMENT.number("subject"), DOCUMENT.each("id"), DOCUMENT.flag("id")) == ("", 0, [], False)
    assert not DOCUMENT.at("owner", "id")
    assert not DOCUMENT.at("no", "such", 3, "place")
    assert DOCUMENT.when("unset") is None
    assert DOCUMENT.when("subject") is None
    assert list(DOCUMENT.pairs("tags")) == []


@given(JSON, st.lists(st.text(max_size=5) | st.integers(-3, 3), max_size=3))
def test_reading_never_fails(document: object, path: list[str | int]) -> None:
    node = Node(document)
    assert isinstance(node.text(*path), str)
    assert isinstance(node.number(*path), int)
    assert isinstance(node.flag(*path), bool)
    assert len(node.each(*path)) >= 0
    assert all(isinstance(name, str) for name, _ in node.pairs(*path))
    at = node.when(*path)
    assert at is None or at.utcoffset() == timedelta()


def test_answer_that_is_no_json_is_an_error_and_of_a_write_an_unknown_outcome() -> None:
    with pytest.raises(BadPayload):
        read_json(READ, Answer(200, {}, b"<html>502</html>"))
    with pytest.raises(BadPayload):
        read_json(READ, Answer(200, {}, b"[1]"), dict)
    with pytest.raises(Ambiguous):
        read_json(WRITE, Answer(200, {}, b'{"cut'))
    assert read_json(READ, Answer(200, {}, b"[1]"), list).number(0) == 1
    assert not said_in(b"<html>")
    assert not said_in(b"[" * 100_000)
