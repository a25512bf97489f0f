"""Rules a linter does not know, read from the syntax tree."""

import ast
import re

from tests.arch.source import PACKAGE, TESTS, calls, imported_names, modules

KEY_HANDLERS_ALLOWED: dict[str, str] = {}
"""`module.Class.method` → why keys cannot come from the catalogue there."""
CATCH_ALL = 2
"""`sync/engine.py` and the crash handler."""
TEXT_PACKAGE = "supportdesk_tui.text"
MARKER = re.compile(
    r"#\s*(noqa|type:\s*ignore)(?P<code>\[[a-z-]+(?:,\s*[a-z-]+)*\]|:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?(?P<rest>.*)"
)


def test_nothing_is_printed() -> None:
    printed = [
        f"{module.where}:{node.lineno}" for module in modules(PACKAGE) for node, name in calls(module) if name == "print"
    ]
    assert not printed


def test_keys_come_from_the_catalogue_never_from_handlers() -> None:
    handlers = [
        f"{module.name}.{klass.name}.{item.name}"
        for module in modules(PACKAGE)
        for klass in module.nodes
        if isinstance(klass, ast.ClassDef)
        for item in klass.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
        and re.fullmatch(r"_?on_key|key_\w+", item.name)
        and _is_widget_code(module.name)
    ]
    assert sorted(set(handlers) - set(KEY_HANDLERS_ALLOWED)) == []
    assert sorted(set(KEY_HANDLERS_ALLOWED) - set(handlers)) == [], "no longer needed"


def _is_widget_code(module: str) -> bool:
    return module.startswith("supportdesk_tui.ui") or module == "supportdesk_tui.app"


def test_only_the_text_package_declares_text_safe() -> None:
    """Words of our own, written down in the source, are the one exception."""
    made = [
        f"{module.where}:{node.lineno}"
        for module in modules(PACKAGE)
        if not module.name.startswith(TEXT_PACKAGE)
        for node, name in calls(module)
        if name == "SafeText" and not all(isinstance(argument, ast.Constant) for argument in node.args)
    ]
    assert not made, "use text.safe.sanitize, join, lines or cut"


def test_only_two_places_catch_everything() -> None:
    caught = [
        f"{module.where}:{node.lineno}"
        for module in modules(PACKAGE)
        for node in module.nodes
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    ]
    assert len(caught) <= CATCH_ALL, caught


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}) for kind in kinds)


def test_nothing_breaks_in_the_background_without_a_word() -> None:
    silent = [
        f"{module.where}:{node.lineno}"
        for module in modules(PACKAGE)
        for node, _ in calls(module)
        if any(given.arg == "exit_on_error" for given in node.keywords)
    ]
    assert not silent, "Textual's workers forget errors with it; without it they end in the crash handler"


def test_httpx_is_known_to_one_module() -> None:
    users = {
        module.name
        for module in modules(PACKAGE)
        if "httpx" in module.text
        for _, name in imported_names(module.tree)
        if name.partition(".")[0] in {"httpx", "httpx2"}
    }
    assert users <= {"supportdesk_tui.backends.http"}


def test_websocket_is_known_to_one_module() -> None:
    users = {
        module.name
        for module in modules(PACKAGE)
        if "wsproto" in module.text or "websockets" in module.text
        for _, name in imported_names(module.tree)
        if name.partition(".")[0] in {"wsproto", "websockets"}
    }
    assert users == {"supportdesk_tui.backends.socket"}


def test_silenced_checks_name_their_code_and_reason() -> None:
    bare = [
        f"{module.where}:{line} {comment}"
        for folder in (PACKAGE, TESTS)
        for module in modules(folder)
        if MARKER.search(module.text)
        for line, comment in module.comments
        if (match := MARKER.match(comment)) and not (match["code"] and len(match["rest"].strip(" #-–:")) >= 3)
    ]
    assert not bare


def test_tests_wait_for_conditions_never_for_time() -> None:
    sleeps = [
        f"{module.where}:{node.lineno}"
        for module in modules(TESTS)
        if "sleep" in module.text or "pause" in module.text
        for node, loops in _sleeps(module.tree, 0)
        if not loops and not _is_zero(node)
    ]
    assert not sleeps, "poll a condition in a loop with a deadline"


def _sleeps(node: ast.AST, loops: int) -> list[tuple[ast.Call, int]]:
    """Calls that pass time, with the number of loops of the same function around them."""
    found: list[tuple[ast.Call, int]] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        if name == "sleep" or (name == "pause" and (node.args or node.keywords)):
            found.append((node, loops))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        loops = 0
    inside = loops + isinstance(node, ast.While | ast.For | ast.AsyncFor)
    for child in ast.iter_child_nodes(node):
        found += _sleeps(child, inside)
    return found


def _is_zero(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
