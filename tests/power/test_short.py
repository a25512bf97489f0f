"""Some hundred power cuts; thousands by `make power`."""

import sys

import pytest

from tests.power.disk import Model
from tests.power.recorder import needs_strace, workplace
from tests.power.run import record, try_cuts


@needs_strace
@pytest.mark.parametrize(
    ("kind", "seed", "steps", "states"), [("nothing", 1, 10, 45), ("a damaged file", 2, 8, 30), ("server", 1, 6, 12)]
)
def test_power_cut_takes_nothing_that_was_promised(kind: str, seed: int, steps: int, states: int) -> None:
    with workplace() as folder:
        recording = record(kind, seed, folder / "recording", steps)
        for model in Model:
            tally, bad = try_cuts(recording, model, states, seed, folder / model)
            sys.stdout.write(f"{kind}, {model}: {tally}\n")
            assert not bad, [(one.cut.at, one.cut.way, one.problems) for one in bad[:5]]
            assert tally.states > states // 2
            assert tally.promised > states // 2
