"""What is not public in Textual and Rich may change with any release of theirs: only four files of ours know of it."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator

from tests.arch.source import PACKAGE, Module, modules

SEAMS = {
    "supportdesk_tui.ui.driver": "the terminal: input, frames and signals",
    "supportdesk_tui.ui.diff": "frames: strips and styles by the thousand",
    "supportdesk_tui.ui.layers": "where lines are divided",
    "supportdesk_tui.ui.crash": "the end after an unexpected error",
}
THEIRS = ("textual", "rich")
PRIVATE = re.compile(r"_[a-z]\w*")
MADE_BY_TEXTUAL = re.compile(r"_(reactives|computes|decorated_handlers|inherit_\w+|css_type_names?|merged_bindings|abc_impl)")
"""What Textual's own metaclass writes into every subclass."""
OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields"}


def drawing() -> list[Module]:
    """Modules that may import Textual or Rich."""
    return [one for one in modules(PACKAGE) if re.search(r"^\s*(from|import) (textual|rich)\b", one.text, re.MULTILINE)]


def test_inner_modules_are_imported_by_the_seams_only() -> None:
    users = {
        module.name
        for module in drawing()
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (*node.module.split("."), *(alias.name for alias in node.names))
        if node.module.partition(".")[0] in THEIRS and PRIVATE.fullmatch(name)
    }
    assert users <= SEAMS.keys()


def test_private_attributes_of_others_are_read_by_the_seams_only() -> None:
    reading = {module.name: sorted(_of_others(module)) for module in drawing() if module.name not in SEAMS}
    assert {name: read for name, read in reading.items() if read} == {}


def _of_others(module: Module) -> Iterator[str]:
    """Private attributes that nothing in the module itself writes or defines; those of `self` are looked at by class."""
    own = {node.attr for node in module.nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in module.nodes:
        if not isinstance(node, ast.Attribute) or (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
            continue
        if PRIVATE.fullmatch(node.attr) and node.attr not in own | OF_NAMED_TUPLES:
            yield f"{node.attr} at line {node.lineno}"


def test_no_widget_has_a_private_name_that_is_one_of_textual_too() -> None:
    """A name of ours that the toolkit uses as well would change what both do."""
    kinds = [
        kind
        for module in drawing()
        if module.name not in SEAMS
        for kind in vars(importlib.import_module(module.name)).values()
        if inspect.isclass(kind) and kind.__module__ == module.name
    ]
    theirs = {base: _private(base) for base in {base for kind in kinds for base in kind.__mro__} if _is_theirs(base)}
    both = {
        kind.__qualname__: shared
        for kind in kinds
        if (shared := _private(kind) & set().union(*(theirs.get(base, set()) for base in kind.__mro__)))
    }
    assert theirs
    assert both == {}


def _is_theirs(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in THEIRS


def _private(kind: type) -> set[str]:
    """Private names a class defines or uses on itself."""
    used = set(re.findall(r"\bself\.(_[a-z]\w*)", inspect.getsource(kind)))
    return {one for one in used | vars(kind).keys() if PRIVATE.fullmatch(one) and not MADE_BY_TEXTUAL.fullmatch(one)}
