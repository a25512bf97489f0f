"""What happens elsewhere is on the screen by itself, through breaks of the line too, and nothing is left behind at the end."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Level, LinkPhase, Loaded, OutboxPhase
from supportdesk_tui.ui.alerts import Alerts
from tests.desk.people import asked, bodies, customer_writes, first_line, go_to, open_ticket, post, row_line, show_view
from tests.driver import AgentAtDesk, at_desk
from tests.sync.fake import until


@contextmanager
def lasting(folder: Path) -> Iterator[list[ServerThread]]:
    """A server whose database outlives it; `restarted` puts the next run behind the first one."""
    runs = [ServerThread(f"sqlite:///{folder / 'server.db'}", tickets=60, seed=1).start()]
    try:
        yield runs
    finally:
        runs[-1].stop()


def restarted(runs: list[ServerThread]) -> ServerThread:
    """The same server again: same database, same port."""
    port = int(runs[0].url.rpartition(":")[2])
    runs.append(ServerThread(runs[0].db_url, port=port).start())
    return runs[-1]


async def test_a_server_that_goes_and_comes_back_costs_nothing(tmp_path: Path) -> None:
    with lasting(tmp_path) as runs:
        async with at_desk(runs[0], tmp_path) as li:
            token = runs[0].token_for("mei.lin")
            await show_view(li, "unassigned")
            row = first_line(li)
            await open_ticket(li, row.id)
            await li.press("r")
            await li.type("half a reply")
            await asyncio.to_thread(runs[0].stop)
            await li.until(lambda state: state.link.phase is LinkPhase.LOST, "the loss is noticed")
            await li.sees("last heard", "as of")
            assert "live" not in li.text().splitlines()[0]
            assert li.app.desk.composer.text == "half a reply"
            await li.press("escape", "n")
            await li.press(*["backspace"] * len("half a reply"))
            await li.type("written off line")
            await li.press("ctrl+d")
            await li.until(lambda state: any(isinstance(item.change, Note) for item in state.outbox), "queued")
            await li.sees("waiting for the line", "Kept here: it goes out when the server is back")
            server = await asyncio.to_thread(restarted, runs)
            await post(server, f"/tickets/{row.id}/notes", token, {"body": "said before li was back"})
            await li.until(lambda state: state.link.phase is LinkPhase.LIVE, "back by itself")
            await li.until(lambda _: "said before li was back" in bodies(li), "resumed")
            await li.until(lambda _: "written off line" in bodies(li), "sent")
            await li.sees("● live")
            assert [bodies(li).count(one) for one in ("said before li was back", "written off line")] == [1, 1]
            await li.misses("waiting for the line")
            assert len(await asked(server, "SELECT 1 FROM entries WHERE body = 'written off line'")) == 1


async def test_a_revoked_token_is_noticed_without_a_key_and_keeps_what_is_written(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        for (hashed,) in await asked(server, "SELECT hash FROM tokens WHERE agent = 'a1'"):
            server.parts.tokens.revoke(str(hashed))
        await li.sees("sign in again")
        await li.press("n")
        await li.type("waits for a token")
        await li.press("ctrl+d")
        await li.until(lambda state: any(isinstance(item.change, Note) for item in state.outbox), "in the outbox")
        assert [item.phase for item in li.state.outbox if isinstance(item.change, Note)] == [OutboxPhase.QUEUED]
        await li.press("f5")
        await li.sees("sign in again")
        assert await asked(server, "SELECT 1 FROM entries WHERE body = 'waits for a token'") == []


async def test_rows_come_and_go_around_a_cursor_that_stays(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        token = server.token_for("mei.lin")
        await show_view(li, "unassigned")
        total = li.state.queue.total
        middle = li.state.queue.rows[total // 2]
        last = first_line(li, sum(str(row.team).startswith("frontline") for row in li.state.queue.rows) - 1)
        await go_to(li, last.id)
        index = li.state.queue.index
        urgent = {
            "channel": "chat",
            "customer": "fresh@example.test",
            "body": "My account was hacked right now",
            "subject": "!",
        }
        made = await post(server, "/inbound", server.inbound_token, urgent)
        await li.until(lambda state: made["ticket"] in {row.id for row in state.queue.rows}, "it is in the list")
        assert [row.id for row in li.state.queue.rows].index(made["ticket"]) < index  # type: ignore[arg-type]  # an id
        assert (li.state.queue.cursor, li.state.queue.index) == (last.id, index + 1)
        assert row_line(li, last.id).startswith("▸")
        index = li.state.queue.index
        below = li.state.queue.rows[index + 1].id if index + 1 < li.state.queue.total else li.state.queue.rows[index - 1].id
        await post(server, f"/tickets/{last.id}/changes", token, {"type": "assign", "agent": "a2"})
        await li.until(lambda state: last.id not in {row.id for row in state.queue.rows}, "it left the list")
        assert li.state.queue.cursor == below
        assert middle.id in {row.id for row in li.state.queue.rows}


async def test_what_a_colleague_changes_on_the_open_ticket_is_seen(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        token = server.token_for("mei.lin")
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        promise = {"type": "make_promise", "text": "call back before noon", "due_at": "2031-01-01T09:00:00Z"}
        await post(server, f"/tickets/{row.id}/changes", token, promise)
        await li.sees("call back before noon")
        await post(server, f"/tickets/{row.id}/changes", token, {"type": "assign", "agent": "a2"})
        await li.sees("took it")
        await li.until(lambda state: isinstance(state.conversation.detail, Loaded), "read again")
        assert li.state.conversation.detail.value.summary.owner == "a2"  # type: ignore[union-attr]  # loaded


def noises(agent: AgentAtDesk) -> list[str]:
    """What would ring: the engine's alerts, taken where the terminal would get them."""
    heard: list[str] = []
    agent.app.engine._common.alert = heard.append  # type: ignore[attr-defined]  # the engine's own hook
    return heard


async def test_work_given_to_me_and_coming_back_to_me_is_told_and_rings(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        heard = noises(li)
        token = server.token_for("zhou.min")
        await show_view(li, "unassigned")
        row = first_line(li)
        await post(server, f"/tickets/{row.id}/changes", token, {"type": "assign", "agent": "a1"})
        said = f"{row.number}: 周敏 assigned it to Li Wei"
        await li.sees(said)
        assert said in heard
        notice = li.state.view.notice
        assert notice is not None
        assert notice.level is Level.WARN
        escalate = {
            "type": "escalate",
            "team": "wallet-ops",
            "summary": "look at the tx",
            "fields": {"txid": "ab" * 32, "network": "TRC20"},
        }
        await post(server, f"/tickets/{row.id}/changes", server.token_for("li.wei"), escalate)
        ((task,),) = await asked(server, "SELECT id FROM tickets WHERE team = 'wallet-ops' ORDER BY created_at DESC LIMIT 1")
        finding = {"type": "return_task", "finding": "it is confirmed now"}
        await post(server, f"/tickets/{task}/changes", server.token_for("wang.lei"), finding)
        await li.until(lambda _: f"{row.number}: Wallet-Ops returned the task" in heard, "the way back rings")


async def test_a_deadline_of_mine_that_comes_near_is_told_once(server: ServerThread, tmp_path: Path) -> None:
    ((ticket, number),) = await asked(
        server,
        "SELECT id, number FROM tickets WHERE owner = 'a1' AND band < 2 AND NOT clock_paused AND clock_due IS NOT NULL LIMIT 1",
    )
    with server.engine.begin() as connection:
        soon = (time.time_ns() // 1_000_000) + 170_000
        connection.execute(text("UPDATE tickets SET clock_due = :soon WHERE id = :id"), {"soon": soon, "id": ticket})
    async with at_desk(server, tmp_path) as li:
        await li.matches(rf"{number} is due in [123] min")
        await li.run("desk.dismiss")
        await li.sees("Enter open")
        await show_view(li, "unassigned")
        row = first_line(li)
        for word in ("one", "two"):
            # The second one is told after the clocks were looked at for the first one.
            unread = next(one.unread for one in li.state.queue.rows if one.id == row.id)
            await customer_writes(server, row, word)
            await li.until(lambda state, unread=unread: any(one.unread > unread for one in state.queue.rows), "news")  # type: ignore[misc]  # bound at once
        assert not li.lines_with("is due in")


def test_nothing_rings_over_ssh_unless_asked_for() -> None:
    assert Alerts.wanted("auto", "auto", {}) == Alerts(bell=True, osc9=True)
    for remote in ({"SSH_CONNECTION": "1"}, {"SSH_TTY": "/dev/pts/1"}):
        assert Alerts.wanted("auto", "auto", remote) == Alerts(bell=False, osc9=False)
        assert Alerts.wanted("on", "on", remote) == Alerts(bell=True, osc9=True)
    assert Alerts.wanted("off", "off", {}) == Alerts(bell=False, osc9=False)


@pytest.mark.parametrize("way", ["ctrl+q", "while sending"])
async def test_leaving_lets_go_of_tasks_threads_and_sockets(server: ServerThread, tmp_path: Path, way: str) -> None:
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        if way == "while sending":
            await customer_writes(server, row, "are you there?")
            await li.press("A", "r")
            await li.type("leaving in the middle")
        await li.press("ctrl+q")
        if way == "while sending" and li.app.is_running and li.app.screen is not li.app.desk:
            await li.press("y")
        await until(lambda: not li.app.is_running)
    assert asyncio.all_tasks() == tasks
    # Threads of the loop's own pool, of the server's workers and of its one writer belong to others.
    ours = [one for one in set(threading.enumerate()) - threads if not one.name.startswith(("asyncio_", "AnyIO", "writer"))]
    assert ours == []
    await until(lambda: not server.service.server_state.connections)
    if way == "while sending":
        async with at_desk(server, tmp_path) as again:
            assert again.state.drafts[row.id].body == "leaving in the middle"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only where TCP can be told how long to wait")
async def test_a_client_that_went_without_a_goodbye_is_not_waited_for(server: ServerThread) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    await until(lambda: server.service.server_state.connections)
    (protocol,) = server.service.server_state.connections
    accepted = protocol.transport.get_extra_info("socket")
    assert 0 < accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 15_000
    writer.close()
    await writer.wait_closed()
