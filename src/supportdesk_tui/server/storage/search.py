"""Full-text search that finds Chinese, over tokens we make: two-character windows of CJK and whole Latin words."""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection

from supportdesk_tui.server.storage.dialect import TICKET_SHIFT, Phrase, dialect_of

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUNS = re.compile(f"[{_CJK}]+|[^\\W{_CJK}]+")
_PHRASES = re.compile(r'"([^"]*)"|(\S+)')
INDEXED_CHARS = 8_000
"""How much of one text is searched; a pasted log beyond that is not."""
MAX_TERMS = 16


def tokens(text: str) -> list[str]:
    """The index tokens of a text: lower-case words, and for CJK runs every pair plus the last single character."""
    folded = unicodedata.normalize("NFKC", text[:INDEXED_CHARS]).casefold()
    found: list[str] = []
    for run in _RUNS.findall(folded):
        if "\u3040" <= run[0] <= "\ufaff":
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
            found.append(run[-1])
        else:
            found.append(run)
    return found


def phrases_of(query: str) -> list[Phrase]:
    """Every word and "quoted phrase" somebody looks for."""
    return [phrase for quoted, word in _PHRASES.findall(query)[:MAX_TERMS] for phrase in _split(quoted or word, bool(quoted))]


def _split(text: str, is_whole: bool) -> list[Phrase]:
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    runs = _RUNS.findall(folded)
    if is_whole:
        words = [part for run in runs for part in _windows(run)]
        return [Phrase(tuple(words))] if words else []
    return [Phrase(tuple(_windows(run)), is_prefix=len(run) == 1 or run[0] < "\u3040") for run in runs]


def _windows(run: str) -> list[str]:
    if "\u3040" <= run[0] <= "\ufaff" and len(run) > 1:
        return [run[at : at + 2] for at in range(len(run) - 1)]
    return [run]


def find_tickets(connection: Connection, query: str, limit: int) -> list[int]:
    """The numbers of the newest tickets with a text that holds everything looked for; none when that is nothing."""
    phrases = phrases_of(query)
    return dialect_of(connection).find(connection, phrases, limit) if phrases else []


def index_texts(connection: Connection, texts: Iterable[tuple[int, int, str]]) -> None:
    """Add texts, each with its ticket's number and its ordinal there."""
    rows = [(ticket << TICKET_SHIFT | min(ordinal, 0xFFFF), tokens(text)) for ticket, ordinal, text in texts]
    if rows:
        dialect_of(connection).add_texts(connection, rows)


def clear_index(connection: Connection) -> None:
    """Forget everything; the projections fill it again."""
    dialect_of(connection).clear_texts(connection)
