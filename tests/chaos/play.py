"""Plays one schedule with keys and signals, and judges it by the server's tables and the terminal's bytes alone."""

import re
import signal
import time
from collections.abc import Callable
from typing import Final

from tests.chaos.acts import ACTS, settled
from tests.chaos.judging import judge
from tests.chaos.report import Deed, Intent, Report
from tests.chaos.schedule import Say, Schedule
from tests.chaos.stage import COLUMNS, ROWS, Desk, Stage

TYPED_S: Final = 1.0
"""Typing that a kill may take with it."""
NOTICED_S: Final = 5.0
"""After what was done, until the player notices that a failpoint has ended the client in the middle of it."""
STEP_S: Final = 15.0
"""How long one thing a person waits for may take, faults included."""
SETTLE_S: Final = 30.0
"""After everything is healed: until every text has arrived or is shown as not delivered."""
WORDS: Final = "your case is"
DRAFT: Final = "safe as you are and back to you as far as it is so"
TELLING: Final = frozenset("abcdefgijkorstuvwxyz")
"""Letters no sequence of the terminal ends with: bytes that hold one after its key are its echo."""
COMPOSING: Final = re.compile(r"Ctrl\+D (?:send|add note)")
MARK: Final = re.compile(r"mark-\d+-\d+(?= )")
LISTED: Final = re.compile(r"^\W*sent\s+(?!\d\d:\d\d)")
SENT: Final = re.compile(rf"\bsent \d\d:\d\d|{LISTED.pattern}")


class Player:
    """Hands and eyes of one schedule."""

    def __init__(self, plan: Schedule, stage: Stage, report: Report) -> None:
        self.plan = plan
        self.stage = stage
        self.report = report
        self.intents: list[Intent] = []
        self.deeds: list[Deed] = []
        self.later: list[Callable[[], None]] = []
        """What is to be asked when everything has settled."""
        self._homes = list(plan.desks)
        self.desks: list[Desk] = []
        self.deaths: list[float] = []
        self._first: Desk | None = None
        """The one with failpoints: it may die of them to the very end."""

    # --- the run

    def play(self) -> None:
        """Everything, then the judgement."""
        for number, (login, home) in enumerate(self._homes):
            desk = self.stage.desk(login, home, self.plan.client_failpoints if not number else "")
            self.desks.append(desk)
        self._first = self.desks[0]
        for number in range(len(self.desks)):
            self._ready(number)
        for number, say in enumerate(self.plan.says):
            (ACTS[say.act] if say.act else type(self)._say)(self, number, say)
            if self.plan.revokes and number == 0:
                self._restart_server(is_revoked=True)
        self._heal()
        self._settle()
        self._leave()
        judge(self)

    def _ready(self, number: int) -> None:
        """Wait until a client can be used; one that a failpoint ended is started again without."""
        self.until(number, lambda desk: "live" in desk.lines[0] or "offline" in desk.text, STEP_S)
        self.alive(number)

    def alive(self, number: int) -> Desk:
        desk = self.desks[number]
        if desk.is_alive:
            return desk
        desk.pump(0)
        self.deaths.append(desk.ended_at or time.monotonic())
        self.stage.let_go(desk)
        self.report.restarts += 1
        desk = self.desks[number] = self.stage.desk(*self._homes[number])
        self.until(number, lambda one: "live" in one.lines[0] or "offline" in one.text, STEP_S)
        return desk

    def until(self, number: int, holds: "Seen", limit_s: float) -> bool:
        """Read the terminal until something is on it; False when it never is, or the program ended."""
        desk = self.desks[number]
        end = time.monotonic() + limit_s
        while not holds(desk):
            if time.monotonic() > end or not desk.is_alive:
                return False
            self.pump(desk, 0.02)
            if not self.stage.is_server_alive() and not self.stage.is_meant_down:
                self.stage.start_server()
        return True

    def pump(self, desk: Desk, timeout_s: float) -> None:
        """Read; whatever is called sent now must be in the server's table already."""
        before = len(desk.raw)
        desk.pump(timeout_s)
        if b"sent" in desk.raw[before:]:
            self._watch(desk)

    def _watch(self, desk: Desk) -> None:
        lines = desk.lines
        for at, line in enumerate(lines):
            if not SENT.search(line):
                continue
            # in a list it stands in the line of the text, in a conversation below it
            far = 0 if LISTED.search(line) else 3
            above = (MARK.findall(lines[place]) for place in range(at, max(-1, at - far - 1), -1))
            named = next(filter(None, above), [])
            for intent in self.intents:
                if intent.marker in named and not intent.is_gone and not self.stage.rows(intent.marker):
                    self.report.early += 1
                    self.report.problems.append(f"{intent.marker} is called sent before the server has it: {line.strip()}")

    # --- one intent

    def _say(self, number: int, say: Say) -> None:
        ticket, case = self.stage.seeded.tickets[say.ticket]
        intent = Intent(f"mark-{self.plan.seed}-{number}", ticket, say.is_note)
        if not self.compose(say.desk, case, "n" if say.is_note else "r"):
            self.report.untyped += 1
            return
        intent.begun_at = time.monotonic()
        self.intents.append(intent)
        self.report.intents += 1
        if say.strike == "draft":
            self._killed_while_composing(say, f"{intent.marker} {DRAFT}", case)
            return
        desk = self.desks[say.desk]
        if not self.write(desk, intent.marker, WORDS):
            return
        desk.send("\x04")
        if say.strike == "resize":
            self._resize(desk)
        self._strike(say, intent)
        self.past_the_gate(say.desk)

    def compose(self, number: int, case: str, key: str) -> bool:
        """Get a ticket and its composer on the screen, as a person who looks before typing."""
        end = time.monotonic() + STEP_S
        short = case[-6:]
        tries = 0
        while time.monotonic() < end:
            desk = self.alive(number)
            if tries or COMPOSING.search(desk.text):
                self.escape(desk)
            tries += 1
            desk.send("gn")
            if not self.until(number, lambda one: "Case number" in one.text, 2):
                continue
            desk.send(f"{case}\r")
            if not self.until(number, lambda one: short in one.lines[1], 3):
                continue
            desk.send(key)
            if self.until(number, lambda one: short in one.lines[1] and bool(COMPOSING.search(one.text)), 3):
                self._in_mode(self.desks[number], case, is_note=key == "n")
                return True
        self.report.untyped_because.append("\n".join(line.rstrip() for line in self.desks[number].lines if line.strip()))
        return False

    def _in_mode(self, desk: Desk, case: str, *, is_note: bool) -> None:
        """A draft of before may be of the other kind, and the desk says so: change it, as who sees it does, with its words."""
        if self.until(self.desks.index(desk), lambda one: ("add note" in one.text) is is_note, 1):
            self.read_for(desk, 0.05)
        if not COMPOSING.search(desk.text):
            return
        _, _, written = desk.text.rpartition("▎")  # the composer begins with it
        for intent in self.missing():
            if dict(self.stage.seeded.tickets)[intent.ticket] == case and intent.marker in written:
                intent.is_note = is_note
        if ("add note" in desk.text) is not is_note:
            desk.send("\x1bOQ")
            self.pump(desk, 0.2)

    def escape(self, desk: Desk) -> None:
        """Out of menus, dialogs and the composer."""
        for _ in range(3):
            desk.send("\x1b")
            self.read_for(desk, 0.08)  # the next key must not come so soon that it makes one sequence with this one

    def write(self, desk: Desk, marker: str, words: str) -> bool:
        """The marker in one go, the rest when the letter before is to be seen; how long that takes is noted."""
        desk.send(f"{marker} ")
        if not self.until(self.desks.index(desk), lambda one: marker in one.text, 4):
            if desk.is_alive:
                self.report.unseen += 1
                self.intents.pop()
                self.report.intents -= 1
            return False
        for letter in words:
            before = len(desk.raw)
            began = time.monotonic()
            desk.send(letter)
            while letter.encode() not in desk.raw[before:]:
                self.pump(desk, 0.02)
                if time.monotonic() - began > 2 or not desk.is_alive:
                    break
            if not desk.is_alive:
                return False
            if letter in TELLING:
                self.report.echoes.append(time.monotonic() - began)
        return True

    def past_the_gate(self, number: int) -> None:
        """Wait until the composer is gone; what the desk asks before it sends is answered with a reason."""
        end = time.monotonic() + 4
        answered = False
        while time.monotonic() < end and self.desks[number].is_alive:
            desk = self.desks[number]
            if not COMPOSING.search(desk.text) and "Before it is sent" not in desk.text:
                return
            if "Before it is sent" in desk.text and not answered:
                answered = True
                desk.send("s")
                self.pump(desk, 0.1)
                desk.send("it is meant so\r")
            self.pump(desk, 0.03)

    # --- strikes

    def _strike(self, say: Say, intent: Intent) -> None:
        desk = self.desks[say.desk]
        end = time.monotonic() + say.after_s
        while time.monotonic() < end:
            self.pump(desk, max(0.0, end - time.monotonic()))
        match say.strike:
            case "kill_client":
                self.kill(say.desk)
            case "kill_server":
                self.stage.kill_server()
                self.read_for(desk, say.lasts_s)
                self.stage.start_server()
            case "sleep":
                desk.asleep(True)
                self.read_for(desk, say.lasts_s)
                desk.asleep(False)
            case "take_back":
                self.past_the_gate(say.desk)
                desk.send("z")
                if self.until(say.desk, lambda one: "Taken back" in one.text or "Too late" in one.text, 2):
                    intent.is_taken_back = "Taken back" in desk.text
            case _:
                pass

    def kill(self, number: int) -> None:
        """End a client without a goodbye, and start it again."""
        desk = self.desks[number]
        if desk.is_alive:
            desk.signal(signal.SIGKILL)
            desk.wait_exit()
        self.alive(number)

    def killed_within(self, moment: float) -> bool:
        """Whether a client ended so soon after a moment that the disk had not been promised what was done then."""
        limit_s = NOTICED_S if self.plan.client_failpoints else TYPED_S
        return any(-NOTICED_S <= died - moment <= limit_s for died in self.deaths)

    def read_for(self, desk: Desk, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.pump(desk, min(0.05, left))

    def _resize(self, desk: Desk) -> None:
        """A storm of sizes while the reply is on its way."""
        for columns, rows in ((80, 24), (1, 1), (300, 80), (40, 10), (132, 50), (COLUMNS, ROWS)):
            desk.resize(columns, rows)
            self.pump(desk, 0.01)

    def _restart_server(self, *, is_revoked: bool) -> None:
        self.stage.kill_server()
        self.stage.revoke("li.wei", is_revoked=is_revoked)
        self.stage.start_server()

    def _killed_while_composing(self, say: Say, text: str, case: str) -> None:
        """Type at a person's speed, kill at a moment, start again: how much of it is there?"""
        desk = self.desks[say.desk]
        pressed: list[float] = []
        lives = int((say.after_s + 0.05) * 97) % len(text) + 1
        for letter in text[:lives]:
            desk.send(letter)
            pressed.append(time.monotonic())
            self.read_for(desk, 0.03)
        killed_at = time.monotonic()
        desk.signal(signal.SIGKILL)
        desk.wait_exit()
        if not self.compose(say.desk, case, "n" if say.is_note else "r"):
            self.report.problems.append("a draft could not be opened after the kill")
            return
        self.read_for(self.desks[say.desk], 0.3)
        shown = self.desks[say.desk].text
        kept = next((n for n in range(lives, 0, -1) if text[:n] in shown), 0)
        self.report.draft_chars = max(self.report.draft_chars, lives - kept)
        if kept < lives:
            self.report.draft_s = max(self.report.draft_s, killed_at - pressed[kept])
            if killed_at - pressed[kept] > 1.0 and lives - kept > 20:
                self.report.problems.append(f"{lives - kept} characters of a draft were lost")
        if kept <= len(self.intents[-1].marker):
            self.intents.pop()
            self.report.intents -= 1

    # --- the end

    def _heal(self) -> None:
        if self.plan.revokes:
            self._restart_server(is_revoked=False)
        self.stage.heal()
        for number in range(len(self.desks)):
            desk = self.alive(number)
            if desk.is_alive and self.plan.revokes:
                self.kill(number)

    def missing(self) -> list[Intent]:
        there = " ".join(body for body, _, _ in self.stage.rows(f"mark-{self.plan.seed}-"))
        return [one for one in self.intents if f"{one.marker} " not in there and not one.is_gone]

    def _settle(self) -> None:
        """Wait for what is on its way, then look for the rest where the desk keeps what is not delivered."""
        if self.deeds and not settled(self, SETTLE_S):
            self.report.problems.append("changes are still on their way")
            self.picture()
        end = time.monotonic() + SETTLE_S
        looked_at = 0.0
        shown: set[str] = set()
        while missing := [one for one in self.missing() if one.marker not in shown]:
            if time.monotonic() > end:
                break
            for number in range(len(self.desks)):
                self.pump(self.alive(number), 0.03)
            if time.monotonic() - looked_at > 1.5:
                shown |= self._at_rest(missing)
                looked_at = time.monotonic()
        for intent in missing:
            if self._kept(intent):
                continue
            age = min((died - intent.begun_at for died in self.deaths if died > intent.begun_at - NOTICED_S), default=SETTLE_S)
            if age <= TYPED_S:
                self.report.draft_chars = max(self.report.draft_chars, len(f"{intent.marker} {WORDS}"))
                self.report.draft_s = max(self.report.draft_s, age)
                self.report.unsaved += 1
            else:
                self.report.lost += 1
                self.report.problems.append(f"{intent.marker} is neither delivered nor shown; typed {age:.2f} s before a kill")
                self.picture()

    def _at_rest(self, missing: list[Intent]) -> set[str]:
        """Those that wait for the agent: drafts, refused, unknown and waiting for a yes."""
        final = re.compile(r"^\W*(?:draft|refused|held)\s|long ago|not show it")
        lines = [line for desk in self.desks for line in self.outbox(desk) if final.search(line.strip(" ▸│▌▎"))]
        return {one.marker for one in missing if any(one.is_named_in(line, self.intents) for line in lines)}

    def picture(self) -> None:
        """Every screen as it is, for whoever looks into it."""
        for desk in self.desks:
            self.report.problems.append("\n".join(line.rstrip() for line in desk.lines if line.strip())[:6000])

    def _kept(self, intent: Intent) -> bool:
        return any(intent.is_named_in(line, self.intents) for desk in self.desks for line in self.outbox(desk))

    def outbox(self, desk: Desk) -> list[str]:
        """The lines of the desk's list of drafts and changes."""
        number = self.desks.index(desk)
        self.escape(desk)
        desk.send("D")
        self.until(number, lambda one: "Drafts and outbox" in one.text, 2)
        self.read_for(desk, 0.1)
        return desk.lines

    def _leave(self) -> None:
        """Out by the door: exit code 0, and nothing the gate had to stop."""
        for desk in self.desks:
            self.escape(desk)
            desk.send("\x11")
            if self.until(self.desks.index(desk), lambda one: "Leave?" in one.text, 4):
                desk.send("y")
            try:
                status = desk.wait_exit(deadline_s=STEP_S)
            except AssertionError:
                status = -99
            is_meant = status == -signal.SIGKILL and self.plan.client_failpoints and desk is self._first
            if status and not is_meant:
                self.report.problems.append(f"the desk ended with {status}: {desk.lines[-1].strip()}")
        for desk in (*self.desks, *self.stage.ended):
            found = desk.violations()
            self.report.violations += len(found)
            self.report.problems += found[:2]
        for stats in self.stage.folder.rglob("stats-*"):
            told = re.search(r"gate=(\d+)", stats.read_text())
            self.report.gate += int(told[1]) if told else 0
        if self.report.gate:
            self.report.problems.append(f"the gate stopped {self.report.gate} characters")


Seen = Callable[[Desk], bool]
