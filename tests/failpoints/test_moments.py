"""Killed at two dozen random moments while typing and sending: nothing sent twice, only the last second of typing lost."""

import random
import signal
import sys
from collections import Counter
from pathlib import Path

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from tests.failpoints.conftest import Stage, last_entry, table
from tests.failpoints.scenario import is_quiet
from tests.sync.desk import desk
from tests.sync.fake import until

MOMENTS = 24
AT_MOST_LOST_S = 1.0


async def test_client_killed_at_any_moment_loses_at_most_a_second_of_typing(stage: Stage, tmp_path: Path) -> None:
    chance = random.Random(18)
    folder, since = tmp_path / "client", last_entry(stage.server.engine)
    typed: list[tuple[int, str, float]] = []
    ends: dict[int, float] = {}
    for moment in range(MOMENTS):
        log = tmp_path / f"log{moment}"
        job = {"folder": str(folder), "url": stage.server.url, "token": stage.token, "tickets": stage.tickets, "log": str(log)}
        stage.born(part="typist", plan="", lives_s=chance.uniform(0.15, 0.7), **job)
        assert stage.buried() == signal.SIGALRM
        for line in log.read_text().splitlines() if log.exists() else ():
            word, _, at = line.partition(" ")
            typed.append((moment, word, float(at)))
            ends[moment] = float(at)

    async def connect() -> Backend:
        return NativeBackend(stage.server.url, stage.token)

    async with desk(folder, connect) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        await until(lambda: is_quiet(one))
        rows = table(stage.server.engine, since)
        sent = Counter(word for body, _, _ in rows for word in body.split())
        kept = {word for draft in one.state.drafts.values() for word in draft.body.split()}
        kept |= {word for item in one.engine.outbox.book.items for word in str(getattr(item.change, "body", "")).split()}
    lost = [(moment, at) for moment, word, at in typed if not sent[word] and word not in kept]
    worst = max((ends[moment] - at for moment, at in lost), default=0.0)
    sys.stdout.write(
        f"F18: {MOMENTS} kills, {len(typed)} words typed, {len(sent)} sent, {len(lost)} of the last moment lost, "
        f"at most {worst:.2f} s of typing\n"
    )
    assert max(sent.values(), default=0) <= 1
    assert {kind for _, _, kind in rows} <= {"note"}
    assert worst <= AT_MOST_LOST_S
    assert len(typed) > MOMENTS * 3
