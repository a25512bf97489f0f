"""A Zammad of its own for each test, and an agent at it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from supportdesk_tui.backends.zammad.adapter import ZammadBackend
from tests.unit.zammad.world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.served.stop()
    assert made.watched.findings == []


@pytest.fixture
async def desk(world: World) -> AsyncIterator[ZammadBackend]:
    backend = world.backend()
    await backend.open()
    world.watched.forget()
    yield backend
    await backend.close()
