"""The soak in short: schedules of different kinds with real processes, and each seed plays the same schedule again."""

import subprocess
import sys

import pytest

from tests.chaos.schedule import KINDS, schedule

FIRST_SEED, SCHEDULES = 100, 4


@pytest.mark.pty
def test_nothing_is_lost_doubled_or_misplaced_in_a_few_schedules() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.chaos.run",
        "--seed",
        str(FIRST_SEED),
        "--schedules",
        str(SCHEDULES),
        "--workers",
        "2",
    ]
    played = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "| **all** |" in played.stdout


def test_seed_always_makes_the_same_schedule() -> None:
    assert [schedule(seed) for seed in range(50)] == [schedule(seed) for seed in range(50)]


def test_every_kind_is_drawn_within_a_soak() -> None:
    assert len({schedule(seed).kind for seed in range(1, 2001)}) == len(KINDS)
