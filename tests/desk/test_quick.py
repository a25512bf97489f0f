"""What keeps a key from waiting: no long look through the memory while somebody types, no long step of the loop."""

import asyncio
import gc
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from supportdesk_tui.sync import codec
from supportdesk_tui.sync.cache import Cache
from tests import make
from tests.driver import at_desk

PAUSE_ROUNDS = 12
BREATH_ROWS = 50


class FullRounds:
    """Counts the times the whole memory is looked through."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        self.seen += phase == "start" and info["generation"] == 2


async def test_memory_is_looked_through_only_while_nobody_types(tmp_path: Path) -> None:
    rounds = FullRounds()
    async with at_desk(None, tmp_path) as agent:
        for _ in range(PAUSE_ROUNDS):
            gc.collect(1)
        gc.callbacks.append(rounds)
        try:
            agent.app.pulse.typed_at = monotonic()
            agent.app.pulse._minute_passed()
            assert rounds.seen == 0
            agent.app.pulse.typed_at = 0.0
            agent.app.pulse._minute_passed()
            assert rounds.seen == 1
        finally:
            gc.callbacks.remove(rounds)


async def test_a_key_says_that_somebody_types(tmp_path: Path) -> None:
    async with at_desk(None, tmp_path) as agent:
        agent.app.pulse.typed_at = 0.0
        await agent.press("j")
        assert agent.app.pulse.typed_at > 0


async def test_many_rows_of_the_cache_are_made_between_breaths_of_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, most = 0, 0
    unpack = codec.unpack_row

    def counting(blob: bytes) -> object:
        nonlocal made, most
        made += 1
        most = max(most, made)
        return unpack(blob)

    async def breathe() -> None:
        nonlocal made
        while True:
            made = 0
            await asyncio.sleep(0)

    rows = [make.summary(n) for n in range(4 * BREATH_ROWS)]
    cache = Cache(tmp_path / "cache.db")
    cache.open()
    cache.put_tickets_now(rows)
    monkeypatch.setattr(codec, "unpack_row", counting)
    breathing = asyncio.create_task(breathe())
    known = await cache.get_tickets([row.id for row in rows])
    breathing.cancel()
    cache.close()
    assert len(known) == len(rows)
    assert 0 < most <= BREATH_ROWS
