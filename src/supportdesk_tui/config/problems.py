"""What is wrong in a file of the user's: told all at once, never one by one, and never a reason not to start."""

from collections.abc import Iterable, Sequence

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing wrong, and where."""

    file: str
    """Path as the user knows it, or the name of an environment variable."""
    key: str
    """Dotted key, e.g. `profiles.work.url`; empty when the file itself is the problem."""
    line: int | None
    text: str
    """What was expected, and what is used instead."""
    nearest: str = ""
    """The valid name closest to what was written."""
    is_warning: bool = False
    """It does what was written; whoever wrote it may not know what else it does."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place, self.key, self.text] if self.key else [place, self.text]
        hint = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return ": ".join(parts) + hint


class ConfigError(Exception):
    """Settings cannot be used; only commands that check or need them raise it, the desk starts with defaults."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def nearest_name(written: str, valid: Iterable[str]) -> str:
    """The valid name a typo most likely meant; empty when nothing is close."""
    from difflib import get_close_matches

    names = {name.casefold(): name for name in valid}
    found = get_close_matches(written.casefold(), names, n=1, cutoff=0.55)
    return names[found[0]] if found else ""
