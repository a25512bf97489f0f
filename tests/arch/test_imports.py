"""The table of `docs/contributing.md` says who may import whom; here it is held against every import there is."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.arch.source import PACKAGE, ROOT, Module, modules

NAME = "supportdesk_tui"
EVERYTHING = {"cli", "__main__", NAME}
"""May import what it likes: the command line puts the parts together."""
CATALOGUE = f"{NAME}.backends.catalog"
"""Names every adapter, and imports one when it is asked for."""


def table() -> dict[str, set[str]]:
    """Part of the program → what its row allows, as dotted names below the package; brackets are for people."""
    page = re.sub(r"\([^)]*\)", "", (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8"))
    rows = page.partition("## Who may import whom")[2].partition("\n\n|")[2].partition("\n\n")[0].splitlines()
    cells = [row.split("|")[1:3] for row in rows if "`" in row]
    return {
        part: set(re.findall(r"`([^`]+)`", allowed)) for parts, allowed in cells for part in re.findall(r"`([^`]+)`", parts)
    }


def part_of(dotted: str) -> str:
    """The part of the program a module belongs to: its package, of an adapter `backends/*`."""
    parts = dotted.split(".")[1:] or [NAME]
    is_adapter = parts[0] == "backends" and len(parts) > 1 and (PACKAGE / "backends" / parts[1]).is_dir()
    return "backends/*" if is_adapter else parts[0]


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything of ours that a file imports, for type checkers only as well."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.startswith(NAME))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(NAME):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_allowed(module: Module, dotted: str, allowed: set[str]) -> bool:
    own, other = module.name.split(".")[1:], dotted.split(".")[1:]
    if part_of(dotted) == "backends/*":
        return own[:2] == other[:2] or module.name == CATALOGUE
    if own[0] == other[0] and part_of(module.name) == part_of(dotted):
        return True
    return any(other[: len(names)] == names for names in (one.split(".") for one in allowed))


def everybodys(rows: dict[str, set[str]]) -> set[str]:
    """Modules beside the packages that need the standard library only."""
    return {part for part in rows if (PACKAGE / f"{part}.py").exists() and part != "app"} | {"__version__"}


def test_table_has_a_row_for_every_part() -> None:
    parts = {part_of(module.name) for module in modules(PACKAGE)}
    assert parts - EVERYTHING == table().keys() - EVERYTHING


@pytest.mark.parametrize("part", sorted(table().keys() - EVERYTHING))
def test_part_imports_what_the_table_allows(part: str) -> None:
    rows = table()
    allowed = rows[part] | (everybodys(rows) if part not in everybodys(rows) else set())
    broken = [
        f"{module.where}:{line} {dotted}"
        for module in modules(PACKAGE)
        if part_of(module.name) == part
        for line, dotted in imports(module)
        if not is_allowed(module, dotted, allowed)
    ]
    assert broken == []


@pytest.mark.parametrize("part", sorted(table().keys() - EVERYTHING))
def test_table_allows_nothing_that_nobody_needs(part: str) -> None:
    used = {dotted for module in modules(PACKAGE) if part_of(module.name) == part for _, dotted in imports(module)}
    ours = {one for one in table()[part] if part_of(f"{NAME}.{one}") in table() and not one.endswith("*")}
    idle = {one for one in ours if not any(f"{dotted}.".startswith(f"{NAME}.{one}.") for dotted in used)}
    assert idle == set()
