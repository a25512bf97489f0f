"""A client and its clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sync.fake import FakeServer, HandClock
from tests.unit.sync.client import Client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def client(tmp_path: Path, clock: HandClock) -> AsyncIterator[Client]:
    one = Client(tmp_path, FakeServer(), clock)
    yield one
    await one.die()
