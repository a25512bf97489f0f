"""Named queues with their counts."""

from starlette.responses import Response

from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.query import Criteria, parse
from supportdesk_tui.server.floor.views import VIEWS
from supportdesk_tui.server.http.call import Call, Endpoint, json_answer
from supportdesk_tui.server.storage import pages
from supportdesk_tui.wire import schema


def count(desk: Desk, want: Criteria) -> int:
    """How many tickets a query has; kept in memory where the clock has no say."""

    def counted() -> int:
        with desk.database.reading() as connection:
            return pages.count(connection, want, desk.clock())

    return desk.counts.count(want, counted)


def load_of(desk: Desk, agent: str) -> int:
    """Open tickets an agent owns."""
    return count(desk, Criteria(owners=frozenset({agent}), phases=frozenset({"new", "open", "pending", "on_hold", "snoozed"})))


def views_of(desk: Desk, agent: Agent) -> list[schema.ViewOut]:
    """Every view as this agent sees it."""
    return [
        schema.ViewOut(id=name, title=title, q=q, sort="clock", count=count(desk, parse(q, agent))) for name, title, q in VIEWS
    ]


def list_views(call: Call) -> Response:
    """The view bar."""
    return json_answer(views_of(call.desk, call.agent))


ENDPOINTS = (Endpoint(method="GET", path="/views", says="Named queues with counts", run=list_views, out=list[schema.ViewOut]),)
