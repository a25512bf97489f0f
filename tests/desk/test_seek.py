"""Words far up in a conversation, looked for at the running desk: page by page from the real server."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import value_of
from tests.driver import at_desk

MESSAGES = 400


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_word_of_the_first_messages_is_found_with_one_key(
    server: ServerThread, tmp_path: Path, size: tuple[int, int]
) -> None:
    with server.engine.begin() as connection:
        ticket, number = connection.execute(text("SELECT id, number FROM tickets WHERE phase = 'open' LIMIT 1")).one()
        first = int(connection.execute(text("SELECT max(seq) FROM entries")).scalar_one()) + 1
        start_at = int(connection.execute(text("SELECT max(at) FROM entries")).scalar_one())
        said = [
            (
                first + n, f"long-{n}", ticket, ("customer", "agent")[n % 2], "Zhang Min", start_at + n,
                f"message {n} of many" + (" kingfisher" if n == 30 else ""), "en", json.dumps([]), n + 1000,
            )
            for n in range(MESSAGES)
        ]  # fmt: skip
        connection.exec_driver_sql(
            "INSERT INTO entries (seq, id, ticket, kind, author, at, body, language, attachments, ordinal) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            said,
        )
    async with at_desk(server, tmp_path, size=size) as li:
        await li.run("ticket.number", str(number))
        await li.sees(f"message {MESSAGES - 1} of many")
        await li.press("/")
        await li.type("kingfisher")
        await li.press("enter")
        await li.sees("not found so far", "only in the newest")
        assert len(value_of(li.state.conversation.entries) or ()) < MESSAGES
        await li.press("shift+f3")
        await li.sees("message 30 of many kingfisher")
        await li.misses("looking further up")
