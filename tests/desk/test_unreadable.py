"""A server that speaks a newer language, and the whole desk before it: what is not understood is said where it is missing."""

from pathlib import Path

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Loaded, Pane
from tests.driver import seat_in, sitting
from tests.net.spoiling import spoiling


async def test_newer_server_is_shown_as_far_as_it_is_understood_and_the_rest_is_said(
    server: ServerThread, tmp_path: Path
) -> None:
    token = server.token_for("li.wei")
    newer = (
        *((f'"priority":{n}'.encode(), b'"priority":9') for n in (1, 2, 3, 4)),
        (b'"title":"Promises"', b'"title":[4]'),
        (b'"name":"level"', b'"name":{"a":1}'),
    )
    async with spoiling(server.url, *newer) as url, sitting(seat_in(tmp_path, url=url, token=lambda: token)) as li:
        await li.until(lambda state: state.queue.rows and not state.queue.is_loading, "rows")
        await li.until(lambda state: state.queue.bad_views == 1, "the view that could not be read")
        await li.sees("⚠ views unreadable: 1", "Mine")
        await li.press("enter")
        await li.until(lambda state: isinstance(state.conversation.customer, Loaded), "the ticket and who is asking")
        await li.sees("1 item could not be read", "not known to this version, left as it is: priority “9”")
        await li.until(lambda state: isinstance(state.conversation.detail, Loaded), "the ticket itself")
        before = li.opened.version
        await li.press("+")
        await li.sees("does not know the priority “9”")
        await li.press("w")
        await li.until(lambda _: li.opened.version > before, "the ticket watched: other verbs work")
        assert li.state.view.focus is Pane.CONVERSATION
