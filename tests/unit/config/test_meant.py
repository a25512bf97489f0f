"""What was probably meant is named where a word of a choice is misspelt."""

from pathlib import Path

import pytest

from tests.unit.config.test_load import load


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ('key_preset = "gmai"', "gmail"),
        ('locale = "zh_TW"', "zh_CN"),
        ('colours = "ful"', "full"),
        ("colours = 256", ""),
        ('[profiles.work]\nbackend = "nativ"', "native"),
        ('[cache]\nenabled = "yes"', ""),
        ('[gate]\nkinds = { advise = "never" }', "advice"),
        ('[gate]\nkinds = { advice = "nevr" }', "never"),
        ('[gate]\nreplace = ["advise_words"]', "advice_words"),
    ],
)
def test_the_value_of_a_choice_that_was_probably_meant_is_named(tmp_path: Path, text: str, nearest: str) -> None:
    (problem,) = load(tmp_path, text + "\n").problems
    assert problem.nearest == nearest


def test_a_choice_in_the_environment_names_the_nearest_too(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "", SUPPORTDESK_KEY_PRESET="gmai").problems
    assert (problem.file, problem.nearest) == ("SUPPORTDESK_KEY_PRESET", "gmail")
