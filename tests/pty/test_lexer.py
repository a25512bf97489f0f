"""The lexer itself: everything a clean run writes passes however it is cut, everything else is named."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import HOSTILE, LEGITIMATE
from tests.pty.lexer import LEARNT, Lexer, hidden

CLEAN = (
    "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H\x1b[24;80H\x1b[3H\x1b[5C\x1b[C\x1b[K\x1b[80X\x1b[m\x1b[0;1;38;2;1;2;255;48;5;7m"
    "提现 👍🏽 می‌خواهم 🏴󠁧󠁢󠁥󠁮󠁧󠁿\x1b[90;107;22;39m\x1b]2;Desk\x07\x1b]9;new\x1b\\\x1b]52;c;5aW9\x07\r\n\x08\x07\x1b[m"
    "\x1b[?7h\x1b[?25h\x1b[?1049l"
).encode()


def violations(data: bytes, **also: frozenset[str]) -> list[str]:
    lexer = Lexer(columns=80, rows=24, **also)
    lexer.feed(data)
    return [violation.what for violation in lexer.close()]


def test_what_a_clean_run_writes_passes() -> None:
    assert violations(CLEAN) == []


@given(st.lists(st.integers(0, len(CLEAN)), max_size=6))
def test_cutting_the_stream_anywhere_changes_nothing(cuts: list[int]) -> None:
    lexer = Lexer(columns=80, rows=24)
    edges = [0, *sorted(cuts), len(CLEAN)]
    for start, stop in pairwise(edges):
        lexer.feed(CLEAN[start:stop])
    whole = Lexer(columns=80, rows=24)
    whole.feed(CLEAN)
    assert lexer.close() == []
    assert lexer.shapes == whole.shapes
    assert lexer.left_behind() == []


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("\x1b[6n", "CSI 6 n"),
        ("\x1b[25;1H", "CSI 25;1 H"),
        ("\x1b[0;0H", "CSI 0;0 H"),
        ("\x1b[81X", "CSI 81 X"),
        ("\x1b[3J", "CSI 3 J"),
        ("\x1b[?1h", "CSI ?1h"),
        ("\x1b[?25;1h", "CSI ?1h"),
        ("\x1b[>4;2m", "CSI >4;2m"),
        ("\x1b[8;50;200t", "CSI 8;50;200 t"),
        ("\x1b[!p", "CSI !p"),
        ("\x1b[5m", "SGR 5"),
        ("\x1b[38;2;1;2;256m", "SGR 38;2;1;2;256"),
        ("\x1b[38;9m", "SGR 38;9;"),
        ("\x1bc", "ESC c"),
        ("\x1b(0", "ESC ("),
        ("\x1bP1$r0m\x1b\\", "ESC P"),
        ("\x1b_Gx\x1b\\", "ESC _"),
        ("\x1b]0;x\x07", "OSC 0;x"),
        ("\x1b]8;;https://evil.example\x07", "OSC 8;;https://evil.example"),
        ("\x1b]52;p;QQ==\x07", "OSC 52;p;QQ=="),
        ("\x1b]52;c;?\x07", "OSC 52;c;?"),
        ("\x1b]2;" + "x" * 81 + "\x07", "OSC 2;" + "x" * 58),
        ("\x1b]2;a\u202eb\x07", "OSC 2;a\u202eb"),
        ("\x9b31m", "control 0x9b"),
        ("\x00", "control 0x00"),
        ("\x7f", "control 0x7f"),
        ("\t", "control 0x09"),
        ("a\u202eb", "hidden code point U+202E"),
        ("a\u200db", "hidden code point U+200D"),
        ("\ufeff", "hidden code point U+FEFF"),
        ("\u3164", "hidden code point U+3164"),
        ("hi\U000e0069", "hidden code point U+E0069"),
        ("\x1b[", "unfinished"),
    ],
)
def test_everything_else_is_a_violation(written: str, what: str) -> None:
    assert violations(written.encode()) == [what]


def test_bytes_that_are_no_text_are_a_violation() -> None:
    assert violations(b"a\xffb") == ["hidden code point U+DCFF"]


def test_a_sequence_that_never_ends_is_a_violation() -> None:
    lexer = Lexer(columns=80, rows=24)
    lexer.feed(b"\x1b]52;c;" + b"A" * 200_000)
    assert lexer.close() != []


def test_a_killed_program_may_leave_its_last_sequence_unfinished() -> None:
    lexer = Lexer(columns=80, rows=24)
    lexer.feed(b"ok\x1b[3")
    assert lexer.close(was_killed=True) == []


def test_programs_that_are_not_the_desk_may_be_allowed_more() -> None:
    assert violations(b"\x1b[6n", also=frozenset({"CSI 6 n"})) == []


def test_what_a_shell_would_find_changed_is_listed() -> None:
    lexer = Lexer(columns=80, rows=24)
    lexer.feed(b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?25h\x1b[1m")
    assert lexer.left_behind() == ["?1049", "?2004", "SGR"]


@pytest.mark.parametrize("text", LEGITIMATE)
def test_what_people_really_write_hides_nothing(text: str) -> None:
    assert hidden(text.replace("\n", "")) == []


@pytest.mark.parametrize("name", ["ansi clear", "cursor report", "osc hyperlink", "bidi override", "tag characters", "c1 csi"])
def test_hostile_texts_are_violations_as_they_stand(name: str) -> None:
    assert violations(HOSTILE[name].encode("utf-8", "surrogatepass")) != []


def test_commands_to_the_terminal_are_kept_because_their_shape_alone_says_little() -> None:
    lexer = Lexer(columns=80, rows=24)
    lexer.feed(HOSTILE["osc clipboard"].encode())
    assert lexer.commands == ["52;c;cm0gLXJmIH4K"]


def test_no_shape_of_the_list_lets_any_parameter_through() -> None:
    assert not [shape for shape in LEARNT if "*" in shape or shape.endswith(" ")]
