"""Full-text search that finds Chinese: FTS5 over tokens we make, two-character windows of CJK and whole Latin words."""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection

CREATE_SEARCH = "CREATE VIRTUAL TABLE search USING fts5(body, content='', tokenize='unicode61 remove_diacritics 2')"
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUNS = re.compile(f"[{_CJK}]+|[^\\W{_CJK}]+")
_PHRASES = re.compile(r'"([^"]*)"|(\S+)')
INDEXED_CHARS = 8_000
"""How much of one text is searched; a pasted log beyond that is not."""
TICKET_SHIFT = 16
"""A row of the index is `ticket << 16 | ordinal of the text on the ticket`."""
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


def match_expression(query: str) -> str | None:
    """An FTS5 query that wants every word and "quoted phrase"; None when there is nothing to look for."""
    terms = [
        term for quoted, word in _PHRASES.findall(query)[:MAX_TERMS] for term in _terms(quoted or word, whole=bool(quoted))
    ]
    return " AND ".join(terms) if terms else None


def _terms(text: str, *, whole: bool) -> list[str]:
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    runs = _RUNS.findall(folded)
    if whole:
        words = [part for run in runs for part in _windows(run)]
        return [_phrase(words)] if words else []
    return [_phrase(_windows(run), prefix=len(run) == 1 or run[0] < "\u3040") for run in runs]


def _windows(run: str) -> list[str]:
    if "\u3040" <= run[0] <= "\ufaff" and len(run) > 1:
        return [run[at : at + 2] for at in range(len(run) - 1)]
    return [run]


def _phrase(words: list[str], *, prefix: bool = False) -> str:
    inside = " ".join(words).replace('"', "")
    return f'"{inside}"*' if prefix else f'"{inside}"'


def index_texts(connection: Connection, texts: Iterable[tuple[int, int, str]]) -> None:
    """Add texts, each with its ticket's number and its ordinal there."""
    rows = [(ticket << TICKET_SHIFT | min(ordinal, 0xFFFF), " ".join(tokens(text))) for ticket, ordinal, text in texts]
    if rows:
        connection.exec_driver_sql("INSERT INTO search(rowid, body) VALUES (?, ?)", rows)


def clear_index(connection: Connection) -> None:
    """Forget everything; the projections fill it again."""
    connection.exec_driver_sql("DROP TABLE search")
    connection.exec_driver_sql(CREATE_SEARCH)
