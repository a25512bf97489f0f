"""Reads the source tree for the tests that hold its rules."""

import ast
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "supportdesk_tui"
TESTS = ROOT / "tests"


@dataclass(frozen=True)
class Module:
    """One file, parsed and walked once for all who ask."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @property
    def name(self) -> str:
        """Dotted name below `src`, or the path from the root for a test."""
        relative = self.path.relative_to(SRC if self.path.is_relative_to(SRC) else ROOT).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        return ".".join(parts)

    @property
    def where(self) -> str:
        """Path from the root, as an editor opens it."""
        return str(self.path.relative_to(ROOT))

    @property
    def comments(self) -> Iterator[tuple[int, str]]:
        """Line and text of every comment."""
        for token in tokenize.generate_tokens(StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


@cache
def modules(folder: Path) -> tuple[Module, ...]:
    """Every Python file below a folder."""
    return tuple(_module(path) for path in sorted(folder.rglob("*.py")))


@cache
def _module(path: Path) -> Module:
    return Module(path, path.read_text(encoding="utf-8"))


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the last part of what is called: `a.b.sleep(1)` is `sleep`."""
    for node in module.nodes:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node, name


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every module a file imports when it runs; what only type checkers read is left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
        else:
            yield from imported_names(node)
