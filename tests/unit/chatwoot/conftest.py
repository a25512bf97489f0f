"""A fake Chatwoot and two agents at it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend
from tests.contract.chatwoot_floor import EAGER, QUICK, world
from tests.fakes.chatwoot import FakeChatwoot


@pytest.fixture(scope="package")
def served() -> Iterator[FakeChatwoot]:
    """One fake for all tests here; every request of theirs keeps to the specification."""
    fake = FakeChatwoot(world())
    yield fake
    fake.stop()
    assert fake.watched.findings == []


@pytest.fixture
def fake(served: FakeChatwoot) -> FakeChatwoot:
    """The fake, with nothing broken and nothing counted."""
    served.watched.faults.clear()
    served.watched.forget()
    served.world.typed.clear()
    served.cable.mend()
    return served


@pytest.fixture
async def desk(fake: FakeChatwoot) -> AsyncIterator[ChatwootBackend]:
    """An agent, signed in."""
    backend = ChatwootBackend(fake.url, "token-alice", EAGER, limits=QUICK)
    await backend.open()
    fake.watched.forget()
    yield backend
    await backend.close()
