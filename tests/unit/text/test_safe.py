"""The strict filter: rules of the sanitiser, and the laws that hold for every input."""

import re
import subprocess
import sys
from itertools import accumulate
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.text.clusters import border_before, clusters, is_mark
from supportdesk_tui.text.safe import (
    FORBIDDEN,
    LIMIT,
    MARKS,
    NO_TEXT,
    SHOWN_CHARS,
    SHOWN_LINE,
    SHOWN_LINES,
    SafeText,
    cut,
    excerpt,
    join,
    lines,
    plain_emoji,
    reveal,
    sanitize,
    sanitize_line,
    sanitize_with_flags,
)
from tests.hostile import HOSTILE, HOSTILE_BYTES, LEGITIMATE

PIECES = st.sampled_from(
    [
        *(
            "\x1b",
            "\x9b",
            "\r\n",
            "\r",
            "\x85",
            "\t",
            "\n",
            "\ud800",
            "\u202e",
            "\u200b",
            "\u200d",
            "\u200c",
            "\ufe0f",
            "\ufe00",
        ),
        *(
            "\U000e0101",
            "\U000e0067",
            "\U000e007f",
            "\U0001f3f4",
            "\U0001f468",
            "\U0001f3fd",
            "❤",
            "1",
            "#",
            "\u20e3",
            "葛",
            "ک",
            "क",
        ),
        *("\u094d", "\u064b", "\u0301", "a", " ", "é", "\U0001f1e8", "\uffff", "\u3164", "‍👩", "\U00101234", "\U000101fd"),
    ]
)
ODD_TEXT = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join), st.sampled_from(list(HOSTILE.values())))


def marks_in_a_row(text: str) -> int:
    longest = now = 0
    for char in text:
        now = now + 1 if is_mark(char) else now if char in "\u200c\u200d" else 0
        longest = max(longest, now)
    return longest


def hidden_by_own_reading(text: str) -> list[str]:
    """A second opinion that shares no table with the filter: categories of the Unicode database."""
    allowed = (
        {"\n", "\u200c", "\u200d"}
        | {chr(code) for code in range(0xE0020, 0xE0080)}
        | set("\u0600\u0601\u0602\u0603\u0604\u0605")
    )
    allowed |= set("\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | {chr(code) for code in range(0x13430, 0x13440)}
    allowed |= {chr(code) for code in range(0x1BCA0, 0x1BCA4)}
    return [char for char in text if category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in allowed]


@given(ODD_TEXT)
def test_nothing_forbidden_is_left(raw: str) -> None:
    text = sanitize(raw)
    assert FORBIDDEN.search(text) is None
    assert hidden_by_own_reading(text) == []
    assert marks_in_a_row(text) <= MARKS
    assert not any(is_mark(line[0]) for line in text.split("\n") if line)


@given(ODD_TEXT)
def test_filtering_twice_changes_nothing_more(raw: str) -> None:
    text = sanitize(raw)
    again = sanitize_with_flags(str(text))
    assert again == (text, ())


@given(ODD_TEXT)
def test_text_grows_only_by_symbols_and_tabs(raw: str) -> None:
    assert len(sanitize(raw)) <= len(raw) + raw.count("\t") * 3 + len(raw.splitlines()) + 1


@given(ODD_TEXT, ODD_TEXT)
def test_safe_texts_joined_are_safe(left: str, right: str) -> None:
    both = join([sanitize(left), sanitize(right)])
    assert FORBIDDEN.search(both) is None
    assert hidden_by_own_reading(both) == []
    assert marks_in_a_row(both) <= MARKS


@given(ODD_TEXT)
def test_a_line_field_is_one_short_line(raw: str) -> None:
    text = sanitize_line(raw)
    assert "\n" not in text
    assert len(text) <= 200
    assert FORBIDDEN.search(text) is None


@given(st.binary())
def test_any_bytes_become_safe_text(raw: bytes) -> None:
    assert FORBIDDEN.search(sanitize(raw)) is None


@given(ODD_TEXT, st.integers(0, 30))
def test_a_cut_never_splits_a_character(raw: str, size: int) -> None:
    text = sanitize(raw)
    shorter = cut(text, size, end="")
    assert len(shorter) <= size
    assert text.startswith(shorter)
    whole = list(clusters(text))
    assert "".join(whole) == text
    assert len(shorter) in {0, *accumulate(map(len, whole))}
    assert sanitize(str(shorter)) == shorter


@given(ODD_TEXT)
def test_plain_emoji_stay_safe_text(raw: str) -> None:
    text = plain_emoji(sanitize(raw))
    assert isinstance(text, SafeText)
    assert sanitize_with_flags(str(text)) == (text, ())
    assert plain_emoji(text) == text
    assert "\ufe0f" not in text


@given(ODD_TEXT)
def test_an_excerpt_is_safe_and_within_its_bounds(raw: str) -> None:
    text, is_cut = excerpt(sanitize(raw))
    assert sanitize_with_flags(str(text)) == (text, ())
    assert max(map(len, text.split("\n"))) <= SHOWN_LINE
    assert is_cut == (text != sanitize(raw))


@pytest.mark.parametrize("text", LEGITIMATE)
def test_what_people_really_write_is_left_alone(text: str) -> None:
    assert sanitize_with_flags(text) == (text, ())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_has_nothing_forbidden_left(name: str) -> None:
    for text in (sanitize(HOSTILE[name]), sanitize_line(HOSTILE[name])):
        assert isinstance(text, SafeText)
        assert hidden_by_own_reading(text) == []


@pytest.mark.parametrize("name", HOSTILE_BYTES)
def test_hostile_bytes_have_nothing_forbidden_left(name: str) -> None:
    assert hidden_by_own_reading(sanitize(HOSTILE_BYTES[name])) == []


@pytest.mark.parametrize(
    ("raw", "text", "flags"),
    [
        ("\x1b[31mred", "␛[31mred", ("control_chars",)),
        ("a\x00\x07\x7f\x9bb", "a␀␇␡□b", ("control_chars",)),
        ("a\ud800\ufffe\U0001ffffb", "a□□□b", ("control_chars",)),
        ("a\r\nb\rc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf", ()),
        ("invoice\u202egnp.exe", "invoice□gnp.exe", ("bidi",)),
        ("re\u200bco\u00adver\ufeffy", "recovery", ("invisible",)),
        ("a\u200db \u200cc", "ab c", ("invisible",)),
        ("x\ufe0f", "x", ("invisible",)),
        ("1\ufe0f", "1", ("invisible",)),
        ("葛\U000e0100 a\U000e0100", "葛\U000e0100 a", ("invisible",)),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4", ("invisible",)),
        ("hi\U000e0069\U000e0067", "hi", ("invisible",)),
        ("👩\u200d👩\u200d👩\u200d👩\u200d👩", "👩\u200d👩\u200d👩\u200d👩👩", ("invisible",)),
        ("\u0301a\n\u0301b", "□\u0301a\n□\u0301b", ()),
        ("a" + "\u0301" * 20, "a" + "\u0301" * 8, ("combining",)),
        ("\u0938\u094d\u200d\u0915", "\u0938\u094d\u200d\u0915", ()),
        ("&#27; %1b \\x1b", "&#27; %1b \\x1b", ()),
        ("a\tb\n\tc", "a   b\n    c", ()),
        ("提\tb", "提  b", ()),
        ("\x1b\u202e\u200b", "␛□", ("bidi", "control_chars", "invisible")),
    ],
)
def test_each_rule(raw: str, text: str, flags: tuple[str, ...]) -> None:
    assert sanitize_with_flags(raw) == (text, flags)


def test_bytes_that_are_not_utf8_are_flagged() -> None:
    assert sanitize_with_flags(b"caf\xe9") == ("caf\ufffd", ("encoding",))


def test_line_breaks_in_a_line_field_are_shown() -> None:
    assert sanitize_line("\na\r\nb\nc\n") == "a⏎b⏎c"


def test_a_mark_after_a_line_break_cannot_stand_first_in_a_line_field() -> None:
    assert sanitize_line("\n\u0301a") == "□\u0301a"


def test_a_long_body_is_cut_and_flagged() -> None:
    text, flags = sanitize_with_flags("x" * (LIMIT + 5))
    assert len(text) == LIMIT
    assert flags == ("truncated",)
    assert sanitize_with_flags(b"x" * (LIMIT * 5)).flags == ("truncated",)


def test_growth_by_tabs_stays_within_the_limit() -> None:
    assert len(sanitize("\t" * 100, limit=100)) == 100


def test_safe_text_passes_through_as_it_is() -> None:
    text = sanitize("hello")
    assert sanitize(text) is text
    assert sanitize_line(sanitize("a\nb")) == "a⏎b"


def test_operations_on_safe_text_give_plain_text() -> None:
    text = sanitize("hello")
    assert type(text + "x") is str
    assert type(text[1:]) is str


def test_lines_and_join_are_each_others_inverse() -> None:
    text = sanitize("a\n\nb")
    assert lines(text) == ["a", "", "b"]
    assert join(lines(text), "\n") == text


def test_cut_counts_cells_when_told_how() -> None:
    def cells(text: str) -> int:
        return sum(2 if char > "\u2e80" else 1 for char in text)

    assert cut(sanitize("提现处理中"), 5, measure=cells) == "提现…"
    assert cut(sanitize("提现"), 4, measure=cells) == "提现"
    assert cut(sanitize("plain words"), 6, measure=cells) == "plain…"
    assert cut(sanitize("提现"), 0) is NO_TEXT
    assert cut(sanitize("提现"), 1, measure=cells, end="……") == ""


def test_a_flag_is_not_cut_in_half() -> None:
    flags = "🇨🇳🇯🇵🇺🇦"
    assert list(clusters(f"a{flags}e\u0301")) == ["a", "🇨🇳", "🇯🇵", "🇺🇦", "e\u0301"]
    assert border_before(flags, 3) == 2
    assert border_before(flags, 4) == 4
    assert border_before("a" + flags, 2) == 1


def test_letters_held_together_by_a_joiner_are_not_cut_apart() -> None:
    persian = sanitize("می\u200cخواهم")
    assert [cut(persian, size, end="") for size in (1, 2, 3, 4)] == ["م", "م", "م", "می\u200cخ"]


def test_an_excerpt_says_when_something_was_left_out() -> None:
    short = sanitize("a\nb")
    assert excerpt(short) == (short, False)
    many, is_cut = excerpt(sanitize("x\n" * (SHOWN_LINES * 2)))
    assert (many.count("\n"), is_cut) == (SHOWN_LINES - 1, True)
    wide, is_cut = excerpt(sanitize("x" * (SHOWN_LINE + 1) + "\nend"))
    assert wide == "x" * (SHOWN_LINE - 1) + "…\nend"
    assert is_cut
    big, is_cut = excerpt(sanitize(("y" * 100 + "\n") * 1_000))
    assert (len(big), is_cut) == (SHOWN_CHARS, True)


def test_plain_emoji_keep_one_picture_each() -> None:
    text = sanitize("👨‍👩‍👧‍👦 👍🏿 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ok 提现 \U0001faef")
    assert re.sub("\U0001faef|□", "?", plain_emoji(text)) == "👨 👍 ❤ 1 🏴 ok 提现 ?"
    assert "□" in plain_emoji(sanitize("\U0001faff"))
    assert plain_emoji(sanitize("🏽\u0301a")) == "□\u0301a"
    untouched = sanitize("plain")
    assert plain_emoji(untouched) is untouched


def test_the_raw_view_spells_out_what_is_odd() -> None:
    assert reveal("a\x1b[0m\u202e") == r"a\x1b[0m\u202e"
    assert reveal(b"a\xff") == r"a\xff"


@pytest.mark.parametrize(
    "clean", ["The quick brown fox.\n", "您好,您的提现已通过风控审核。\n", "Hello 您好 émile Нина — “q”\n"]
)
def test_a_large_clean_body_comes_back_unchanged(clean: str) -> None:
    body = clean * (1_000_000 // len(clean))
    assert sanitize_with_flags(body, limit=None) == (body, ())


def test_importing_the_filter_loads_no_toolkit() -> None:
    code = (
        "import sys, supportdesk_tui.text.safe; print(sorted({'textual', 'rich', 'selectolax', 'asyncio'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
