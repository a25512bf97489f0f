"""What is wrong in a file of the user's, as it is told: in the language of whoever reads it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.config.problems import Problem
from supportdesk_tui.i18n.catalog import _

if TYPE_CHECKING:
    from supportdesk_tui.commands.keymap import KeyProblem

_LONGEST = 2_000
"""Characters of one line."""


def said(problem: Problem) -> str:
    """One line about a problem of the settings or of a theme: where it is, what was expected, and what was probably meant."""
    return told(in_own_words(problem))


def in_own_words(problem: Problem) -> Problem:
    """A problem as it was found, in the language of whoever reads it."""
    from supportdesk_tui.ui.vocabulary import own_words

    return replace(problem, text=own_words(problem.text))


def told(problem: Problem) -> str:
    """One line about a problem that is in the reader's language already; names a user gave stay as they are, made safe."""
    from supportdesk_tui.text.safe import sanitize_line

    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    level = _("warning") if problem.is_warning else ""
    line = ": ".join(filter(None, (place, level, problem.key, problem.text)))
    line = _("{told} (did you mean {name}?)", told=line, name=problem.nearest) if problem.nearest else line
    return str(sanitize_line(line, _LONGEST))


def said_of_key(problem: "KeyProblem") -> str:
    """What is wrong with a key of the settings; a reason among its values is a message too."""
    values = {name: _(value) if name == "reason" else value for name, value in problem.values}
    return _(problem.text, **values)
