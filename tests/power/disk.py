"""What a disk can hold after a power cut: a model of what is durable when, and the states it allows.

Two models, the wide one and the one most people have:

- `Model.ANY` is the abstract file system of ALICE (Pillai et al., "All File Systems Are Not Created Equal: On the Complexity
  of Crafting Crash-Consistent Applications", OSDI 2014, sections 3.2 and 3.3) and no more than POSIX promises: fsync and
  fdatasync make the content and size of this file durable, fsync of a folder makes its names durable, everything else written
  since may be there or not, in any order. A write is there by sectors of 512 bytes; a file that grew may have its new size
  before its bytes, which are then zeros or what lay there before. A rename is one thing, whole or not at all.
- `Model.EXT4` is ext4 as it is mounted by default (data=ordered with delayed allocation; Documentation/filesystems/ext4 of
  Linux): names, truncations and sizes go through one journal and become durable in the order they were done, and every fsync
  that has something to put into the journal takes along all that was done before it, in any folder. A size is never durable
  before its bytes. Bytes written over others have no order between two syncs, and are there by blocks of 4096.

What neither has: a disk that forgets what it said was synced, and the loss of the whole disk. See docs/reliability.md.
"""

import random
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from tests.power.trace import Op

Tree = dict[str, bytes | None]
"""Path below the root → content; None for a folder."""


class Model(StrEnum):
    """What a file system promises."""

    ANY = "any"
    EXT4 = "ext4"


class Fate(StrEnum):
    """What becomes of something that was done and is not durable."""

    KEPT = "kept"
    LOST = "lost"
    TORN = "torn"
    """Some sectors of it."""
    ZEROS = "zeros"
    """The file has grown, and its new bytes are zeros."""
    JUNK = "junk"
    """… or what lay there before."""


class Doing(Struct):
    """A write or a truncation of a file, or a change of a folder's names, that may not be durable."""

    number: int
    """In the order of the trace."""
    offset: int = 0
    data: bytes = b""
    is_cut: bool = False
    """The file is cut, or grows, to `offset`."""
    names: dict[str, "Node | None"] = field(default_factory=dict)
    """Of a folder: name → what it means from now on."""
    is_durable: bool = False
    """The journal has it already, bytes beside it that it does not order are still on their way."""


class Node(Struct, eq=False):
    """A file or a folder, under whichever names."""

    is_folder: bool = False
    durable: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    kept_names: dict[str, "Node"] = field(default_factory=dict)
    names: dict[str, "Node"] = field(default_factory=dict)
    waiting: list[Doing] = field(default_factory=list)
    is_new: bool = False
    """The journal does not know it yet."""


Choice = Callable[[Doing], Fate]
SECTOR = {Model.ANY: 512, Model.EXT4: 4096}


class Disk:
    """Follows a trace; at any moment it can say what a power cut would leave."""

    def __init__(self, before: Tree, model: Model) -> None:
        """What is there before is durable."""
        self._model = model
        self._root = Node(is_folder=True)
        self._count = 0
        for path, content in sorted(before.items()):
            node = Node(is_folder=content is None, durable=content or b"", now=bytearray(content or b""))
            folder, name = self._place(path)
            folder.names[name] = folder.kept_names[name] = node

    # --- following

    def do(self, op: Op) -> None:
        """Take in what the program did next."""
        self._count += 1
        match op.kind:
            case "mkdir" | "create":
                self._name(op.path, Node(is_folder=op.kind == "mkdir", is_new=True))
            case "write":
                self._write(self._node(op.path), Doing(self._count, op.offset, op.data))
            case "truncate":
                self._write(self._node(op.path), Doing(self._count, op.offset, is_cut=True))
            case "rename":
                self._rename(op.path, op.other)
            case "link":
                self._name(op.other, self._node(op.path))
            case "unlink":
                self._name(op.path, None)
            case "fsync" | "fdatasync":
                self._sync(self._node(op.path), is_full=op.kind == "fsync")
            case "sync":
                for node in self._nodes():
                    _settle(node)
            case _:
                pass

    def _place(self, path: str) -> tuple[Node, str]:
        *folders, name = path.split("/")
        node = self._root
        for one in folders:
            node = node.names[one]
        return node, name

    def _node(self, path: str) -> Node:
        folder, name = self._place(path)
        return self._root if path == "." else folder.names[name]

    def _name(self, path: str, node: Node | None) -> None:
        folder, name = self._place(path)
        _rename_in(folder, Doing(self._count, names={name: node}))

    def _rename(self, old: str, new: str) -> None:
        (folder, name), (other, new_name) = self._place(old), self._place(new)
        node = folder.names[name]
        if folder is other:
            _rename_in(folder, Doing(self._count, names={name: None, new_name: node}))
        else:
            _rename_in(other, Doing(self._count, names={new_name: node}))
            _rename_in(folder, Doing(self._count, names={name: None}))

    @staticmethod
    def _write(node: Node, doing: Doing) -> None:
        node.waiting.append(doing)
        _do(node.now, doing)

    def _sync(self, node: Node, *, is_full: bool) -> None:
        if self._model is Model.EXT4 and (is_full or _concerns_journal(node)):
            for one in self._nodes():
                one.is_new = False
                if one.is_folder:
                    _settle(one)
                for doing in one.waiting:
                    doing.is_durable = doing.is_cut
        _settle(node)

    def _nodes(self) -> list[Node]:
        found, folders = [self._root], [self._root]
        while folders:
            folder = folders.pop()
            for one in {id(one): one for one in (*folder.names.values(), *folder.kept_names.values())}.values():
                found.append(one)
                folders += [one] if one.is_folder else []
        return found

    # --- cutting the power

    def waiting(self) -> list[Doing]:
        """What is not durable now, in the order it was done."""
        every = {doing.number: doing for node in self._nodes() for doing in node.waiting if not doing.is_durable}
        return [every[number] for number in sorted(every)]

    def now(self) -> Tree:
        """What the program itself sees; also what is left when only the program dies."""
        return self.cut(lambda _: Fate.KEPT, random.Random(0))

    def cut(self, choose: Choice, chance: random.Random) -> Tree:
        """What the disk holds after a power cut, where `choose` says what became of everything that was not durable."""
        last = max((one.number for one in self.waiting() if choose(one) is not Fate.LOST), default=0)

        def is_in_journal(doing: Doing) -> bool:
            return doing.is_durable or (doing.number <= last if self._model is Model.EXT4 else choose(doing) is not Fate.LOST)

        tree: Tree = {}

        def walk(folder: Node, path: str) -> None:
            names: dict[str, Node | None] = dict(folder.kept_names)
            for doing in folder.waiting:
                if is_in_journal(doing):
                    names.update(doing.names)
            for name, node in names.items():
                if node is not None and node.is_folder:
                    tree[path + name] = None
                    walk(node, f"{path}{name}/")
                elif node is not None:
                    tree[path + name] = self._content(node, choose, is_in_journal, chance)

        walk(self._root, "")
        return tree

    def _content(self, node: Node, choose: Choice, is_in_journal: Callable[[Doing], bool], chance: random.Random) -> bytes:
        """Sector by sector: each has all that was written to it up to some moment, as the page cache hands it down."""
        disk, now, is_growing = bytearray(node.durable), bytearray(node.durable), True
        for doing in node.waiting:
            _do(now, doing)
            if doing.is_cut:
                if is_in_journal(doing):
                    _do(disk, doing)
                else:
                    is_growing = is_growing and self._model is Model.ANY
                continue
            fate = choose(doing)
            end = doing.offset + len(doing.data)
            if self._model is Model.EXT4 and end > len(disk):
                fate = fate if is_growing and fate in {Fate.KEPT, Fate.TORN} else Fate.LOST
                is_growing = fate is Fate.KEPT
            self._put(disk, now, doing, fate, chance)
        return bytes(disk)

    def _put(self, disk: bytearray, now: bytearray, doing: Doing, fate: Fate, chance: random.Random) -> None:
        end = doing.offset + len(doing.data)
        if fate in {Fate.ZEROS, Fate.JUNK}:
            missing = max(0, end - len(disk))
            disk += chance.randbytes(missing) if fate is Fate.JUNK else bytes(missing)
        if fate not in {Fate.KEPT, Fate.TORN}:
            return
        size = SECTOR[self._model]
        is_prefix = self._model is Model.EXT4 and end > len(disk)
        for sector in range(doing.offset // size, -(-end // size)):
            if fate is Fate.TORN and chance.random() < 0.5:
                if is_prefix:
                    break
                continue
            low, high = sector * size, min((sector + 1) * size, len(now))
            disk += bytes(max(0, low - len(disk)))
            disk[low:high] = now[low:high]


def _rename_in(folder: Node, doing: Doing) -> None:
    folder.waiting.append(doing)
    for name, node in doing.names.items():
        if node is None:
            folder.names.pop(name, None)
        else:
            folder.names[name] = node


def _settle(node: Node) -> None:
    """What was done to it is durable."""
    if node.waiting:
        node.durable, node.kept_names, node.waiting = bytes(node.now), dict(node.names), []


def _concerns_journal(node: Node) -> bool:
    """Whether fdatasync has to write more than bytes: the file is new, or its size has changed."""
    return node.is_new or len(node.now) != len(node.durable) or any(one.is_cut for one in node.waiting)


def _do(content: bytearray, doing: Doing) -> None:
    end = doing.offset + len(doing.data)
    if doing.is_cut:
        del content[doing.offset :]
    content += bytes(max(0, doing.offset - len(content)))
    content[doing.offset : end] = doing.data


def read_tree(root: Path) -> Tree:
    """What lies below a folder."""
    return {str(one.relative_to(root)): None if one.is_dir() else one.read_bytes() for one in sorted(root.rglob("*"))}


def write_tree(root: Path, tree: Tree) -> None:
    """Put a state into an empty folder."""
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir(parents=True)
        else:
            (root / path).write_bytes(content)
