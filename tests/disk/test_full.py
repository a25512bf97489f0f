"""A disk that is really full (a small tmpfs of its own), that fails to sync, or takes no writes: said, refused, made good."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.failpoints import armed
from supportdesk_tui.store.state import Draft
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make

NAMESPACE = ["unshare", "-rm", "sh", "-c"]
HAS_NAMESPACES = (
    shutil.which("unshare") is not None
    and subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
)
needs_namespaces = pytest.mark.skipif(not HAS_NAMESPACES, reason="mount namespaces are not allowed here")


@needs_namespaces
def test_full_disk_refuses_to_send_keeps_the_draft_and_recovers_by_itself(tmp_path: Path) -> None:
    script = f"mount -t tmpfs -o size=512k none {tmp_path} && exec {sys.executable} -m tests.disk.nospace {tmp_path}"
    done = subprocess.run([*NAMESPACE, script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines()[:4] == ["not-saved True", "not-sent True True", "saved-again True", "queued True"], (
        done.stderr
    )


@needs_namespaces
def test_folder_that_takes_no_writes_is_an_error_of_ours(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from supportdesk_tui.sync.outbox_db import Ledger\n"
        "from supportdesk_tui.domain.errors import StorageError\n"
        "try: Ledger(Path(sys.argv[1]) / 'outbox').open()\n"
        "except StorageError: print('refused')"
    )
    script = f'mount -t tmpfs -o ro,size=64k none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    done = subprocess.run([*NAMESPACE, script, code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "refused", done.stderr


@pytest.mark.parametrize("fault", ["enospc", "eio"])
def test_every_write_that_fails_leaves_what_was_there_before(tmp_path: Path, fault: str) -> None:
    """The fault strikes the commit of each kind of write in turn; file and memory agree afterwards, and the next one works."""
    ledger = Ledger(tmp_path)
    ledger.open()
    item, draft = make.outbox_item(1, change=Note("kept")), Draft(make.outbox_item(1).tickets[0], body="kept")
    writes: tuple[Callable[[], None], ...] = (
        lambda: ledger.put_item(make.ME, item),
        lambda: ledger.put_draft(make.ME, draft),
        lambda: ledger.drop_item(make.ME, item.key, draft),
    )
    for write in writes:
        before = ledger.items(make.ME), ledger.drafts(make.ME)
        with armed(f"database.before_commit={fault}"), pytest.raises(StorageError):
            write()
        assert (ledger.items(make.ME), ledger.drafts(make.ME)) == before
        write()
    assert (ledger.items(make.ME), ledger.drafts(make.ME)) == ([], [draft])
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "outbox-0.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_folder_that_was_no_good_at_the_start_is_used_once_it_is(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    ledger = Ledger(tmp_path / "outbox")
    with pytest.raises(StorageError):
        ledger.open()
    with pytest.raises(StorageError):
        _ = ledger.main
    (tmp_path / "outbox").unlink()
    assert ledger.main.is_open
    assert ledger.adopt()
    ledger.put_item(make.ME, make.outbox_item(1, change=Note("kept")))
    assert [one.key for one in ledger.items(make.ME)] == ["k1"]
    ledger.close()
    with pytest.raises(StorageError):
        _ = ledger.main


def test_changes_a_disk_could_not_read_are_read_when_it_can(tmp_path: Path) -> None:
    """A dead client's changes, taken over while the disk fails, are asked for again with the next sign of the server."""
    ledger = Ledger(tmp_path / "outbox")
    ledger.open()
    ledger.put_item(make.ME, make.outbox_item(1, change=Note("kept")))
    ledger.main.close()
    with pytest.raises(StorageError):
        ledger.items(make.ME)
    ledger.main.open()
    assert ledger.adopt()
    assert [one.key for one in ledger.items(make.ME)] == ["k1"]
    assert not ledger.adopt()
    ledger.close()
