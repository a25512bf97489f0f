#!/usr/bin/env python3
"""How long a customer's message takes from the server to the screen, on loopback, in a headless desk of 160x48.

    live.py                60 messages one by one, then bursts of 20 at once
    live.py --messages 200 --tickets 300

The clock starts before the request and again at the server's answer (the commit lies between); it stops when the store
has the entry, and when a frame that shows it is painted. The server is a process of its own, as in `supportdesk demo`.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from tests.driver import AgentAtDesk  # noqa: E402

from supportdesk_tui.cli.assemble import Seat, assemble  # noqa: E402
from supportdesk_tui.config.schema import Settings  # noqa: E402
from supportdesk_tui.domain.ticket import TicketSummary  # noqa: E402
from supportdesk_tui.store.state import value_of  # noqa: E402

MUST_MS = 150.0
LOST_S = 3.0
DEADLINE_S = 10.0


class Watch:
    """Notes when a text is in the store and when it is painted."""

    def __init__(self, agent: AgentAtDesk) -> None:
        self.agent = agent
        self.stored: dict[str, float] = {}
        self.painted: dict[str, float] = {}
        self.wanted: set[str] = set()
        self._done = asyncio.Event()
        agent.app.store.subscribe(lambda _: self._look())

    def _look(self) -> None:
        entries = value_of(self.agent.state.conversation.entries) or ()
        fresh = {str(entry.body) for entry in entries[-40:]} & self.wanted - self.stored.keys()
        if fresh:
            now = time.perf_counter()
            self.stored.update(dict.fromkeys(fresh, now))
            # Behind the bridge's drawing in the app's queue, then behind the screen's next refresh.
            self.agent.app.call_later(lambda: self.agent.app.desk.call_after_refresh(self._painted))

    def _painted(self) -> None:
        """The newest entry of a frame is in sight; those of a burst above it may have left the screen already."""
        shown, now = self.agent.text(), time.perf_counter()
        newest = value_of(self.agent.state.conversation.entries)[-1].body
        if newest in shown:
            self.painted.update(dict.fromkeys(self.stored.keys() - self.painted.keys(), now))
        if self.wanted <= self.painted.keys():
            self._done.set()

    async def all_of(self, texts: set[str]) -> None:
        """Wait until these are painted."""
        self.wanted |= texts
        self._done.clear()
        async with asyncio.timeout(DEADLINE_S):
            while not texts <= self.painted.keys():
                await self._done.wait()
                self._done.clear()


def quantile(values: list[float], share: float) -> float:
    """A quantile by rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(name: str, begun: dict[str, float], watch: Watch) -> float:
    """Print p50, p95 and the worst of a leg; the p95 of the painted frames."""
    stored = [1000 * (watch.stored[text] - at) for text, at in begun.items()]
    painted = [1000 * (watch.painted[text] - at) for text, at in begun.items()]
    for leg, values in (("store", stored), ("frame", painted)):
        figures = f"p50 {statistics.median(values):6.1f}   p95 {quantile(values, 0.95):6.1f}   worst {max(values):6.1f} ms"
        print(f"{name:34} -> {leg}   {figures}   n={len(values)}")
    return quantile(painted, 0.95)


async def write(http: httpx.AsyncClient, token: str, row: TicketSummary, body: str) -> tuple[float, float]:
    """One customer message; when it was sent and when it was answered."""
    said = {"channel": "email", "customer": row.customer_id, "body": body, "subject": f"Re: [{row.number}]"}
    begun = time.perf_counter()
    answer = await http.post("/api/v1/inbound", headers={"Authorization": f"Bearer {token}"}, json=said)
    answered = time.perf_counter()
    answer.raise_for_status()
    return begun, answered


async def measure(here: dict[str, str], folder: Path, messages: int, pid: int) -> tuple[float, float]:
    """Open a ticket and let its customer write."""
    seat = Seat(
        settings=Settings(),
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        state_dir=folder / "state",
        config_dir=folder / "config",
        url=here["url"],
        token=lambda: here["token"],
    )
    app = assemble(seat)
    rng = random.Random(7)  # noqa: S311  # spreads messages over time
    async with app.run_test(size=(160, 48)) as pilot, httpx.AsyncClient(base_url=here["url"]) as http:
        agent = AgentAtDesk(app, pilot)
        await agent.until(lambda state: state.queue.rows and not state.queue.is_loading, "queue")
        await agent.press("enter")
        await agent.until(lambda state: value_of(state.conversation.entries) and value_of(state.conversation.detail), "ticket")
        row = value_of(agent.state.conversation.detail).summary
        watch = Watch(agent)
        sent: dict[str, float] = {}
        answered: dict[str, float] = {}
        for n in range(messages):
            body = f"message {n:04d} of the measurement"
            waiting = asyncio.create_task(watch.all_of({body}))
            await asyncio.sleep(0)
            sent[body], answered[body] = await write(http, here["inbound_token"], row, body)
            await waiting
            await asyncio.sleep(rng.uniform(0.15, 0.35))
        p95 = report("one by one, from the answer", answered, watch)
        report("one by one, from the request", sent, watch)
        burst_sent: dict[str, float] = {}
        for n in range(3):
            bodies = {f"burst {n} message {k:02d}" for k in range(20)}
            waiting = asyncio.create_task(watch.all_of(bodies))
            await asyncio.sleep(0)
            times = await asyncio.gather(*(write(http, here["inbound_token"], row, body) for body in bodies))
            burst_sent.update({body: answer for body, (_, answer) in zip(bodies, times, strict=True)})
            await waiting
            await asyncio.sleep(0.3)
        report("20 at once, from the answer", burst_sent, watch)
        lost_s = await silence(agent, pid)
        begun = time.perf_counter()
        await app.close_desk()
        print(f"{'leaving the desk':34} -> closed  {1000 * (time.perf_counter() - begun):6.1f} ms")
    return p95, lost_s


async def silence(agent: AgentAtDesk, pid: int) -> float:
    """Freeze the server, so that nothing closes the line: seconds until the screen says that it is silent, and live again."""
    os.kill(pid, signal.SIGSTOP)
    begun = time.perf_counter()
    try:
        await agent.sees("last heard")
        lost_s = time.perf_counter() - begun
    finally:
        os.kill(pid, signal.SIGCONT)
    begun = time.perf_counter()
    await agent.sees("● live")
    print(f"{'server frozen':34} -> told    {lost_s:6.2f} s    thawed -> live {time.perf_counter() - begun:6.2f} s")
    return lost_s


def main() -> int:
    """Run server and desk; 1 when a message takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=60)
    parser.add_argument("--tickets", type=int, default=300)
    options = parser.parse_args()
    command = [sys.executable, "-m", "supportdesk_tui.server.child", "--pace", "0", "--tickets", str(options.tickets)]
    with (
        tempfile.TemporaryDirectory(prefix="supportdesk-live-") as name,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,  # noqa: S603  # ours
    ):
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("no pipes to the server")
        here: dict[str, str] = json.loads(server.stdout.readline())
        try:
            p95, lost_s = asyncio.run(measure(here, Path(name), options.messages, server.pid))
        finally:
            server.stdin.close()
    print(f"must: p95 of a painted frame <= {MUST_MS:.0f} ms: {'held' if p95 <= MUST_MS else 'BROKEN'}")
    print(f"must: a silent server is told within {LOST_S:.0f} s: {'held' if lost_s <= LOST_S else 'BROKEN'}")
    return 0 if p95 <= MUST_MS and lost_s <= LOST_S else 1


if __name__ == "__main__":
    sys.exit(main())
