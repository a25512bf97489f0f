"""What the terminal sends, sorted: keys are keys, a paste is text, answers are nothing."""

from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.ui.terminal import PASTE_LIMIT, InputFilter, Piece

KNOWN = {"\x1b[A", "\x1b[B", "\x1b[15~", "\x1bOP", "\x1b[<0;1;1M"}


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def make_filter(clock: Clock | None = None) -> InputFilter:
    """A filter that knows a few sequences."""
    return InputFilter(is_known=KNOWN.__contains__, escape_delay_s=0.04, now=clock or Clock())


def sort(*chunks: str) -> list[Piece]:
    """Everything the filter makes of chunks, silence after the last one included."""
    filter_ = make_filter()
    pieces = [piece for chunk in chunks for piece in filter_.feed(chunk)]
    while filter_.timeout_s is not None:
        pieces += filter_.idle()
    return pieces


def typed(pieces: list[Piece]) -> str:
    """What would reach the key decoder."""
    return "".join(piece.text for piece in pieces if piece.kind != "paste")


def test_typing_and_sequences_are_told_apart() -> None:
    assert sort("ab\x1b[Ac") == [Piece("keys", "ab"), Piece("sequence", "\x1b[A"), Piece("keys", "c")]


def test_a_lone_escape_becomes_the_escape_key_only_after_silence() -> None:
    filter_ = make_filter()
    assert filter_.feed("\x1b") == []
    assert filter_.timeout_s == 0.04
    assert filter_.idle() == [Piece("escape", "\x1b")]
    assert filter_.timeout_s is None


def test_a_sequence_in_two_reads_is_put_together() -> None:
    assert sort("\x1b", "[", "A") == [Piece("sequence", "\x1b[A")]


def test_alt_with_a_letter_is_one_sequence_even_for_letters_that_begin_answers() -> None:
    assert sort("\x1bx") == [Piece("sequence", "\x1bx")]
    assert sort("\x1bP") == [Piece("sequence", "\x1bP")]
    assert sort("\x1b]") == [Piece("sequence", "\x1b]")]


def test_unknown_sequences_and_answers_are_dropped() -> None:
    assert typed(sort("a\x1b[?62;22cb\x1b[8;24;80tc\x1b]11;rgb:0/0/0\x07d\x1bP1$r0m\x1b\\e")) == "abcde"


def test_an_answer_torn_over_reads_is_dropped_whole() -> None:
    assert typed(sort("a\x1b]11;rg", "b:0/0", "/0\x1b", "\\b")) == "ab"


def test_an_answer_that_never_ends_is_forgotten() -> None:
    filter_ = make_filter()
    filter_.feed("\x1b]52;c;")
    assert filter_.timeout_s == 0.3
    assert filter_.idle() == []
    assert filter_.feed("x") == [Piece("keys", "x")]


def test_nul_and_c1_are_never_typed() -> None:
    assert typed(sort("a\x00\x9b31mb")) == "a31mb"


def test_a_paste_is_one_piece_with_plain_line_ends() -> None:
    assert sort("\x1b[200~one\r\ntwo\rthree\x1b[201~") == [Piece("paste", "one\ntwo\nthree")]


def test_a_paste_torn_inside_its_end_mark_is_whole() -> None:
    assert sort("\x1b[200~text\x1b[2", "01~") == [Piece("paste", "text")]


def test_a_forged_end_inside_a_paste_lets_nothing_through_as_keys() -> None:
    assert typed(sort("\x1b[200~harmless\x1b[201~\r\x11rm -rf\r\x1b[201~")) == ""
    assert typed(sort("\x1b[200~harmless\x1b[201~\r\x11rm -rf", "\r more\x1b[201~")) == ""


def test_keys_right_after_a_paste_come_after_it() -> None:
    assert sort("\x1b[200~p\x1b[201~k") == [Piece("paste", "p"), Piece("keys", "k")]


def test_a_huge_paste_is_bounded() -> None:
    (paste,) = sort("\x1b[200~", *(["x" * 100_000] * 30), "\x1b[201~")
    assert len(paste.text) == PASTE_LIMIT


def test_a_paste_that_never_ends_can_be_left_by_a_lone_escape() -> None:
    clock = Clock()
    filter_ = make_filter(clock)
    filter_.feed("\x1b[200~lost end")
    assert filter_.feed("\x1b") == []
    clock.time = 2.0
    assert filter_.feed("\x1b") == [Piece("paste", "lost end")]
    assert filter_.feed("x") == [Piece("keys", "x")]


@given(
    st.lists(st.sampled_from(["\x1b", "\x1b[201~", "\r", "\x11", "a", "\x1b[A", "\x1b]2;x\x07", "\x1b[200~"]), max_size=30),
    st.data(),
)
def test_whatever_stands_between_the_marks_of_a_paste_never_becomes_a_key(parts: list[str], data: st.DataObject) -> None:
    stream = "\x1b[200~" + "".join(parts) + "\x1b[201~"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert typed(sort(*chunks)) == ""


@given(st.text(alphabet="\x1b[]P_^XO?;0123456789abcABC~\x07\\\x9b\x00", max_size=60), st.data())
def test_cutting_the_stream_anywhere_changes_no_escape_into_typing(stream: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    for piece in sort(stream[:cut], stream[cut:]):
        if piece.kind == "keys":
            assert "\x1b" not in piece.text
            assert "\x00" not in piece.text
