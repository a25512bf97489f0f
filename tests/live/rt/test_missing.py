"""A machine that cannot have a Request Tracker says so, and CI does not pass over it."""

from pathlib import Path

import pytest

from tests.live.rt import server


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_tests_are_left_out_loudly_and_fail_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(server, "PLACES", [tmp_path / "place"])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="NO REQUEST TRACKER"):
        server.RequestTracker()
