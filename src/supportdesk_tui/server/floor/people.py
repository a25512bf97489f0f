"""Agents as the rules see them."""

from msgspec import Struct, field


class Agent(Struct, kw_only=True):
    """Somebody who answers."""

    id: str
    login: str
    name: str
    role: str
    teams: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    skills: dict[str, int] = field(default_factory=dict)
    state: str = "available"
    capacity: int = 12
    active: bool = True
    """Whether they work here (still); the name of one who left stays with what they wrote."""


class Words(Struct, kw_only=True):
    """One thing said or done on a ticket; never changed once written."""

    seq: int
    id: str
    ticket: str
    kind: str
    author: str
    author_id: str | None
    at: int
    body: str
    key: str | None = None
    language: str = ""
    attachments: list[dict[str, str | int | bool]] = field(default_factory=list)
    ordinal: int = 0


class Promise(Struct, kw_only=True):
    """What somebody told a customer would happen, and by when."""

    id: str
    ticket: str
    text: str
    due_at: int
    owner: str | None
    state: str = "open"


class Customer(Struct, kw_only=True):
    """Who is asking; `context` holds the groups of the customer pane as they are sent."""

    id: str
    uid: str
    email: str
    name: str
    tier: str = "Regular"
    language: str = "en"
    context: dict[str, object] = field(default_factory=dict)
