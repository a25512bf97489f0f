"""What a program does to the files below a folder, in order, as `strace` sees it.

Recorded are the system calls, so it does not matter who makes them: SQLite, Python, or a library. Memory maps are not seen; of
our files only SQLite's `-shm` is written through one, and SQLite makes that anew after a power cut
(https://www.sqlite.org/walformat.html, section 2.2). Everything else is checked: what was recorded, done again, must give
exactly the files that lie there at the end.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

CALLS = (
    "open,openat,creat,close,dup,dup2,dup3,write,writev,pwrite64,pwritev,pwritev2,lseek,fsync,fdatasync,sync_file_range,sync,syncfs,"
    "ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,"
    "copy_file_range,sendfile,sendto,sendmsg"
)
STRACE = [
    "strace",
    "-f",
    "-qq",
    "-y",
    "-xx",
    "-ttt",
    "-s",
    "8000000",
    "--seccomp-bpf",
    "-e",
    f"trace={CALLS}",
    "-e",
    "signal=none",
]
MARKS = "marks"
"""The file beside the watched folder into which a workload writes what it has been promised, a line at a time."""

_LINE = re.compile(r"^(\d+)\s+(\d+\.\d+) (.*)$")
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"(?:\b(\d+)|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_RESULT = re.compile(r"\) += (-?\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?")
_UNKNOWN = frozenset(
    {"fallocate", "copy_file_range", "sendfile", "symlink", "symlinkat", "truncate", "pwritev", "pwritev2", "sync_file_range"}
)


class Op(Struct):
    """One thing done to the disk, or one that says when something was promised."""

    kind: str
    """mkdir, create, write, truncate, rename, link, unlink, fsync, fdatasync; `mark` and `send` touch no file of ours."""
    at: float
    """Seconds since the epoch."""
    path: str = ""
    """Relative to the watched folder."""
    other: str = ""
    """Where `path` goes or is linked from."""
    offset: int = 0
    """Also the size a file is cut to."""
    data: bytes = b""


class Call(Struct):
    """One finished system call that did not fail."""

    name: str
    at: float
    args: str
    result: int
    made: str
    """The path behind a file descriptor that was given back."""

    @property
    def strings(self) -> list[bytes]:
        """What was given as text or bytes, in order."""
        return [_bytes(one) for one in _STRING.findall(self.args)]

    @property
    def fds(self) -> list[tuple[int, str]]:
        """(descriptor, path behind it); -1 for the working folder."""
        return [(int(number or -1), _bytes(path).decode(errors="surrogateescape")) for number, path in _FD.findall(self.args)]

    @property
    def numbers(self) -> list[int]:
        """Plain numbers behind the last text."""
        return [int(one) for one in re.findall(r"(?<![\w\\])-?\d+\b(?!<)", self.args.rpartition('"')[2].rpartition(">")[2])]


@cache
def why_impossible() -> str:
    """Why nothing can be recorded here; empty when it can."""
    if not sys.platform.startswith("linux"):
        return "what a program does to its disk is recorded by strace, which only Linux has"
    if shutil.which("strace") is None:
        return "no strace on this machine (apt-get install strace)"
    done = subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"strace may not watch here: {' '.join(done.stderr.split())[:200]}"


def recorded(log: Path, command: list[str]) -> list[str]:
    """A command line that runs another one under watch."""
    return [*STRACE, "-o", str(log), *command]


def calls(log: Path) -> Iterator[Call]:
    """Calls in the order in which they ended."""
    begun: dict[str, str] = {}
    with log.open(encoding="ascii") as lines:
        for line in lines:
            parts = _LINE.match(line.rstrip("\n"))
            if parts is None:
                continue
            thread, at, text = parts.groups()
            if text.endswith("<unfinished ...>"):
                begun[thread] = text.removesuffix("<unfinished ...>").rstrip()
                continue
            resumed = _RESUMED.match(text)
            if resumed is not None:
                text = begun.pop(thread, f"{resumed[1]}(") + resumed[2]
            name, _, rest = text.partition("(")
            ends = list(_RESULT.finditer(rest))
            if ends and int((end := ends[-1])[1]) >= 0:
                yield Call(name, float(at), rest[: end.start()], int(end[1]), _bytes(end[2] or "").decode(errors="replace"))


def operations(log: Path, root: Path, before: Iterable[str]) -> list[Op]:
    """What a recorded run did below `root`, where these names were there before; what it marked, and what it sent to others."""
    reader = _Reader(str(root.resolve()), str((root.parent / MARKS).resolve()), set(before))
    for call in calls(log):
        reader.take(call)
    return reader.ops


class _Reader:
    def __init__(self, root: str, marks: str, known: set[str]) -> None:
        self.ops: list[Op] = []
        self._root, self._marks, self._known = root, marks, known
        self._at: dict[int, int] = {}
        """Descriptor → offset of the next plain write."""

    def take(self, call: Call) -> None:
        """Take in one call."""
        if call.name in {"write", "writev", "pwrite64", "sendto", "sendmsg"}:
            self._write(call)
        elif call.name in {"open", "openat", "creat"}:
            self._open(call)
        elif call.name in {"fsync", "fdatasync", "ftruncate"}:
            self._on_descriptor(call)
        elif call.name == "lseek":
            self._at[call.fds[0][0]] = call.result
        elif call.name in {"sync", "syncfs"}:
            self.ops.append(Op("sync", call.at))
        elif call.name in _UNKNOWN:
            assert not any(self._below(path) for path in (*(path for _, path in call.fds), *self._paths(call))), call
        elif call.name not in {"close", "dup", "dup2", "dup3"}:
            self._on_names(call)

    def _below(self, path: str) -> str:
        """Relative to the root; empty when it lies elsewhere. A deleted file is nowhere."""
        if path == self._root:
            return "."
        return path[len(self._root) + 1 :] if path.startswith(self._root + "/") and not path.endswith(" (deleted)") else ""

    def _paths(self, call: Call) -> list[str]:
        folders = [path for _, path in call.fds]
        names = [one.decode(errors="surrogateescape") for one in call.strings]
        return [
            name if name.startswith("/") else f"{folder}/{name}"
            for name, folder in zip(names, folders + [""] * 2, strict=False)
        ]

    def _write(self, call: Call) -> None:
        descriptor, path = call.fds[0] if call.fds else (-1, "")
        data = b"".join(call.strings)[: call.result]
        if path == self._marks:
            self.ops += [Op("mark", call.at, data=line) for line in data.splitlines()]
        elif path.startswith(("socket:", "TCP")):
            self.ops.append(Op("send", call.at, path, data=data))
        elif place := self._below(path):
            offset = call.numbers[-1] if call.name == "pwrite64" else self._at.get(descriptor, 0)
            if call.name != "pwrite64":
                self._at[descriptor] = offset + len(data)
            self.ops.append(Op("write", call.at, place, offset=offset, data=data))

    def _open(self, call: Call) -> None:
        place = self._below(call.made)
        if not place:
            return
        assert "O_APPEND" not in call.args
        self._at[call.result] = 0
        if "O_CREAT" in call.args and place not in self._known:
            self._known.add(place)
            self.ops.append(Op("create", call.at, place))
        elif "O_TRUNC" in call.args:
            self.ops.append(Op("truncate", call.at, place))

    def _on_descriptor(self, call: Call) -> None:
        place = self._below(call.fds[0][1])
        if place and call.name == "ftruncate":
            self.ops.append(Op("truncate", call.at, place, offset=call.numbers[-1]))
        elif place:
            self.ops.append(Op(call.name, call.at, place))

    def _on_names(self, call: Call) -> None:
        first, second = (*map(self._below, self._paths(call)), "", "")[:2]
        kind = next(one for one in ("rename", "unlink", "rmdir", "mkdir", "link") if call.name.startswith(one))
        if not first and not second:
            return
        if kind in {"rename", "link"}:
            assert first, call
            assert second, call
            self._known.add(second)
        if kind in {"rename", "unlink", "rmdir"}:
            self._known.discard(first)
        if kind == "mkdir":
            self._known.add(first)
        self.ops.append(Op({"rmdir": "unlink"}.get(kind, kind), call.at, first, other=second))


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))
