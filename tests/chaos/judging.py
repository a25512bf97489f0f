"""What must hold when everything has settled, by the server's tables, its log and what was seen on the line."""

import re
from typing import TYPE_CHECKING, Final

from tests.chaos import oracles
from tests.chaos.report import Deed

if TYPE_CHECKING:
    from tests.chaos.play import Player

KINDS: Final = {False: "agent", True: "note"}
"""Kind of an entry in the server's table, by whether it is a note."""


def judge(player: "Player") -> None:
    """What must hold of every schedule, and of what was done in this one."""
    _judge_texts(player)
    for told in oracles.sent_unread(player.stage.trace, player.deaths) if len(player.desks) == 1 else ():
        player.report.unread += 1
        player.report.problems.append(told)
    for check in player.later:
        check()
    if player.plan.keeps_order:
        _in_order(player)
    for deed in player.deeds:
        _judge_deed(player, deed)


def _judge_deed(player: "Player", deed: Deed) -> None:
    """By the server's log: put on at most once a ticket, taken off at most once, all or nothing."""
    events = oracles.tagged(player.stage, deed.marker)
    on = [ticket for ticket, _, is_on in events if is_on]
    off = [ticket for ticket, _, is_on in events if not is_on]
    now = oracles.wearing(player.stage, deed.marker)
    report = player.report
    report.intents += 1
    told = f"{deed.marker}: put on {on}, taken off {off}, now on {sorted(now)}; {deed.count} meant"
    if len(on) != len(set(on)) or len(off) != len(set(off)):
        report.duplicated += 1
        report.problems.append(f"done twice: {told}")
    if len(set(on)) not in {0, deed.count} or not set(off) <= set(on) or now != set(on) - set(off):
        report.wrong_ticket += 1
        report.problems.append(f"neither all nor nothing: {told}")
    if not on:
        _judge_missing(player, deed, told)
    elif deed.is_undone and set(off) == set(on):
        report.taken_back += 1
    elif deed.is_undone and not player.killed_within(deed.undone_at):
        report.lost += 1
        report.problems.append(f"not taken back: {told}")
        player.picture()
    else:
        report.delivered += 1


def _judge_missing(player: "Player", deed: Deed, told: str) -> None:
    """Nothing of it is there: taken back before it left, gone with a kill right after the key, or lost."""
    if deed.is_undone:
        player.report.taken_back += 1
    elif player.killed_within(deed.begun_at):
        player.report.unsaved += 1
    else:
        player.report.lost += 1
        player.report.problems.append(f"not done: {told}")
        player.picture()


def _in_order(player: "Player") -> None:
    """Texts of one ticket stand in the server's table as they were sent; those in one text, as they stand in it."""
    for ticket in {one.ticket for one in player.intents}:
        meant = [one.marker for one in player.intents if one.ticket == ticket]
        bodies = " ".join(body for body, where, _ in player.stage.rows(f"mark-{player.plan.seed}-") if where == ticket)
        there = re.findall(r"mark-\d+-\d+(?= )", bodies)
        if there != [marker for marker in meant if marker in there]:
            player.report.reordered += 1
            player.report.problems.append(f"out of order: {there}, written {meant}")


def _judge_texts(player: "Player") -> None:
    """Compare what was meant with the server's table."""
    rows = player.stage.rows(f"mark-{player.plan.seed}-")
    report = player.report
    for intent in player.intents:
        mine = [row for row in rows if f"{intent.marker} " in row[0]]
        report.delivered += bool(mine)
        report.taken_back += intent.is_taken_back and not mine
        report.shown += not mine and not intent.is_taken_back and not intent.is_gone
        faults = (
            ("duplicated", len(mine) > 1),
            ("wrong_ticket", any(ticket != intent.ticket for _, ticket, _ in mine)),
            ("wrong_visibility", any(kind != KINDS[intent.is_note] for _, _, kind in mine)),
            ("early", intent.is_taken_back and any(body.count("mark-") == 1 for body, _, _ in mine)),
        )
        for name, is_so in faults:
            if is_so:
                setattr(report, name, getattr(report, name) + 1)
                report.problems.append(f"{intent.marker} {name}: {mine}, meant {intent.ticket}")
    report.shown -= report.lost + report.unsaved
    report.faults = len(player.stage.faults_done)
