"""What Prism says is sorted rightly, and a machine without it says so; Prism itself runs in `make specs`."""

import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.serving import Answer, Request
from tests.specs import prism
from tests.specs.exceptions import KNOWN
from tests.specs.strict import checker

ASKED = Request("PUT", "/api/v2/tickets/35", "", {}, b"{}")
ANSWERED = Answer(409, {}, b"{}")


def findings(violations: str) -> set[str]:
    """As the client hears them."""
    told = httpx.Response(200, headers={"sl-violations": violations}, text="{}")
    return set(prism._findings(told, ANSWERED))


def test_violations_are_told_by_their_place_without_numbers() -> None:
    place, message = '["response","body","tickets","3","priority"]', "Response body property tickets.3.priority must be x"
    said = f'[{{"location":{place},"message":"{message}"}}]'
    assert findings(said) == {"response/body/tickets/#/priority: must be x"}
    assert findings(f"Too many violations! {said[:-1]},{{cut") == {"response/body/tickets/#/priority: must be x"}
    unknown = "Unable to match the returned status code with those defined in the document: 200"
    assert findings(f'[{{"location":["response"],"message":"{unknown}"}}]') == {"response: 409 is not among 200"}


def test_error_of_prism_itself_is_a_finding() -> None:
    answer = httpx.Response(500, json={"type": "https://stoplight.io/prism/errors#X", "title": "T", "detail": "D"})
    assert set(prism._findings(answer, ANSWERED)) == {"prism: T: D"}


@pytest.mark.parametrize(
    ("finding", "where"),
    [
        ("request/body/ticket/assignee_id: must be integer", "known"),
        ("request/body/ticket/status: must be x", "findings"),
        ("response: 409 is not among 200", "known"),
        ("response: 202 is not among 200", "findings"),
        ("request: Selected route not found", "outside"),
    ],
)
def test_findings_are_known_by_their_fact_or_fail_the_run(finding: str, where: str) -> None:
    verdict = prism.Verdict("zendesk")
    prism._sort(verdict, ASKED, finding)
    told: dict[str, Any] = verdict.told()
    assert [name for name in ("known", "findings", "outside") if told[name]] == [where]
    if where == "findings":
        with pytest.raises(AssertionError, match=r"must be x|202"):
            prism.report(verdict)
    assert "zendesk" in prism.printed([told])


def test_every_exception_has_a_pattern_and_a_fact() -> None:
    for product, known in KNOWN.items():
        for pattern, fact in known.items():
            assert re.compile(pattern).pattern == pattern
            assert len(fact) > 20, (product, pattern)


def test_the_requests_prism_must_object_to_are_wrong_by_the_strict_check_too() -> None:
    for product, request in prism.WRONG.items():
        is_open = product == "zammad"  # its inferred document asks for an object and no more, which only Prism reads so
        assert is_open or checker(product).check(request.method, request.url, request.json)


def test_machine_without_npm_is_told_loudly_that_nothing_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_HOME", str(tmp_path / "prism"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match=r"NO PRISM.*NOT checked"):
        prism.program()
