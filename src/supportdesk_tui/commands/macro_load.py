"""Macro files: found, read and checked; one bad macro is named with file and line and hides nothing else."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, field

from supportdesk_tui.commands.macro_text import Bodies, Template
from supportdesk_tui.commands.macro_values import FIELDS, OPEN_ROOTS, is_known
from supportdesk_tui.commands.macros import ACTIONS, ASKED, FALLBACK, Action, Ask, Category, Macro, MacroLibrary, MacroProblem
from supportdesk_tui.commands.spec import msg

SHIPPED = Path(__file__).parent.parent / "macros"
"""The library that comes with the desk."""
LARGEST = 1_000_000
"""Bytes of a macro file that are read."""
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{1,31}")
_HEAD = re.compile(r"^[ \t]*\[\[[ \t]*macro[ \t]*\]\]", re.MULTILINE)
_KEYS = frozenset({"id", "title", "body", "require", "ask", "actions", "attachments", "then_next", "pinned"})
T = TypeVar("T")
_NO_NAMES: tuple[str, ...] = ()
_NO_WORDS: Mapping[str, str] = {}
_NO_TABLES: tuple[dict[str, Any], ...] = ()
_ACTION_KEYS = frozenset({*ACTIONS, "text", "reason", "summary"})


class _BadError(Exception):
    """A macro that cannot be used, with what is wrong."""

    def __init__(self, text: str, line: int = 0, **values: str) -> None:
        self.text, self.line, self.values = text, line, tuple(values.items())
        super().__init__(text)


def files(folders: Iterable[Path]) -> Iterator[Path]:
    """The macro files of the folders, in the order they count: later ones win."""
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.glob("*.toml"))


def load(folders: Sequence[Path] = (SHIPPED,), pinned: Iterable[str] = ()) -> MacroLibrary:
    """Read every macro; a later folder's macro replaces an earlier one of the same id."""
    found = _Found()
    paths = list(files(folders))
    for path in paths:
        found.read(path)
    categories = {macro.category: found.categories.get(macro.category) for macro in found.macros.values()}
    named = tuple(known or Category(key, {FALLBACK: key}) for key, known in sorted(categories.items()))
    return MacroLibrary(dict(found.macros), named, tuple(pinned), tuple(found.problems), _stamp(paths))


def is_changed(library: MacroLibrary, folders: Sequence[Path]) -> bool:
    """Whether a file came, went or changed since the library was read."""
    return _stamp(files(folders)) != library.stamp


def lint(paths: Iterable[Path]) -> tuple[MacroProblem, ...]:
    """Everything wrong with these files or folders, also what `load` lets pass."""
    found = _Found()
    every = [file for path in paths for file in (files([path]) if path.is_dir() else [path])]
    for file in dict.fromkeys(every):
        found.read(file)
    read = (*found.macros.values(), *found.broken)
    problems = [*found.problems, *(problem for macro in read for problem in _doubts(macro))]
    return tuple(sorted(problems, key=lambda problem: (problem.path, problem.line)))


def _stamp(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    stamps = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            continue
        stamps.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(stamps)


class _Found(Struct):
    macros: dict[str, Macro] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    problems: list[MacroProblem] = field(default_factory=list)
    broken: list[Macro] = field(default_factory=list)
    """What could be read of macros that cannot be used."""

    def read(self, path: Path) -> None:
        import tomli

        try:
            if path.exists() and not path.is_file():
                self._problem(path, 0, msg("is no file"))
                return
            if path.stat().st_size > LARGEST:
                self._problem(path, 1, msg("the file is too large"))
                return
            text = path.read_text(encoding="utf-8")
            data = tomli.loads(text)
        except OSError as error:
            self._problem(path, 0, msg("cannot be read: {reason}"), (("reason", error.strerror or str(error)),))
        except UnicodeDecodeError:
            self._problem(path, 1, msg("is not UTF-8"))
        except tomli.TOMLDecodeError as error:
            self._problem(path, error.lineno, msg("is not TOML: {reason}"), (("reason", error.msg),))
        else:
            self._tables(path, text, data)

    def _tables(self, path: Path, text: str, data: dict[str, Any]) -> None:
        category = self._category(path, data.get("category"))
        for name in data.keys() - {"category", "macro"}:
            self._unknown(path, _line_of(text, name, 1), name, ("category", "macro"))
        tables = data.get("macro", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._problem(path, _line_of(text, "macro", 1), msg("macros are written as [[macro]]"))
            return
        lines = [text.count("\n", 0, head.start()) + 1 for head in _HEAD.finditer(text)]
        for number, table in enumerate(tables):
            line = lines[number] if number < len(lines) else 1
            reader = _Reader(path, text, line, table, category)
            macro = reader.macro()
            for bad in reader.bad:
                self._problem(path, bad.line or line, bad.text, bad.values, _name(table))
            if reader.bad:
                self.broken.append(macro)
            else:
                self._add(macro)
            for name in sorted(table.keys() - _KEYS):
                self._unknown(path, _line_of(text, name, line), name, _KEYS, _name(table))

    def _add(self, macro: Macro) -> None:
        other = self.macros.get(macro.id)
        if other is not None and other.path == macro.path:
            values = (("name", macro.id), ("line", str(other.line)))
            text = msg("there is a macro {name} on line {line} already; that one holds")
            self.problems.append(MacroProblem(macro.path, macro.line, text, values, macro.id))
            return
        self.macros.pop(macro.id, None)
        self.macros[macro.id] = macro

    def _category(self, path: Path, table: Any) -> str:
        if table is None:
            return ""
        if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()) or "key" not in table:
            example = (("example", '{ key = "w", en = "Withdrawal" }'),)
            self._problem(path, 1, msg("a category is written as {example}"), example)
            return ""
        key = str(table["key"])
        if len(key) != 1 or not key.isascii() or not key.islower():
            self._problem(path, 1, msg("the key of a category is one small letter"))
            return ""
        self.categories[key] = Category(key, {name: one for name, one in table.items() if name != "key"} or {FALLBACK: key})
        return key

    def _unknown(self, path: Path, line: int, name: str, known: Iterable[str], macro: str = "") -> None:
        near = "".join(get_close_matches(name, list(known), n=1))
        text = msg("there is no key {name}; nearest is {nearest}") if near else msg("there is no key {name}")
        self._problem(path, line, text, (("name", name), ("nearest", near)), macro)

    def _problem(self, path: Path, line: int, text: str, values: tuple[tuple[str, str], ...] = (), macro: str = "") -> None:
        self.problems.append(MacroProblem(str(path), line, text, values, macro))


class _Reader(Struct, frozen=True):
    """One [[macro]] table."""

    path: Path
    text: str
    line: int
    table: Mapping[str, Any]
    category: str
    bad: list[_BadError] = field(default_factory=list)
    """Everything for which the macro cannot be used."""

    def macro(self) -> Macro:
        """The macro, or with something in `bad` what could be read of it."""
        name = self._or("", self._id)
        files = self._or(_NO_NAMES, self._strings, "attachments")
        return Macro(
            id=name,
            titles=self._or(_NO_WORDS, self._words, "title"),
            category=self.category or name[:1],
            bodies=Bodies(self._or(_NO_WORDS, self._words, "body")),
            require=self._or(_NO_NAMES, self._strings, "require"),
            asks=self._each("ask", self._ask),
            actions=self._each("actions", self._action),
            attachments=tuple(str(self.path.parent / one) for one in files),
            then_next=self._or(False, self._flag, "then_next"),
            is_pinned=self._or(False, self._flag, "pinned"),
            path=str(self.path),
            line=self.line,
        )

    def _or(self, otherwise: T, read: Callable[..., T], *given: object) -> T:
        try:
            return read(*given)
        except _BadError as bad:
            self.bad.append(bad)
            return otherwise

    def _each(self, key: str, read: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
        made: list[T] = []
        for one in self._or(_NO_TABLES, self._tables, key):
            try:
                made.append(read(one))
            except _BadError as bad:
                self.bad.append(bad)
        return tuple(made)

    def _id(self) -> str:
        name = self.table.get("id")
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise _BadError(msg("a macro needs an id of small letters and digits"), self._at("id"))
        return name

    def _at(self, key: str) -> int:
        return _line_of(self.text, key, self.line)

    def _words(self, key: str) -> Mapping[str, str]:
        words = self.table.get(key)
        if isinstance(words, str):
            words = {FALLBACK: words}
        if not isinstance(words, dict) or not words or not all(isinstance(one, str) and one.strip() for one in words.values()):
            raise _BadError(msg("{key} needs words for at least one language"), self._at(key), key=key)
        return dict(words)

    def _strings(self, key: str) -> tuple[str, ...]:
        found = self.table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise _BadError(msg("{key} is a list of words"), self._at(key), key=key)
        return tuple(found)

    def _tables(self, key: str) -> tuple[dict[str, Any], ...]:
        found = self.table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _BadError(msg("{key} is a list of tables"), self._at(key), key=key)
        return tuple(found)

    def _flag(self, key: str) -> bool:
        found = self.table.get(key, False)
        if not isinstance(found, bool):
            raise _BadError(msg("{key} is true or false"), self._at(key), key=key)
        return found

    def _ask(self, table: dict[str, Any]) -> Ask:
        name, title, default = table.get("name"), table.get("title", table.get("name")), table.get("default", "")
        titles = {FALLBACK: title} if isinstance(title, str) else title
        is_good = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name) and isinstance(default, str)
        if not is_good or not isinstance(titles, dict) or not all(isinstance(one, str) for one in titles.values()):
            raise _BadError(msg("a prompt needs a name in small letters, and a title"), self._at("ask"))
        return Ask(str(name), dict(titles), default)

    def _action(self, table: dict[str, Any]) -> Action:
        kinds = [kind for kind in ACTIONS if kind in table]
        strange = sorted(table.keys() - _ACTION_KEYS)
        if strange or len(kinds) != 1:
            name = strange[0] if strange else ", ".join(table)
            near = "".join(get_close_matches(name, ACTIONS, n=1, cutoff=0.5)) or ", ".join(ACTIONS)
            raise _BadError(msg("there is no action {name}; try {nearest}"), self._at("actions"), name=name, nearest=near)
        kind, value = kinds[0], table[kinds[0]]
        written = str(value).lower() if isinstance(value, bool) else str(value)
        text = str(table.get("text", table.get("reason", table.get("summary", ""))))
        if reason := _action_trouble(kind, value, written, text):
            raise _BadError(msg("action {name} takes {reason}"), self._at("actions"), name=kind, reason=reason)
        return Action(kind, written, text)


def _action_trouble(kind: str, value: object, written: str, text: str) -> str:
    """Why an action cannot be meant like this; empty when it can."""
    if kind == "priority":
        return "" if written in {"1", "2", "3", "4"} else "1, 2, 3, 4"
    if kind == "watch":
        return "" if isinstance(value, bool) else "true, false"
    if not isinstance(value, str) or not value.strip():
        return '"…"'
    if kind == "promise" and not text:
        return 'text = "…"'
    if kind == "promise" or (kind == "snooze" and written != "reply"):
        return "" if written.startswith(ASKED) or _is_time(written) else "2h, 18:00, tomorrow 9"
    return "me, nobody" if kind == "assign" and written not in {"me", "nobody"} else ""


def _is_time(text: str) -> bool:
    from datetime import UTC, datetime

    from supportdesk_tui.commands.times import parse_when

    return parse_when(text, datetime(2026, 1, 1, tzinfo=UTC), UTC) is not None


def _name(table: Mapping[str, Any]) -> str:
    found = table.get("id")
    return found if isinstance(found, str) else ""


def _line_of(text: str, key: str, after: int) -> int:
    """The line that sets a key at or after a line and before the next macro; that line when it is not found."""
    lines = text.splitlines()
    setting = re.compile(
        rf"\s*(?:\w+\.)?{re.escape(key)}\b[^=\n]*=|\s*\[(?:macro\.)?{re.escape(key)}\b|\s*\[\[macro\.{re.escape(key)}\b"
    )
    for number, line in enumerate(lines[after - 1 :], after):
        if number > after and _HEAD.match(line):
            break
        if setting.match(line):
            return number
    return after


def _doubts(macro: Macro) -> Iterator[MacroProblem]:
    """What is odd in a macro that can be used."""
    text = Path(macro.path).read_text(encoding="utf-8")
    asked = {ask.name for ask in macro.asks}
    for language, template in macro.bodies.items():
        line = _body_line(text, language, macro.line)
        for problem in template.problems:
            yield MacroProblem(macro.path, line + problem.line - 1, problem.text, problem.values, macro.id)
        yield from _unknown_paths(macro, template, line, asked)
    for path in macro.require:
        if not is_known(path):
            yield _no_field(macro, path, _line_of(text, "require", macro.line))
    for file in macro.attachments:
        if not Path(file).is_file():
            values = (("file", file),)
            yield MacroProblem(
                macro.path, _line_of(text, "attachments", macro.line), msg("there is no file {file}"), values, macro.id
            )
    if macro.bodies and FALLBACK not in macro.bodies:
        yield MacroProblem(macro.path, macro.line, msg("no English body to fall back to"), (), macro.id)


def _unknown_paths(macro: Macro, template: Template, line: int, asked: set[str]) -> Iterator[MacroProblem]:
    for path in template.paths():
        root, _, name = path.partition(".")
        if not is_known(path) or (root == "ask" and name not in asked):
            yield _no_field(macro, path, line)


def _no_field(macro: Macro, path: str, line: int) -> MacroProblem:
    root, _, name = path.partition(".")
    spelt = [] if root in OPEN_ROOTS else [f"{one}.{name}" for one in OPEN_ROOTS]
    known = [*FIELDS, *spelt, *(f"ask.{ask.name}" for ask in macro.asks)]
    near = "".join(get_close_matches(path, known, n=1))
    text = msg("there is no field {name}; nearest is {nearest}") if near else msg("there is no field {name}")
    return MacroProblem(macro.path, line, text, (("name", path), ("nearest", near)), macro.id)


def _body_line(text: str, language: str, after: int) -> int:
    """The line on which a body's first line stands."""
    at = _line_of(text, language, _line_of(text, "body", after))
    lines = text.splitlines()
    return at + 1 if at <= len(lines) and lines[at - 1].rstrip().endswith(('"""', "'''")) else at
