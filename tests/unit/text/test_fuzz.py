"""The short form of `python -m tests.tools.fuzz_text`, which draws others: twenty thousand random hostile texts."""

from tests.tools import fuzz_text

SEED = 739_577_000_000
"""The same texts in every run: what nobody has seen yet is looked for with `make fuzz`."""


def test_twenty_thousand_random_hostile_texts_leave_nothing_that_acts() -> None:
    assert fuzz_text.run(20_000, SEED, every=10) == []


def test_the_fuzzer_sees_what_the_filter_would_have_to_miss() -> None:
    assert list(fuzz_text._hidden_in("raw", "a\u202eb\x1b")) == ["raw: U+202E", "raw: control character"]
    assert any("\x1b" in text for text in fuzz_text.texts(1, 50))
