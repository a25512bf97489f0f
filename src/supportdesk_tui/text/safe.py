"""The strict filter: whatever a stranger wrote becomes SafeText here, and nowhere else."""


class SafeText(str):
    """Text that holds no control, escape, bidi or invisible code point; only this module makes it."""

    __slots__ = ()


NO_TEXT = SafeText("")
