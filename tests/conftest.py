"""What every test starts from, whatever the one before it did to the process."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from supportdesk_tui.i18n.catalog import SOURCE, set_locale

ABOUT_TIME = (HealthCheck.too_slow,)
settings.register_profile("suite", deadline=None, derandomize=True, database=None, suppress_health_check=ABOUT_TIME)
settings.register_profile("hunt", deadline=None, max_examples=1_000, database=None, suppress_health_check=ABOUT_TIME)
settings.load_profile("suite")
"""Properties are about what holds, not about how fast this machine is, and a run says the same as the one before it;
`--hypothesis-profile=hunt` looks for examples nobody has seen."""


@pytest.fixture(autouse=True)
def spoken_english() -> Iterator[None]:
    """One language per process is spoken: a test that changes it changes it for itself only."""
    set_locale(SOURCE)
    yield
    set_locale(SOURCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file that share what the first of them starts go to one worker, so that it is started once."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None and _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the search for garbage has no need to look at it after every test."""
    gc.collect()
    gc.freeze()


def _shares(item: pytest.Function) -> bool:
    found = item._fixtureinfo.name2fixturedefs.values()
    return any(ways[-1].scope == "module" and ways[-1].baseid.startswith("tests") for ways in found)
