"""What every test starts from, whatever the one before it did to the process."""

from collections.abc import Iterator

import pytest

from supportdesk_tui.i18n.catalog import SOURCE, set_locale


@pytest.fixture(autouse=True)
def spoken_english() -> Iterator[None]:
    """One language per process is spoken: a test that changes it changes it for itself only."""
    set_locale(SOURCE)
    yield
    set_locale(SOURCE)
