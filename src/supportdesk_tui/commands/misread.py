"""What is wrong in a search line, in words; for the desk and for the shell."""

from supportdesk_tui.domain.grammar import Problem, ProblemKind
from supportdesk_tui.i18n.catalog import _


def misread(problem: Problem) -> str:
    """One term that was not understood, why, and what was probably meant."""
    why = {
        ProblemKind.UNKNOWN_KEY: _("no such key"),
        ProblemKind.BAD_VALUE: _("no such value"),
        ProblemKind.NO_VALUE: _("a value is missing"),
        ProblemKind.NEGATED: _("cannot be turned round"),
        ProblemKind.OPEN_QUOTE: _("the quote is not closed"),
        ProblemKind.ONE_VALUE: _("takes one value, the last one holds"),
    }[problem.kind]
    said = _("{what}: {details}", what=problem.term, details=why)
    return f"{said} → {problem.nearest}" if problem.nearest else said
