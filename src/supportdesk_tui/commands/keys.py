"""How keys are spelt: the toolkit's names, what people write in a file, and what is shown."""

import unicodedata

from supportdesk_tui.i18n.catalog import msg

NAMES = {
    " ": "space",
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "?": "question_mark",
    "@": "at",
    "[": "left_square_bracket",
    "\\": "backslash",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
"""Printable ASCII that is neither letter nor digit, and the toolkit's name for its key."""
_CHARACTERS = {name: character for character, name in NAMES.items()}

SHOWN = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
"""Named keys a command can have, and how they are written for people."""
_SPOKEN = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "ins": "insert", "return": "enter"}

_IME_TWINS = {
    "。": ".",
    "、": "\\",
    "【": "[",
    "】": "]",
    "《": "<",
    "》": ">",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "￥": "$",
    "·": "`",
    "\u3000": " ",
}
"""What the keys of a Chinese input method type that has no full-width form of its own."""

UNDELIVERED = {
    "ctrl+h": msg("a terminal sends it as Backspace"),
    "ctrl+i": msg("a terminal sends it as Tab"),
    "ctrl+m": msg("a terminal sends it as Enter"),
    "ctrl+j": msg("some terminals send it for Ctrl+Enter, and a paste may hold it"),
    "ctrl+s": msg("it can freeze a terminal"),
    "ctrl+at": msg("it switches input methods"),
    "ctrl+space": msg("it switches input methods"),
    "ctrl+c": msg("the terminal uses it to copy and to interrupt"),
}
"""Keys no command may have, and why."""


def twin(character: str) -> str:
    """The ASCII character an input method stands in for; others as they are."""
    if "！" <= character <= "～":
        return chr(ord(character) - 0xFEE0)
    return _IME_TWINS.get(character, character)


def spell(key: str) -> str:
    """A key as the toolkit spells it, from what a person wrote; unknown spellings come back unchanged."""
    if len(key) == 1:
        return NAMES.get(key, key)
    *modifiers, last = key.split("+") if not key.endswith("+") else [*key[:-1].rstrip("+").split("+"), "+"]
    held = [modifier.strip().lower() for modifier in modifiers]
    last = last.strip()
    if len(last) == 1:
        if held == ["shift"] and last.isalpha():
            return last.upper()
        last = NAMES.get(last, last.lower())
    else:
        last = _SPOKEN.get(last.lower(), last.lower())
    order = [modifier for modifier in ("alt", "ctrl", "shift", "meta", "super") if modifier in held]
    rest = [modifier for modifier in held if modifier not in order]
    return "+".join([*rest, *order, last])


def shown(key: str) -> str:
    """A key for people: `Ctrl+D`, `?`, `↓`."""
    *modifiers, last = key.split("+")
    last = SHOWN.get(last) or _CHARACTERS.get(last, last)
    if modifiers and len(last) == 1:
        last = last.upper()
    return "+".join([*(modifier.title() for modifier in modifiers), last])


def is_printable(key: str) -> bool:
    """Whether the key types a character."""
    return len(key) == 1 or key in _CHARACTERS


def trouble(key: str) -> str | None:
    """Why a command cannot have this key (a message marked for translation), or None."""
    *modifiers, last = key.split("+")
    if {"alt", "meta", "super"} & set(modifiers):
        return msg("terminals turn Alt into other characters")
    if key in UNDELIVERED:
        return UNDELIVERED[key]
    known = last in SHOWN or last in _CHARACTERS or (len(last) == 1 and last.isascii() and last.isalnum())
    if not known or set(modifiers) - {"ctrl", "shift"}:
        return msg("no key is spelt like this")
    return None


def starts_text(character: str) -> bool:
    """Whether a character belongs to a script that has no command keys, so that it can only be the start of a word."""
    return ord(character) >= 0x370 and unicodedata.category(character)[0] == "L"
