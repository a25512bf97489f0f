"""Runs a program under watch and reads what it did to its disk."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct, field

from tests.power.disk import Disk, Model, Tree, read_tree
from tests.power.trace import Op, operations, recorded, why_impossible

LIMIT_S = 120
needs_strace = pytest.mark.skipif(bool(why_impossible()), reason=f"NOT TESTED HERE: power cuts: {why_impossible()}")


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for files that are made and thrown away by the thousand: in memory, where there is such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="power-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


class Run(Struct):
    """A program under watch, and what it did once it has ended."""

    process: "subprocess.Popen[str]"
    ops: list[Op] = field(default_factory=list)


@contextmanager
def watched(command: list[str], root: Path, before: Tree, environment: Mapping[str, str] | None = None) -> Iterator[Run]:
    """Start a command; behind the block it must have ended well, and what it did below `root` is known.

    The recording is done again and must give the files that lie there afterwards: nothing was missed.
    """
    with tempfile.TemporaryDirectory(prefix="power-") as folder, tempfile.TemporaryFile("w+") as said:
        log = Path(folder) / "calls"
        line = recorded(log, command)
        env = os.environ | (environment or {})
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=said, text=True, env=env) as process:
            run = Run(process)
            try:
                yield run
                output, _ = process.communicate(timeout=LIMIT_S)
            finally:
                if process.poll() is None:
                    process.kill()
        said.seek(0)
        assert process.returncode == 0, f"{output}{said.read()[-3000:]}"
        run.ops = operations(log, root, before)
    prove(run.ops, before, root)


def prove(ops: list[Op], before: Tree, root: Path) -> None:
    """The recording is whole: done again it gives what is there."""
    disk = Disk(before, Model.ANY)
    for op in ops:
        disk.do(op)
    again, there = disk.now(), read_tree(root)
    for path in {*again, *there}:
        if not path.endswith("-shm"):
            assert again.get(path, b"missing") == there.get(path, b"missing"), f"{path} was not recorded whole"
