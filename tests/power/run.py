"""Power cuts by the thousand: `python -m tests.power.run --states 8000`, or `make power`.

Records clients and servers at work, builds states a power cut can leave of their disks, opens each with the program's own
code, and prints a table. Exit code 1 when anything that was promised was not kept.
"""

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct, field

from tests.power import desk, server
from tests.power.cuts import Cut, cuts
from tests.power.disk import Disk, Model, Tree, write_tree
from tests.power.recorder import workplace
from tests.power.trace import Op, why_impossible

R = TypeVar("R")
STEPS = 60
STATES_OF_ONE = 125
"""Taken of one recording, by each model."""
KINDS = (*desk.BEGINNINGS, "server")


class Judge(Protocol):
    """Knows what was promised up to a moment, and whether a state keeps it."""

    promised: int
    """Things looked for so far."""
    draft_loss_s: float
    """Age of the oldest words that were typed, never shown as kept, and are gone."""

    def take(self, op: Op) -> None:
        """Take in what the program did next."""
        ...

    def is_snapshot(self, op: Op, following: Op | None) -> bool:
        """Whether a state of the living program is complete behind this operation."""
        ...

    def saw(self, root: Path) -> None:
        """Remember a state of the living program."""
        ...

    def judge(self, root: Path) -> list[str]:
        """What is wrong with a state, its kind before a colon; may change the files."""
        ...


class Recording(Protocol):
    """One life of a program."""

    name: str
    before: Tree
    ops: list[Op]

    def judge(self) -> Judge:
        """Who knows what it promised."""
        ...


class Tally(Struct):
    """What came of the states of one kind, under one model."""

    kind: str
    model: str
    recordings: int = 0
    operations: int = 0
    states: int = 0
    waiting: int = 0
    promised: int = 0
    bad: int = 0
    draft_loss_s: float = 0.0
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count another recording in."""
        for name in ("recordings", "operations", "states", "waiting", "promised", "bad"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.draft_loss_s = max(self.draft_loss_s, other.draft_loss_s)
        self.problems += other.problems


class Bad(Struct):
    """A state that does not keep what was promised."""

    cut: Cut
    problems: list[str]


def try_cuts(recording: Recording, model: Model, count: int, seed: int, place: Path) -> tuple[Tally, list[Bad]]:
    """Build states of a recording in an empty folder, judge each; what was counted, and the states that went wrong."""
    chance = random.Random(f"{seed} {model}")
    judge = recording.judge()
    disk, at = Disk(recording.before, model), 0
    tally = Tally(recording.name, model, 1, len(recording.ops))
    bad: list[Bad] = []
    for cut in cuts(recording.ops, recording.before, model, count, chance):
        while at < cut.at:
            op = recording.ops[at]
            disk.do(op)
            judge.take(op)
            at += 1
            if judge.is_snapshot(op, recording.ops[at] if at < len(recording.ops) else None):
                _with(place / "living", disk.now(), judge.saw)
        problems = _with(place / "cut", cut.tree, judge.judge)
        tally.states += 1
        tally.waiting += cut.waiting
        tally.problems.update({one.partition(":")[0] for one in problems})
        bad += [Bad(cut, problems)] if problems else []
    tally.bad, tally.promised, tally.draft_loss_s = len(bad), judge.promised, judge.draft_loss_s
    return tally, bad


def _with(place: Path, tree: Tree, look: Callable[[Path], R]) -> R:
    """Put a state on the disk, look at it, take it away."""
    place.mkdir(parents=True)
    try:
        write_tree(place, tree)
        return look(place)
    finally:
        shutil.rmtree(place)


def record(kind: str, seed: int, folder: Path, steps: int) -> Recording:
    """Let a program of this kind work in an empty folder."""
    return server.record(seed, folder, steps) if kind == "server" else desk.record(kind, seed, folder, steps)


class Job(Struct):
    """One recording and its states."""

    kind: str
    seed: int
    states: int
    keep: Path | None


def work(job: Job) -> list[Tally]:
    """Record, cut, judge; what went wrong is said at once and kept where that was asked for."""
    with workplace() as folder:
        recording = record(job.kind, job.seed, folder / "recording", STEPS)
        tallies = []
        for model in Model:
            tally, bad = try_cuts(recording, model, job.states, job.seed, folder)
            tallies.append(tally)
            for one in bad[:5]:
                say(
                    f"BAD {job.kind}, seed {job.seed}, {model}, behind {one.cut.at}, {one.cut.way}\n  "
                    + "\n  ".join(one.problems)
                )
            if job.keep is not None and bad:
                _keep(job.keep / f"{job.kind}-{job.seed}-{model}".replace(" ", "-"), recording, bad[0])
    return tallies


def _keep(place: Path, recording: Recording, bad: Bad) -> None:
    """The state, and the end of what led to it."""
    (place / "disk").mkdir(parents=True, exist_ok=True)
    write_tree(place / "disk", bad.cut.tree)
    lines = [f"{number} {op.kind} {op.path} {op.other} {op.offset} {len(op.data)}" for number, op in enumerate(recording.ops)]
    (place / "operations").write_text("\n".join(lines[: bad.cut.at]) + "\n", encoding="utf-8")
    (place / "problems").write_text(json.dumps(bad.problems, ensure_ascii=False, indent=1), encoding="utf-8")


def say(text: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """Record, cut, tell, judge."""
    parser = argparse.ArgumentParser(prog="make power", description=__doc__)
    parser.add_argument("--states", type=int, default=8000, help="over all kinds and both models")
    parser.add_argument("--seed", type=int, default=1, help="the first; the others follow")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="recordings side by side")
    parser.add_argument("--kind", choices=KINDS, default=None, help="only these")
    parser.add_argument("--keep", type=Path, default=None, help="a folder for states that went wrong")
    options = parser.parse_args(argv)
    if why := why_impossible():
        say(f"nothing can be recorded: {why}")
        return 2
    kinds = [options.kind] if options.kind else list(KINDS)
    rounds = max(1, round(options.states / (len(kinds) * len(Model) * STATES_OF_ONE)))
    states = max(1, options.states // (len(kinds) * len(Model) * rounds))
    jobs = [Job(kind, options.seed + number, states, options.keep) for number in range(rounds) for kind in kinds]
    began = time.monotonic()
    sums = {(kind, model): Tally(kind, model) for kind in kinds for model in Model}
    with ProcessPoolExecutor(options.workers, max_tasks_per_child=1) as pool:
        for tallies in pool.map(work, jobs):
            for tally in tallies:
                sums[tally.kind, Model(tally.model)].add(tally)
    say(table(list(sums.values()), time.monotonic() - began))
    return 1 if any(tally.bad for tally in sums.values()) else 0


def table(tallies: list[Tally], seconds: float) -> str:
    """The table, as markdown."""
    lines = [
        "| recorded | model | recordings | operations | states | in doubt each | promises looked for | states not kept |",
        "|---|---|---|---|---|---|---|---|",
    ]
    whole = Tally("", "")
    for tally in tallies:
        whole.add(tally)
        lines.append(_row(tally.kind, tally.model, tally))
    lines.append(_row("**all**", "", whole))
    what = ", ".join(f"{name} {count}" for name, count in sorted(whole.problems.items())) or "none"
    loss = max(tally.draft_loss_s for tally in tallies)
    return "\n".join(
        [
            *lines,
            "",
            f"- {whole.states} states in {seconds:.0f} s; faults: {what}",
            f"- oldest typed words that were gone: {loss:.2f} s",
        ]
    )


def _row(kind: str, model: str, tally: Tally) -> str:
    doubt = tally.waiting / max(1, tally.states)
    counts = (tally.recordings, tally.operations, tally.states, f"{doubt:.0f}", tally.promised, tally.bad)
    return f"| {kind} | {model} | {' | '.join(map(str, counts))} |"


if __name__ == "__main__":
    sys.exit(main())
