"""The model of the disk itself: what it lets a power cut take, and what not."""

import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.power.cuts import cuts
from tests.power.disk import Disk, Fate, Model, Tree, write_tree
from tests.power.recorder import needs_strace, watched
from tests.power.trace import Op

BOTH = list(Model)


def states(ops: list[Op], model: Model, before: Tree | None = None) -> list[Tree]:
    """Whatever a power cut behind the last operation can leave."""
    found = []
    for seed in range(12):
        for cut in cuts(ops, before or {}, model, 60, random.Random(seed)):
            if cut.at == len(ops):
                found.append(cut.tree)
    assert found
    return found


def write(path: str, data: bytes, offset: int = 0) -> Op:
    return Op("write", 0.0, path, offset=offset, data=data)


def do(kind: str, path: str, other: str = "") -> Op:
    return Op(kind, 0.0, path, other)


@pytest.mark.parametrize("model", BOTH)
def test_what_is_not_synced_may_be_there_or_not(model: Model) -> None:
    ops = [write("a", b"new")]
    assert {one["a"] for one in states(ops, model, {"a": b"old"})} >= {b"old", b"new"}


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("sync", ["fsync", "fdatasync"])
def test_what_is_synced_is_there(model: Model, sync: str) -> None:
    ops = [write("a", b"new"), do(sync, "a")]
    assert {one["a"] for one in states(ops, model, {"a": b"old"})} == {b"new"}


def test_only_posix_loses_the_name_of_a_synced_file() -> None:
    ops = [do("create", "a"), write("a", b"new"), do("fdatasync", "a")]
    assert any("a" not in one for one in states(ops, Model.ANY))
    assert all(one.get("a") == b"new" for one in states(ops, Model.EXT4))
    assert all(one.get("a") == b"new" for one in states([*ops, do("fsync", ".")], Model.ANY))


def test_folder_above_is_synced_by_itself() -> None:
    ops = [do("mkdir", "f"), do("create", "f/a"), write("f/a", b"new"), do("fsync", "f/a"), do("fsync", "f")]
    assert any("f" not in one for one in states(ops, Model.ANY))
    assert all(one.get("f/a") == b"new" for one in states(ops, Model.EXT4))
    assert all(one.get("f/a") == b"new" for one in states([*ops, do("fsync", ".")], Model.ANY))


@pytest.mark.parametrize("model", BOTH)
def test_second_of_two_writes_may_be_there_without_the_first(model: Model) -> None:
    ops = [write("a", b"1" * 4096), write("a", b"2" * 4096, 4096)]
    assert {b"0" * 4096 + b"2" * 4096, b"1" * 4096 + b"0" * 4096} <= {
        one["a"] for one in states(ops, model, {"a": b"0" * 8192})
    }


def test_write_is_torn_at_sectors_of_512_bytes_and_in_ext4_of_4096() -> None:
    before: Tree = {"a": b"0" * 8192}
    torn = {one["a"] for one in states([write("a", b"1" * 8192)], Model.ANY, before)}
    assert any(one is not None and 0 < one.count(b"1") < 8192 and one.count(b"1") % 4096 for one in torn)
    assert all(one is not None and one.count(b"1") % 512 == 0 for one in torn)
    blocks = {one["a"] for one in states([write("a", b"1" * 8192)], Model.EXT4, before)}
    assert {one.count(b"1") for one in blocks if one is not None} == {0, 4096, 8192}


def test_file_that_grew_may_hold_zeros_or_junk_but_not_in_ext4() -> None:
    ops = [do("create", "a"), write("a", b"1" * 1000), do("fsync", ".")]
    found = {one["a"] for one in states(ops, Model.ANY)}
    assert bytes(1000) in found
    assert any(one is not None and len(one) == 1000 and set(one) not in ({0}, {49}) for one in found)
    assert {one["a"] for one in states(ops, Model.EXT4)} == {b"", b"1" * 1000}


def test_ext4_keeps_the_order_of_names() -> None:
    before: Tree = {"a": b"one", "b": b"two"}
    ops = [do("rename", "a", "c"), do("rename", "b", "a")]
    kept = [sorted(one) for one in states(ops, Model.EXT4, before)]
    assert {tuple(one) for one in kept} == {("a", "b"), ("b", "c"), ("a", "c")}
    assert any(one.get("c") is None and one.get("a") == b"two" for one in states(ops, Model.ANY, before))


def test_part_of_a_file_that_is_renamed_unsynced_may_be_all_there_is() -> None:
    """The fault most programs have: write, rename over, no fsync between."""
    ops = [do("create", "new"), write("new", b"x" * 9000), do("rename", "new", "a")]
    for model in BOTH:
        assert any(one["a"] == b"" for one in states(ops, model, {"a": b"old"})), model


def test_bytes_reach_the_disk_with_those_written_before_them_in_their_sector() -> None:
    disk = Disk({"a": b"...."}, Model.ANY)
    for op in (write("a", b"1"), write("a", b"2", 1)):
        disk.do(op)
    second = disk.waiting()[1].number
    assert disk.cut(lambda one: Fate.KEPT if one.number == second else Fate.LOST, random.Random(0)) == {"a": b"12.."}


CAREFUL = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = TRUNCATE")
db.execute("PRAGMA synchronous = " + sys.argv[2])
db.execute("CREATE TABLE IF NOT EXISTS t (a)")
for number in range(6):
    db.execute("INSERT INTO t VALUES (zeroblob(3000) || ?)", (str(number),))
    open(sys.argv[3], "a").write(f"{number}\\n")
"""


@needs_strace
@pytest.mark.parametrize(("synchronous", "is_good"), [("FULL", True), ("OFF", False)])
def test_database_that_does_not_sync_is_found_out(tmp_path: Path, synchronous: str, is_good: bool) -> None:
    """A program known to be right and one known to be wrong: what is said of ours afterwards means something."""
    root = tmp_path / "disk"
    root.mkdir()
    with closing(sqlite3.connect(root / "a.db")) as db:
        db.execute("CREATE TABLE t (a)")
    before: Tree = {"a.db": (root / "a.db").read_bytes()}
    with watched(
        [sys.executable, "-c", CAREFUL, str(root / "a.db"), synchronous, str(tmp_path / "marks")], root, before
    ) as run:
        pass
    assert sum(op.kind == "mark" for op in run.ops) == 6
    bad = 0
    for number, cut in enumerate(cuts(run.ops, before, Model.ANY, 150, random.Random(1))):
        place = tmp_path / str(number)
        place.mkdir()
        write_tree(place, cut.tree)
        promised = sum(op.kind == "mark" for op in run.ops[: cut.at])
        bad += not holds(place / "a.db", promised)
    assert (bad == 0) is is_good


def holds(path: Path, promised: int) -> bool:
    """Whether a database is whole and has at least so many rows."""
    try:
        with closing(sqlite3.connect(path)) as db:
            is_whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return is_whole and int(db.execute("SELECT count(*) FROM t").fetchone()[0]) >= promised
    except sqlite3.DatabaseError:
        return False
