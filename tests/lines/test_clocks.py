"""The wall clock jumps by hours while the desk runs, as when a lid is opened or a time server found."""

import re
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from supportdesk_tui.server.desk.desk import now_ms
from supportdesk_tui.server.http import hub, session
from supportdesk_tui.server.runner import ServerThread
from tests.lines.clock import Clock
from tests.lines.line import SLOW_S, Line, Place

pytestmark = pytest.mark.pty
HOLD_S = 3
CACHED_S = 1.2
"""libfaketime reads its file once a second."""
_CLOCK = re.compile(r"^[▸ ] +(late|near|soon|paused)? *(\d+)(m|h) ")


AHEAD = timedelta(hours=3)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    """A server on a machine whose clock is three hours before ours."""
    watch = SimpleNamespace(now=lambda tz: datetime.now(tz) + AHEAD, fromtimestamp=datetime.fromtimestamp)
    for module in (hub, session):
        monkeypatch.setattr(module, "datetime", watch)
    with ServerThread(tickets=40, seed=7, ticking=False, clock=lambda: now_ms() + round(AHEAD.total_seconds() * 1000)) as one:
        yield one


def clocks(line: Line) -> dict[str, int]:
    """Minutes left or gone of the tickets at risk, by the code of their case in the queue."""
    found = {text[11:14]: match for text in line.lines[2:8] if (match := _CLOCK.match(text))}
    return {code: int(match[2]) * (60 if match[3] == "h" else 1) for code, match in found.items()}


def are_alike(one: dict[str, int], other: dict[str, int]) -> bool:
    """Tickets of both agree within the three minutes a test may take; one that was answered is at risk no more."""
    both = one.keys() & other.keys()
    return len(both) >= 2 and all(abs(one[code] - other[code]) <= 3 for code in both)


def reply(line: Line, words: str) -> None:
    """Send a reply; it is held now."""
    line.send("r")
    line.wait_for("Reply to")
    line.send(words)
    line.wait_for(words)
    line.press("ctrl+d")
    line.wait_for("held ")


def test_holds_deadlines_and_the_lines_state_outlive_a_clock_that_jumps(tmp_path: Path, ahead: ServerThread) -> None:
    clock = Clock(tmp_path)
    place = Place(tmp_path, ahead, 21, f"hold_s = {HOLD_S}", **clock.environ)
    with Line(["sh", str(place.script)], place, is_plain=True) as line:
        line.open_ticket()
        line.send("4")
        line.wait_until(lambda: len(clocks(line)) >= 3, "deadlines, which are the server's", deadline_s=SLOW_S)
        before = clocks(line)
        assert max(before.values()) < 60, "three hours between the clocks are not three hours left or late"
        reply(line, "set back meanwhile")
        clock.set(-3)
        line.wait_sent("set back meanwhile")
        line.wait_until(lambda: are_alike(clocks(line), before), "the same deadlines after that", deadline_s=SLOW_S)
        reply(line, "asleep nine hours")
        assert max(map(int, re.findall(r"held (\d+) s", line.text))) <= HOLD_S
        line.signal(signal.SIGSTOP)  # the lid is closed, for nine hours by the wall clock
        clock.set(6)
        line.pump(CACHED_S)
        line.signal(signal.SIGCONT)
        line.wait_for("waits for your word")
        line.wait_until(lambda: are_alike(clocks(line), before), "the same deadlines after that", deadline_s=SLOW_S)
        assert place.sent("asleep nine hours") == []
        ahead.service.should_exit = True
        line.wait_until(lambda: "last heard" in line.text or "offline" in line.text, "a lost line")
        clock.set(0)
        line.wait_until(lambda: "offline" in line.text, "no claim of a second ago", deadline_s=SLOW_S)
        line.signal(signal.SIGTERM)
        line.wait_gone()
    assert "asleep nine hours" in place.kept()
