"""The words of this backend: what the pickers show."""

from sqlalchemy import select
from starlette.responses import Response

from supportdesk_tui.server.floor import words
from supportdesk_tui.server.http.call import Call, Endpoint, json_answer
from supportdesk_tui.server.http.mapping import agent_out
from supportdesk_tui.server.http.views import load_of
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

MAX_TAGS = 500


def get_directory(call: Call) -> Response:
    """Agents who work here, teams, statuses, categories, tags, targets, reasons, link hosts."""
    with call.desk.database.reading() as connection:
        used = connection.execute(select(tables.ticket_tags.c.tag).distinct().limit(MAX_TAGS)).scalars().all()
    return json_answer(
        schema.DirectoryOut(
            agents=[agent_out(one, load_of(call.desk, one.id)) for one in call.desk.agents.values() if one.active],
            teams=[schema.TeamOut(id=team, name=name) for team, name in words.TEAMS.items()],
            statuses=[
                schema.StatusOut(name=one.name, phase=one.phase, title=one.title)  # type: ignore[arg-type]  # words of the same table
                for one in words.STATUSES.values()
            ],
            categories=[
                schema.CategoryOut(code=one.code, title=one.title, required=list(one.required))
                for one in words.CATEGORIES.values()
            ],
            tags=sorted({*words.TAGS, *used}),
            targets=[
                schema.TargetOut(key=one.key, team=one.team, title=one.title, required=list(one.required))
                for one in words.TARGETS
            ],
            resolve_reasons=list(words.RESOLVE_REASONS),
            link_hosts=list(words.LINK_HOSTS),
        )
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/directory", says="Who and what one can choose from", run=get_directory, out=schema.DirectoryOut
    ),
)
