"""What people do in a schedule beside opening a ticket, writing and sending: each a way to be in the middle of something
when the client is killed, and what must hold then.

An act begins with keys and ends with the client alive again; what cannot be said before everything has settled is left to
`judge`, which is asked after that.
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.chaos import oracles
from tests.chaos.report import Deed, Intent
from tests.chaos.schedule import Say

if TYPE_CHECKING:
    from tests.chaos.play import Player

COLLEAGUES: Final = ("chen.jing", "sofia.reyes")
GATED: Final = "i will call you tomorrow"
"""Words the gate asks about: a time, and no promise."""
REASON: Final = "it is meant so"
GATE: Final = "Before it is sent"
WAITS: Final = re.compile(r"(?:^|\s)(?:held|unknown)\s{2,}")
GOING: Final = re.compile(r"(?:^|\s)(?:queued|sending|held|unknown)\s{2,}")
"""Words of the list of changes; behind the dialog the screen before it may be seen."""
HOLD_MARGIN_S: Final = 2.0
"""How long after the end of a hold it is looked whether a reply went out."""
QUIET_S: Final = 1.0
"""How long it is looked whether something is sent that nobody asked for."""


def in_one_breath(player: "Player", number: int, say: Say) -> None:
    """Texts for one ticket, each sent and the next begun without looking up: they arrive in this order."""
    ticket, case = player.stage.seeded.tickets[say.ticket]
    if not player.compose(say.desk, case, "n" if say.is_note else "r"):
        player.report.untyped += say.count
        return
    desk = player.desks[say.desk]
    keys = ""
    for step in range(say.count):
        intent = Intent(f"mark-{player.plan.seed}-{number * 10 + step}", ticket, say.is_note, time.monotonic())
        player.intents.append(intent)
        player.report.intents += 1
        keys += f"{intent.marker} as asked\x04" + ("n" if say.is_note else "r") * (step < say.count - 1)
    desk.send(keys)
    player.read_for(desk, say.after_s)
    _kill(player, say)


def at_the_gate(player: "Player", number: int, say: Say) -> None:
    """Killed while the gate asks: nothing goes out, the text is a draft, and the gate asks again before it is sent."""
    ticket, case = player.stage.seeded.tickets[say.ticket]
    intent = Intent(f"mark-{player.plan.seed}-{number}", ticket, is_note=False)
    if not player.compose(say.desk, case, "r"):
        player.report.untyped += 1
        return
    desk = player.desks[say.desk]
    intent.begun_at = time.monotonic()
    player.intents.append(intent)
    player.report.intents += 1
    if not player.write(desk, intent.marker, GATED):
        return
    desk.send("\x04")
    if not player.until(say.desk, lambda one: GATE in one.text, 4):
        _say(player, say.desk, f"{intent.marker}: the gate did not ask")
        return
    desk.send("s" * (say.count > 0) + REASON[: 5 * (say.count - 1)] * (say.count > 1))
    player.read_for(desk, say.after_s)
    _kill(player, say)
    player.read_for(player.desks[say.desk], QUIET_S)
    if player.stage.rows(intent.marker):
        _unasked(player, f"{intent.marker} was sent while the gate asked")
    if not player.compose(say.desk, case, "r"):
        player.report.untyped += 1
        return
    desk = player.desks[say.desk]
    if not player.until(say.desk, lambda one: intent.marker in one.text, 2):
        return  # within the second a kill may take with it, or lost: the end of the schedule says which
    desk.send("\x04")
    if not player.until(say.desk, lambda one: GATE in one.text, 4) and re.search(rf"{GATED}\b", desk.text):
        _unasked(player, f"{intent.marker} was not asked about again")
    player.past_the_gate(say.desk)
    player.later.append(lambda: _has_reason(player, intent))


def taken_over(player: "Player", number: int, say: Say) -> None:
    """A reply in its hold, a colleague takes the ticket, the client is killed or not: it waits for the agent's word."""
    ticket, case = player.stage.seeded.tickets[say.ticket]
    before = oracles.owner(player.stage, ticket)
    login = next(one for one in COLLEAGUES if oracles.agent_id(player.stage, one) != before)
    intent = Intent(f"mark-{player.plan.seed}-{number}", ticket, is_note=False)
    if not player.compose(say.desk, case, "r"):
        player.report.untyped += 1
        return
    desk = player.desks[say.desk]
    intent.begun_at = time.monotonic()
    player.intents.append(intent)
    player.report.intents += 1
    if not player.write(desk, intent.marker, "as asked"):
        return
    desk.send("\x04")
    player.past_the_gate(say.desk)
    body = {"type": "assign", "agent": oracles.agent_id(player.stage, login)}
    oracles.done_by(player.stage, login, f"/tickets/{ticket}/changes", body)
    if player.stage.rows(intent.marker):
        return  # the machine was busy for as long as the hold: it went out before
    player.read_for(desk, say.after_s)
    _kill(player, say)
    player.read_for(player.desks[say.desk], player.plan.hold_s + HOLD_MARGIN_S)
    if player.stage.rows(intent.marker):
        _unasked(player, f"{intent.marker} was sent to a ticket that {login} had taken")
    elif say.count:
        _give_word(player, say, case, intent)


def tag_and_back(player: "Player", number: int, say: Say) -> None:
    """A tag put on and taken back at once, killed at a moment: done and undone once each at most, and both if it was kept."""
    _ticket, case = player.stage.seeded.tickets[say.ticket]
    if not _look_at(player, say.desk, case):
        player.report.untyped += 1
        return
    deed = Deed(f"tag-{player.plan.seed}-{number}", 1, begun_at=time.monotonic())
    desk = player.desks[say.desk]
    if not _tag(player, say.desk, deed):
        return
    player.read_for(desk, say.lasts_s)
    _take_back(player, say, deed)
    _kill(player, say)


def _take_back(player: "Player", say: Say, deed: Deed) -> None:
    """Take the last change back; the desk may say that it is too late, and then nothing is taken back."""
    desk = player.desks[say.desk]
    before = len(desk.raw)
    desk.send("z")
    deed.undone_at = time.monotonic()
    player.read_for(desk, say.after_s)
    deed.is_undone = b"oo late to take back" not in desk.raw[before:]


def tag_many(player: "Player", number: int, say: Say) -> None:
    """Several tickets tagged with one key, killed at a moment: all of them once or none, and none but them."""
    player.escape(player.alive(say.desk))
    desk = player.desks[say.desk]
    desk.send("gag")
    if not player.until(say.desk, lambda one: "All open" in one.text, 4):
        player.report.untyped += 1
        return
    desk.send("\x1b[H" + "xj" * say.count)
    if not player.until(say.desk, lambda one: f"{say.count} selected" in one.text, 4):
        player.report.untyped += 1
        player.escape(desk)
        return
    deed = Deed(f"tag-{player.plan.seed}-{number}", say.count, begun_at=time.monotonic())
    if not _tag(player, say.desk, deed):
        return
    if say.lasts_s > 0.5:  # half of them are taken back as well
        player.read_for(desk, say.lasts_s - 0.5)
        _take_back(player, say, deed)
    else:
        player.read_for(desk, say.after_s)
    _kill(player, say)
    player.escape(player.desks[say.desk])


def put_back(player: "Player", number: int, say: Say) -> None:
    """Two texts, the second with its answer lost or not sent yet; the server comes back from a backup made before both.

    What the desk knows of that time is not sent again unasked: it is read for, and waits for the agent's word.
    """
    _ticket, case = player.stage.seeded.tickets[say.ticket]
    stage, desk = player.stage, player.desks[say.desk]
    stage.back_up()
    player.until(say.desk, lambda one: "live" in one.lines[0], 8)
    first, second = (Intent(f"mark-{player.plan.seed}-{number * 10 + n}", _ticket, say.is_note) for n in (0, 1))
    if not _sent(player, say, case, first):
        return
    player.until(say.desk, lambda one: bool(stage.rows(first.marker)), 8)
    player.read_for(desk, QUIET_S)  # its event is heard, and written down
    is_sent = _sent(player, say, case, second, is_alone=not say.count)
    player.read_for(player.desks[say.desk], say.after_s)
    _away(player)
    first.is_gone, second.is_gone = True, bool(stage.rows(second.marker))
    stage.put_back()
    _kill(player, say)
    stage.is_meant_down = False
    stage.start_server()
    if not is_sent:
        return
    player.until(say.desk, lambda one: "live" in one.lines[0], 15)
    player.read_for(player.desks[say.desk], QUIET_S + 1.0)
    desk = player.desks[say.desk]
    lines = [line for line in player.outbox(desk) if second.is_named_in(line, player.intents)]
    if stage.rows(second.marker):
        _unasked(player, f"{second.marker} was sent to a server that was put back: {lines}")
    elif any(WAITS.search(line) for line in lines):
        _retry(player, say, second)


ACTS: Final[dict[str, Callable[["Player", int, Say], None]]] = {
    "in_one_breath": in_one_breath,
    "at_the_gate": at_the_gate,
    "taken_over": taken_over,
    "tag_and_back": tag_and_back,
    "tag_many": tag_many,
    "put_back": put_back,
}
"""By the name in `Say.act`."""


# --- hands


def settled(player: "Player", limit_s: float) -> bool:
    """Wait until nothing is on its way: every list of changes is empty of what goes by itself."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        desks = [player.alive(number) for number in range(len(player.desks))]
        if not any(GOING.search(line) for desk in desks for line in player.outbox(desk)):
            return True
        for desk in desks:
            player.read_for(desk, 0.4)
    return False


def _has_reason(player: "Player", intent: Intent) -> None:
    """What was sent against the gate is in the server's log with its reason."""
    reasons = oracles.overrides(player.stage, intent.marker)
    is_whole = any(re.search(rf"{GATED}\b", body) for body, _, _ in player.stage.rows(intent.marker))
    if is_whole and not any(one.endswith(REASON) for one in reasons):
        player.report.problems.append(f"{intent.marker} went past the gate without a reason in the log")


def _kill(player: "Player", say: Say) -> None:
    """Kill the client if that is the plan; one that died of a failpoint is started again."""
    if say.strike == "kill_client":
        player.kill(say.desk)
    player.alive(say.desk)


def _unasked(player: "Player", told: str) -> None:
    player.report.unasked += 1
    player.report.problems.append(told)
    player.picture()


def _say(player: "Player", number: int, told: str) -> None:
    if player.desks[number].is_alive:
        player.report.problems.append(told)
        player.picture()


def _look_at(player: "Player", number: int, case: str) -> bool:
    """Get a ticket on the screen, with the keys in it."""
    desk = player.alive(number)
    player.escape(desk)
    desk.send("gn")
    if not player.until(number, lambda one: "Case number" in one.text, 4):
        return False
    desk.send(f"{case}\r")
    return player.until(number, lambda one: case[-6:] in one.lines[1], 4)


def _tag(player: "Player", number: int, deed: Deed) -> bool:
    """Put a tag on what is meant."""
    desk = player.desks[number]
    desk.send("t")
    if not player.until(number, lambda one: "Enter choose" in one.text, 4):
        player.report.untyped += 1
        player.escape(desk)
        return False
    desk.send(deed.marker)
    if not player.until(number, lambda one: deed.marker in one.text, 4):
        player.report.unseen += 1
        player.escape(desk)
        return False
    deed.begun_at = time.monotonic()
    desk.send("\r")
    player.deeds.append(deed)
    return True


def _away(player: "Player") -> None:
    """The server dies and stays away."""
    player.stage.is_meant_down = True
    player.stage.kill_server()


def _sent(player: "Player", say: Say, case: str, intent: Intent, *, is_alone: bool = False) -> bool:
    """Open, write, send; `is_alone` when the server has died before that."""
    if not player.compose(say.desk, case, "n" if say.is_note else "r"):
        player.report.untyped += 1
        return False
    intent.begun_at = time.monotonic()
    player.intents.append(intent)
    player.report.intents += 1
    desk = player.desks[say.desk]
    if not player.write(desk, intent.marker, "as asked"):
        return False
    if is_alone:
        _away(player)
    desk.send("\x04")
    player.past_the_gate(say.desk)
    return True


def _retry(player: "Player", say: Say, intent: Intent) -> None:
    """Send what the list of changes has on top all the same; asked again, say it again."""
    for _ in range(3):
        player.outbox(player.desks[say.desk])
        player.desks[say.desk].send("r")
        if player.until(say.desk, lambda one: bool(player.stage.rows(intent.marker)), 4):
            return
    player.report.problems.append(f"{intent.marker} was not sent when the agent said so")
    player.picture()


def _give_word(player: "Player", say: Say, case: str, intent: Intent) -> None:
    """The agent looks at what waits, and sends it all the same."""
    if not _look_at(player, say.desk, case):
        return
    desk = player.desks[say.desk]
    player.read_for(desk, 0.5)
    desk.send("r")
    if not player.until(say.desk, lambda one: "yours is not sent" in one.text, 4):
        player.report.problems.append(f"{intent.marker} waits, and reply does not lead to it")
        player.picture()
        return
    desk.send("s")
    player.read_for(desk, 0.2)
    desk.send(f"{REASON}\r")
    player.until(say.desk, lambda one: bool(player.stage.rows(intent.marker)), 10)
    if not player.stage.rows(intent.marker):
        player.report.problems.append(f"{intent.marker} was not sent when the agent said so")
        player.picture()
