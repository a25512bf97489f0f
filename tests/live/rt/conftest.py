"""The real Request Tracker, shared with the contract suite: one server, one worker."""

import pytest

from tests.live.rt.server import RequestTracker, running, stop_running


@pytest.fixture(scope="session")
def rt() -> RequestTracker:
    """The running server."""
    return running()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that looks for news within its budget, and a server of many Perl processes, take their time on a busy machine."""
    monkeypatch.setattr("tests.driver.DEADLINE_S", 40.0)


def pytest_sessionfinish() -> None:
    """End it."""
    stop_running()
