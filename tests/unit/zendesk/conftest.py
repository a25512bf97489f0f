"""A fake Zendesk of their own for tests that break it."""

from collections.abc import Iterator

import pytest

from tests.fakes.zendesk import Zendesk


@pytest.fixture
def server() -> Iterator[Zendesk]:
    """Served until the test ends; a finding against any request fails it."""
    made = Zendesk(tickets=45).start()
    yield made
    made.stop()
    assert not made.findings, "\n".join(dict.fromkeys(made.findings))
