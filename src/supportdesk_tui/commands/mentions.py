"""Colleagues named in a note."""

import re
from collections.abc import Iterable
from itertools import islice

from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.people import Agent

_MARK = re.compile("(?<![A-Za-z0-9])@")
"""Not the one of a mail address."""


def mentions(body: str, agents: Iterable[Agent]) -> tuple[AgentId, ...]:
    """The colleagues a note names with `@`, in the order of the directory; the full-width twin counts as well.

    Behind each `@` stands one name, the longest that fits: who writes `@Anna` does not mean Ann.
    """
    plain, known = body.replace("＠", "@"), tuple(agents)
    by_length = sorted((one for one in known if one.name), key=lambda one: -len(one.name))
    named = set()
    for mark in _MARK.finditer(plain):
        at = mark.end()
        meant = (one for one in by_length if plain.startswith(one.name, at) and _ends(plain, at + len(one.name)))
        named |= {one.id for one in islice(meant, 1)}
    return tuple(one.id for one in known if one.id in named)


def _ends(text: str, at: int) -> bool:
    """Whether a name that reaches up to here is whole; before Chinese, which has no spaces, every one is."""
    last, following = text[at - 1], text[at : at + 1]
    return not (last.isascii() and last.isalnum() and following.isascii() and following.isalnum())
