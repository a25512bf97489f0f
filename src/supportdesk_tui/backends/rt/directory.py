"""What an RT calls things: queues, agents, and statuses, which REST 2 lists nowhere."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import mapping
from supportdesk_tui.backends.rt.client import MOST, PERSON, Rt
from supportdesk_tui.backends.rt.query import quoted
from supportdesk_tui.backends.rt.words import LIFECYCLES, PHASES, Lens, phase_of
from supportdesk_tui.domain.directory import Article, Category, Directory, EscalationTarget
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, Team
from supportdesk_tui.domain.ticket import LIVE_PHASES, Phase
from supportdesk_tui.text.safe import sanitize_line

_LETTERS = "123456789"
_STATUS = {"fields": "Status,Queue"}
ENOUGH = 20
"""Tickets of a lifecycle among the newest of all that tell its statuses well enough."""
MOST_CLASSES = 20
"""Classes of articles that are looked into for the fields of their bodies."""


async def queues(rt: Rt) -> None:
    """Queues and their lifecycles, into the lens."""
    query = {"fields": "Name,Lifecycle", "per_page": str(MOST)}
    found = (await rt.get("list the queues", "/queues/all", query=query)).each("items")
    rt.lens = replace(
        rt.lens,
        queues={one.text("id"): one.text("Name") for one in found},
        lifecycles={one.text("id"): one.text("Lifecycle") or "default" for one in found},
    )


async def statuses(rt: Rt, *, with_leads: bool = False) -> None:
    """What statuses mean, into the lens: those every RT has, those the newest tickets are in, and where these may go.

    Where they lead is for the pickers: RT takes its time to make links, and no ticket is in a status met nowhere else.
    """
    lifecycles = dict.fromkeys(rt.lens.lifecycles.values())
    usual = {name: PHASES[name] for lifecycle in lifecycles for name in LIFECYCLES.get(lifecycle, ())}
    active, inactive = await asyncio.gather(*(_seen(rt, which) for which in ("__Active__", "__Inactive__")))
    known = {row.text("Status"): phase_of(row.text("Status"), is_active=True) for row in active}
    known |= {row.text("Status"): phase_of(row.text("Status"), is_active=False) for row in inactive}
    leads = await _lead_to(rt, [*active, *inactive]) if with_leads else set(rt.lens.phases)
    rt.lens = replace(rt.lens, phases=usual | {name: PHASES.get(name, Phase.OPEN) for name in leads} | known)


async def _seen(rt: Rt, which: str) -> list[Node]:
    """The newest tickets; of a lifecycle that has few among them, its own newest as well."""
    where = f"Status = {quoted(which)}"
    found = await rt.tickets(where, fields=_STATUS)
    rows = found.rows
    if found.total > len(rows):
        counts = Counter(_lifecycle(rt, row) for row in rows)
        rare = [one for one in dict.fromkeys(rt.lens.lifecycles.values()) if counts[one] < ENOUGH]
        more = await asyncio.gather(*(rt.tickets(f"{where} AND Lifecycle = {quoted(one)}", fields=_STATUS) for one in rare))
        rows = [*rows, *(row for one in more for row in one.rows)]
    return [row for row in rows if row.text("Status") and row.text("id").isdecimal()]


def _lifecycle(rt: Rt, row: Node) -> str:
    return rt.lens.lifecycles.get(row.text("Queue", "id"), "")


async def _lead_to(rt: Rt, rows: Sequence[Node]) -> set[str]:
    """Where the tickets may go: asked of one ticket for each status of a lifecycle."""
    wanted = {(_lifecycle(rt, row), row.text("Status")): int(row.text("id")) for row in rows}
    if not wanted:
        return set()
    where = " OR ".join(f"id = {one}" for one in wanted.values())
    linked = (await rt.tickets(where, fields={"fields": "_hyperlinks"})).rows
    links = (link for row in linked for link in row.each("_hyperlinks"))
    return {link.text("to") for link in links if link.text("ref") == "lifecycle" and link.text("to")}


async def agents(rt: Rt, me: Agent) -> tuple[Agent, ...]:
    """Who answers, into the lens: the members of the groups an agent may see, because nothing else says who may own."""
    teams = tuple(TeamId(number) for number in rt.lens.queues)
    rows = await _agents(rt)
    people = {agent.id: agent for agent in (mapping.to_agent(row, teams) for row in rows)} | {me.id: me}
    names = {mapping.own_number(row): str(mapping.name_of(row)) for row in rows} | {rt.lens.number: str(me.name)}
    rt.lens = replace(rt.lens, agents=rt.lens.agents | people.keys(), names=names)
    return tuple(people.values())


async def authors(rt: Rt, rows: Sequence[Node]) -> None:
    """Find out of whoever spoke, is known to answer by no group we may see, and asked no ticket we read, whether they answer.

    A person's own record tells agents whether somebody is privileged; each is asked for once.
    """
    spoken = {row.text("Creator", "id") for row in rows if row.text("Type") in mapping.SPOKEN}
    strangers = sorted(spoken - set(rt.lens.agents) - rt.customers - {"", "RT_System", str(rt.lens.me)})
    if strangers:
        found = await asyncio.gather(*(_is_privileged(rt, one) for one in strangers))
        answering = {AgentId(one) for one, is_agent in zip(strangers, found, strict=True) if is_agent}
        rt.customers |= set(strangers) - answering
        rt.lens = replace(rt.lens, agents=rt.lens.agents | answering)


async def _is_privileged(rt: Rt, login: str) -> bool:
    try:
        return (await rt.get("look who wrote", "/user/{user}", values={"user": login})).flag("Privileged")
    except (Forbidden, NotFound):
        return False


def shown(lens: Lens, people: Sequence[Agent]) -> Directory:
    """Everything the pickers show."""
    named = [
        (number, sanitize_line(name), letter)
        for (number, name), letter in zip(lens.queues.items(), _letters(len(lens.queues)), strict=True)
    ]
    return Directory(
        agents=tuple(sorted(people, key=lambda agent: agent.name)),
        teams=tuple(Team(TeamId(number), name, letter) for number, name, letter in named),
        statuses=tuple(mapping.status_of(name, lens) for name in sorted(lens.phases, key=lambda one: _rank(lens.phases[one]))),
        categories=tuple(Category(name, sanitize_line(name)) for name in lens.queues.values()),
        targets=tuple(EscalationTarget(letter, TeamId(number), name, ("summary",)) for number, name, letter in named if letter),
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
