"""50,000 steps of any schedule through the real outbox, drafts and files.

Each part runs from a seed of its own and prints it; `pytest -k "part[3" -s` plays one again. Four parts of five keep
their files in memory and do the work of the database's thread in the test's, so that a schedule plays the same way every
time; every fifth runs on real files with threads.
"""

import sys
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from supportdesk_tui.sync import sending
from tests.model.machine import OutboxMachine

PARTS = 10
LENGTH = 50
SCHEDULES, LEAST = 144, 6_000
"""Of each part in memory; a few are given up early because hypothesis has played them before."""
REAL_SCHEDULES, REAL_LEAST = 24, 1_000
"""Of each of the two parts on real files, where a step costs ten times as much: 8 × 6,000 + 2 × 1,000 are asserted."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_schedule_keeps_the_promises(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count(1)
    monkeypatch.setattr(sending, "uuid4", lambda: UUID(int=next(numbers)))
    has_keys, is_real = part % 2 == 0, part % 5 == 4

    class Part(OutboxMachine):
        keeps_keys, on_disk, steps = has_keys, is_real, 0

    plan = settings(
        max_examples=REAL_SCHEDULES if is_real else SCHEDULES,
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(part)(Part), settings=plan)
    sys.stdout.write(f"part {part}: seed {part}, keys {has_keys}, real files {is_real}, {Part.steps} steps\n")
    assert Part.steps >= (REAL_LEAST if is_real else LEAST)
