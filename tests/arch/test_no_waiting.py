"""What a key does never waits for the network or the disk: by structure, so that no fault can change it."""

import ast

from tests.arch.source import PACKAGE, modules

WAITING = frozenset(
    {"to_thread", "run_in_executor", "open_connection", "wait", "wait_for", "gather", "timeout", "acquire", "join"}
)
"""Names whose awaiting can last as long as somebody else likes."""
MAY_SLEEP = {"FRAME_S", "0"}
"""How long a handler may give way to the screen: a frame at most."""
SENDS = frozenset({"apply", "send", "open", "get_ticket", "list_tickets", "list_entries", "get_customer", "read_attachment"})
"""Methods of the port."""


def _awaits(folder: str) -> list[tuple[str, ast.Await]]:
    found = []
    for module in modules(PACKAGE / folder):
        found += [(f"{module.where}:{node.lineno}", node) for node in module.nodes if isinstance(node, ast.Await)]
    return found


def _name(node: ast.Await) -> str:
    called = node.value.func if isinstance(node.value, ast.Call) else node.value
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def test_commands_are_plain_functions_that_await_nothing() -> None:
    waiting = [
        f"{module.where}:{node.lineno}"
        for module in modules(PACKAGE / "commands")
        for node in module.nodes
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
    ]
    assert not waiting


def test_handing_an_effect_to_sync_returns_at_once() -> None:
    [engine] = [module for module in modules(PACKAGE / "sync") if module.path.name == "engine.py"]
    perform = [node for node in ast.walk(engine.tree) if getattr(node, "name", "") in {"perform", "_load"}]
    assert perform
    assert all(isinstance(node, ast.FunctionDef) for node in perform)
    assert not [node for one in perform for node in ast.walk(one) if isinstance(node, ast.Await)]


def test_no_key_handler_awaits_what_others_can_delay() -> None:
    awaits = _awaits("ui")
    assert len(awaits) > 20
    edits = {"editor.py", "clipboard.py"}
    delayed = [
        f"{where} {_name(node)}"
        for where, node in awaits
        if _name(node) in WAITING | SENDS and where.rpartition("/")[2].partition(":")[0] not in edits
    ]
    assert not delayed


def test_a_key_handler_gives_way_for_a_frame_at_most() -> None:
    long = [
        where
        for where, node in _awaits("ui")
        if where.rpartition("/")[2].startswith("keys.py")
        if _name(node) == "sleep" and isinstance(node.value, ast.Call) and ast.unparse(node.value.args[0]) not in MAY_SLEEP
    ]
    assert not long
