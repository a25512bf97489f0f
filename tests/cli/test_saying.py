"""Replies and notes from the shell while others write too, and what becomes of a text that does not leave."""

import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from supportdesk_tui.cli import spoken
from supportdesk_tui.server.runner import ServerThread
from tests.cli.conftest import Shell
from tests.cli.test_tickets import Become, bodies, number, overrides

__all__ = ["number"]


def post(server: ServerThread, path: str, token: str, body: dict[str, object]) -> None:
    """A request of somebody who sits elsewhere."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    httpx.post(f"{server.url}/api/v1{path}", headers=headers, json=body).raise_for_status()


def newest(desk: Shell, number: str) -> int:
    """What `show` says was said last."""
    found = re.search(r"^newest +entry (\d+)", desk("tickets", "show", number).output, re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_what_the_customer_wrote_after_what_was_seen_stops_a_reply(desk: Shell, server: ServerThread, number: str) -> None:
    seen = newest(desk, number)
    ticket = json.loads(desk("tickets", "show", number, "--json").output)
    assert ticket["entries"][-1]["seq"] == seen
    customer = ticket["ticket"]["summary"]["customer_id"]
    words = {"channel": "email", "customer": customer, "subject": f"Re: [{number}]", "body": "Never mind, it is here"}
    post(server, "/inbound", server.inbound_token, words)
    stopped = desk("tickets", "reply", number, "We look into it.", "--seen", str(seen))
    assert stopped.exit_code == 1
    assert "The customer wrote meanwhile (needs a reason)" in stopped.output
    assert "Never mind, it is here" in stopped.output
    assert bodies(server, "We look into it.") == []
    sent = desk("tickets", "reply", number, "We look into it.", "--seen", str(seen), "--anyway", "still true")
    assert sent.exit_code == 0, sent.output
    assert '"wrote"' in overrides(server, number)[-1]
    assert desk("tickets", "reply", number, "Thank you.", "--seen", str(newest(desk, number))).exit_code == 0
    assert desk("tickets", "reply", number, "One more thing.").exit_code == 0, "what is newest when it is read counts as seen"


def test_a_summary_and_a_fact_stand_before_the_gate_too(desk: Shell, server: ServerThread, number: str) -> None:
    task = ("tickets", "escalate", number, "w", "--field", "network=TRC20", "--field", f"txid={'ab' * 32}")
    phrase = "abandon " * 11 + "about"
    for more in (("--summary", phrase), ("--summary", "stuck", "--field", f"note={phrase}"), ("--summary", "see ⟦hash⟧")):
        stopped = desk(*task, *more, "--anyway", "they asked")
        assert stopped.exit_code == 1, stopped.output
        assert "never sent" in stopped.output
        assert "abandon" not in stopped.output
    card = ("--summary", "paid with 4111 1111 1111 1111")
    assert "needs a reason" in desk(*task, *card).output
    done = desk(*task, *card, "--anyway", "the bank asks for it")
    assert done.exit_code == 0, done.output
    assert "the bank asks for it" in overrides(server, number)[-1]


@pytest.fixture
def editor(desk: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An editor that puts the text of a file in front of what it is given."""
    text, script = tmp_path / "typed.txt", tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncat "{text}" "$1" > "$1.new" && mv "$1.new" "$1"\n', encoding="utf-8")
    script.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(script))
    monkeypatch.setattr(spoken, "is_at_terminal", lambda: True)
    return text


def kept(tmp_path: Path) -> list[str]:
    """Texts that were set aside."""
    return [path.read_text(encoding="utf-8") for path in (tmp_path / "state" / "unsent").glob("*.txt")]


def test_what_was_written_in_the_editor_is_kept_when_it_does_not_leave(
    desk: Shell, server: ServerThread, number: str, editor: Path, tmp_path: Path
) -> None:
    editor.write_text("I would buy now.\n", encoding="utf-8")
    stopped = desk("tickets", "reply", number)
    assert stopped.exit_code == 1
    assert "What you wrote is kept in" in stopped.output
    assert kept(tmp_path) == ["I would buy now.\n"]
    (path,) = (tmp_path / "state" / "unsent").glob("*.txt")
    assert path.stat().st_mode & 0o777 == 0o600
    editor.write_text("It has arrived.\n", encoding="utf-8")
    assert desk("tickets", "reply", number).exit_code == 0
    assert bodies(server, "It has arrived.") == ["agent"]
    assert len(kept(tmp_path)) == 1, "what the server has is kept nowhere else"


def test_nothing_is_written_in_vain_for_a_ticket_that_is_not_there(desk: Shell, editor: Path, tmp_path: Path) -> None:
    editor.write_text("For nobody.\n", encoding="utf-8")
    assert desk("tickets", "reply", "HX-000000-000000").exit_code == 1
    assert kept(tmp_path) == []


def test_what_waits_in_the_outbox_is_not_kept_a_second_time(
    desk: Shell, server: ServerThread, number: str, editor: Path, tmp_path: Path, sign_in: Become
) -> None:
    sign_in("noor.haddad")
    editor.write_text("An auditor may not say this either.\n", encoding="utf-8")
    refused = desk("tickets", "reply", number)
    assert refused.exit_code == 1
    assert "kept in the outbox" in refused.output
    assert kept(tmp_path) == []
    assert bodies(server, "An auditor may not say this either.") == []


def test_the_shell_looks_for_another_language_and_for_a_time_as_the_desk_does(desk: Shell) -> None:
    rows = json.loads(desk("tickets", "list", "phase:new,open", "--json").output)
    chinese = next(row["number"] for row in rows if row["language"] == "zh" and not row["open_promises"])
    stopped = desk("tickets", "reply", chinese, "Our team will look at it with care; it will take 2 hours.")
    assert stopped.exit_code == 1
    assert "Another language (needs a reason): The customer writes 中文, this is English." in stopped.output
    assert "A time without a promise (needs a reason)" in stopped.output
    assert "“it will take 2 hours”" in stopped.output
