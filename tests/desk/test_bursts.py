"""Keys typed ahead: they end where they would have ended one by one, without every step being drawn."""

from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.ui import bridge
from tests.driver import at_desk, key_event

KEYS = [*"jjjjjjkkkkkk" * 4, *"jjj"]
"""Down and up again, and at last to the fourth row."""


async def test_moves_typed_ahead_end_where_they_lead_and_are_drawn_now_and_then(
    server: ServerThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "LONGEST_S", 1.0)  # a busy machine is slow with every key
    async with at_desk(server, tmp_path) as agent:
        await agent.run("queue.first")
        await agent.settle()
        pane = agent.app.desk.queue_pane
        frames = [list(pane._lines)]
        moves = 0

        def look(_: object) -> None:
            nonlocal moves
            moves += 1
            if any(new is not old for new, old in zip(pane._lines, frames[-1], strict=True)):
                frames.append(list(pane._lines))

        end = agent.app.store.subscribe(look)
        for key in KEYS:
            agent.app.post_message(key_event(key))
        await agent.settle()
        end()
        assert moves >= len(KEYS)
        assert len(frames) <= len(KEYS) // 2
        assert agent.state.queue.index == 3
        agent.app.bridge.flush()
        glyph = pane.paint.glyphs.cursor
        here = [line.text for line in pane._lines if line.text.startswith(glyph)]
        assert len(here) == 1
        assert agent.state.queue.rows[3].number[-6:] in here[0]


async def test_text_typed_ahead_after_the_key_that_opens_the_composer_is_all_there(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as agent:
        for key in ("j", "j", "enter", "r", *"all of this"):
            agent.app.post_message(key_event("space" if key == " " else key))
        await agent.until(lambda _: agent.app.desk.composer.text == "all of this", "typed text")
        assert agent.state.conversation.ticket == agent.state.queue.rows[2 - agent.state.queue.start].id
