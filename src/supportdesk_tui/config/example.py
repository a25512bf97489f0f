"""The example settings file, written from the schema: `config.example.toml`, and what `supportdesk config init` copies."""

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Any

from msgspec import NODEFAULT, Struct

from supportdesk_tui.config import schema
from supportdesk_tui.config.schema import TABLES, Profile, Setting, Settings, settings_of

_HEAD = """\
# Settings of supportdesk-tui. Every setting is here with its default and commented out: take away the "# " to change one.
# This file belongs at ~/.config/supportdesk/config.toml (supportdesk config path tells where exactly).
# supportdesk config check names everything wrong in it, and a wrong value never keeps the desk from starting.
# Every setting before the first profile can also be given in the environment: SUPPORTDESK_THEME, SUPPORTDESK_CACHE_DAYS …
# SUPPORTDESK_URL, SUPPORTDESK_BACKEND and SUPPORTDESK_AGENT change the profile in use; SUPPORTDESK_TOKEN is its token.
# Tokens never belong in here: run supportdesk login, or use token_command.
"""
_WIDTH = 120


def example() -> str:
    """The whole file."""
    parts = [_HEAD]
    parts += [_setting(Settings, each) for each in settings_of(Settings) if each.name not in {*TABLES, "keys", "profiles"}]
    for name, table in TABLES.items():
        parts.append(_comment(_class_words(table)) + f"[{name}]\n")
        parts += [_setting(table, each) for each in settings_of(table)]
    parts.append(_keys())
    parts.append(_comment(_class_words(Profile)) + "# [profiles.work]\n")
    parts += [_setting(Profile, each) for each in settings_of(Profile)]
    return "\n".join(parts)


def _keys() -> str:
    keys = next(each for each in settings_of(Settings) if each.name == "keys")
    lines = [f"# {_toml(name)} = {_toml(value)}" for name, value in keys.rule.example.items()]
    return _comment(_words(Settings)["keys"]) + "[keys]\n" + "\n".join(lines) + "\n"


def _setting(owner: type[Struct], each: Setting) -> str:
    rule = each.rule
    is_empty = each.default in ("", ()) or each.default is NODEFAULT
    value = rule.example if is_empty and rule.example is not None else each.default
    note = f"One of {', '.join(rule.one_of)}." if rule.one_of else f"From {rule.least} to {rule.most}." if rule.most else ""
    return _comment(" ".join(filter(None, [_words(owner)[each.name], note]))) + f"# {each.name} = {_toml(value)}\n"


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(words, _WIDTH))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, tuple):
        return _toml(value[0]) if len(value) == 1 else "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@cache
def _tree() -> dict[str, ast.ClassDef]:
    module = ast.parse(Path(schema.__file__).read_text(encoding="utf-8"))
    return {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}


def _class_words(owner: type[Struct]) -> str:
    return ast.get_docstring(_tree()[owner.__name__]) or ""


def _words(owner: type[Struct]) -> dict[str, str]:
    """The docstring under each field."""
    body = _tree()[owner.__name__].body
    found: dict[str, str] = {}
    for above, below in pairwise(body):
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(words))):
                    found[above.target.id] = words
    return found


def undocumented() -> list[str]:
    """Settings without words; there must be none."""
    owners: tuple[type[Struct], ...] = (Settings, Profile, *TABLES.values())
    return [
        f"{owner.__name__}.{each.name}"
        for owner in owners
        for each in settings_of(owner)
        if each.name not in {*TABLES, "profiles"} and each.name not in _words(owner)
    ]


if __name__ == "__main__":
    Path("config.example.toml").write_text(example(), encoding="utf-8")
