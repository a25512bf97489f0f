"""A Zammad of its own for each test, and an agent at it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from supportdesk_tui.backends.zammad.adapter import ZammadBackend
from tests.unit.zammad.world import Port, World


@pytest.fixture(scope="package")
def port() -> Iterator[Port]:
    made = Port()
    yield made
    made.served.stop()


@pytest.fixture
def world(port: Port) -> Iterator[World]:
    made = World(port)
    yield made
    assert made.watched.findings == []


@pytest.fixture
async def desk(world: World) -> AsyncIterator[ZammadBackend]:
    backend = world.backend()
    await backend.open()
    world.watched.forget()
    yield backend
    await backend.close()
