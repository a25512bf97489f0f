"""The real Request Tracker, shared with the contract suite: one server, one worker."""

from functools import partial

import pytest

from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.rt.adapter import Choices
from tests.live.rt.server import RequestTracker, running, stop_running


@pytest.fixture(scope="session")
def rt() -> RequestTracker:
    """The running server."""
    return running()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of the budget, which `test_cost.py` looks at, are not sat out."""
    eager = partial(Choices, budget=Budget(per_minute=600, quick_s=0.3))
    monkeypatch.setattr("supportdesk_tui.backends.rt.adapter.Choices", eager)


def pytest_sessionfinish() -> None:
    """End it."""
    stop_running()
