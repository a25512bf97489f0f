"""Views that every product has, though it may keep none by these names."""

from msgspec.structs import replace

from supportdesk_tui.domain.ids import TeamId, ViewId
from supportdesk_tui.domain.queue import Owner, QueueQuery, View
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.text.secrets import admit_line

LIVE = QueueQuery(phases=LIVE_PHASES)


def usual() -> list[View]:
    """Mine, nobody's and everybody's, of what is not solved."""
    return [
        View(ViewId("mine"), sanitize_line("Mine"), replace(LIVE, owner=Owner.ME)),
        View(ViewId("unassigned"), sanitize_line("Unassigned"), replace(LIVE, owner=Owner.NOBODY)),
        View(ViewId("all"), sanitize_line("All open"), LIVE),
    ]


def of_team(word: str, team: TeamId, name: str) -> View:
    """What a team has; `word` is what the product calls one."""
    return View(ViewId(f"{word}-{team}"), admit_line(name), replace(LIVE, teams=frozenset({team})))
