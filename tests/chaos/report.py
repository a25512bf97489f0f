"""What one schedule came to."""

from msgspec import Struct, field


class Intent(Struct):
    """One text that was to be sent."""

    marker: str
    ticket: str
    is_note: bool
    begun_at: float = 0.0
    """When its first letter was typed."""
    is_taken_back: bool = False


class Report(Struct):
    """What came of one schedule."""

    seed: int
    kind: str
    said: str
    intents: int = 0
    delivered: int = 0
    shown: int = 0
    """Not delivered, and the desk says so: outbox or draft."""
    taken_back: int = 0
    unsaved: int = 0
    """Typed less than a second before the client was killed, and gone with it: draft loss, not the loss of a reply."""
    untyped: int = 0
    """The ticket or its composer never came to the screen: nothing was typed."""
    unseen: int = 0
    """What was typed never came to the screen: nobody sends that."""
    lost: int = 0
    duplicated: int = 0
    wrong_ticket: int = 0
    wrong_visibility: int = 0
    early: int = 0
    """Called sent while the server had no such row."""
    gate: int = 0
    violations: int = 0
    """Of the lexer."""
    draft_chars: int = 0
    draft_s: float = 0.0
    restarts: int = 0
    echoes: list[float] = field(default_factory=list)
    """Seconds from a key to its letter on the terminal."""
    problems: list[str] = field(default_factory=list)
    faults: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Nothing that must not be."""
        return not self.problems
