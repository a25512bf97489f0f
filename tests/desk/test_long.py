"""A conversation of 100,000 messages on the real server: opening, scrolling and looking for words cost what is in sight."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import DeskState, value_of
from supportdesk_tui.ui.widgets.talk_span import PER_LINE, SIZE
from tests.driver import at_desk

MESSAGES = 100_000
_WORD = "kingfisher"


@pytest.fixture
def talked() -> Iterator[tuple[ServerThread, str]]:
    """A server with one ticket on which a hundred thousand messages were written, and the ticket's number."""
    with ServerThread(tickets=60, seed=1, ticking=False) as server:
        with server.engine.begin() as connection:
            ticket, number = connection.execute(text("SELECT id, number FROM tickets WHERE phase = 'open' LIMIT 1")).one()
            first = int(connection.execute(text("SELECT max(seq) FROM entries")).scalar_one()) + 1
            start_at = int(connection.execute(text("SELECT max(at) FROM entries")).scalar_one())
            said = [
                (
                    first + n, f"long-{n}", ticket, ("customer", "agent")[n % 2], "Zhang Min", start_at + n,
                    f"message {n} of many" + (f" {_WORD}" if n % 1000 == 500 else ""), "en", json.dumps([]), n + 1000,
                )
                for n in range(MESSAGES)
            ]  # fmt: skip
            connection.exec_driver_sql(
                "INSERT INTO entries (seq, id, ticket, kind, author, at, body, language, attachments, ordinal) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                said,
            )
        yield server, str(number)


async def test_long_conversation_is_opened_scrolled_and_searched_a_screen_at_a_time(
    talked: tuple[ServerThread, str], tmp_path: Path
) -> None:
    server, number = talked
    async with at_desk(server, tmp_path) as li:
        await li.run("ticket.number", number)
        await li.sees(f"message {MESSAGES - 1} of many")
        pane = li.app.desk.conversation

        def held() -> int:
            return len(value_of(li.state.conversation.entries) or ())

        def has_more(than: int, _: DeskState) -> bool:
            return held() > than

        assert held() <= 100
        oldest = held()
        for _ in range(8):
            await li.press("home")
            await li.until(partial(has_more, oldest), "older ones")
            oldest = held()
        assert len([block for block in pane.reader.blocks if block.entry]) <= SIZE + PER_LINE * pane.size.height
        await li.press("end")
        await li.sees(f"message {MESSAGES - 1} of many")
        assert pane.find(_WORD) == held() // 1000 + (held() % 1000 > 500)
