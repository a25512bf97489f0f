"""A real server for every desk test, so that no test sees what another did."""

from collections.abc import Iterator

import pytest

from supportdesk_tui.server.runner import ServerThread


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """A seeded exchange, anew for every test."""
    with ServerThread(tickets=60, seed=1) as running:
        yield running
