#!/usr/bin/env python3
"""How long a typed character takes to come back on a real terminal while the network or the server misbehaves.

    echo.py                     100 keys under each condition
    echo.py --keys 400 --only healthy,burst --json echo.json

The desk runs on a pseudo terminal; server and relay are a process of their own (`--stage`), told what to do over a pipe. The
clock starts when a key is written to the terminal and stops when a chunk that holds the character has been read from it.
"""

import argparse
import asyncio
import json
import os
import random
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

CONDITIONS = ("healthy", "hole", "storm", "drip", "burst", "big")
TITLES = {
    "healthy": "healthy",
    "hole": "black hole (bytes vanish)",
    "storm": "503 to everything",
    "drip": "one byte a second",
    "burst": "2,000 events/s",
    "big": "10 MB message comes in",
}
CHARACTERS = "QXZ#@%^=+~"
GAP_S = 0.03
LINE = 30
EMPTY_LINE, EMPTIED_S = b"\x15", 0.3
LOST_S = 5.0
MUST_P99_MS, MUST_WORST_MS = 100.0, 250.0
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")


# --- the other side: server and relay


class Stage:
    """A server, and a relay in front of it that misbehaves as it is told."""

    def __init__(self) -> None:
        from supportdesk_tui.server.runner import ServerThread

        self.server = ServerThread(tickets=500, seed=1, ticking=False).start()
        self.mode = "healthy"
        self.writers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Say where we are, then do what the lines on standard input say."""
        listener = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        print(json.dumps({"url": url, "token": self.server.token_for("li.wei")}), flush=True)
        shouting = asyncio.create_task(self.shout())
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self.become(line.strip())
            print("done", flush=True)
        shouting.cancel()
        self.server.stop()

    async def become(self, mode: str) -> None:
        """Change the weather; what was open in another one is cut, except into a black hole, which tells nobody."""
        before, self.mode = self.mode, mode
        if mode != "hole" and (before in {"hole", "storm", "drip"} or mode in {"storm", "drip"}):
            for writer in tuple(self.writers):
                writer.transport.abort()
        if mode == "big":
            await asyncio.to_thread(self.grow)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "storm":
            writer.write(b"HTTP/1.1 503 Down\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await reader.read(65_536)
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", int(self.server.url.rpartition(":")[2]))
        both = {writer, back}
        self.writers |= both
        try:
            await asyncio.gather(self.pump(reader, back, drips=False), self.pump(there, writer, drips=True))
        finally:
            self.writers -= both
            for one in both:
                one.close()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, drips: bool) -> None:
        try:
            while data := await reader.read(262_144):
                if self.mode == "hole":
                    continue
                while drips and self.mode == "drip" and data:
                    writer.write(data[:1])
                    data = data[1:]
                    await asyncio.sleep(1)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def shout(self) -> None:
        """Say 2,000 changed tickets a second, while that is the weather."""
        from tests.net.test_lines import shout

        while True:
            began = time.monotonic()
            if self.mode == "burst":
                said = await asyncio.to_thread(shout, self.server, 1)
                await asyncio.sleep(max(0.0, said / 2_000 - (time.monotonic() - began)))
            else:
                await asyncio.sleep(0.05)

    def grow(self) -> None:
        """Every conversation's newest message becomes ten megabytes long, and everybody is told to read again."""
        from sqlalchemy import text

        from supportdesk_tui.server.http.hub import Frame, gap

        newest = "SELECT max(seq) FROM entries WHERE kind = 'customer' GROUP BY ticket"
        with self.server.engine.begin() as connection:
            tickets = connection.execute(text(f"SELECT id FROM entries WHERE seq IN ({newest}) LIMIT 60")).scalars().all()
            for one in tickets:
                connection.execute(
                    text("UPDATE entries SET body = :body WHERE id = :id"), {"body": "word " * 2_000_000, "id": one}
                )
            head = connection.execute(text("SELECT max(seq) FROM events")).scalar_one()
        hub = self.server.parts.hub
        assert hub._loop is not None
        hub._loop.call_soon_threadsafe(hub.push_all, [Frame(0, gap(head))])


# --- this side: the desk on a terminal


def started(folder: Path, here: dict[str, str]) -> "object":
    """The desk on a terminal of 140x40, signed in through the relay."""
    from tests.pty.terminal import Terminal

    config = folder / "config"
    config.mkdir()
    (config / "config.toml").write_text(f'[profiles.work]\nurl = "{here["url"]}"\nagent = "li.wei"\n')
    environ = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "SUPPORTDESK_CONFIG": str(config / "config.toml"),
        "SUPPORTDESK_TOKEN": here["token"],
    }
    return Terminal([sys.executable, "-m", "supportdesk_tui"], columns=140, rows=40, environ=environ)


def read_some(fd: int, timeout_s: float) -> bytes:
    return os.read(fd, 262_144) if select.select([fd], [], [], timeout_s)[0] else b""


def echo_ms(fd: int, key: str) -> tuple[float, bytes]:
    """Type a character; milliseconds until it is among what the program wrote, and everything it wrote."""
    stale = b""
    while more := read_some(fd, 0):
        stale += more
    wanted = key.encode()
    begun = time.perf_counter()
    os.write(fd, wanted)
    seen = b""
    while wanted not in _SEQUENCE.sub(b"", seen):
        if time.perf_counter() - begun > LOST_S:
            return 1000 * LOST_S, stale + seen
        seen += read_some(fd, 0.5)
    return 1000 * (time.perf_counter() - begun), stale + seen


def measure(terminal: "object", keys: int) -> list[float]:
    """Type so many characters, with a breath between them, on one line that is emptied now and then.

    A character is never the one that stood at its place before: a terminal is not told again what it shows already.
    """
    taken: list[float] = []
    chosen, line = random.Random(1), [""] * LINE
    for number in range(keys):
        at = number % LINE
        if at == 0:
            os.write(terminal.fd, EMPTY_LINE)
            breathe(terminal, EMPTIED_S)
        line[at] = chosen.choice([one for one in CHARACTERS if one not in {line[at], line[at - 1]}])
        ms, wrote = echo_ms(terminal.fd, line[at])
        taken.append(ms)
        terminal._take(wrote)
        breathe(terminal, GAP_S)
    return taken


def breathe(terminal: "object", for_s: float) -> None:
    """Take what the program writes for so long."""
    until = time.perf_counter() + for_s
    while (left := until - time.perf_counter()) > 0:
        if more := read_some(terminal.fd, left):
            terminal._take(more)


def quantile(values: list[float], share: float) -> float:
    """A quantile by rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> int:
    """Run the conditions and print a table; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--only", default=",".join(CONDITIONS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.stage:
        asyncio.run(Stage().run())
        return 0
    figures = {}
    with tempfile.TemporaryDirectory(prefix="echo-") as folder:
        stage = subprocess.Popen(
            [sys.executable, __file__, "--stage"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            with started(Path(folder), json.loads(stage.stdout.readline())) as terminal:
                terminal.wait_for("● live", deadline_s=30)
                terminal.settle()
                terminal.press("enter")
                terminal.settle(0.5)
                terminal.press("n")
                terminal.settle(0.5)
                for condition in options.only.split(","):
                    figures[condition] = one_condition(stage, terminal, condition, options.keys)
        finally:
            stage.stdin.close()
            stage.wait(20)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(any(one["p99"] > MUST_P99_MS or one["worst"] > MUST_WORST_MS for one in figures.values()))


def one_condition(stage: "subprocess.Popen[str]", terminal: "object", condition: str, keys: int) -> dict[str, float]:
    """Let it become so, type, and print what it came to."""
    stage.stdin.write(condition + "\n")
    stage.stdin.flush()
    stage.stdout.readline()
    taken = measure(terminal, keys)
    stage.stdin.write("healthy\n")
    stage.stdin.flush()
    stage.stdout.readline()
    terminal.wait_for("● live", deadline_s=60)
    terminal.settle(0.3)
    figures = {"p50": statistics.median(taken), "p99": quantile(taken, 0.99), "worst": max(taken), "n": len(taken)}
    print(
        f"{TITLES[condition]:28} p50 {figures['p50']:6.1f}   p99 {figures['p99']:6.1f}   worst {figures['worst']:6.1f} ms   n={keys}",
        flush=True,
    )
    return figures


if __name__ == "__main__":
    sys.exit(main())
