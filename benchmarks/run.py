#!/usr/bin/env python3
"""`make bench`: the desk's speed and size beside the floor, in the same rounds, against the aims.

    run.py                 the desk with 100,000 and 1,000 tickets in its cache, no network
    run.py --quick         fewer rounds and keys; the figures are rough
    run.py --harness       a three-pane app on our driver instead of the desk: what driver and diff layer give

Ratios are paired by round and are what counts; milliseconds are this machine's. Results go to benchmarks/results.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import ttybench  # noqa: E402

PYTHON = sys.executable
DESK = str(Path(PYTHON).parent / "supportdesk") + " run"
SIZE = "160x48"
NOWHERE = "http://127.0.0.1:9"
STARTS = ("hello", "start", "start-1k")
TYPED = '"the quick brown fox jumps over the lazy dog while we look into it"'


@dataclass(frozen=True)
class Aim:
    """A row of the table: what is measured and how good it must be; None is told, and no aim."""

    what: str
    must: float | None
    stretch: float | None
    unit: str
    measure: Callable[["Results"], float | None]


class Results:
    """What the rounds gave, by scenario."""

    def __init__(self, results: dict) -> None:
        self.results = results

    def values(self, name: str, path: str) -> list[float | None]:
        """One figure of a scenario, round by round."""
        out: list[float | None] = []
        for run in self.results.get(name, {}).get("runs", []):
            value = run
            for part in path.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            out.append(value)
        return out

    def median(self, name: str, path: str) -> float | None:
        """The median over the rounds."""
        good = [value for value in self.values(name, path) if value is not None]
        return statistics.median(good) if good else None

    def ratio(self, over: tuple[str, str], under: tuple[str, str]) -> float | None:
        """The median of the ratios within each round."""
        pairs = zip(self.values(*over), self.values(*under))
        good = [a / b for a, b in pairs if a and b]
        return statistics.median(good) if good else None


def aims() -> list[Aim]:
    """The table of the aims."""
    return [
        Aim(
            "first paint / hello ready",
            0.25,
            0.10,
            "x",
            lambda r: r.ratio(("start", "startup.first_paint_ms"), ("hello", "startup.ready_ms")),
        ),
        Aim(
            "ready, rows shown / hello",
            1.4,
            1.25,
            "x",
            lambda r: r.ratio(("start", "startup.ready_ms"), ("hello", "startup.ready_ms")),
        ),
        Aim(
            "cpu until ready / hello",
            1.4,
            1.25,
            "x",
            lambda r: r.ratio(("start", "startup.cpu_ready_ms"), ("hello", "startup.cpu_ready_ms")),
        ),
        Aim(
            "ready at 100,000 / at 1,000",
            1.10,
            1.03,
            "x",
            lambda r: r.ratio(("start", "startup.ready_ms"), ("start-1k", "startup.ready_ms")),
        ),
        Aim("bytes until settled at start", 24_000, 17_000, "B", lambda r: r.median("start", "startup.bytes_settled")),
        Aim(
            "memory when ready / hello",
            1.6,
            1.35,
            "x",
            lambda r: r.ratio(("start", "startup.rss_kb_ready"), ("hello", "startup.rss_kb_ready")),
        ),
        Aim("memory at peak / hello", 2.0, 1.6, "x", lambda r: r.ratio(("keys", "memory.hwm_kb"), ("hello", "memory.hwm_kb"))),
        Aim("cursor key to settled, p50", 4, 2.9, "ms", lambda r: r.median("keys", "steps.move.settled.p50")),
        Aim("cursor key to settled, p95", 7, 4, "ms", lambda r: r.median("keys", "steps.move.settled.p95")),
        Aim("bytes per cursor key", 330, 200, "B", lambda r: r.median("keys", "steps.move.bytes_per_key.p50")),
        Aim("200 cursor keys at once", 150, 80, "ms", lambda r: r.median("keys", "steps.flat.total_ms")),
        Aim("opening a cached ticket, p95", 50, 25, "ms", lambda r: r.median("keys", "steps.open.settled.p95")),
        Aim("opening a cached ticket, bytes", 6_000, 4_000, "B", lambda r: r.median("keys", "steps.open.bytes.p50")),
        Aim("typing a character, p95", 10, 7, "ms", lambda r: r.median("keys", "steps.type.settled.p95")),
        Aim("typing a character, bytes", 400, 120, "B", lambda r: r.median("keys", "steps.type.bytes_per_key.p50")),
        Aim("idle while trying again, CPU", None, None, "%", lambda r: r.median("start", "steps.idle.cpu_pct")),
        Aim("idle while trying again, bytes", None, None, "B/s", lambda r: r.median("start", "steps.idle.bytes_per_s")),
        Aim("idle while connected, CPU", 0.25, 0.15, "%", lambda r: r.median("connected", "steps.idle.cpu_pct")),
        Aim("idle while connected, bytes", 0, 0, "B/s", lambda r: r.median("connected", "steps.idle.bytes_per_s")),
        Aim("exit / hello", 1.2, 0.4, "x", lambda r: r.ratio(("start", "steps.quit.exit_ms"), ("hello", "steps.quit.exit_ms"))),
    ]


def scenarios(folder: Path, *, harness: bool, quick: bool) -> list[dict]:
    """What is run in each round."""
    idle = {"name": "idle", "type": "idle", "seconds": 8}
    leave = {"name": "quit", "type": "quit", "keys": "ctrl+q"}
    times = 1 if quick else 2
    keys = [
        {"name": "move", "type": "keys", "keys": f"(Down*20 Up*20)*{times}", "pace": 15},
        open_step(harness=harness, times=6 if quick else 20),
        {"name": "flat", "type": "storm", "keys": "Down*200", "rate": 0},
        {"name": "compose", "type": "send", "keys": "Home r" if harness else "Home Enter r"},
        {"name": "type", "type": "keys", "keys": TYPED, "pace": 15},
    ]
    floor = {"name": "hello", "cmd": f"{PYTHON} {HERE}/floor/hello.py", "ready": "READY", "size": SIZE, "steps": [idle, leave]}
    found = [floor]
    for name, count, steps in (("start", 100_000, [idle, leave]), ("start-1k", 1_000, [leave]), ("keys", 100_000, keys)):
        command, environ, ready = harness_command(count) if harness else desk_command(folder, count)
        found.append(
            {"name": name, "cmd": command, "env": environ, "ready": ready, "size": SIZE, "steps": steps, "timeout": 30}
        )
    return found


@contextmanager
def served(folder: Path) -> Iterator[dict]:
    """A desk beside a seeded server where nobody writes: what it costs to be connected while nothing happens."""
    home = folder / "connected"
    command = [PYTHON, "-m", "supportdesk_tui.server.child", "--pace", "0", "--tickets", "300"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        here = json.loads(server.stdout.readline())
        steps = [
            {"name": "copied", "type": "wait", "expect": r"\blive\b"},
            {"name": "calm", "type": "idle", "seconds": 4},
            {"name": "idle", "type": "idle", "seconds": 10},
        ]
        environ = {**home_of(home, here["url"]), "SUPPORTDESK_TOKEN": here["token"]}
        try:
            yield {
                "name": "connected",
                "cmd": DESK,
                "env": environ,
                "ready": "live",
                "size": SIZE,
                "steps": steps,
                "timeout": 30,
            }
        finally:
            server.stdin.close()


def open_step(*, harness: bool, times: int) -> dict:
    """Opening tickets one after the other; the way back opens one whose text is another."""
    if harness:
        return {
            "name": "open",
            "type": "open",
            "keys": "Enter",
            "expect": "BODY-MARK",
            "back": "Escape",
            "between": "Down",
            "n": times,
        }
    step = {"keys": "Enter", "expect": "EVEN-MARK", "back": "Escape Down Enter", "between": "Escape Down", "n": times}
    return {"name": "open", "type": "open", "optional": True, **step}


def harness_command(count: int) -> tuple[str, dict[str, str], str]:
    """The three-pane app on our driver."""
    return f"{PYTHON} {HERE}/floor/triage_desk.py {count} lines nofooter", {}, "#000003"


def desk_command(folder: Path, count: int) -> tuple[str, dict[str, str], str]:
    """The desk over a cache of its own, with nobody answering at its backend's address."""
    from cachedata import READY, build_cache

    home = folder / str(count)
    is_new = not home.exists()
    names = home_of(home, NOWHERE)
    if is_new:
        os.environ.update(names)
        from supportdesk_tui.cli.session import place_of

        build_cache(place_of(None).cache_file, count)
        for name in names:
            if name != "HOME":
                os.environ.pop(name, None)
    return DESK, names, READY


def home_of(home: Path, url: str) -> dict[str, str]:
    """What makes a desk live in a folder of its own, with a server at an address."""
    names = {f"SUPPORTDESK_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    (home / "config").mkdir(parents=True, mode=0o700, exist_ok=True)
    (home / "config" / "config.toml").write_text(f'[profiles.bench]\nbackend = "native"\nurl = "{url}"\n')
    return names | {"SUPPORTDESK_TOKEN": "bench", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}


def verdict(aim: Aim, value: float | None) -> str:
    """Where a figure stands."""
    if value is None:
        return "not measured"
    if aim.must is None or aim.stretch is None:
        return "no aim"
    return "stretch" if value <= aim.stretch else "ok" if value <= aim.must else "MISSED"


def show(value: float | None, unit: str) -> str:
    """A figure for a person."""
    if value is None:
        return "-"
    return f"{value:,.0f} {unit}" if unit in {"B", "B/s"} else f"{value:.2f} {unit}"


def say(line: str) -> None:
    """Progress, beside the table."""
    print(line, file=sys.stderr, flush=True)


def server_rows() -> list[tuple[str, float, float, float | None]]:
    """What the embedded server's own benchmark found at 100,000 tickets: what, must, stretch, the worst p95 in milliseconds."""
    from server import GOALS

    say("embedded server, 100,000 tickets")
    with tempfile.TemporaryDirectory(prefix="supportdesk-bench-") as folder:
        told = Path(folder, "server.json")
        subprocess.run([PYTHON, str(HERE / "server.py"), "--json", str(told)], check=False, stdout=sys.stderr)
        found = json.loads(told.read_text()) if told.exists() else []
    rows = []
    for kind, (must, stretch) in GOALS.items():
        worst = max((one["p95"] for one in found if one["name"].startswith(kind)), default=None)
        rows.append((f"server: {kind}, worst p95", float(must), float(stretch), worst))
    return rows


def main() -> int:
    """Measure, print the table, keep the figures; 1 when an aim that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds, few keys")
    parser.add_argument(
        "--start", action="store_true", help="only what a start costs, with as many rounds as it takes to be sure"
    )
    parser.add_argument("--harness", action="store_true", help="measure driver and diff layer without the desk")
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 2")
    parser.add_argument("--plain", action="store_true", help="as root: do not raise our priority nor wait for calm")
    asked = parser.parse_args()
    rounds = asked.rounds or (2 if asked.quick else 5)
    calm = 0.0
    if os.geteuid() == 0 and not asked.plain:
        ttybench.NICE, calm = -15, 1.3
        ttybench.become_session(-14)
    with tempfile.TemporaryDirectory(prefix="supportdesk-bench-") as name, served(Path(name)) as connected:
        planned = [*scenarios(Path(name), harness=asked.harness, quick=asked.quick), connected]
        if asked.start:
            planned = [{**one, "steps": one["steps"][-1:]} for one in planned if one["name"] in STARTS]
        measured = ttybench.run_scenarios(planned, rounds, True, say=say, calm=calm)
    results = Results(measured)
    rows = [(aim, value) for aim in aims() if (value := aim.measure(results)) is not None or not asked.start]
    width = max(len(aim.what) for aim, _ in rows)
    print(f"{'what':<{width}}  {'must':>11}  {'stretch':>11}  {'measured':>12}")
    for aim, value in rows:
        print(
            f"{aim.what:<{width}}  {show(aim.must, aim.unit):>11}  {show(aim.stretch, aim.unit):>11}"
            f"  {show(value, aim.unit):>12}  {verdict(aim, value)}"
        )
    served_rows = [] if asked.quick or asked.start else server_rows()
    for what, must, stretch, worst in served_rows:
        state = "not measured" if worst is None else "stretch" if worst <= stretch else "ok" if worst <= must else "MISSED"
        print(f"{what:<{width}}  {show(must, 'ms'):>11}  {show(stretch, 'ms'):>11}  {show(worst, 'ms'):>12}  {state}")
    for name, result in measured.items():
        for run in result["runs"]:
            if run.get("error"):
                say(f"{name}: {run['error'].splitlines()[0]}")
    kept = {
        "size": SIZE,
        "rounds": rounds,
        "table": [{"what": aim.what, "must": aim.must, "stretch": aim.stretch, "measured": value} for aim, value in rows]
        + [dict(zip(("what", "must", "stretch", "measured"), row)) for row in served_rows],
        "medians": {name: result["median"] for name, result in measured.items()},
    }
    if not asked.start:
        (HERE / "results.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    missed = any(worst is None or worst > must for _, must, _, worst in served_rows)
    return int(missed or any(verdict(aim, value) in {"MISSED", "not measured"} for aim, value in rows))


if __name__ == "__main__":
    sys.exit(main())
