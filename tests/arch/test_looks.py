"""Themes and languages are complete."""

import re
from pathlib import Path

import pytest

from tests.arch.source import PACKAGE, ROOT

CATALOGUES = sorted((PACKAGE / "i18n" / "locales").rglob("*.po"))
COLOUR = re.compile(r"""(?:["']|:\s*)(?:#[0-9a-fA-F]{3,8}\b|rgba?\()""")
"""In a string of its own, or in a style sheet."""


@pytest.mark.parametrize("path", sorted((ROOT / "themes").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_theme_has_no_problem(path: Path) -> None:
    from supportdesk_tui.theming.load import load_theme

    loaded = load_theme(path.stem, [path.parent])
    assert [str(problem) for problem in loaded.problems] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_message_of_a_language_is_translated(path: Path) -> None:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file)
    assert len(catalogue) > 0
    missing = [message.id for message in catalogue if message.id and (message.fuzzy or not _is_translated(message.string))]
    assert missing == []


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def test_code_that_draws_names_colours_only_by_token() -> None:
    named = [str(path.relative_to(ROOT)) for path in sorted((PACKAGE / "ui").rglob("*.py")) if COLOUR.search(path.read_text())]
    assert not named
