"""Which power cuts are tried: moments of a trace, and ways in which what was under way is kept or lost."""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from tests.power.disk import Choice, Disk, Doing, Fate, Model, Tree
from tests.power.trace import Op

SHM_BYTES = 32_768
TRIES = 4
"""Ways tried at a moment until one gives a state that was not there before."""
Way = Callable[[Sequence[Doing], random.Random], Choice]


class Cut(Struct):
    """One state a power cut can leave."""

    at: int
    """Operations that were begun before it."""
    way: str
    tree: Tree
    waiting: int
    """Things done that were not durable yet."""


def _all(_: Sequence[Doing], __: random.Random) -> Choice:
    return lambda _: Fate.KEPT


def _none(_: Sequence[Doing], __: random.Random) -> Choice:
    return lambda _: Fate.LOST


def _one_lost(waiting: Sequence[Doing], chance: random.Random) -> Choice:
    victim = chance.choice(waiting).number
    return lambda doing: Fate.LOST if doing.number == victim else Fate.KEPT


def _one_kept(waiting: Sequence[Doing], chance: random.Random) -> Choice:
    survivor = chance.choice(waiting).number
    return lambda doing: Fate.KEPT if doing.number == survivor else Fate.LOST


def _begun(waiting: Sequence[Doing], chance: random.Random) -> Choice:
    """In order, the last one torn."""
    last = chance.choice(waiting).number
    return lambda doing: Fate.TORN if doing.number == last else Fate.KEPT if doing.number < last else Fate.LOST


def _names_only(_: Sequence[Doing], __: random.Random) -> Choice:
    return lambda doing: Fate.KEPT if doing.names or doing.is_cut else Fate.LOST


def _bytes_only(_: Sequence[Doing], __: random.Random) -> Choice:
    return lambda doing: Fate.LOST if doing.names or doing.is_cut else Fate.KEPT


def _each(*fates: Fate) -> Way:
    def way(waiting: Sequence[Doing], chance: random.Random) -> Choice:
        drawn = {doing.number: chance.choice(fates) for doing in waiting}
        return lambda doing: drawn.get(doing.number, Fate.KEPT)

    return way


WAYS: dict[str, Way] = {
    "all kept": _all,
    "none kept": _none,
    "one lost": _one_lost,
    "one kept": _one_kept,
    "in order, last torn": _begun,
    "names only": _names_only,
    "bytes only": _bytes_only,
    "each by chance": _each(Fate.KEPT, Fate.LOST),
    "each torn by chance": _each(Fate.KEPT, Fate.LOST, Fate.TORN),
    "grown by zeros or junk": _each(Fate.KEPT, Fate.LOST, Fate.ZEROS, Fate.JUNK),
}


def cuts(ops: Sequence[Op], before: Tree, model: Model, count: int, chance: random.Random) -> Iterator[Cut]:
    """Some `count` different states, in the order of their moments; fewer where a trace does not have so many."""
    disk, seen, at = Disk(before, model), set[bytes](), 0
    for moment in sorted(chance.choices(range(1, len(ops) + 1), k=count)):
        while at < moment:
            disk.do(ops[at])
            at += 1
        waiting = disk.waiting()
        for _ in range(TRIES):
            way = chance.choice(list(WAYS)) if waiting else "all kept"
            tree = _without_map(disk.cut(WAYS[way](waiting, chance), chance), chance)
            digest = _digest(at, tree)
            if digest not in seen:
                seen.add(digest)
                yield Cut(at, way, tree, len(waiting))
                break


def _digest(at: int, tree: Tree) -> bytes:
    """Of a state and its moment: later more has been promised of the same state."""
    whole = hashlib.blake2b(str(at).encode())
    for path, content in sorted(tree.items()):
        whole.update(f"{path} {-1 if content is None else len(content)} ".encode())
        whole.update(content or b"")
    return whole.digest()


def _without_map(tree: Tree, chance: random.Random) -> Tree:
    """SQLite's shared memory is written through a map: after a power cut there is anything in it, or nothing."""
    for path in [path for path in tree if path.endswith("-shm")]:
        if chance.random() < 0.5:
            del tree[path]
        else:
            tree[path] = chance.randbytes(SHM_BYTES)
    return tree
