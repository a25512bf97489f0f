"""What happens in one run, drawn from a seed: who writes what where, what breaks, and when."""

import random
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tests.chaos.proxy import PASS, Fault, Lane

SERVER_POINTS: Final = ("server.before_read", "server.before_commit", "server.after_commit", "server.mid_answer")
CLIENT_POINTS: Final = (
    *("outbox.before_put", "outbox.put_uncommitted", "outbox.after_put", "outbox.before_send", "outbox.after_send"),
    *("outbox.before_drop", "outbox.drop_uncommitted", "outbox.after_drop", "http.before_send", "http.after_head"),
    *("http.after_body", "drafts.before_put", "drafts.after_put", "database.before_commit", "database.after_commit"),
)
LONGEST_ANSWER: Final = 600
"""Bytes of an answer to a change, head included; cuts are drawn from there."""


class Say(Struct, frozen=True):
    """One intent: open a ticket, write a marked text, send it; and what happens right after the key that sends."""

    ticket: int
    is_note: bool
    desk: int = 0
    strike: str = ""
    """kill_client, kill_server, sleep, resize, take_back, or draft: killed while it is still being typed."""
    after_s: float = 0.0
    """From the key to the strike."""
    lasts_s: float = 0.0
    """How long the server is away or the client asleep."""
    act: str = ""
    """Something else than opening, writing and sending; see `acts.ACTS`."""
    count: int = 0
    """How many texts, tickets or steps of an act."""


class Schedule(Struct, frozen=True):
    """One run."""

    seed: int
    kind: str
    says: tuple[Say, ...]
    faults: tuple[Fault, ...] = ()
    hold_s: int = 0
    server_failpoints: str = ""
    client_failpoints: str = ""
    desks: tuple[tuple[str, str], ...] = (("li.wei", "a"),)
    """Login and home of each client; two with one home are two windows of one agent."""
    revokes: bool = False
    """The agent's token is refused for a while."""
    keeps_order: bool = False
    """Nothing can stop one text of a ticket and let a later one go."""

    def __str__(self) -> str:
        more = [str(fault) for fault in self.faults] + [self.server_failpoints, self.client_failpoints]
        does = [one.act or ("note" if one.is_note else "reply") for one in self.says]
        counts = [f" x{one.count}" if one.count else "" for one in self.says]
        says = [
            f"{what} t{one.ticket}{count} {one.strike}".strip()
            for what, count, one in zip(does, counts, self.says, strict=True)
        ]
        return f"seed {self.seed} {self.kind}: {'; '.join(says)} | {', '.join(filter(None, more)) or 'no fault'}"


Make = Callable[[random.Random, int], Schedule]


def _says(draw: random.Random, strike: str = "", desks: int = 1, tickets: int = 4) -> tuple[Say, ...]:
    """Three intents; what strikes does so after one of them."""
    struck = draw.randrange(3)
    return tuple(
        Say(
            ticket=draw.randrange(tickets),
            is_note=draw.random() < 0.4 and (strike != "take_back" or n != struck),
            desk=n % desks,
            strike=strike if n == struck else "",
            after_s=round(draw.choice((0.0, draw.uniform(0, 0.06), draw.uniform(0, 0.4))), 4),
            lasts_s=round(draw.uniform(0.05, 1.0), 3),
        )
        for n in range(3)
    )


def _plain(kind: str, strike: str = "", hold_s: int = 0) -> Make:
    return lambda draw, seed: Schedule(seed, kind, _says(draw, strike), hold_s=hold_s)


def _on_the_way(kind: str, fault: Callable[[random.Random], Fault], most: int = 3) -> Make:
    """Every fault in its lane, with some that pass between them."""

    def make(draw: random.Random, seed: int) -> Schedule:
        faults = []
        for _ in range(draw.randint(1, most)):
            hit = fault(draw)
            faults += [Fault("pass", hit.lane)] * draw.choice((0, 0, 1, 2)) + [hit]
        return Schedule(seed, kind, _says(draw), tuple(faults), hold_s=draw.choice((0, 0, 1)))

    return make


def _server_point(draw: random.Random, seed: int) -> Schedule:
    plan = f"{draw.choice(SERVER_POINTS)}=kill@{draw.randint(1, 5)}"
    return Schedule(seed, "server killed at a failpoint", _says(draw), server_failpoints=plan)


def _client_point(draw: random.Random, seed: int) -> Schedule:
    act = draw.choice(("kill", "kill", "kill", "raise"))
    plan = f"{draw.choice(CLIENT_POINTS)}={act}@{draw.randint(1, 6)}"
    return Schedule(seed, "client killed at a failpoint", _says(draw), client_failpoints=plan)


def _two_windows(draw: random.Random, seed: int) -> Schedule:
    strike = draw.choice(("", "kill_client"))
    return Schedule(seed, "two clients of one agent", _says(draw, strike, desks=2), desks=(("li.wei", "a"), ("li.wei", "a")))


def _two_agents(draw: random.Random, seed: int) -> Schedule:
    desks = (("li.wei", "a"), ("chen.jing", "b"))
    return Schedule(seed, "two agents, one ticket", _says(draw, desks=2, tickets=1), desks=desks)


def _revoked(draw: random.Random, seed: int) -> Schedule:
    return Schedule(seed, "token refused for a while", _says(draw), revokes=True)


def _much(draw: random.Random, seed: int) -> Schedule:
    """Several at once."""
    lanes = [_cut(draw), _feed(draw), _slow(draw)]
    strike = draw.choice(("kill_client", "kill_server", "sleep", "resize"))
    return Schedule(seed, "several at once", _says(draw, strike), tuple(lanes), hold_s=draw.choice((0, 1)))


def _cut(draw: random.Random) -> Fault:
    return Fault(draw.choice(("cut", "close")), at=draw.randrange(LONGEST_ANSWER))


def _cut_up(draw: random.Random) -> Fault:
    return Fault("cut_up", at=draw.randrange(900))


def _feed(draw: random.Random) -> Fault:
    kind = draw.choice(("cut", "close", "blackhole", "reset", "delay"))
    return Fault(kind, "feed", at=draw.randrange(4_000), seconds=0.3)


def _slow(draw: random.Random) -> Fault:
    return Fault(draw.choice(("delay", "drip", "rate")), _any_lane(draw), seconds=round(draw.uniform(0.05, 1.5), 3))


def _any_lane(draw: random.Random) -> Lane:
    lanes: tuple[Lane, ...] = ("read", "write")
    return draw.choice(lanes)


def _named(*kinds: str, least_s: float = 0.0, most_s: float = 0.0) -> Callable[[random.Random], Fault]:
    return lambda draw: Fault(draw.choice(kinds), seconds=round(draw.uniform(least_s, most_s), 3))


def _down(draw: random.Random) -> Fault:
    return Fault("down", _any_lane(draw), seconds=round(draw.uniform(0.05, 2.0), 3))


def _act(kind: str, act: str, counts: tuple[int, ...] = (0,), **more: Any) -> Make:
    """One act twice, on two tickets; the client is killed in most of them."""

    def make(draw: random.Random, seed: int) -> Schedule:
        tickets = draw.sample(range(4), 2)
        says = tuple(
            Say(
                ticket=ticket,
                is_note=draw.random() < 0.4,
                strike=draw.choice(("kill_client", "kill_client", "kill_client", "")),
                after_s=round(draw.choice((0.0, draw.uniform(0, 0.06), draw.uniform(0, 0.5), draw.uniform(0, 1.6))), 4),
                lasts_s=round(draw.uniform(0, 1.0), 3),
                act=act,
                count=draw.choice(counts),
            )
            for ticket in tickets
        )
        return Schedule(seed, kind, says, **more)

    return make


def _breath(draw: random.Random, seed: int) -> Schedule:
    """Texts of one ticket in order, killed at a moment or at a failpoint, with or without a hold and a fault on the line."""
    plan = _pointed(_act("two texts of one ticket", "in_one_breath", (2, 2, 3), keeps_order=True))(draw, seed)
    faults = (_cut(draw),) if draw.random() < 0.3 else ()
    return replace(plan, hold_s=draw.choice((0, 0, 1)), faults=faults)


def _pointed(make: Make) -> Make:
    """Often the client dies of a failpoint of its outbox instead, which no moment would hit."""
    points = tuple(point for point in CLIENT_POINTS if point.startswith("outbox"))

    def made(draw: random.Random, seed: int) -> Schedule:
        plan = make(draw, seed)
        if draw.random() < 0.6:
            return plan
        says = tuple(replace(say, strike="") for say in plan.says)
        return replace(plan, says=says, client_failpoints=f"{draw.choice(points)}=kill@{draw.randint(1, 5)}")

    return made


def _backup(draw: random.Random, seed: int) -> Schedule:
    """One text is delivered and lost with the server's disk; of the next the answer is lost, or it has not left."""
    plan = _act("server put back to a backup", "put_back", (0, 1))(draw, seed)
    faults = (PASS, PASS, *[Fault("lost")] * 3) if plan.says[0].count else ()
    return replace(plan, says=plan.says[:1], faults=faults)


KINDS: Final[tuple[tuple[int, Make], ...]] = (
    (2, _plain("calm")),
    (10, _server_point),
    (7, _plain("server killed at a moment", "kill_server")),
    (10, _on_the_way("answer cut at a byte", _cut)),
    (5, _on_the_way("request cut at a byte", _cut_up)),
    (4, _on_the_way("answer lost after commit", _named("lost"))),
    (7, _on_the_way("request twice", _named("replay", "replay_second", "replay_late", most_s=0.5))),
    (4, _on_the_way("request overtaken", _named("reorder", least_s=0.1, most_s=0.6))),
    (3, _on_the_way("connection reset", _named("reset"))),
    (2, _on_the_way("no answer, half open", _named("hang", "blackhole"), most=1)),
    (5, _on_the_way("slow line", _slow)),
    (5, _on_the_way("event stream broken", _feed)),
    (5, _on_the_way("line down", _down)),
    (10, _plain("client killed at a moment", "kill_client")),
    (10, _client_point),
    (4, _plain("client asleep", "sleep")),
    (4, _revoked),
    (5, _two_windows),
    (5, _two_agents),
    (3, _plain("resized while sending", "resize")),
    (4, _plain("taken back", "take_back", hold_s=3)),
    (6, _plain("client killed while composing", "draft")),
    (5, _much),
    (4, _breath),
    (4, _act("killed while the gate asks", "at_the_gate", (0, 1, 2))),
    (4, _act("taken over in its hold", "taken_over", (0, 1), hold_s=4)),
    (4, _pointed(_act("change and taking back, killed", "tag_and_back"))),
    (4, _pointed(_act("many tickets at once, killed", "tag_many", (3, 5, 8)))),
    (3, _backup),
)
"""How often each kind is drawn, and what makes it."""


def schedule(seed: int) -> Schedule:
    """The schedule of a seed; always the same."""
    draw = random.Random(f"chaos {seed}")
    make = draw.choices([one for _, one in KINDS], [weight for weight, _ in KINDS])[0]
    return make(draw, seed)
