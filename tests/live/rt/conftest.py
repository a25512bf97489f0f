"""The real Request Tracker, shared with the contract suite: one server, one worker."""

import pytest

from tests.live.rt.server import RequestTracker, running, stop_running


@pytest.fixture(scope="session")
def rt() -> RequestTracker:
    """The running server."""
    return running()


def pytest_sessionfinish() -> None:
    """End it."""
    stop_running()
