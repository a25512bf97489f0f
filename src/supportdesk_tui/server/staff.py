"""Who works here and which programs may deliver: what whoever runs the server does with its database in hand.

`serve agents` and `serve connectors` call this on the database itself, not over HTTP: the first administrator of an empty
database, and one who lost the password, have nobody to sign in as; whoever may write the file needs no leave of the server; and
no route has to be guarded. A server that runs meanwhile is not in the way: the database's lock lets one write at a time, and
each deed is an event on no ticket, which the server looks for once a second and at every sign-in (`Desk.catch_up`).
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.desk.refusals import BadRequest, Missing, Refusal
from supportdesk_tui.server.desk.transaction import Transaction
from supportdesk_tui.server.floor.authority import PERMISSIONS
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.routing import first_team
from supportdesk_tui.server.floor.words import TEAMS
from supportdesk_tui.server.http.tokens import keep_password, new_token, revoke_tokens
from supportdesk_tui.server.storage import tables

ROLES = tuple(PERMISSIONS)
ANSWERING = frozenset({"trainee", "l1", "l2", "lead"})
"""Roles that belong to the first line unless they are given teams."""
LEAST = 8
"""Characters of a password."""
MOST = 500
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CONNECTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Newcomer(Struct, kw_only=True):
    """Somebody who begins to work here."""

    login: str
    name: str
    role: str
    teams: Sequence[str] = ()
    """Their teams; none: the first line that answers their languages, where the role is of the first line."""
    languages: Sequence[str] = ("en",)
    password: str


class Member(Struct, kw_only=True):
    """An agent as they are listed."""

    agent: Agent
    has_password: bool
    tokens: int
    """Tokens that are good now."""


class Connector(Struct, kw_only=True):
    """A program that delivers what customers write."""

    name: str
    created_at: int
    """Milliseconds since 1970."""


def members(desk: Desk) -> list[Member]:
    """Everybody who works or worked here."""
    tokens = tables.tokens.c
    good = tokens.revoked_at.is_(None), tokens.expires_at > desk.clock()
    with desk.database.reading() as connection:
        keyed = set(connection.execute(select(tables.credentials.c.agent)).scalars())
        counted = connection.execute(select(tokens.agent, func.count()).where(*good).group_by(tokens.agent)).all()
    held: dict[str, int] = {row[0]: row[1] for row in counted}
    return [
        Member(agent=one, has_password=one.id in keyed, tokens=held.get(one.id, 0) if one.active else 0)
        for one in desk.agents.values()
    ]


def can_anybody_sign_in(found: Sequence[Member]) -> bool:
    """Whether there is an agent with a password or a token."""
    return any(one.agent.active and (one.has_password or one.tokens) for one in found)


def add(desk: Desk, newcomer: Newcomer) -> Agent:
    """Let somebody begin: they can sign in at once, and are offered tickets."""
    if not _LOGIN.fullmatch(newcomer.login):
        raise BadRequest("a login is small letters, digits and . _ @ + - only", field="login")
    agent = Agent(
        id="", login=newcomer.login, name=_name_of(newcomer), role=newcomer.role, languages=_languages(newcomer.languages)
    )
    agent.teams = _teams(newcomer.teams) if newcomer.teams else _first_line(agent)
    _check_role(agent.role)
    _check_password(newcomer.password)

    def work(tx: Transaction) -> Agent:
        if _find(tx, agent.login) is not None:
            raise Refusal(f"there is an agent {agent.login} already", field="login")
        ids = tx.connection.execute(select(tables.agents.c.id)).scalars()
        joined = msgspec.structs.replace(agent, id=f"a{max((int(one[1:]) for one in ids), default=0) + 1}")
        tx.record_agent(None, joined, "agent.joined", says=f"{joined.name} joined")
        keep_password(tx.connection, joined.id, newcomer.password)
        return joined

    return desk.transact(None, None, work)


def change(desk: Desk, login: str, **wanted: Any) -> Agent:
    """Give an agent another `role`, other `teams` or other `languages`."""
    if "role" in wanted:
        _check_role(wanted["role"])
    if "teams" in wanted:
        wanted["teams"] = _teams(wanted["teams"])
    if "languages" in wanted:
        wanted["languages"] = _languages(wanted["languages"])

    def work(tx: Transaction) -> Agent:
        before = _found(tx, login)
        after = msgspec.structs.replace(before, **wanted)
        if after != before:
            tx.record_agent(before, after, "agent.changed", says=f"{after.name}: {', '.join(wanted)} changed")
        return after

    return desk.transact(None, None, work)


def disable(desk: Desk, login: str) -> Agent:
    """Let somebody leave: their sessions end, nothing lets them in again, and their live tickets go back to the queue."""

    def work(tx: Transaction) -> Agent:
        before = _found(tx, login)
        after = msgspec.structs.replace(before, active=False, state="offline")
        tx.record_agent(before, after, "agent.left", says=f"{after.name} left")
        _sign_out(tx, after)
        keep_password(tx.connection, after.id, "")
        return after

    return desk.transact(None, None, work)


def set_password(desk: Desk, login: str, password: str) -> Agent:
    """Give an agent a new password, which ends their sessions; somebody who left works here again with it."""
    _check_password(password)

    def work(tx: Transaction) -> Agent:
        before = _found(tx, login)
        after = msgspec.structs.replace(before, active=True)
        if after != before:
            tx.record_agent(before, after, "agent.joined", says=f"{after.name} is back")
        _sign_out(tx, after)
        keep_password(tx.connection, after.id, password)
        tx.record_audit("agent.password", None, {}, says=f"{after.name} got a new password")
        return after

    return desk.transact(None, None, work)


def give_token(desk: Desk, login: str, label: str) -> str:
    """A token of an agent, for a machine of theirs."""

    def work(tx: Transaction) -> str:
        agent = _found(tx, login)
        if not agent.active:
            raise Refusal(f"{agent.name} has left: give a new password first", field="login")
        tx.record_audit("agent.token", None, {}, says=f"{agent.name} got a token")
        return new_token(tx.connection, agent.id, label=label)

    return desk.transact(None, None, work)


def sign_out(desk: Desk, login: str) -> Agent:
    """End every session of an agent."""
    return desk.transact(None, None, lambda tx: _sign_out(tx, _found(tx, login)))


def connectors(desk: Desk) -> list[Connector]:
    """Programs that may deliver, oldest first."""
    tokens = tables.tokens.c
    query = select(tokens.label, tokens.created_at).where(tokens.kind == "inbound", tokens.revoked_at.is_(None))
    with desk.database.reading() as connection:
        rows = connection.execute(query.order_by(tokens.created_at)).all()
    return [Connector(name=row.label, created_at=row.created_at) for row in rows]


def add_connector(desk: Desk, name: str) -> str:
    """A token for a program that delivers customers' messages; it is good until the connector is removed."""
    if not _CONNECTOR.fullmatch(name):
        raise BadRequest("a connector's name is letters, digits and . _ - only", field="name")

    def work(tx: Transaction) -> str:
        if tx.connection.execute(select(tables.tokens.c.hash).where(*_of_connector(name))).first() is not None:
            raise Refusal(f"there is a connector {name} already", field="name")
        tx.record_audit("connector.added", None, {}, says=f"{name} may deliver")
        return new_token(tx.connection, None, kind="inbound", label=name, days=0)

    return desk.transact(None, None, work)


def remove_connector(desk: Desk, name: str) -> None:
    """Let a program deliver no more."""

    def work(tx: Transaction) -> None:
        clause = _of_connector(name)
        if not revoke_tokens(tx.connection, clause[0] & clause[1] & clause[2]):
            raise Missing(f"there is no connector {name[:40]}")
        tx.record_audit("connector.removed", None, {}, says=f"{name} may not deliver any more")

    return desk.transact(None, None, work)


def _of_connector(name: str) -> tuple[Any, Any, Any]:
    tokens = tables.tokens.c
    return tokens.kind == "inbound", tokens.label == name, tokens.revoked_at.is_(None)


def _sign_out(tx: Transaction, agent: Agent) -> Agent:
    revoke_tokens(tx.connection, tables.tokens.c.agent == agent.id)
    tx.record_audit("agent.signed_out", None, {}, says=f"{agent.name} is signed out everywhere")
    return agent


def _find(tx: Transaction, login: str) -> Agent | None:
    row = tx.connection.execute(select(tables.agents).where(tables.agents.c.login == login)).mappings().first()
    return Agent(**row) if row else None


def _found(tx: Transaction, login: str) -> Agent:
    agent = _find(tx, login)
    if agent is None:
        raise Missing(f"there is no agent {login[:40]}")
    return agent


def _name_of(newcomer: Newcomer) -> str:
    name = " ".join(newcomer.name.split()) or newcomer.login.partition("@")[0].replace(".", " ").title()
    if not name.isprintable() or len(name) > 100:
        raise BadRequest("a name is one line of at most 100 characters", field="name")
    return name


def _check_role(role: str) -> None:
    if role not in PERMISSIONS:
        raise BadRequest(f"there is no role {role[:40]}", field="role")


def _check_password(password: str) -> None:
    if not LEAST <= len(password) <= MOST:
        raise BadRequest(f"a password has {LEAST} to {MOST} characters", field="password")


def _teams(given: Sequence[str]) -> list[str]:
    unknown = [one for one in given if one not in TEAMS]
    if unknown:
        raise BadRequest(f"there is no team {unknown[0][:40]}", field="team")
    return list(dict.fromkeys(given))


def _languages(given: Sequence[str]) -> list[str]:
    wrong = [one for one in given if not _LANGUAGE.fullmatch(one)]
    if wrong:
        raise BadRequest(f"a language is a code like en or zh, not {wrong[0][:40]}", field="language")
    return list(dict.fromkeys(given))


def _first_line(agent: Agent) -> list[str]:
    if agent.role not in ANSWERING:
        return ["duty"] if agent.role == "duty_manager" else []
    return list(dict.fromkeys(first_team(one, "USE") for one in agent.languages))
