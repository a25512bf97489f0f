"""What ends the desk when something breaks where nobody waits for it."""

from pathlib import Path

import pytest
from textual.app import App

from supportdesk_tui.ui.crash import guard_crashes

SECRET = "a customer's words"


class Breaking(App[None]):
    """An app that something breaks in, in the background."""

    def on_mount(self) -> None:
        self.run_worker(self._work())

    async def _work(self) -> None:
        raise ValueError(SECRET)


def report_in(folder: Path) -> str:
    (report,) = folder.iterdir()
    return report.read_text(encoding="utf-8")


async def test_error_in_the_background_ends_the_app_with_a_report_of_where_it_was(tmp_path: Path) -> None:
    app = Breaking()
    guard_crashes(app, tmp_path)
    with pytest.raises(ValueError, match=SECRET):
        async with app.run_test() as pilot:
            await pilot.pause()
    text = report_in(tmp_path)
    assert "builtins.ValueError" in text
    assert "in _work" in text
    assert SECRET not in text
    assert app.return_code == 1
