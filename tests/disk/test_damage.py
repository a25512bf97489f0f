"""Damaged files, from 500 seeds each: no whole row of the outbox is left behind, and the cache is made anew."""

import random
import sys
from pathlib import Path

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.store.kept import FormDraft
from supportdesk_tui.store.state import Draft, DraftMode, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.salvage import frame
from supportdesk_tui.sync.start import open_cache
from supportdesk_tui.sync.windows import Ask
from tests import make
from tests.sync.desk import desk

SEEDS = 500
PHASES = (OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.HELD, OutboxPhase.REFUSED, OutboxPhase.UNKNOWN)
PAGE = 16_384
EVERY_ROW = (
    "SELECT key, frame FROM items UNION ALL SELECT 'd' || ticket, frame FROM drafts "
    "UNION ALL SELECT 'f' || key, frame FROM forms"
)


def damage(blob: bytes, chance: random.Random) -> bytes:
    """What an accident leaves of a file: bits turned, a piece lost, garbage, zeros, an end cut off, a page twice."""
    wrong = bytearray(blob)
    at = chance.randrange(len(wrong))
    size = chance.choice((1, 16, 512, 4096, PAGE))
    match chance.randrange(7):
        case 0:
            for _ in range(chance.choice((1, 3, 40))):
                wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        case 1:
            wrong[at : at + size] = chance.randbytes(len(wrong[at : at + size]))
        case 2:
            wrong[at : at + size] = bytes(len(wrong[at : at + size]))
        case 3:
            del wrong[at:]
        case 4:
            wrong[: min(size, 200)] = chance.randbytes(min(size, 200))
        case 5:
            page, other = (chance.randrange(len(wrong) // PAGE) * PAGE for _ in range(2))
            wrong[page : page + PAGE] = blob[other : other + PAGE]
        case _:
            wrong[60:64] = (99).to_bytes(4, "big")  # the user version of a later release
    return bytes(wrong)


def written(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """A file with thirty changes, ten drafts and ten forms, some longer than a page; each one's words → its frame."""
    ledger = Ledger(folder)
    ledger.open()
    for number in range(30):
        body = f"change-{number}. " + "x" * (number * 97 if number % 10 else 20_000)
        ledger.put_item(make.ME, make.outbox_item(number, PHASES[number % 5], change=Note(body)))
    for number in range(10):
        ledger.put_draft(make.ME, Draft(TicketId(f"t{number}"), DraftMode.NOTE, f"draft-{number}. " + "y" * number * 50))
    for number in range(10):
        texts = (("summary", f"form-{number}. " + "z" * number * 50), ("txid", ""))
        ledger.put_form(make.ME, FormDraft(str(number), "Escalate", texts, make.NOW))
    frames: dict[str, bytes] = {}
    with ledger.main.use() as db:
        for key, blob in db.execute(EVERY_ROW):
            frames[str(key)] = blob
    ledger.close()
    return (folder / "outbox-0.db").read_bytes(), frames


def test_every_whole_row_of_a_damaged_outbox_is_recovered_and_no_file_deleted(tmp_path: Path) -> None:
    blob, frames = written(tmp_path / "good")
    intact_rows = recovered_rows = rescues = 0
    for seed in range(SEEDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        wrong = damage(blob, random.Random(seed))
        (folder / "outbox-0.db").write_bytes(wrong)
        ledger = Ledger(folder)
        ledger.open()
        items, drafts = ledger.items(make.ME), ledger.drafts(make.ME)
        found = {str(item.key) for item in items} | {f"d{draft.ticket}" for draft in drafts}
        found |= {f"f{form.key}" for form in ledger.forms(make.ME)}
        intact = {key for key, one in frames.items() if one in wrong}
        assert intact <= found, f"seed {seed}: {intact - found} left behind"
        salvages = ledger.salvages()
        items = ledger.items(make.ME)
        if salvages:
            assert wrong in [one.aside.read_bytes() for one in salvages], f"seed {seed}: the damaged file is gone"
            assert all(item.phase not in {OutboxPhase.QUEUED, OutboxPhase.SENDING} for item in items)
            assert all(item.held_until is None for item in items)
        ledger.put_item(make.ME, make.outbox_item(99, change=Note("goes on")))
        ledger.close()
        intact_rows, recovered_rows, rescues = intact_rows + len(intact), recovered_rows + len(found), rescues + bool(salvages)
    sys.stdout.write(f"F17: {SEEDS} seeds, {rescues} files set aside, {intact_rows} whole rows, {recovered_rows} recovered\n")
    assert recovered_rows >= intact_rows > SEEDS * 20
    assert rescues > SEEDS // 3


async def test_rescued_words_are_told_and_shown_to_the_agent(tmp_path: Path) -> None:
    blob, _ = written(tmp_path / "client" / "outbox")
    cache = Cache(tmp_path / "client" / "cache.db")
    cache.open()
    cache.last.save_session(make.session(), make.directory())
    cache.close()
    (tmp_path / "client" / "outbox" / "outbox-0.db").write_bytes(b"\xff" * 100 + blob[100:])  # those of two pages go with it
    async with desk(tmp_path / "client", None) as one:
        assert one.state.view.notice is not None
        assert "27 changes and 20 drafts were rescued" in one.state.view.notice.text
        shown = {str(getattr(item.change, "body", "")).split()[0] for item in one.state.outbox}
        assert shown == {f"change-{number}." for number in range(30) if number % 10}
        assert {f"draft-{number}." for number in range(10)} == {draft.body.split()[0] for draft in one.state.drafts.values()}
        assert {f"form-{number}." for number in range(10)} == {form.texts[0][1].split()[0] for form in one.state.forms.values()}


def test_damaged_cache_is_set_aside_and_usable_at_once(tmp_path: Path) -> None:
    good = Cache(tmp_path / "good" / "cache.db")
    good.open()
    good.last.save_session(make.session(), make.directory())
    good.last.save_views((make.view(),))
    good.put_tickets_now([make.summary(number) for number in range(1, 60)])
    good.last.set_complete(None)
    good.close()
    blob = (tmp_path / "good" / "cache.db").read_bytes()
    told = 0
    for seed in range(SEEDS):
        chance = random.Random(seed)
        path = tmp_path / str(seed) / "cache.db"
        path.parent.mkdir()
        path.write_bytes(damage(blob, chance))
        if chance.random() < 0.3:
            path.with_name("cache.db-wal").write_bytes(chance.randbytes(chance.randrange(8000)))
        common = Common(Store(), Cache(path))
        open_cache(common)
        use_cache(common)
        told += bool(common.cache.set_aside)
        assert len(common.cache.set_aside) <= 1, f"seed {seed}"
        assert all(one.exists() for one in common.cache.set_aside)
        common.cache.close()
    sys.stdout.write(f"F16: {SEEDS} seeds, {told} caches set aside and made anew, all usable\n")
    assert told > SEEDS // 4


def use_cache(common: Common) -> None:
    """Read and write as the desk does: an error once, when the damage is met, then it works."""
    query = Ask(QueueQuery(phases=LIVE_PHASES), "", common.asker())
    for attempt in range(2):
        try:
            common.cache.window_now(query, 0, 80)
            common.cache.put_tickets_now([make.summary(number, version=9) for number in range(1, 60)])
            assert common.cache.window_now(query, 0, 80).total >= 59
        except StorageError:
            assert attempt == 0
        else:
            return


def test_frames_are_what_the_file_holds(tmp_path: Path) -> None:
    blob, frames = written(tmp_path)
    assert sum(one in blob for one in frames.values()) > 30
    assert frame({"a": 1}) not in blob
