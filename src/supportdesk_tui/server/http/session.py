"""Signing in and out, and what the token in use may do."""

from datetime import UTC, datetime

from starlette.responses import Response

from supportdesk_tui import __version__
from supportdesk_tui.server.desk.refusals import Forbidden, Missing
from supportdesk_tui.server.floor.authority import PERMISSIONS
from supportdesk_tui.server.http.call import Call, Endpoint, few_words, json_answer, need, reads
from supportdesk_tui.server.http.mapping import agent_out
from supportdesk_tui.server.http.views import load_of
from supportdesk_tui.wire import schema

PRODUCT = f"Harbor desk {__version__}"


def health(_call: Call) -> Response:
    """Alive, and which server."""
    return json_answer(schema.Health(ok=True, version=__version__, at=datetime.now(UTC)))


def sign_in(call: Call) -> Response:
    """A token for a login and password."""
    given: schema.SignIn = call.body
    client = call.request.client.host if call.request.client else ""
    known = call.tokens.sign_in(given.login, given.password, client)
    call.desk.catch_up()
    agent = call.desk.agents[known]
    token = call.tokens.issue(agent.id, label=given.label)
    return json_answer(schema.SignedIn(token=token, agent=agent_out(agent, load_of(call.desk, agent.id))))


def get_session(call: Call) -> Response:
    """Who the token belongs to."""
    agent = agent_out(call.agent, load_of(call.desk, call.agent.id))
    permissions = sorted(PERMISSIONS[call.agent.role])
    return json_answer(schema.SessionOut(agent=agent, permissions=permissions, server=PRODUCT, at=datetime.now(UTC)))


def sign_out(call: Call) -> Response:
    """Revoke the token in use."""
    call.tokens.revoke(call.token_hash)
    return Response(status_code=204)


def sign_out_everywhere(call: Call) -> Response:
    """Revoke every token of an agent: one's own, or as an administrator anybody's."""
    agent = call.path["agent"]
    if agent not in {call.agent.id, "me"} and call.agent.role != "admin":
        raise Forbidden("the tokens of others are for administrators")
    agent = call.agent.id if agent == "me" else agent
    if agent not in call.desk.agents:
        raise Missing(f"there is no agent {agent[:40]}")
    call.tokens.revoke_all(agent)
    return Response(status_code=204)


def set_state(call: Call) -> Response:
    """Say whether work may reach me."""
    need(call, "agent_state")
    given: schema.AgentStateIn = call.body
    agent = call.desk.set_state(call.agent, given.state)
    return json_answer(agent_out(agent, load_of(call.desk, agent.id)))


ENDPOINTS = (
    reads("/health", "Alive, and which server", health, schema.Health, who="anyone"),
    few_words("POST /session", "Sign in", sign_in, schema.SignIn, out=schema.SignedIn, who="anyone", refusals=(401, 429)),
    reads("/session", "Who am I", get_session, schema.SessionOut),
    Endpoint(method="DELETE", path="/session", says="Sign out", run=sign_out, status=204),
    Endpoint(
        method="DELETE",
        path="/agents/{agent}/tokens",
        says="Sign an agent out everywhere",
        run=sign_out_everywhere,
        status=204,
        refusals=(403, 404),
    ),
    few_words("PUT /agents/me/state", "Set my state", set_state, schema.AgentStateIn, out=schema.AgentOut, refusals=(403,)),
)
