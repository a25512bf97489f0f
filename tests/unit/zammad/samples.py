"""Answers as the product's documentation shows them."""

import json
from functools import cache
from typing import Any

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad.words import Lens, to_priorities, to_states
from supportdesk_tui.domain.ids import AgentId, TeamId
from tests.specs.strict import FOLDER


@cache
def _all() -> list[dict[str, Any]]:
    return list(json.loads((FOLDER / "zammad" / "doc-samples.json").read_text())["samples"])


def answers(method: str, path: str) -> list[Node]:
    """What the documentation shows as answers of an operation."""
    wanted = (one for one in _all() if (one["method"], one["path"]) == (method, f"/api/v1{path}"))
    return [Node(said["body"]) for one in wanted for said in one["responses"] if said["body"] is not None]


def lens() -> Lens:
    """The documentation's own states and priorities, seen by its agent."""
    [states], [priorities] = answers("GET", "/ticket_states"), answers("GET", "/ticket_priorities")
    groups = {"1": "Sales", "2": "2nd Level", "3": "Service Desk"}
    return Lens(AgentId("3"), (TeamId("1"),), groups, to_states(states.each()), to_priorities(priorities.each()))
