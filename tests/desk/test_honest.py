"""The desk never says more than it knows: old is called old, missing says why, and sent means the server has it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportdesk_tui.config.schema import Settings
from supportdesk_tui.server.faults import Fault, Faults
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Failed, LinkPhase, Loading, OutboxPhase, Pane
from supportdesk_tui.ui.screens.outbox import OutboxDialog
from tests.desk.people import QUEUE_WIDTH, asked, bodies, first_line, go_to, is_read, open_ticket, show_view
from tests.driver import at_desk
from tests.sync.fake import LeapClock


@pytest.fixture
def faults() -> Faults:
    """What is planned to go wrong."""
    return Faults()


@pytest.fixture
def frail(faults: Faults) -> Iterator[ServerThread]:
    """A seeded exchange that fails as planned."""
    with ServerThread(tickets=60, seed=1, faults=faults) as running:
        yield running


async def test_a_start_without_the_server_shows_what_was_known_and_calls_it_old(tmp_path: Path) -> None:
    with ServerThread(f"sqlite:///{tmp_path / 'server.db'}", tickets=60, seed=1) as server:
        url = server.url
        async with at_desk(server, tmp_path) as li:
            await show_view(li, "mine")
            known, never = li.state.queue.rows[0], li.state.queue.rows[1]
            await open_ticket(li, known.id)
            said = bodies(li)
            await li.until(lambda _: li.app.engine.busy == 0, "all of it on disk")  # type: ignore[attr-defined]  # the real engine
    async with at_desk(None, tmp_path, url=url) as li:
        assert li.state.queue.rows, "rows are there before anybody was asked"
        await li.until(lambda state: state.link.phase is LinkPhase.LOST, "nobody answers")
        await li.sees("as of", "offline")
        assert "live" not in li.text().splitlines()[0]
        await show_view(li, "mine")
        await go_to(li, known.id)
        await li.press("enter")
        await li.until(lambda _: bodies(li) == said, "what was said, from the disk")
        await li.until(lambda _: any("as of" in line[QUEUE_WIDTH:] for line in li.lines_with("as of")), "old in its pane too")
        await li.press("escape")
        await go_to(li, never.id)
        await li.press("enter")
        await li.until(lambda state: isinstance(state.conversation.entries, Failed), "could not be read")
        await li.sees("This ticket could not be read.", "⚠ not read: ", "F5 asks again")
        await li.press("n")
        await li.type("for later")
        await li.press("ctrl+d")
        await li.sees("waiting for the line", "offline · 1 queued", "Kept here: it goes out when the server is back")
        with ServerThread(f"sqlite:///{tmp_path / 'server.db'}", port=int(url.rpartition(":")[2])) as server:
            token = server.token_for("li.wei")
            assert token
            await li.press("f5")
            await li.until(lambda state: state.link.phase in {LinkPhase.SIGN_IN, LinkPhase.LIVE}, "asked at once")


async def test_nothing_loading_empty_and_failed_look_different_in_every_pane(
    frail: ServerThread, faults: Faults, tmp_path: Path
) -> None:
    async with at_desk(frail, tmp_path) as li:
        await li.sees("No ticket is open.", "Open a ticket to see who")
        await show_view(li, "unassigned")
        row = first_line(li)
        await go_to(li, row.id)
        faults.plan(Fault("status", method="GET", path="/customers/", status=503, times=9))
        faults.plan(Fault("latency", method="GET", path=f"/tickets/{row.id}/entries", seconds=1.5, times=1))
        await li.press("enter")
        await li.until(lambda state: isinstance(state.conversation.entries, Loading), "being read")
        await li.sees("Reading…")
        await li.until(lambda state: isinstance(state.conversation.customer, Failed), "customer failed")
        await li.sees("Not read: planned fault")
        await li.until(lambda _: bodies(li), "read")
        await li.misses("Reading…")
        faults.clear()
        await li.press("f5")
        await li.until(lambda _: is_read(li), "all read again")
        await li.misses("F5 asks again")
        await li.press("escape", "backslash")
        await li.type("zzzzz")
        await li.press("enter")
        await li.sees("Nothing fits.")
        await li.press("escape")
        faults.plan(Fault("status", method="GET", path="/tickets", status=503, times=99))
        await li.press("slash")
        await li.type("zanzibar")
        await li.press("enter")
        await li.until(lambda state: state.queue.search and not state.queue.is_loading, "answered")
        await li.sees("planned fault")
        assert not li.lines_with("Nothing waits here.")


async def test_sent_is_said_only_after_the_servers_answer_and_drawn_once(
    frail: ServerThread, faults: Faults, tmp_path: Path
) -> None:
    async with at_desk(frail, tmp_path, settings=Settings(hold_s=0)) as li:
        await show_view(li, "unassigned")
        await open_ticket(li, first_line(li).id)
        faults.plan(Fault("latency", method="POST", path="/replies", seconds=1.5, times=1))
        states: list[OutboxPhase] = []
        li.app.store.subscribe(lambda state: states.extend(item.phase for item in state.outbox[-1:]))
        await li.press("r")
        await li.type("OK: zebra")
        await li.press("ctrl+d")
        await li.sees("sending…")
        assert await asked(frail, "SELECT 1 FROM entries WHERE body = 'OK: zebra'") == []
        assert OutboxPhase.SENT not in states[-1:]
        await li.until(lambda _: "OK: zebra" in bodies(li), "the real entry")
        await li.until(lambda _: len(li.lines_with("OK: zebra")) == 1, "drawn once")
        await li.misses("sending…")
        faults.plan(Fault("cut_after", method="POST", path="/replies", times=1))
        await li.press("r")
        await li.type("OK: lost answer")
        await li.press("ctrl+d")
        await li.until(lambda _: "OK: lost answer" in bodies(li), "known by its entry")
        await li.until(lambda state: state.outbox[-1].phase is OutboxPhase.SENT, "found on the server")
        await li.until(lambda _: len(li.lines_with("OK: lost answer")) == 1, "drawn once too")
        assert len(await asked(frail, "SELECT 1 FROM entries WHERE body = 'OK: lost answer'")) == 1


async def test_a_refused_write_stays_in_sight_with_its_reason_and_its_way_out(
    frail: ServerThread, faults: Faults, tmp_path: Path
) -> None:
    async with at_desk(frail, tmp_path) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        faults.plan(Fault("status", method="POST", path="/notes", status=422, times=1))
        await li.press("n")
        await li.type("the server says no")
        await li.press("ctrl+d")
        await li.sees("✗ not sent: planned fault · D", "1 needs you · D")
        await li.press("escape", "D")
        assert isinstance(li.app.screen, OutboxDialog)
        await li.sees("refused", "the server says no", "planned fault")
        await li.press("enter")
        await li.until(lambda state: state.conversation.ticket == row.id and state.view.focus is Pane.CONVERSATION, "opened")
        await li.press("D", "r")
        await li.until(lambda _: "the server says no" in bodies(li), "sent at the second try")
        await li.until(lambda state: OutboxPhase.REFUSED not in {item.phase for item in state.outbox}, "nothing needs me")
        await li.misses("needs you")


async def test_a_held_reply_counts_down_and_goes_by_itself(server: ServerThread, tmp_path: Path) -> None:
    clock = LeapClock()
    async with at_desk(server, tmp_path, settings=Settings(hold_s=60)) as li:
        li.app.engine._common.clock = li.app.engine.outbox._clock = clock  # type: ignore[attr-defined]  # the real engine
        await show_view(li, "unassigned")
        await open_ticket(li, first_line(li).id)
        await li.press("r")
        await li.type("OK: minute")
        await li.press("ctrl+d")
        first = await li.matches(r"held (\d+) s · z takes it back")
        await li.until(lambda _: 0 < int(re.findall(r"held (\d+) s", li.text())[0]) < int(first[1]), "counted down")
        assert await asked(server, "SELECT 1 FROM entries WHERE body = 'OK: minute'") == []
        clock.later_s = 60
        li.app.engine.outbox.kick()  # type: ignore[attr-defined]  # as above
        await li.until(lambda _: "OK: minute" in bodies(li), "sent")
        assert len(await asked(server, "SELECT 1 FROM entries WHERE body = 'OK: minute'")) == 1
