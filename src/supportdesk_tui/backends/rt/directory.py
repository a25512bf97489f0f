"""What an RT calls things: queues, agents, and statuses, which REST 2 lists nowhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import mapping
from supportdesk_tui.backends.rt.client import MOST, PERSON, Rt
from supportdesk_tui.backends.rt.query import quoted
from supportdesk_tui.backends.rt.words import LIFECYCLES, PHASES, phase_of
from supportdesk_tui.domain.directory import Article, Category, Directory, EscalationTarget
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import TeamId
from supportdesk_tui.domain.people import Agent, Team
from supportdesk_tui.domain.ticket import LIVE_PHASES, Phase
from supportdesk_tui.text.safe import sanitize_line

_LETTERS = "123456789"
MOST_CLASSES = 20
"""Classes of articles that are looked into for the fields of their bodies."""


async def learn(rt: Rt) -> None:
    """Queues and statuses, into the lens: what queries and rows are read with."""
    found = await rt.get("list the queues", "/queues/all", query={"fields": "Name,Lifecycle", "per_page": "100"})
    queues = found.each("items")
    lifecycles = sorted({one.text("Lifecycle") or "default" for one in queues})
    learnt = await asyncio.gather(*(_statuses(rt, lifecycle) for lifecycle in lifecycles))
    phases: dict[str, Phase] = {}
    for one in learnt:
        phases |= one
    rt.lens = replace(rt.lens, queues={one.text("id"): one.text("Name") for one in queues}, phases=phases)


async def _statuses(rt: Rt, lifecycle: str) -> dict[str, Phase]:
    """Statuses of a lifecycle: those every RT has, and those its newest tickets are in or may go to."""
    usual = {name: PHASES[name] for name in LIFECYCLES.get(lifecycle, ())}
    active, inactive = await asyncio.gather(*(_seen(rt, lifecycle, which) for which in ("__Active__", "__Inactive__")))
    leads = await _lead_to(rt, [*active.values(), *inactive.values()])
    known = {status: phase_of(status, is_active=True) for status in active}
    known |= {status: phase_of(status, is_active=False) for status in inactive}
    return usual | {name: PHASES.get(name, Phase.OPEN) for name in leads} | known


async def _seen(rt: Rt, lifecycle: str, which: str) -> dict[str, str]:
    """Statuses the newest tickets are in, each with one ticket."""
    where = f"Lifecycle = {quoted(lifecycle)} AND Status = {quoted(which)}"
    rows = (await rt.tickets(where, fields={"fields": "Status"})).rows
    return {row.text("Status"): row.text("id") for row in rows if row.text("Status") and row.text("id").isdecimal()}


async def _lead_to(rt: Rt, tickets: Sequence[str]) -> set[str]:
    """Where the tickets may go: their links are asked of one ticket for each status, because RT takes its time to make them."""
    if not tickets:
        return set()
    where = " OR ".join(f"id = {int(one)}" for one in tickets)
    rows = (await rt.tickets(where, fields={"fields": "_hyperlinks"})).rows
    links = (link for row in rows for link in row.each("_hyperlinks"))
    return {link.text("to") for link in links if link.text("ref") == "lifecycle" and link.text("to")}


async def read(rt: Rt, me: Agent) -> Directory:
    """Everything the pickers show. Agents are the members of the groups an agent may see: nothing else says who may own."""
    await learn(rt)
    lens = rt.lens
    teams = tuple(TeamId(number) for number in lens.queues)
    rows = await _agents(rt)
    agents = {agent.id: agent for agent in (mapping.to_agent(row, teams) for row in rows)} | {me.id: me}
    names = {mapping.own_number(row): str(mapping.name_of(row)) for row in rows} | {lens.number: str(me.name)}
    rt.lens = replace(rt.lens, agents=frozenset(agents), names=names)
    return Directory(
        agents=tuple(sorted(agents.values(), key=lambda agent: agent.name)),
        teams=tuple(
            Team(TeamId(number), sanitize_line(name), letter)
            for (number, name), letter in zip(lens.queues.items(), _letters(len(lens.queues)), strict=True)
        ),
        statuses=tuple(mapping.status_of(name, lens) for name in sorted(lens.phases, key=lambda one: _rank(lens.phases[one]))),
        categories=tuple(Category(name, sanitize_line(name)) for name in lens.queues.values()),
        targets=tuple(
            EscalationTarget(letter, TeamId(number), sanitize_line(name), ("summary",))
            for (number, name), letter in zip(lens.queues.items(), _letters(len(lens.queues)), strict=True)
            if letter
        ),
    )


def _letters(count: int) -> list[str]:
    return [*_LETTERS[:count], *[""] * max(0, count - len(_LETTERS))]


def _rank(phase: Phase) -> int:
    return list(Phase).index(phase) if phase in LIVE_PHASES else len(Phase)


async def _agents(rt: Rt) -> list[Node]:
    try:
        wanted = [{"field": "Domain", "value": "UserDefined"}]
        groups = await rt.find("list the groups", "/groups", wanted, {})
        members = await asyncio.gather(*(_members(rt, group.text("id")) for group in groups[:20]))
        logins = sorted({login for group in members for login in group})
        if not logins:
            return []
        people = await rt.find(
            "list the agents",
            "/users",
            [{"field": "Name", "value": one} for one in logins],
            {"fields": f"{PERSON},_hyperlinks"},
        )
    except (Forbidden, NotFound):
        return []
    return [one for one in people if one.text("Name") in logins]


async def _members(rt: Rt, group: str) -> list[str]:
    try:
        read = await rt.get("read the group", "/group/{group}", values={"group": group})
    except (Forbidden, NotFound):
        return []
    return [one.text("id") for one in read.each("Members") if one.text("type") == "user"]


async def article_fields(rt: Rt) -> tuple[str, ...]:
    """Names of the fields that articles have: the body of one is whatever its class says."""
    classes = (await rt.get("list the classes", "/classes/all", query={"per_page": str(MOST)})).each("items")
    read = await asyncio.gather(*(_class(rt, one.text("id")) for one in classes[:MOST_CLASSES]))
    names = (field.text("name") for one in read for field in one.each("ArticleCustomFields"))
    return tuple(dict.fromkeys(name for name in names if name and "}" not in name))


async def _class(rt: Rt, number: str) -> Node:
    try:
        return await rt.get("read the class", "/class/{number}", values={"number": number})
    except (Forbidden, NotFound):
        return Node()


async def articles(rt: Rt, text: str, bodies: Sequence[str]) -> list[Article]:
    """Articles with the words: RT joins different fields by AND, so it is asked once for each."""
    asked = (
        rt.find(
            "search the articles",
            "/articles",
            [{"field": field, "operator": "LIKE", "value": text}],
            {"fields": "Name,Summary,CustomFields"},
        )
        for field in ("Name", "Summary", *(f"CustomField.{{{name}}}" for name in bodies))
    )
    found = {row.text("id"): row for rows in await asyncio.gather(*asked) for row in rows}
    return [mapping.to_article(row, rt.http.base) for row in found.values()]
