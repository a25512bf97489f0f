"""Every known error ends a command with words, a next step and its own exit code."""

import re
from pathlib import Path

import pytest

from supportdesk_tui.cli.group import EXIT_CODES
from supportdesk_tui.cli.outcomes import ExitCode, Stopped, stopped
from supportdesk_tui.config.problems import ConfigError, Problem
from supportdesk_tui.domain import errors
from supportdesk_tui.domain.errors import DeskError

CASES = [
    (errors.SignInNeeded("tickets"), ExitCode.SIGN_IN, "supportdesk login"),
    (errors.Unreachable("tickets", "connection refused"), ExitCode.CANNOT_REACH, "supportdesk doctor"),
    (errors.Ambiguous("reply"), ExitCode.CANNOT_REACH, "never does it twice"),
    (errors.RateLimited("tickets", after_s=7.2), ExitCode.CANNOT_REACH, "in 7 s"),
    (errors.BadPayload("tickets", path="$.items", expected="an array"), ExitCode.CANNOT_REACH, "doctor"),
    (errors.Forbidden("assign"), ExitCode.REFUSED, "whoami"),
    (errors.NotFound("ticket"), ExitCode.REFUSED, "tickets list"),
    (errors.Conflict("status"), ExitCode.REFUSED, "tickets show"),
    (errors.Refused("reply", "too long", request_id="r-1"), ExitCode.REFUSED, "r-1"),
    (errors.Unsupported("undo"), ExitCode.REFUSED, "whoami"),
    (errors.StorageError("outbox: disk full"), ExitCode.REFUSED, "config path"),
    (ConfigError([Problem("config.toml", "theme", 3, "no such theme")]), ExitCode.WRONG_USE, "config check"),
]


@pytest.mark.parametrize(("error", "code", "step"), CASES, ids=lambda value: type(value).__name__)
def test_error_ends_with_its_code_and_next_step(error: Exception, code: ExitCode, step: str) -> None:
    ending = stopped(error)
    assert ending.code is code
    assert step in ending.next_step
    assert str(ending).strip()


def test_every_error_of_the_tree_has_words_of_its_own() -> None:
    tree = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DeskError)}
    covered = {type(error) for error, _, _ in CASES}
    assert tree - covered == {DeskError, errors.BackendError}


def test_refused_fields_are_named_one_by_one() -> None:
    ending = stopped(errors.Refused("escalate", "not complete", fields={"txid": "is missing", "coin": "is unknown"}))
    assert "txid: is missing; coin: is unknown" in str(ending)


def test_own_ending_is_kept_as_it_is() -> None:
    mine = Stopped("no", code=ExitCode.WRONG_USE, next_step="yes")
    assert stopped(mine) is mine


@pytest.mark.parametrize(
    "text", [EXIT_CODES, (Path(__file__).parents[2] / "docs" / "cli.md").read_text()], ids=["help", "docs"]
)
def test_exit_codes_are_documented(text: str) -> None:
    assert set(re.findall(r"^\W*(\d)\b", text, re.MULTILINE)) == {str(code.value) for code in ExitCode}
