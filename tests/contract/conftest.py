"""The backends under contract, each started once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability
from tests.contract.floor import FLOORS, Floor, open_floor


@pytest.fixture(
    scope="package", params=[pytest.param(name, marks=pytest.mark.xdist_group(f"contract-{name}")) for name in sorted(FLOORS)]
)
def floor(request: pytest.FixtureRequest) -> Iterator[Floor]:
    """A real backend."""
    yield from open_floor(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On each floor, what reads everything there is comes first, while there is little."""
    here = [number for number, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    floors = {name: number for number, name in reversed([(number, _floor_of(items[number])) for number in here])}
    ordered = sorted(here, key=lambda number: (floors[_floor_of(items[number])], items[number].path.stem != "test_reading"))
    for number, item in zip(here, [items[one] for one in ordered], strict=True):
        items[number] = item


def _floor_of(item: pytest.Item) -> str:
    """The floor a test stands on; its file where it needs none."""
    called = getattr(item, "callspec", None)
    return str(called.params["floor"]) if called and "floor" in called.params else item.path.stem


@pytest.fixture(autouse=True)
def _able(request: pytest.FixtureRequest) -> None:
    """Leave out what the product cannot do; `test_lacking.py` looks at what it says instead."""
    marker = request.node.get_closest_marker("needs")
    if marker is None:
        return
    lacks = request.getfixturevalue("floor").lacks
    missing: list[Capability] = [one for one in marker.args if one in lacks]
    if missing:
        pytest.skip("; ".join(f"{one.value}: {lacks[one]}" for one in missing))


@asynccontextmanager
async def signed_in(floor: Floor, login: str) -> AsyncIterator[Backend]:
    backend = floor.backend(login)
    await backend.open()
    yield backend
    await backend.close()


@pytest.fixture
async def desk(floor: Floor) -> AsyncIterator[Backend]:
    """The first agent, signed in."""
    async with signed_in(floor, floor.me) as backend:
        yield backend


@pytest.fixture
async def colleague(floor: Floor) -> AsyncIterator[Backend]:
    """The second agent, signed in."""
    async with signed_in(floor, floor.other) as backend:
        yield backend


def pytest_sessionfinish() -> None:
    """End the servers that several folders share."""
    from tests.live.rt.server import stop_running

    stop_running()
