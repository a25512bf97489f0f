"""Words in the agent's language: gettext catalogues, looked up when drawn so that the language can change while running.

English is in the code and needs no catalogue; the standard library's gettext is loaded only for another language.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

DOMAIN = "supportdesk"
SOURCE = "en"
LOCALES = Path(__file__).parent / "locales"


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


def msg(text: str) -> str:
    """Mark English text for translation; it is translated when drawn, never at import."""
    return text


def _(message: str, /, **named: object) -> str:
    """The message in the current language, its `{named}` places filled when values are given."""
    translated = _Current.words.gettext(message) if message else ""
    return _fill(translated, message, named) if named else translated


def ngettext(one: str, many: str, count: int, **named: object) -> str:
    """The form of a message for a number; `{count}` is filled in without asking."""
    values = {"count": count, **named}
    return _fill(_Current.words.ngettext(one, many, count), one if count == 1 else many, values)


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
