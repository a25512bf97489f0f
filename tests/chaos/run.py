"""The soak: thousands of seeded schedules with real processes, and a table of what came of them.

    python -m tests.chaos.run --schedules 2000 --seed 1 --workers 4
    python -m tests.chaos.run --only 4711            # one again, told in full

Exit code 1 when anything was lost, doubled, misplaced, shown too early or written to the terminal that must not be.
"""

import argparse
import itertools
import os
import select
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.chaos.play import Player
from tests.chaos.report import Report
from tests.chaos.schedule import Schedule, schedule
from tests.chaos.stage import Seeded, Stage, seed

TELL_EVERY_S = 15.0
P99_S, WORST_S = 0.100, 0.250
"""How soon a key is to be seen."""


def main(argv: list[str] | None = None) -> int:
    """Play, tell, judge."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="the first; the others follow")
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1), help="schedules that run side by side")
    parser.add_argument("--minutes", type=float, default=0.0, help="begin none after so long; 0: all are played")
    parser.add_argument(
        "--keep", type=Path, default=None, help="a folder for files, bytes and keys of schedules that went wrong"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="nothing else runs on this machine: judge how fast keys are answered"
    )
    parser.add_argument("--only", type=int, default=None, help="one seed")
    parser.add_argument("--kinds", default="", help="only schedules whose kind has one of these words in it, by commas")
    options = parser.parse_args(argv)
    seeds = [options.only] if options.only is not None else wanted(options.seed, options.schedules, options.kinds)
    # thousands of databases are made and thrown away: in memory, where there is such a folder
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=memory if memory.is_dir() else None))
    began = time.monotonic()
    reports: list[Report] = []
    told_at = began
    try:
        for report in _played(seeds, folder, min(options.workers, len(seeds)), options.minutes * 60, options.keep):
            reports.append(report)
            if report.problems or options.only is not None:
                say(f"{'BAD' if report.problems else 'good'} {report.said}\n  " + "\n  ".join(report.problems))
            if options.only is not None:
                say("\n".join(report.untyped_because))
            if time.monotonic() - told_at > TELL_EVERY_S:
                told_at = time.monotonic()
                bad = sum(not one.is_good for one in reports)
                say(f"{len(reports)} of {len(seeds)} schedules, {told_at - began:.0f} s, {bad} bad")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(table(reports, time.monotonic() - began))
    is_slow = options.quiet and (slow := too_slow(reports)) != ""
    if is_slow:
        say(slow)
    bad_seeds = [report.seed for report in reports if not report.is_good]
    for one in bad_seeds:
        say(f"play it again: python -m tests.chaos.run --only {one}")
    return 1 if bad_seeds or is_slow else 0


def wanted(first: int, count: int, kinds: str) -> list[int]:
    """The seeds to play: so many from the first on, of all kinds or of some."""
    words = [word for word in kinds.split(",") if word]
    some = (one for one in itertools.count(first) if not words or any(word in schedule(one).kind for word in words))
    return list(itertools.islice(some, count))


def too_slow(reports: list[Report]) -> str:
    """What of the promise about keys was not kept; empty when it was."""
    echoes = sorted(echo for report in reports for echo in report.echoes)
    if not echoes:
        return ""
    p99, worst = echoes[int(len(echoes) * 0.99)], echoes[-1]
    return f"keys are answered too late: p99 {p99:.3f} s, worst {worst:.3f} s" if p99 > P99_S or worst > WORST_S else ""


def say(text: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _played(seeds: list[int], folder: Path, workers: int, limit_s: float, keep: Path | None) -> Iterator[Report]:
    """Reports as they come, from workers that take every n-th seed each."""
    seeded = seed(folder)
    end = time.monotonic() + limit_s if limit_s else float("inf")
    pipes: dict[int, bytearray] = {}
    pids = []
    for number in range(workers):
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            _work(seeds[number::workers], folder, seeded, theirs, end, keep)
        os.close(theirs)
        pids.append(pid)
        pipes[ours] = bytearray()
    while pipes:
        for pipe in select.select(list(pipes), [], [])[0]:
            data = os.read(pipe, 1 << 16)
            pipes[pipe] += data
            *lines, rest = bytes(pipes[pipe]).split(b"\n")
            pipes[pipe] = bytearray(rest)
            yield from (msgspec.json.decode(line, type=Report) for line in lines)
            if not data:
                os.close(pipe)
                del pipes[pipe]
    for pid in pids:
        os.waitpid(pid, 0)


def play(plan: Schedule, folder: Path, seeded: Seeded, keep: Path | None = None) -> Report:
    """Play a schedule in a folder of its own."""
    began = time.monotonic()
    report = Report(plan.seed, plan.kind, str(plan))
    place = folder / f"seed-{plan.seed}"
    with Stage(place, seeded, plan.faults, hold_s=plan.hold_s, server_failpoints=plan.server_failpoints) as stage:
        player = Player(plan, stage, report)
        try:
            player.play()
        except (AssertionError, OSError, RuntimeError) as problem:
            report.problems.append(f"{type(problem).__name__}: {str(problem)[:3000]}")
        if keep is not None and report.problems:
            stage.keep(keep / f"seed-{plan.seed}")
    report.seconds = time.monotonic() - began
    return report


def _work(seeds: list[int], folder: Path, seeded: Seeded, pipe: int, end: float, keep: Path | None) -> None:
    try:
        for one in seeds:
            if time.monotonic() > end:
                break
            report = play(schedule(one), folder, seeded, keep)
            data = msgspec.json.encode(report) + b"\n"
            while data:
                data = data[os.write(pipe, data) :]
            shutil.rmtree(folder / f"seed-{one}", ignore_errors=True)
    except BaseException as problem:
        os.write(2, f"worker: {type(problem).__name__}: {problem}\n".encode())
        raise
    finally:
        os._exit(0)


COLUMNS_OF_TABLE = (
    "intents",
    "delivered",
    "shown",
    "taken_back",
    "unsaved",
    "lost",
    "duplicated",
    "wrong_ticket",
    "wrong_visibility",
)


def table(reports: list[Report], seconds: float) -> str:
    """The table, as markdown."""
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for report in reports:
        mine = Counter({name: getattr(report, name) for name in COLUMNS_OF_TABLE})
        mine["schedules"] = 1
        counts += mine
        kinds.setdefault(report.kind, Counter()).update(mine)
    names = ("schedules", *COLUMNS_OF_TABLE)
    lines = [f"| kind | {' | '.join(name.replace('_', ' ') for name in names)} |", f"|---|{'---|' * len(names)}"]
    for kind, row in sorted(kinds.items()):
        lines.append(f"| {kind} | {' | '.join(str(row[name]) for name in names)} |")
    lines.append(f"| **all** | {' | '.join(f'**{counts[name]}**' for name in names)} |")
    echoes = sorted(echo for report in reports for echo in report.echoes) or [0.0]
    at = [echoes[min(len(echoes) - 1, int(len(echoes) * share))] * 1000 for share in (0.5, 0.99)]
    lines += [
        "",
        f"- {len(reports)} schedules in {seconds:.0f} s, {sum(report.faults for report in reports)} faults on the line done, "
        f"{sum(report.restarts for report in reports)} clients started again",
        f"- called sent before the server had it: {sum(report.early for report in reports)}; sent without the agent's word: "
        f"{sum(report.unasked for report in reports)}; sent again unread: {sum(report.unread for report in reports)}; "
        f"tickets whose texts came out of order: {sum(report.reordered for report in reports)}",
        f"- draft loss over {sum(one.restarts for one in reports)} ends of a client: at most "
        f"{max((one.draft_chars for one in reports), default=0)} characters, "
        f"{max((one.draft_s for one in reports), default=0.0):.2f} s of typing",
        f"- not typed, because ticket or composer never came to the screen: {sum(report.untyped for report in reports)}; "
        f"typed and not seen within 4 s, so not sent: {sum(report.unseen for report in reports)}",
        f"- gate count {sum(report.gate for report in reports)}, lexer violations {sum(one.violations for one in reports)}",
        f"- key to its echo, {len(echoes)} keys: p50 {at[0]:.0f} ms, p99 {at[1]:.0f} ms, worst {echoes[-1] * 1000:.0f} ms",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
