"""The event stream's framing: any chunking, any bytes, bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.wire.sse import SseEvent, SseParser, format_event

ONE_LINE = st.text(alphabet=st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30)
DATA = st.text(alphabet=st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=80)


def parsed(stream: bytes) -> list[SseEvent]:
    return SseParser().feed(stream)


@given(st.lists(st.tuples(DATA, ONE_LINE, ONE_LINE), max_size=5), st.data())
def test_events_survive_any_chunking(said: list[tuple[str, str, str]], data: st.DataObject) -> None:
    stream = b"".join(format_event(body, event=name, id=mark) for body, name, mark in said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    parser = SseParser()
    events = [
        event for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True) for event in parser.feed(stream[start:end])
    ]
    last = ""
    expected = []
    for body, name, mark in said:
        last = mark or last
        expected.append(SseEvent(name or "message", body, last))
    assert events == expected
    assert parser.last_id == last


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_garbage_gives_the_same_events_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    cuts = sorted({min(cut, len(stream)) for cut in cuts})
    parser = SseParser(max_line=50, max_event=90)
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    in_pieces = [event for piece in pieces for event in parser.feed(piece)]
    assert in_pieces == SseParser(max_line=50, max_event=90).feed(stream)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_of_the_standard_is_read(end: bytes) -> None:
    stream = end.join([b"event: ticket", b"id: 7", b"data: a", b"data: b", b"", b"data: c", b"", b""])
    assert parsed(stream) == [SseEvent("ticket", "a\nb", "7"), SseEvent("message", "c", "7")]


def test_carriage_return_and_newline_split_between_chunks_is_one_line_end() -> None:
    parser = SseParser()
    events = [event for piece in (b"data: a\r", b"\ndata: b\r", b"", b"\n\r", b"\n") for event in parser.feed(piece)]
    assert events == [SseEvent("message", "a\nb", "")]


def test_byte_order_mark_and_comments_are_skipped() -> None:
    assert parsed(b"\xef\xbb\xbfdata: a\n: hello\n\n") == [SseEvent("message", "a", "")]


def test_id_without_data_moves_the_mark_and_makes_no_event() -> None:
    parser = SseParser(last_id="3")
    assert parser.feed(b"id: 9\n\n") == []
    assert parser.last_id == "9"


def test_unfinished_event_does_not_move_the_mark() -> None:
    parser = SseParser(last_id="3")
    assert parser.feed(b"id: 9\ndata: half") == []
    assert parser.last_id == "3"


def test_id_with_nul_and_retry_are_ignored() -> None:
    parser = SseParser(last_id="3")
    assert parser.feed(b"id: 4\0\nretry: 999999999999\ndata: a\n\n") == [SseEvent("message", "a", "3")]


def test_field_without_colon_or_blank_is_read_as_the_standard_says() -> None:
    assert parsed(b"data\n\ndata:a\n\ndata:  b\n\nunknown: c\n\n") == [
        SseEvent("message", "", ""),
        SseEvent("message", "a", ""),
        SseEvent("message", " b", ""),
    ]


def test_oversize_line_is_dropped_and_its_event_marked() -> None:
    parser = SseParser(max_line=40)
    events = parser.feed(b"id: 5\nevent: entry\ndata: " + b"x" * 100 + b"\ndata: y\n\ndata: z\n\n")
    assert events == [SseEvent("entry", "", "5", is_oversize=True), SseEvent("message", "z", "5")]


def test_oversize_event_of_many_lines_is_marked() -> None:
    parser = SseParser(max_event=100)
    events = parser.feed(b"data: 123456789\n" * 11 + b"\ndata: z\n\n")
    assert events == [SseEvent("message", "", "", is_oversize=True), SseEvent("message", "z", "")]


def test_overlong_id_is_not_kept_in_part() -> None:
    parser = SseParser(max_line=20)
    assert parser.feed(b"id: " + b"1" * 100 + b"\ndata: a\n\n") == [SseEvent("message", "a", "")]


def test_endless_line_costs_bounded_memory() -> None:
    import tracemalloc

    parser = SseParser(max_line=1000)
    chunk = b"x" * 65_536
    parser.feed(chunk)
    tracemalloc.start()
    for _ in range(200):
        parser.feed(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b"])
def test_event_name_and_id_cannot_smuggle_lines(bad: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        format_event("x", event=bad)
    with pytest.raises(ValueError, match="one line"):
        format_event("x", id=bad)
