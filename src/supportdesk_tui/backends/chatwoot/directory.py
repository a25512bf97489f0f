"""What an account calls things: agents, teams, labels, inboxes, canned texts."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from msgspec.structs import replace as changed

from supportdesk_tui.backends.chatwoot import macro, mapping
from supportdesk_tui.backends.chatwoot.client import Chatwoot
from supportdesk_tui.backends.chatwoot.words import PHASES, Inbox
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.directory import Category, Directory
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, Team
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.text.secrets import admit_line

OPERATION = "read the directory"


async def learn(desk: Chatwoot) -> Node:
    """Inboxes, teams and agents, into the lens: what queries and rows are read with; the agents. Three requests at once."""
    inboxes, teams, agents = await asyncio.gather(
        desk.get(OPERATION, "/inboxes"), desk.get(OPERATION, "/teams"), desk.get(OPERATION, "/agents")
    )
    desk.lens = replace(
        desk.lens,
        my_teams=tuple(TeamId(one.text("id")) for one in teams.each() if one.flag("is_member")),
        agents={AgentId(one.text("id")): str(mapping.agent_name(one)) for one in agents.each() if one.text("id")},
        teams={one.text("id"): one.text("name") for one in teams.each() if one.text("id")},
        inboxes={
            one.text("id"): Inbox(one.text("name"), one.text("channel_type"))
            for one in inboxes.each("payload")
            if one.text("id")
        },
    )
    return agents


async def read(desk: Chatwoot, me: Agent) -> Directory:
    """Everything the pickers show, in seven requests at once; what this agent may not list is not shown."""
    agents, labels, canned, macros, fields = await asyncio.gather(
        learn(desk),
        _listed(desk, "/labels"),
        _listed(desk, "/canned_responses"),
        _listed(desk, "/macros"),
        _listed(desk, "/custom_attribute_definitions", {"attribute_model": "0"}),
    )
    titles = {one.text("attribute_key"): one.text("attribute_display_name") for one in fields.each()}
    desk.lens = replace(desk.lens, titles={key: title or key for key, title in titles.items() if key})
    known = {agent.id: agent for agent in map(mapping.to_agent, agents.each()) if agent.id}
    state = known[me.id].state if me.id in known else me.state
    known[me.id] = changed(me, teams=desk.lens.my_teams, state=state)
    return Directory(
        agents=tuple(sorted(known.values(), key=lambda agent: agent.name)),
        teams=tuple(Team(TeamId(number), sanitize_line(name)) for number, name in desk.lens.teams.items()),
        statuses=tuple(mapping.status_of(name) for name in PHASES),
        categories=tuple(Category(number, admit_line(inbox.name)) for number, inbox in desk.lens.inboxes.items()),
        tags=tuple(one.line("title") for one in labels.each("payload") if one.text("title")),
        macros=macro.listed(canned.each(), macros.each("payload")),
    )


async def _listed(desk: Chatwoot, route: str, query: Mapping[str, str] | None = None) -> Node:
    try:
        return await desk.get(OPERATION, route, query=query)
    except (Forbidden, NotFound):
        return Node()
