"""What a Zendesk calls things: agents, groups, statuses, fields, forms, tags and macros."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zendesk import mapping
from supportdesk_tui.backends.zendesk.client import Rows, Zendesk
from supportdesk_tui.backends.zendesk.words import PHASES, Field, default_statuses
from supportdesk_tui.domain.directory import Category, Directory
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, AgentState, Role, Team
from supportdesk_tui.domain.ticket import Status
from supportdesk_tui.text.safe import SafeText, sanitize_line
from supportdesk_tui.text.secrets import admit_line

SYSTEM_FIELDS = {
    "subject", "description", "status", "priority", "tickettype", "group", "assignee", "custom_status", "basic_priority",
}  # fmt: skip
"""Kinds of ticket fields the desk shows in places of their own."""
LETTERS = "123456789"


async def learn_people(zendesk: Zendesk, me: Node) -> None:
    """Who answers and in which groups, who is available, and which agent we are: into the lens."""
    members, states = await asyncio.gather(_memberships(zendesk), _states(zendesk))
    groups: dict[TeamId, str] = {}
    belongs: dict[str, list[TeamId]] = {}
    for page in members:
        zendesk.meet(page.whole)
        groups |= {TeamId(one.text("id")): one.text("name") for one in page.whole.each("groups") if one.text("id")}
        for row in page.rows:
            belongs.setdefault(row.text("user_id"), []).append(TeamId(row.text("group_id")))
    await _name_the_rest(zendesk, belongs, groups)
    mine = me.text("id")
    if me.text("default_group_id") and not belongs.get(mine):
        belongs[mine] = [TeamId(me.text("default_group_id"))] if TeamId(me.text("default_group_id")) in groups else []
    zendesk.meet(Node({"users": [me.value]}))
    names, current = states if states is not None else ({}, {})
    agents = {
        AgentId(person): _agent(zendesk, person, [team for team in teams if team in groups], current.get(person))
        for person, teams in belongs.items()
    }
    zendesk.lens = replace(
        zendesk.lens,
        agents=agents,
        me=agents.get(AgentId(mine)) or _agent(zendesk, mine, [], current.get(mine)),
        groups=groups,
        state_names=names,
        has_states=states is not None,
    )


def _agent(zendesk: Zendesk, person: str, teams: Sequence[TeamId], state: AgentState | None) -> Agent:
    name, role = zendesk.lens.people.get(person, (sanitize_line(f"#{person}"), ""))
    return Agent(
        id=AgentId(person),
        name=name,
        role=Role.ADMIN if role == "admin" else Role.L2,
        teams=tuple(dict.fromkeys(teams)),
        languages=(),
        skills=(),
        state=state or AgentState.AVAILABLE,
        load=0,
        capacity=0,
    )


async def _memberships(zendesk: Zendesk) -> list[Rows]:
    return await zendesk.every(
        "list the agents", "/group_memberships/assignable", "group_memberships", query={"include": "users,groups"}
    )


async def _name_the_rest(zendesk: Zendesk, belongs: dict[str, list[TeamId]], groups: dict[TeamId, str]) -> None:
    """What the sideloads did not bring: an account may leave them out."""
    strangers = [Node({"requester_id": person}) for person in belongs if person not in zendesk.lens.people]
    await zendesk.introduce(strangers)
    if {team for teams in belongs.values() for team in teams} - groups.keys():
        for page in await zendesk.every("list the groups", "/groups/assignable", "groups"):
            groups |= {TeamId(one.text("id")): one.text("name") for one in page.rows}


async def _states(zendesk: Zendesk) -> tuple[dict[int, str], dict[str, AgentState]] | None:
    """Names of agent statuses, and what each agent says; None in an account without omnichannel routing."""
    try:
        found = await zendesk.get("list who is available", "/agent_availabilities")
        named = await zendesk.get("list the agent statuses", "/agent_availabilities/agent_statuses")
    except (NotFound, Forbidden):
        return None
    names = {one.number("id"): one.text("name") or one.text("attributes", "name") for one in _listed(named)}
    return names, states_of(zendesk, found)


def _listed(found: Node) -> list[Node]:
    return found.each("data") or found.each("agent_statuses")


def states_of(zendesk: Zendesk, found: Node) -> dict[str, AgentState]:
    """What each agent says of themselves, by id."""
    said = [one.at("attributes") for one in found.each("data")]
    return {
        one.text("agent_id"): zendesk.lens.state(one.number("agent_status", "id"), one.text("agent_status", "name"))
        for one in said
        if one.text("agent_id")
    }


async def read(zendesk: Zendesk, me: Node) -> Directory:
    """Everything the pickers show; what this agent may not list is left out."""
    _, statuses, fields, forms, macros, tags = await asyncio.gather(
        learn_people(zendesk, me),
        _allowed(zendesk.get("list the statuses", "/custom_statuses"), "custom_statuses"),
        _allowed(zendesk.get("list the fields", "/ticket_fields"), "ticket_fields"),
        _allowed(zendesk.get("list the forms", "/ticket_forms", query={"active": "true"}), "ticket_forms"),
        _pages(zendesk, "list the macros", "/macros/active", "macros"),
        _allowed(zendesk.get("list the tags", "/tags", query={"page[size]": "100"}), "tags"),
    )
    learn_words(zendesk, statuses, fields, forms)
    lens = zendesk.lens
    return Directory(
        agents=tuple(
            sorted(lens.agents.values() if lens.me is None else ({**lens.agents, lens.me.id: lens.me}).values(), key=_by_name)
        ),
        teams=tuple(Team(team, sanitize_line(name)) for team, name in lens.groups.items()),
        statuses=tuple(one for one in lens.statuses.values() if one.name != "closed"),
        categories=tuple(
            Category(
                one.text("id"),
                one.line("name"),
                tuple(
                    name for name in lens.forms.get(one.text("id"), ()) if name in lens.fields and lens.fields[name].is_required
                ),
            )
            for one in forms
            if one.text("id")
        ),
        tags=tuple(one.line("name") for one in tags if one.text("name")),
        macros=tuple(mapping.to_macro(one) for one in macros if one.text("id")),
    )


def _by_name(agent: Agent) -> SafeText:
    return agent.name


def learn_words(zendesk: Zendesk, statuses: list[Node], fields: list[Node], forms: list[Node]) -> None:
    """Statuses, fields and forms, into the lens."""
    known, numbers, names = default_statuses(), {}, {}
    for one in statuses:
        category, number = one.text("status_category"), one.text("id")
        if category not in PHASES or not number or one.at("active").value is False:
            continue
        name = category if one.flag("default") else f"{category}/{number}"
        known[name] = Status(name, PHASES[category], one.line("agent_label") or admit_line(category))
        numbers[name], names[number] = number, name
    zendesk.lens = replace(
        zendesk.lens,
        statuses=dict(sorted(known.items(), key=lambda item: list(PHASES.values()).index(item[1].phase))),
        status_numbers=numbers,
        status_names=names,
        fields={one.text("id"): to_field(one) for one in fields if is_shown(one)},
        forms={one.text("id"): frozenset(number.text() for number in one.each("ticket_field_ids")) for one in forms},
    )


def is_shown(field: Node) -> bool:
    """Whether a ticket field is one of the account's own that an agent may fill."""
    is_off = field.at("active").value is False or field.at("agent_can_edit").value is False
    return bool(field.text("id")) and field.text("type") not in SYSTEM_FIELDS and not is_off


def to_field(row: Node) -> Field:
    """A ticket field."""
    return Field(
        number=row.text("id"),
        title=row.line("title"),
        kind=row.text("type"),
        is_required=row.flag("required"),
        options={one.text("value"): one.text("name") for one in row.each("custom_field_options") if one.text("value")},
    )


async def _allowed(asked: Awaitable[Node], key: str) -> list[Node]:
    try:
        return (await asked).each(key)
    except (Forbidden, NotFound):
        return []


async def _pages(zendesk: Zendesk, operation: str, route: str, key: str) -> list[Node]:
    try:
        return [row for page in await zendesk.every(operation, route, key) for row in page.rows]
    except (Forbidden, NotFound):
        return []
