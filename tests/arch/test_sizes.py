"""Sizes of `house.md` B6: beyond them a second thing has moved in. Mixins and bases of ours count with the class."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.arch.source import PACKAGE, TESTS, Module, modules

FILE, CLASS, METHODS, FUNCTION = 400, 250, 20, 50

LONG_FILES = {
    "supportdesk_tui.wire.schema": "the whole API in one place, data only",
}
"""Files that may be longer, and why; each is data or a table, never behaviour that grew."""
LONG_FILE = 800
PORT = "the port has twenty methods, and an adapter has them all"
BIG_CLASSES = {
    "supportdesk_tui.ui.driver.DeskDriver": "Textual's driver interface, most of it one line a method",
    "supportdesk_tui.backends.rt.adapter.RtBackend": PORT,
    "supportdesk_tui.backends.zammad.adapter.ZammadBackend": PORT,
    "supportdesk_tui.backends.chatwoot.adapter.ChatwootBackend": PORT,
    "supportdesk_tui.backends.zendesk.adapter.ZendeskBackend": PORT,
}
"""Classes that may be bigger, and why: an interface that is given, filled in."""
BIG_CLASS, BIG_METHODS = 300, 30


@dataclass(frozen=True)
class Klass:
    """A class with the names of its bases as this project knows them."""

    where: str
    lines: int
    methods: frozenset[str]
    bases: tuple[str, ...]


def _classes() -> dict[str, Klass]:
    known: dict[str, Klass] = {}
    for module in modules(PACKAGE):
        names = _names(module)
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                bases = tuple(
                    names.get(base.id, f"{module.name}.{base.id}") for base in node.bases if isinstance(base, ast.Name)
                )
                known[f"{module.name}.{node.name}"] = Klass(
                    where=f"{module.where}:{node.lineno} {node.name}",
                    lines=(node.end_lineno or node.lineno) - node.lineno + 1,
                    methods=frozenset(
                        item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
                    ),
                    bases=bases,
                )
    return known


def _names(module: Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _family(name: str, known: dict[str, Klass]) -> list[Klass]:
    klass = known.get(name)
    if klass is None:
        return []
    return [klass, *(one for base in klass.bases for one in _family(base, known))]


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=["src", "tests"])
def test_no_file_is_longer_than_a_person_reads(folder: Path) -> None:
    too_long = [
        f"{module.where}: {lines} lines"
        for module in modules(folder)
        if (lines := module.text.count("\n")) > (LONG_FILE if module.name in LONG_FILES else FILE)
    ]
    assert not too_long


def test_no_class_takes_everything_even_through_its_bases() -> None:
    known = _classes()
    too_big = []
    for name, klass in known.items():
        family = _family(name, known)
        lines = sum(one.lines for one in family)
        methods = len(frozenset().union(*(one.methods for one in family)))
        most_lines, most_methods = (BIG_CLASS, BIG_METHODS) if name in BIG_CLASSES else (CLASS, METHODS)
        if lines > most_lines or methods > most_methods:
            too_big.append(f"{klass.where}: {lines} lines, {methods} methods")
    assert not too_big


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{module.where}:{node.lineno} {node.name}: {lines} lines"
        for module in modules(PACKAGE)
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION
    ]
    assert not too_long


def test_exceptions_to_the_file_size_are_still_needed() -> None:
    lengths = {module.name: module.text.count("\n") for module in modules(PACKAGE)}
    assert [name for name in LONG_FILES if lengths.get(name, 0) <= FILE] == []
