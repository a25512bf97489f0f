"""The marks that stand where secrets were: ours alone, because the strict filter changes their shades in a stranger's text.

Light, because the first picture needs it; what finds secrets is in `text.secrets`.
"""

import re
from collections.abc import Callable

from supportdesk_tui.text.safe import LINE_LIMIT, SafeText, cut, join, replace_spans, sanitize, sanitize_line
from supportdesk_tui.text.secret_kinds.kind import Kind

MARKS: dict[Kind, SafeText] = {
    Kind.RECOVERY_PHRASE: SafeText("▒▒ recovery phrase ▒▒"),
    Kind.PRIVATE_KEY: SafeText("▒▒ private key ▒▒"),
    Kind.CARD: SafeText("▒▒ card number ▒▒"),
    Kind.CODE: SafeText("▒▒ code ▒▒"),
    Kind.API_KEY: SafeText("▒▒ API key ▒▒"),
    Kind.RESIDENT_ID: SafeText("▒▒ ID number ▒▒"),
    Kind.IBAN: SafeText("▒▒ IBAN ▒▒"),
}
"""What stands where a secret was."""
SHADE = "▒"
_SHADES = SafeText("▒▒")
MARK = re.compile("(" + "|".join(map(re.escape, MARKS.values())) + ")")
KIND_OF = {str(mark): kind for kind, mark in MARKS.items()}


def restore(raw: str, *, is_line: bool = False) -> SafeText:
    """Text of ours, from our disk or put together for the screen: safe again, and its marks stay."""
    if SHADE not in raw:
        return sanitize_line(raw) if is_line else sanitize(raw, limit=None)
    parts = (MARKS[KIND_OF[part]] if part in KIND_OF else _again(part, is_line=is_line) for part in MARK.split(raw))
    whole = join(parts)
    return cut(whole, LINE_LIMIT) if is_line else whole


def _again(part: str, *, is_line: bool) -> SafeText:
    return sanitize(part, multiline=not is_line, limit=None)


def _shaded(words: str) -> SafeText:
    """The translation of a mark, between shades."""
    return join((_SHADES, sanitize_line(words.strip(f"{SHADE} ")), _SHADES), " ")


def in_words(text: SafeText, words: Callable[[str], str]) -> SafeText:
    """The text with its marks in the agent's language, as `words` says them."""
    if SHADE not in text:
        return text
    marks = ((found.start(), found.end(), _shaded(words(found[0]))) for found in MARK.finditer(text))
    return replace_spans(text, marks)
