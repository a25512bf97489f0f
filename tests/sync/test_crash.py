"""Killed at any moment, nothing that was taken is lost, doubled or put on another ticket; drafts survive."""

import random
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from supportdesk_tui.server.runner import ServerThread

ROUNDS = 5
PER_ROUND = 400


def test_killed_client_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Ground truth is the server's own table and what the client had said was on disk."""
    chance = random.Random(4711)
    with ServerThread(tickets=20, ticking=False) as server:
        token = server.token_for("li.wei")
        with server.engine.connect() as connection:
            rows = connection.execute(text("SELECT id FROM tickets WHERE phase = 'open' ORDER BY id LIMIT 3"))
            tickets = [str(row[0]) for row in rows]
        added: dict[int, str] = {}
        last_draft = ""
        for round_number in range(ROUNDS):
            is_last = round_number == ROUNDS - 1
            first = round_number * PER_ROUND
            count = 0 if is_last else PER_ROUND
            command = [sys.executable, "-m", "tests.sync.crasher", str(tmp_path), server.url, token, ",".join(tickets)]
            child = subprocess.Popen([*command, str(first), str(count)], stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            lives = chance.randint(1, 25)
            for line in child.stdout:
                word, *rest = line.split()
                if word == "start" and last_draft:
                    assert last_draft in rest
                if word == "added":
                    added[int(rest[0])] = rest[1]
                    last_draft = f"draft-{rest[0]}"
                    lives -= 1
                if lives == 0 and not is_last:
                    child.kill()
            child.wait(60)
            assert is_last == (child.returncode == 0)
        with server.engine.connect() as connection:
            rows = connection.execute(text("SELECT body, ticket, kind FROM entries WHERE body LIKE 'note-%'"))
            found = [(str(body), str(ticket), str(kind)) for body, ticket, kind in rows]
    assert len(found) == len({body for body, _, _ in found})
    assert {kind for _, _, kind in found} == {"note"}
    where = {body: ticket for body, ticket, _ in found}
    assert {number: where.get(f"note-{number}") for number in added} == added
    assert len(added) >= ROUNDS - 1
