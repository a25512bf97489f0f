"""What one schedule came to."""

from collections.abc import Sequence

from msgspec import Struct, field


class Intent(Struct):
    """One text that was to be sent."""

    marker: str
    ticket: str
    is_note: bool
    begun_at: float = 0.0
    """When its first letter was typed."""
    is_taken_back: bool = False
    is_gone: bool = False
    """It was delivered, and the server was put back to before that."""

    def is_named_in(self, line: str, among: "Sequence[Intent]") -> bool:
        """Whether a line tells of this text; cut right behind its marker, only where no other one's begins like it."""
        if f"{self.marker} " in f"{line} ":
            return True
        return f"{self.marker}…" in line and not any(one.marker.startswith(self.marker) for one in among if one is not self)


class Deed(Struct):
    """A tag that was put on, told from others by its name, and perhaps taken back."""

    marker: str
    count: int
    """Tickets it was meant for."""
    begun_at: float = 0.0
    is_undone: bool = False
    undone_at: float = 0.0


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
    untyped_because: list[str] = field(default_factory=list)
    """The screen at that moment."""
    unseen: int = 0
    """What was typed never came to the screen: nobody sends that."""
    lost: int = 0
    duplicated: int = 0
    wrong_ticket: int = 0
    wrong_visibility: int = 0
    early: int = 0
    """Called sent while the server had no such row."""
    unasked: int = 0
    """Sent without the word of the agent it waited for."""
    unread: int = 0
    """Sent once more although nobody had said whether it arrived."""
    reordered: int = 0
    """Tickets whose texts arrived in another order than they were sent in."""
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
