"""Makes processes quickly: everything is loaded once, and each line on standard input becomes a child that plays a part.

A line is JSON: `plan` (failpoints), `log` (a file for what the child says) and what the part needs. The answer is the
signal that ended the child, or 0.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx

from supportdesk_tui import failpoints
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.server.runner import ServerThread
from tests.failpoints import scenario

LIVES_S = 20


def say(log: str, text: str) -> None:
    """One line that is there even if the child is killed right after."""
    with Path(log).open("a") as file:
        file.write(text + "\n")


def client(job: dict[str, Any]) -> None:
    play = scenario.play(Path(job["folder"]), job["url"], job["token"], job["tickets"], lambda text: say(job["log"], text))
    with failpoints.armed(job["plan"]):
        asyncio.run(play)


def typist(job: dict[str, Any]) -> None:
    """Dies of the clock, without a handler, wherever it is by then."""
    signal.setitimer(signal.ITIMER_REAL, job["lives_s"])
    asyncio.run(
        scenario.type_on(Path(job["folder"]), job["url"], job["token"], job["tickets"], lambda text: say(job["log"], text))
    )


def asker(job: dict[str, Any]) -> None:
    """Kills itself once it is on the disk that its changes wait for a word."""
    asyncio.run(scenario.ask_for_a_word(Path(job["folder"]), AgentId(job["agent"]), lambda text: say(job["log"], text)))


def onlooker(job: dict[str, Any]) -> None:
    """Connects, and dies of the clock, without a handler, wherever it is by then."""
    signal.setitimer(signal.ITIMER_REAL, job["lives_s"])
    asyncio.run(scenario.look_on(Path(job["folder"]), job["url"], job["token"], lambda text: say(job["log"], text)))


def server(job: dict[str, Any]) -> None:
    with ServerThread(job["db"], ticking=False) as one, failpoints.armed(job["plan"]):
        say(job["log"], f"{one.url} {one.token_for('li.wei')}")
        signal.pause()


PARTS = {"client": client, "typist": typist, "asker": asker, "onlooker": onlooker, "server": server}


def main() -> None:
    assert httpx.__name__
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.alarm(LIVES_S)
            try:
                PARTS[job["part"]](job)
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
