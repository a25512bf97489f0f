"""What is wrong in a file of the user's, as it is told: in the language of whoever reads it."""

from supportdesk_tui.config.problems import Problem
from supportdesk_tui.i18n.catalog import _


def said(problem: Problem) -> str:
    """One line about a problem: where it is, what was expected, and the name that was probably meant."""
    from supportdesk_tui.ui.vocabulary import own_words

    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    level = _("warning") if problem.is_warning else ""
    told = ": ".join(filter(None, (place, level, problem.key, own_words(problem.text))))
    return _("{told} (did you mean {name}?)", told=told, name=problem.nearest) if problem.nearest else told
