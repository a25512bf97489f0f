"""The words a backend uses: who and what one can choose from."""

from datetime import datetime

from msgspec import Struct

from supportdesk_tui.domain.changes import FollowUp
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, Team
from supportdesk_tui.domain.ticket import Status
from supportdesk_tui.text.safe import SafeText


class Category(Struct, frozen=True):
    """A kind of question, with the facts it needs."""

    code: str
    title: SafeText
    required: tuple[str, ...] = ()


class EscalationTarget(Struct, frozen=True):
    """Where `!` and a letter lead, and what must be filled in."""

    key: str
    team: TeamId
    title: SafeText
    required: tuple[str, ...] = ()
    """Field names, e.g. `txid`, `summary`."""


class Article(Struct, frozen=True):
    """A help-centre article."""

    id: str
    title: SafeText
    url: str
    body: SafeText
    language: str
    reviewed_at: datetime | None = None
    review_due_at: datetime | None = None


class ServerMacro(Struct, frozen=True):
    """A macro or canned text the backend keeps itself; `Backend.read_macro` fills it in for a ticket."""

    id: str
    title: SafeText
    preview: SafeText
    """What it does, in a line."""


class MacroText(Struct, frozen=True):
    """A macro of the backend, filled in for one ticket: what would be written and done. Nothing has happened yet."""

    body: SafeText
    is_note: bool = False
    then: tuple[FollowUp, ...] = ()
    left_out: tuple[SafeText, ...] = ()
    """What it also does there that the desk cannot do."""


class Directory(Struct, frozen=True):
    """Everything the pickers show."""

    agents: tuple[Agent, ...] = ()
    teams: tuple[Team, ...] = ()
    statuses: tuple[Status, ...] = ()
    categories: tuple[Category, ...] = ()
    tags: tuple[SafeText, ...] = ()
    targets: tuple[EscalationTarget, ...] = ()
    resolve_reasons: tuple[str, ...] = ()
    macros: tuple[ServerMacro, ...] = ()
    link_hosts: tuple[str, ...] = ()
    """Hosts a reply may link to."""
    bad_items: int = 0
    """Items of its lists that could not be read and are missing here."""

    def agent(self, agent: AgentId | None) -> Agent | None:
        """The agent with this id, if known."""
        return next((one for one in self.agents if one.id == agent), None)

    def team(self, team: TeamId | None) -> Team | None:
        """The team with this id, if known."""
        return next((one for one in self.teams if one.id == team), None)


NO_DIRECTORY = Directory()
