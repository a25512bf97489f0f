"""Whether a value fits a setting; each check gives the clean value or the words for what was expected."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from supportdesk_tui.config.problems import nearest_name
from supportdesk_tui.config.schema import GATE_KINDS, GATE_LISTS, GATE_REMEDIES, Setting

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_URL = re.compile(r"(https?)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[!-~]*)?")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
_LONGEST = 1_000


class Unfit(Exception):  # noqa: N818  (names the condition, as the errors of the domain do)
    """A value does not fit; the message says what was expected."""

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest
        """The allowed word that was probably meant."""


def fit(setting: Setting, value: Any) -> Any:
    """The value as the setting holds it; raises Unfit."""
    rule = setting.rule
    if rule.one_of:
        if value not in rule.one_of or not isinstance(value, str):
            raise _no_choice(f"expected one of {', '.join(rule.one_of)}", value, rule.one_of)
        return value
    if rule.most:
        if type(value) is not int or not rule.least <= value <= rule.most:
            raise Unfit(f"expected a whole number from {rule.least} to {rule.most}; got {shown(value)}")
        return value
    if rule.check:
        return _CHECKS[rule.check](value)
    if type(value) is not bool:
        raise Unfit(f"expected true or false; got {shown(value)}")
    return value


def _no_choice(expected: str, value: Any, choices: Sequence[str]) -> Unfit:
    nearest = nearest_name(value[:_LONGEST], choices) if isinstance(value, str) else ""
    return Unfit(f"{expected}; got {shown(value)}", nearest)


def shown(value: Any) -> str:
    """A value as it may be quoted in a message: short, and with nothing a terminal would obey."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise Unfit(f"expected one line of text; got {shown(value)}")
    return value


def url_of(value: Any) -> str:
    """The address of a server, without a slash at its end; https, or http on this machine."""
    text = _text(value)
    match = _URL.fullmatch(text)
    if match is None and text:
        raise Unfit(f"expected an address like https://desk.example.com; got {shown(value)}")
    if match is not None and match[1] == "http" and match[2].strip("[]") not in _LOOPBACK:
        raise Unfit("expected https: over http your token could be read on the way")
    return text.rstrip("/")


def _argv(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(part, str) and part for part in value):
        raise Unfit(f'expected a list of a program and its arguments, like ["pass", "show", "desk"]; got {shown(value)}')
    return tuple(map(_text, value))


def _words(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [None]
    if not all(isinstance(word, str) and word.isprintable() and len(word) <= 40 for word in words):
        raise Unfit(f'expected a list of ids, like ["wp", "dn"]; got {shown(value)}')
    return tuple(words)


def _phrases(value: Any) -> tuple[str, ...]:
    given: list[Any] = value if isinstance(value, list) else [None]
    if not all(isinstance(one, str) and one.strip() and one.isprintable() and len(one) <= 100 for one in given):
        raise Unfit(f'expected a list of words or phrases, like ["only for us"]; got {shown(value)}')
    return tuple(one.strip() for one in given)


def _gate_lists(value: Any) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [None]
    for one in given:
        if one not in GATE_LISTS:
            raise _no_choice(f"expected names of {', '.join(GATE_LISTS)}", one or value, GATE_LISTS)
    return tuple(given)


def _hosts(value: Any) -> tuple[str, ...]:
    given: list[Any] = value if isinstance(value, list) else [None]
    for one in given:
        if not isinstance(one, str) or not _HOST.fullmatch(one):
            raise Unfit(f'expected a list of host names without https://, like ["docs.example.com"]; got {shown(one or value)}')
    return tuple(one.casefold() for one in given)


def _gate_kinds(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise Unfit(f"expected a table; got {shown(value)}")
    for name, remedy in value.items():
        if name not in GATE_KINDS:
            raise _no_choice(f"expected one of {', '.join(GATE_KINDS)}", name, GATE_KINDS)
        if remedy not in GATE_REMEDIES:
            raise _no_choice(f"expected {', '.join(GATE_REMEDIES)} for {name}", remedy, GATE_REMEDIES)
    return dict(value)


def _options(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(f"expected a table; got {shown(value)}")
    for name, inner in value.items():
        if not isinstance(inner, str | int | bool):
            raise Unfit(f"expected text, a whole number, true or false for {name}; got {shown(inner)}")
    return dict(value)


def keys_of(value: Any) -> tuple[str, ...]:
    """Keys of one command: a key, a list of them, or nothing."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(key, str) and len(key) <= 40 and key.isprintable() for key in given):
        raise Unfit(f'expected a key like "ctrl+o", or a list of keys; got {shown(value)}')
    return tuple(key.strip() for key in given if key.strip())


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "path": _text,
    "url": url_of,
    "argv": _argv,
    "words": _words,
    "options": _options,
    "phrases": _phrases,
    "gate_lists": _gate_lists,
    "gate_kinds": _gate_kinds,
    "hosts": _hosts,
}
