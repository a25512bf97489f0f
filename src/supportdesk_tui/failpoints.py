"""Places where a test can make the program break: named in the code, armed from outside, nothing at all otherwise.

SUPPORTDESK_FAILPOINTS="outbox.after_put=kill,server.before_commit=raise@2" arms two of them. What can happen at one:
`kill` (SIGKILL to this process), `raise` (`Broken`), `sleep:S` (the thread stands still for S seconds), `enospc` and `eio`
(the OSError of a full or failing disk). With `@n` it happens the n-th time the place is passed and then never again,
without it every time.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

VARIABLE = "SUPPORTDESK_FAILPOINTS"


class Broken(RuntimeError):  # noqa: N818  names the condition, like every error of ours
    """Something nobody expected, on demand."""


def failpoint(name: str) -> None:
    """Break here if a test asked for it; `name` is a literal, so that every one can be found in the syntax tree."""
    if _armed:
        _pass(name)


@contextmanager
def armed(plan: str) -> Iterator[None]:
    """Arm this process for a while, instead of what the environment says."""
    before = dict(_armed)
    _armed.clear()
    _armed.update(_parsed(plan))
    try:
        yield
    finally:
        _armed.clear()
        _armed.update(before)


class _Point:
    def __init__(self, act: Callable[[], None], at: int) -> None:
        self._act = act
        self._at = at
        self._passings = itertools.count(1)
        """Counts without a lock, from any thread."""

    def pass_by(self) -> None:
        if next(self._passings) == self._at or not self._at:
            self._act()


def _pass(name: str) -> None:
    point = _armed.get(name)
    if point is not None:
        point.pass_by()


def _parsed(plan: str) -> dict[str, _Point]:
    points: dict[str, _Point] = {}
    for one in filter(None, plan.replace(" ", "").split(",")):
        name, _, what = one.partition("=")
        act, _, at = what.partition("@")
        points[name] = _Point(_action(act), int(at or 0))
    return points


def _action(act: str) -> Callable[[], None]:
    kind, _, seconds = act.partition(":")
    match kind:
        case "kill":
            return _kill
        case "raise":
            return _raise
        case "sleep":
            return lambda: _sleep(float(seconds))
        case "enospc":
            return lambda: _fail("ENOSPC")
        case "eio":
            return lambda: _fail("EIO")
        case _:
            raise ValueError(f"{VARIABLE}: {act!r} is not kill, raise, sleep:S, enospc or eio")


def _kill() -> None:
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise Broken("a failpoint")


def _sleep(seconds: float) -> None:
    import time

    time.sleep(seconds)


def _fail(code: str) -> None:
    import errno

    number = getattr(errno, code)
    raise OSError(number, os.strerror(number))


_armed: dict[str, _Point] = _parsed(os.environ.get(VARIABLE, ""))
