#!/usr/bin/env python3
"""What a key costs over a bad SSH line: the desk behind a real sshd and a relay that is slow and far away.

    line.py                          2 kB/s and 300 ms there and back, with and without compression
    line.py --rate 8000 --far 0.15   another line; --keys for more keys

The clock starts when a key is written to the terminal of the ssh client and stops at the last byte that came back before
`QUIET_S` of silence. Bytes are counted twice: as the terminal gets them, and as they pass the line, encrypted.
"""

import argparse
import asyncio
import os
import select
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

QUIET_S = 0.8
TYPED = "we have found your deposit and are looking into it now, "
WAYS = {"ssh": (), "ssh -C": ("-C",)}


class Line:
    """Passes bytes between the ssh client and sshd at so many bytes a second each way, each of them late."""

    def __init__(self, port: int, rate: float, far_s: float) -> None:
        self.port, self.rate, self.late_s = port, rate, far_s / 2
        self.came = 0
        """Bytes that came back from sshd."""
        self.front = 0
        self._is_up = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._is_up.wait(10)

    async def _serve(self) -> None:
        listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.front = listener.sockets[0].getsockname()[1]
        self._is_up.set()
        await listener.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self._pump(reader, back, counts=False), self._pump(there, writer, counts=True))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool) -> None:
        on_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(on_way, writer, counts=counts))
        free_at = 0.0
        try:
            while data := await reader.read(256):
                free_at = max(free_at, time.monotonic()) + len(data) / self.rate
                on_way.put_nowait((free_at + self.late_s, data))
                await asyncio.sleep(max(0.0, free_at - time.monotonic()))
        except ConnectionError:
            pass
        on_way.put_nowait((0.0, b""))
        await delivering

    async def _deliver(
        self, on_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter, *, counts: bool
    ) -> None:
        while (found := await on_way.get())[1]:
            await asyncio.sleep(max(0.0, found[0] - time.monotonic()))
            self.came += len(found[1]) if counts else 0
            writer.write(found[1])
        writer.close()


def press(terminal: "object", line: Line, keys: bytes) -> tuple[float, int, int]:
    """Send keys; milliseconds until the last byte before silence, bytes at the terminal, bytes on the line."""
    came, seen, begun = line.came, 0, time.perf_counter()
    os.write(terminal.fd, keys)
    last = begun
    while select.select([terminal.fd], [], [], QUIET_S if seen else 10 * QUIET_S)[0]:
        data = os.read(terminal.fd, 65_536)
        seen, last = seen + len(data), time.perf_counter()
        terminal._take(data)
    return 1000 * (last - begun), seen, line.came - came


def told(what: str, taken: "list[tuple[float, int, int]]") -> None:
    """One row of the table."""
    ms, seen, came = ([one[part] for one in taken] for part in range(3))
    print(
        f"{what:34} {len(taken):4} {statistics.median(ms):8.0f} {max(ms):8.0f} ms"
        f" {statistics.median(seen):8.0f} {statistics.median(came):8.0f} bytes",
        flush=True,
    )


def measure(way: str, place: "object", sshd: "object", rate: float, far_s: float, keys: int) -> None:
    """One way over the line: a start, cursor keys, a ticket, typing."""
    from tests.lines.line import Line as Desk

    line = Line(sshd.port, rate, far_s)
    command = sshd.command("sh", place.script, port=line.front, options=WAYS[way])
    begun = time.perf_counter()
    with Desk(command, place, is_plain=True) as desk:
        desk.wait_until(lambda: "● live" in desk.text and " 4 " in desk.lines[0], "a desk", deadline_s=120)
        desk.settle(1.5)
        print(f"{way + ': from ssh to a live desk':34} {'':4} {1000 * (time.perf_counter() - begun):8.0f} {'':8} ms"
              f" {len(desk.raw):8} {line.came:8} bytes, 1.5 s of silence included", flush=True)  # fmt: skip
        told(f"{way}: a list of twelve", [press(desk, line, b"3")])
        told(f"{way}: cursor key", [press(desk, line, b"\x1b[B" if at % 12 < 6 else b"\x1b[A") for at in range(keys)])
        told(f"{way}: opening a ticket", [press(desk, line, b"\r")])
        told(f"{way}: opening the composer", [press(desk, line, b"n")])
        told(f"{way}: typed character", [press(desk, line, TYPED[at % len(TYPED)].encode()) for at in range(keys)])
        told(f"{way}: twelve characters at once", [press(desk, line, b"are away now") for _ in range(3)])
        desk.hang_up()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=2000, help="bytes a second, each way")
    parser.add_argument("--far", type=float, default=0.3, help="seconds there and back")
    parser.add_argument("--keys", type=int, default=30)
    asked = parser.parse_args()
    from tests.lines.line import Place
    from tests.lines.sshd import running_sshd

    from supportdesk_tui.server.runner import ServerThread

    print(f"{asked.rate:.0f} bytes/s, {1000 * asked.far:.0f} ms there and back, 120x36")
    print(f"{'':34} {'n':>4} {'median':>8} {'worst':>8}    {'terminal':>8} {'line':>8}")
    with tempfile.TemporaryDirectory(prefix="line-") as name, ServerThread(tickets=40, seed=7, ticking=False) as server:
        with running_sshd(Path(name) / "sshd") as sshd:
            for number, way in enumerate(WAYS):
                folder = Path(name) / f"place-{number}"
                folder.mkdir()
                measure(way, Place(folder, server, 21), sshd, asked.rate, asked.far, asked.keys)
    return 0


if __name__ == "__main__":
    sys.exit(main())
