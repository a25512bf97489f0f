"""The search grammar: what an agent types into the search line, and what goes to the server as `q`.

Terms joined by blanks: `key:value[,value…]`, bare words and "quoted phrases". Keys and their values are in `KEYS`.
Full-width colons, commas, quotes, brackets and blanks mean the same as their ASCII twins. A value that holds a blank or
punctuation of the grammar is quoted; a quote mark itself cannot be said inside one.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.queue import Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Channel, Phase, Priority

_QUOTES = '"＂“”„'
_PHRASE = rf"[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?P<end>[{_QUOTES}]|\Z)"
_TERM = re.compile(rf"(?P<minus>[-－]?)(?P<key>[A-Za-z_]+)[:：](?!//)|{_PHRASE}|(?P<word>[^\s{_QUOTES}]+)")
_VALUE = re.compile(rf"(?:{_PHRASE}|(?P<bare>[^\s,，{_QUOTES}]*))(?P<more>[,，]?)")
_PIECE = re.compile(rf"{_PHRASE}|(?P<word>[^\s{_QUOTES}]+)")
_PLAIN = re.compile(rf"[^\s{_QUOTES}:：,，<＜\-－][^\s{_QUOTES}:：,，<＜]*")
_DUE = re.compile(r"[<＜]?([0-9]{1,5})([mhd])", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

KEYS = ("phase", "status", "channel", "owner", "team", "lang", "cat", "prio", "tag", "sla", "is")
"""Every key, in the order terms are written."""
FLAGS = ("watched", "promised", "unread")
"""The values of `is`."""
CHOICES: dict[str, tuple[str, ...]] = {
    "phase": tuple(Phase),
    "channel": tuple(Channel),
    "prio": tuple(f"p{priority.value}" for priority in Priority),
    "sla": ("late", "<30m", "<2h"),
    "is": FLAGS,
}
"""Values a key may have, where they are known beforehand; those of `sla` are examples."""


class ProblemKind(StrEnum):
    """What is wrong with a term."""

    UNKNOWN_KEY = "unknown_key"
    BAD_VALUE = "bad_value"
    NO_VALUE = "no_value"
    NEGATED = "negated"
    OPEN_QUOTE = "open_quote"
    ONE_VALUE = "one_value"
    """The key takes one value and was given several; the last one holds."""


class Problem(Struct, frozen=True):
    """One thing wrong in a search line; the rest of the line still counts."""

    kind: ProblemKind
    term: str
    """As typed."""
    at: int
    """Where the term begins."""
    key: str = ""
    value: str = ""
    nearest: str = ""
    """The key or value that was probably meant."""


class Parsed(Struct, frozen=True):
    """What a search line says, and what in it could not be understood."""

    query: QueueQuery
    problems: tuple[Problem, ...] = ()


class Term(Struct, frozen=True):
    """One part of a query that can be shown as a chip and removed; the key of free text is empty."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}:{_written(self.value, self.key)}" if self.key else _written(self.value)


def parse(text: str, *, sort: SortKey = SortKey.CLOCK) -> Parsed:
    """Read a search line; never fails, what is wrong is named in `problems`."""
    reader = _Reader(text)
    reader.read()
    query = QueueQuery(**reader.found, text=" ".join(reader.words), sort=sort)
    return Parsed(query, tuple(reader.problems))


def terms(query: QueueQuery) -> tuple[Term, ...]:
    """A query as single terms in a fixed order."""
    owner = [] if query.owner == Owner.ANYONE else [str(query.owner)]
    values: dict[str, Iterable[str]] = {
        "phase": [phase for phase in Phase if phase in query.phases],
        "status": sorted(query.statuses),
        "channel": [channel for channel in Channel if channel in query.channels],
        "owner": owner,
        "team": sorted(query.teams),
        "lang": sorted(query.languages),
        "cat": sorted(query.categories),
        "prio": [f"p{priority.value}" for priority in sorted(query.priorities)],
        "tag": sorted(query.tags),
        "sla": [] if query.due_within is None else [_due_word(query.due_within)],
        "is": [flag for flag in FLAGS if getattr(query, flag)],
        "": _words(query.text),
    }
    return tuple(Term(key, str(value)) for key, group in values.items() for value in group)


def render(query: QueueQuery) -> str:
    """Write a query as a search line, so that `parse` gives it back; the sort order is not part of it."""
    plain: dict[str, list[str]] = {}
    others: list[str] = []
    for term in terms(query):
        written = str(term)
        if not term.key or written.endswith('"'):
            others.append(written)
        else:
            plain.setdefault(term.key, []).append(term.value)
    return " ".join([*(f"{key}:{','.join(values)}" for key, values in plain.items()), *others])


def without(query: QueueQuery, term: Term) -> QueueQuery:
    """The query with one term taken out: what removing a chip means."""
    rest = " ".join(str(one) for one in terms(query) if one != term)
    return replace(parse(rest).query, sort=query.sort)


class _Reader:
    """One pass over a search line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[str, Any] = {}
        self.words: list[str] = []
        self.problems: list[Problem] = []

    def read(self) -> None:
        while match := _TERM.search(self.text, self.at):
            self.at = match.end()
            if match["key"] is not None:
                self._keyed(match)
            elif match["word"] is not None:
                self._word(match.start(), match["word"])
            else:
                self._phrase(match)

    def _phrase(self, match: re.Match[str]) -> None:
        if not match["end"]:
            self._problem(ProblemKind.OPEN_QUOTE, match.start())
        if match["phrase"].strip():
            self.words.append(_written(match["phrase"]))

    def _word(self, start: int, word: str) -> None:
        if word[0] in "-－":
            self._problem(ProblemKind.NEGATED, start, value=word)
        else:
            self.words.append(_written(word))

    def _keyed(self, match: re.Match[str]) -> None:
        start, key = match.start(), match["key"].lower()
        values = self._values(start)
        if match["minus"]:
            self._problem(ProblemKind.NEGATED, start, key=key)
        elif key not in KEYS:
            self._problem(ProblemKind.UNKNOWN_KEY, start, key=key, nearest=_nearest(key, KEYS))
        elif not values:
            self._problem(ProblemKind.NO_VALUE, start, key=key)
        else:
            for value in values:
                self._value(start, key, value)

    def _values(self, start: int) -> list[str]:
        values: list[str] = []
        has_more = True
        while has_more:
            match = next(_VALUE.finditer(self.text, self.at))
            self.at = match.end()
            has_more = bool(match["more"])
            if match["end"] == "":
                self._problem(ProblemKind.OPEN_QUOTE, start)
            values.append(match["bare"] or match["phrase"] or "")
        return [value for value in values if value]

    def _value(self, start: int, key: str, value: str) -> None:
        name, read, is_set = _READERS[key]
        meant = read(value)
        if meant is None:
            nearest = _nearest(value.lower(), CHOICES[key])
            self._problem(ProblemKind.BAD_VALUE, start, key=key, value=value, nearest=nearest)
        elif key == "is":
            self.found[meant] = True
        elif is_set:
            self.found[name] = self.found.get(name, frozenset()) | {meant}
        else:
            if self.found.get(name, meant) != meant:
                self._problem(ProblemKind.ONE_VALUE, start, key=key, value=value)
            self.found[name] = meant

    def _problem(self, kind: ProblemKind, start: int, *, key: str = "", value: str = "", nearest: str = "") -> None:
        self.problems.append(Problem(kind, self.text[start : self.at], start, key, value, nearest))


def _read_owner(value: str) -> Owner | AgentId:
    return Owner(value.lower()) if value.lower() in set(Owner) else AgentId(value)


def _read_priority(value: str) -> Priority | None:
    digit = value.lower().removeprefix("p")
    return Priority(int(digit)) if digit in {"1", "2", "3", "4"} else None


def _read_due(value: str) -> timedelta | None:
    if value.lower() == "late":
        return timedelta()
    match = _DUE.fullmatch(value)
    return int(match[1]) * _UNITS[match[2].lower()] if match else None


def _read_choice(kind: type[StrEnum]) -> Callable[[str], StrEnum | None]:
    return lambda value: kind(value.lower()) if value.lower() in set(kind) else None


_READERS: dict[str, tuple[str, Callable[[str], Any], bool]] = {
    "phase": ("phases", _read_choice(Phase), True),
    "status": ("statuses", str, True),
    "channel": ("channels", _read_choice(Channel), True),
    "owner": ("owner", _read_owner, False),
    "team": ("teams", TeamId, True),
    "lang": ("languages", str.lower, True),
    "cat": ("categories", str, True),
    "prio": ("priorities", _read_priority, True),
    "tag": ("tags", str, True),
    "sla": ("due_within", _read_due, False),
    "is": ("", lambda value: value.lower() if value.lower() in FLAGS else None, True),
}
"""Key → field of the query, reader (None for a bad value), whether the field is a set."""


def _due_word(within: timedelta) -> str:
    """The time in the unit that says it exactly, or rounded up, in at most five digits."""
    if within <= timedelta():
        return "late"
    whole, rest = divmod(within, timedelta(minutes=1))
    minutes = whole + bool(rest)
    hours, days = -(-minutes // 60), -(-minutes // 1440)
    if minutes % 60 and minutes <= 99_999:
        return f"<{minutes}m"
    return f"<{hours}h" if hours <= 99_999 else f"<{min(days, 99_999)}d"


def _words(text: str) -> list[str]:
    """Free text as words and phrases; whatever looks like a key is text here."""
    pieces = (match["word"] or match["phrase"] for match in _PIECE.finditer(text))
    return [piece for piece in pieces if piece.strip()]


def _written(value: str, key: str = "") -> str:
    """A value as the grammar reads it back: quoted where it must be."""
    bare = re.sub(f"[{_QUOTES}]", "", value)
    if key == "sla" or _PLAIN.fullmatch(bare):
        return bare
    return f'"{bare}"'


def _nearest(word: str, names: Iterable[str]) -> str:
    """The name that begins like the word, or else looks most like it."""
    from difflib import get_close_matches

    known = tuple(names)
    alike = [name for name in known if name.startswith(word) or word.startswith(name)]
    return next(iter(alike or get_close_matches(word, known, n=1, cutoff=0.5)), "")
