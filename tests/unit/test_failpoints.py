"""Failpoints: nothing unless armed, and then exactly what was asked for."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from supportdesk_tui.failpoints import VARIABLE, Broken, armed, failpoint


def test_nothing_happens_unless_armed() -> None:
    failpoint("here")
    with armed("there=raise"):
        failpoint("here")


def test_armed_place_raises_every_time_it_is_passed() -> None:
    with armed("here=raise"):
        for _ in range(2):
            with pytest.raises(Broken):
                failpoint("here")
    failpoint("here")


def test_counted_place_breaks_at_that_passing_only() -> None:
    with armed("here=raise@2, there=raise"):
        failpoint("here")
        with pytest.raises(Broken):
            failpoint("here")
        failpoint("here")


@pytest.mark.parametrize(("act", "number"), [("enospc", errno.ENOSPC), ("eio", errno.EIO)])
def test_disk_errors_carry_their_number(act: str, number: int) -> None:
    with armed(f"here={act}"), pytest.raises(OSError, match=os.strerror(number)) as caught:
        failpoint("here")
    assert caught.value.errno == number


def test_environment_arms_a_whole_process() -> None:
    script = "from supportdesk_tui.failpoints import failpoint; failpoint('a'); failpoint('b')"
    env = {**os.environ, VARIABLE: "a=sleep:0.001,b=kill"}
    assert subprocess.run([sys.executable, "-c", script], env=env, check=False).returncode == -signal.SIGKILL


def test_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="explode"), armed("here=explode"):
        pass
