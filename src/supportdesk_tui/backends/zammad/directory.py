"""What a Zammad calls things: groups, states, priorities, agents, macros and text modules."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import macros, mapping
from supportdesk_tui.backends.zammad.client import Zammad
from supportdesk_tui.backends.zammad.words import MERGED, REMOVED, to_priorities, to_states
from supportdesk_tui.domain.directory import Category, Directory, EscalationTarget, ServerMacro
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, Team
from supportdesk_tui.domain.ticket import Phase
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.text.secrets import admit_line

_LETTERS = "123456789"
MACRO_LIMIT = 500
"""Macros and text modules shown at most."""


async def learn(zammad: Zammad, *, attempts: int | None = None) -> Node:
    """Who we are, and groups, states and priorities into the lens; four requests at once. Answers our own record."""
    me, groups, states, priorities = await asyncio.gather(
        zammad.get("sign in", "/users/me", query={"full": "true"}, attempts=attempts),
        _groups(zammad),
        zammad.get("list the states", "/ticket_states", query={"per_page": "200"}, attempts=attempts),
        zammad.get("list the priorities", "/ticket_priorities", query={"per_page": "200"}, attempts=attempts),
    )
    user = me if me.at("assets").value is None else me.at("assets", "User", me.text("id"))
    agent = mapping.to_agent(user)
    known = groups or {number: one.text("name") for number, one in me.pairs("assets", "Group")}
    zammad.lens = replace(
        zammad.lens,
        me=agent.id,
        my_teams=agent.teams,
        groups=known or {str(team): f"group {team}" for team in agent.teams},
        states=to_states(states.each()),
        priorities=to_priorities(priorities.each()),
    )
    return user


async def _groups(zammad: Zammad) -> Mapping[str, str]:
    """Names of the groups; where agents may not list them, those of our own come with our record."""
    try:
        rows = (await zammad.get("list the groups", "/groups", query={"per_page": "200"})).each()
    except (Forbidden, NotFound):
        return {}
    return {one.text("id"): one.text("name") for one in rows if one.at("active").value is not False}


async def read(zammad: Zammad, me: Agent) -> Directory:
    """Everything the pickers show."""
    agents, kept = await asyncio.gather(_agents(zammad), _macros(zammad))
    lens = zammad.lens
    people: dict[AgentId, Agent] = {one.id: one for one in agents if one.teams} | {me.id: me}
    letters = dict(zip(lens.groups, _LETTERS, strict=False))
    named = {group: sanitize_line(name) for group, name in lens.groups.items()}
    known = [one for one in lens.states.values() if one.is_active and one.kind not in {MERGED, REMOVED}]
    return Directory(
        agents=tuple(sorted((_within(one, named) for one in people.values()), key=lambda agent: agent.name)),
        teams=tuple(Team(TeamId(group), name, letters.get(group, "")) for group, name in named.items()),
        statuses=tuple(one.status for one in sorted(known, key=lambda one: list(Phase).index(one.status.phase))),
        categories=tuple(Category(group, name) for group, name in named.items()),
        targets=tuple(
            EscalationTarget(letters[group], TeamId(group), name, ("summary",))
            for group, name in named.items()
            if group in letters
        ),
        macros=tuple(kept),
    )


def _within(agent: Agent, groups: Mapping[str, object]) -> Agent:
    """Only teams whose name is known."""
    from msgspec.structs import replace as changed

    known = tuple(team for team in agent.teams if team in groups)
    return agent if known == agent.teams else changed(agent, teams=known)


async def _agents(zammad: Zammad) -> Iterable[Agent]:
    """Who may own tickets."""
    try:
        query = {"query": "*", "permissions[]": "ticket.agent"}
        rows = await zammad.every("list the agents", "/users/search", query)
    except (Forbidden, NotFound):
        return ()
    return (mapping.to_agent(one) for one in rows if one.text("id") and one.at("active").value is not False)


async def _macros(zammad: Zammad) -> list[ServerMacro]:
    """Macros, then text modules."""

    async def rows(route: str) -> list[Node]:
        try:
            return await zammad.every("list the macros", route, {})
        except (Forbidden, NotFound):
            return []

    kept, modules = await asyncio.gather(rows("/macros"), rows("/text_modules"))
    found = [_macro(one) for one in kept if one.at("active").value is not False]
    found += [_module(one) for one in modules if one.at("active").value is not False]
    return found[:MACRO_LIMIT]


def _macro(row: Node) -> ServerMacro:
    does = ", ".join(name.partition(".")[2].removesuffix("_id") for name, _ in row.pairs("perform"))
    return ServerMacro(f"{macros.MACRO}{row.text('id')}", row.line("name"), admit_line(does))


def _module(row: Node) -> ServerMacro:
    return ServerMacro(f"{macros.MODULE}{row.text('id')}", row.line("name"), admit_line(mapping.plain(row.text("content"))))
