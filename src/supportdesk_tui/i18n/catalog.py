"""Words in the agent's language: gettext catalogues, looked up when drawn so that the language can change while running.

English is in the code and needs no catalogue; the standard library's gettext is loaded only for another language.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

DOMAIN = "supportdesk"
SOURCE = "en"
LOCALES = Path(__file__).parent / "locales"


DEFAULT_KEYS = {
    "desk.undo": "z",
    "ticket.reply": "r",
    "ticket.note": "n",
    "outbox.open": "D",
    "desk.resync": "F5",
    "ticket.next_best": "N",
    "desk.keys": "?",
    "queue.next_view": "]",
    "queue.search": "/",
    "queue.open": "Enter",
    "conversation.find_previous": "Shift+F3",
    "conversation.full": "V",
    "composer.send": "Ctrl+D",
    "composer.toggle_mode": "F2",
}
"""Keys that messages speak of, as `⟪command⟫`, while nobody has changed them."""
_KEY = re.compile("⟪([a-z_.]+)⟫")


class _Catalogue(Protocol):
    def gettext(self, message: str) -> str: ...
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str: ...


class _English:
    """The messages as they stand in the code."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid1 if n == 1 else msgid2


class _Current:
    """What is spoken now; one per process, as a terminal has one reader."""

    locale = SOURCE
    words: _Catalogue = _English()
    keys: Mapping[str, str] = DEFAULT_KEYS


def msg(text: str) -> str:
    """Mark English text for translation; it is translated when drawn, never at import."""
    return text


def _(message: str, /, **named: object) -> str:
    """The message in the current language, its `{named}` places filled when values are given."""
    return _said(_Current.words.gettext(message) if message else "", message, named)


def _said(translated: str, message: str, named: Mapping[str, object]) -> str:
    if "⟪" in translated:
        translated, message = (_with_keys(text, is_template=bool(named)) for text in (translated, message))
    return _fill(translated, message, named) if named else translated


def use_keys(keys: Mapping[str, str]) -> bool:
    """Speak of these keys, by command, from the next message on; a command without one is called by its name.

    Says whether any of them is another one than before.
    """
    before, _Current.keys = _Current.keys, {command: keys.get(command, "") for command in DEFAULT_KEYS}
    return before != _Current.keys


def _with_keys(text: str, *, is_template: bool) -> str:
    """A message with its keys; a brace that is a key is no place to fill."""

    def key_of(found: re.Match[str]) -> str:
        key = _Current.keys.get(found[1]) or found[1]
        return key.replace("{", "{{").replace("}", "}}") if is_template else key

    return _KEY.sub(key_of, text)


def ngettext(one: str, many: str, count: int, **named: object) -> str:
    """The form of a message for a number; `{count}` is filled in without asking."""
    return _said(_Current.words.ngettext(one, many, count), one if count == 1 else many, {"count": count, **named})


def _fill(translated: str, source: str, named: Mapping[str, object]) -> str:
    for template in (translated, source):
        try:
            return template.format_map(named)
        except (KeyError, IndexError, ValueError, AttributeError):
            continue
    return source


def current_locale() -> str:
    """The language words are drawn in now."""
    return _Current.locale


def locales(folder: Path = LOCALES) -> list[str]:
    """Languages there is a catalogue for, English first."""
    found = sorted(file.parent.parent.name for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return [SOURCE, *(name for name in found if name != SOURCE)]


def set_locale(name: str, folder: Path = LOCALES) -> str:
    """Speak another language from the next word on; English when its catalogue is missing or broken. Says which it is."""
    words = _English() if name == SOURCE else _load(folder / name / "LC_MESSAGES" / f"{DOMAIN}.mo")
    _Current.words = words
    _Current.locale = SOURCE if isinstance(words, _English) else name
    return _Current.locale


def _load(file: Path) -> _Catalogue:
    import struct
    from gettext import GNUTranslations

    try:
        with file.open("rb") as stream:
            return GNUTranslations(stream)
    except (OSError, ValueError, struct.error):
        return _English()


def detect_locale(setting: str, env: Mapping[str, str]) -> str:
    """The language to speak: as set, or as the environment says when the setting is `auto`."""
    if setting != "auto":
        return setting
    first = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "C")
    if first.partition(".")[0] in {"C", "POSIX"}:
        return SOURCE
    wanted = [*env.get("LANGUAGE", "").split(":"), first]
    for each in wanted:
        language = each.replace("-", "_").partition("_")[0].partition(".")[0].casefold()
        if language == "zh":
            return "zh_CN"
        if language == "en":
            return SOURCE
    return SOURCE
