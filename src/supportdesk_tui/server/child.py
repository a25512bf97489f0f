"""The backend as a child of `supportdesk demo`: seeded, with customers writing, gone without a trace when its parent is."""

import argparse
import contextlib
import json
import os
import select
import signal
import sys
from types import FrameType

import sqlalchemy

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.traffic import Answered, Party, Traffic


def main(argv: list[str] | None = None) -> int:
    """Serve until standard input closes; say where on standard output, as one line of JSON."""
    parser = argparse.ArgumentParser(prog="supportdesk-server", description=__doc__)
    parser.add_argument("--tickets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--login", default=DEMO_LOGIN, help="whose token is handed out")
    parser.add_argument("--pace", type=float, default=8.0, help="seconds between customers' messages; 0: nobody writes")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    with ServerThread(tickets=options.tickets, seed=options.seed) as server:
        inbound = server.inbound_token
        mine = next(one.id for one in server.parts.desk.agents.values() if one.login == options.login)
        parties = parties_of(server, mine)
        traffic = Traffic(
            server.url, inbound, options.seed, parties, pace_s=options.pace, answered=Answered(server.engine, parties)
        )
        if options.pace > 0:
            traffic.start()
        try:
            _say({"url": server.url, "token": server.token_for(options.login), "inbound_token": inbound})
            _wait_for_the_end()
        finally:
            traffic.stop()
    return 0


def parties_of(server: ServerThread, mine: str, limit: int = 40) -> list[Party]:
    """Customers with something open, who may write again; the agent's own first."""
    columns = tables.tickets.c
    live = (columns.band == 0, columns.phase.in_(("open", "pending")), columns.language.in_(("zh", "en", "ja", "es", "ru")))
    wanted = sqlalchemy.select(columns.customer, columns.number, columns.language, columns.category, columns.owner, columns.id)
    with server.engine.begin() as connection:
        rows = connection.execute(wanted.where(*live).order_by(columns.owner.is_distinct_from(mine), columns.n).limit(limit))
        return [Party(row.customer, row.number, row.language, row.category, row.owner == mine, row.id) for row in rows]


def _wait_for_the_end() -> None:
    """Wait until standard input closes or a signal comes; a signal another thread caught wakes this one through the pipe."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    stdin = sys.stdin.fileno()
    while True:
        ready, _, _ = select.select([stdin, woken], [], [])
        if woken in ready:
            os.read(woken, 64)
        if stdin in ready and not os.read(stdin, 4096):
            return


def _say(line: dict[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
