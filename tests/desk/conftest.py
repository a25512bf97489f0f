"""One real server for the desk tests of a process; each test has a desk and files of its own."""

from collections.abc import Iterator

import pytest

from supportdesk_tui.server.runner import ServerThread


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    """A seeded exchange, anew for every test file."""
    with ServerThread(tickets=60, seed=1) as running:
        yield running
