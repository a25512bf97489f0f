"""What the mouse does on the whole desk, and that what it points at is what is shown."""

from pathlib import Path

from supportdesk_tui.server.runner import ServerThread
from tests.driver import at_desk


async def test_a_menu_as_high_as_the_one_before_shows_its_own_choices(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(120, 36)) as agent:
        await agent.press("g")
        await agent.sees("Go to", "case number")
        await agent.press("escape", "!")
        await agent.sees("Escalate to")
        assert not agent.lines_with("case number")
