"""A fake Zendesk for tests that break it: served once, a new account for each test."""

from collections.abc import Iterator

import pytest

from tests.fakes.zendesk import Zendesk


@pytest.fixture(scope="module")
def served() -> Iterator[Zendesk]:
    """Starting and stopping take longer than most tests."""
    made = Zendesk(tickets=45).start()
    yield made
    made.stop()


@pytest.fixture
def server(served: Zendesk) -> Iterator[Zendesk]:
    """A new account; a finding against any request fails the test."""
    served.reset()
    yield served
    assert not served.findings, "\n".join(dict.fromkeys(served.findings))
