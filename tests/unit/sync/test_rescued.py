"""What comes off a damaged file, what stays in it, and what leaves no trace."""

from pathlib import Path

import pytest

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import Draft, OutboxPhase
from tests import make
from tests.unit.sync.test_drafts import FULL, reopened


def broken(path: Path, damage: str) -> bytes:
    """What is left of a file after an accident."""
    blob = bytearray(path.read_bytes())
    match damage:
        case "header":
            blob[:100] = b"\xff" * 100
        case "middle":
            half = len(blob) // 2
            blob[half : half + 600] = bytes(600)
        case "tail":
            del blob[-(16384 + 500) :]
        case "pages":
            for page in range(1, len(blob) // 16384):
                blob[page * 16384 : page * 16384 + 12] = b"\xff" * 12
    path.write_bytes(blob)
    return bytes(blob)


@pytest.mark.parametrize("damage", ["header", "middle", "tail", "pages"])
def test_every_intact_row_of_a_broken_outbox_is_rescued(tmp_path: Path, damage: str) -> None:
    ledger = reopened(tmp_path)
    for number in range(40):
        phase = [OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.HELD, OutboxPhase.REFUSED][number % 4]
        body = f"body {number} " + "x" * (number * 40)
        ledger.put_item(make.ME, make.outbox_item(number, phase, change=Note(body)))
    ledger.put_draft(make.ME, FULL)
    ledger.close()
    blob = broken(tmp_path / "outbox-0.db", damage)
    intact = {number for number in range(40) if f'"body {number} {"x" * (number * 40)}"'.encode() in blob}
    ledger = reopened(tmp_path)
    drafts, rescued, salvages = ledger.drafts(make.ME), ledger.items(make.ME), ledger.salvages()
    numbers = {int(item.key[1:]) for item in rescued}
    assert numbers >= intact
    assert len(intact) > 20
    for item in rescued:
        assert isinstance(item.change, Note)
        assert item.change.body.startswith(f"body {item.key[1:]} ")
        if salvages:
            assert item.phase in {OutboxPhase.UNKNOWN, OutboxPhase.HELD, OutboxPhase.REFUSED}
            assert item.held_until is None
    assert drafts == ([FULL] if FULL.body.encode() in blob else [])
    kept = [one for one in tmp_path.iterdir() if ".broken-" in one.name and not one.name.endswith("-journal")]
    assert kept == [one.aside for one in salvages]
    assert len(numbers) + ledger.unreadable >= len(intact)
    ledger.close()


def test_forgotten_words_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    ledger = reopened(tmp_path)
    ledger.put_item(make.ME, make.outbox_item(1, change=Note("canary-4711")))
    ledger.put_draft(make.ME, Draft(TicketId("t1"), body="canary-4712"))
    ledger.drop_item(make.ME, make.outbox_item(1).key)
    ledger.put_draft(make.ME, Draft(TicketId("t1")))
    ledger.close()
    left = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"canary" not in left


def test_row_this_release_cannot_read_stays_on_disk_and_is_counted(tmp_path: Path) -> None:
    ledger = reopened(tmp_path)
    ledger.put_item(make.ME, make.outbox_item(1, change=Note("readable")))
    ledger.put_item(make.ME, make.outbox_item(2, change=Note("from the future")))
    from supportdesk_tui.sync.salvage import frame, unframe

    with ledger.main.use(write=True) as db:
        (blob,) = db.execute("SELECT frame FROM items WHERE key = 'k2'").fetchone()
        record = unframe(blob)
        assert record is not None
        record["item"]["change"]["kind"] = "Teleport"
        db.execute("UPDATE items SET frame = ? WHERE key = 'k2'", (frame(record),))
    assert [item.key for item in ledger.items(make.ME)] == ["k1"]
    assert ledger.unreadable == 1
    with ledger.main.use() as db:
        assert db.execute("SELECT count(*) FROM items").fetchone() == (2,)
    ledger.close()
