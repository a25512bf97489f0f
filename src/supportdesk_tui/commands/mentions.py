"""Colleagues named in a note."""

from collections.abc import Iterable

from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.people import Agent


def mentions(body: str, agents: Iterable[Agent]) -> tuple[AgentId, ...]:
    """The colleagues a note names with `@`, in the order of the directory; the full-width twin counts as well."""
    plain = body.replace("＠", "@")
    return tuple(one.id for one in agents if f"@{one.name}" in plain)
