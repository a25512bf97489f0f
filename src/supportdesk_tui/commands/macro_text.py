"""The small language macro bodies are written in.

    {customer.name}                    a value; what can be asked is in `macro_values.FIELDS`
    {withdrawal.txid|short}            a value through a filter: short, first, date, time
    {customer.name ?? 您}              the first part that is known: paths, or at last plain words
    {if withdrawal.memo_missing}…{else}…{end}
    {if ticket.channel == chat}…{end}  also `!=`, and `not` before a path; conditions may stand in each other
    {if …}…{elif …}…{else}…{end}       the first that holds
    {1:time}                           a blank: drawn as ⟦time⟧, must be filled in before sending; Tab goes to the next
    {2=by tonight}                     a proposal: selected like a blank, but good as it is
    {cursor}                           where the caret goes when there is no blank
    {{                                 one brace

Everything else is literal; a condition's mark alone on its line takes the line with it. A value that is not known stays
in the text as ⟦customer.name⟧ and blocks sending. Nothing that parses here raises: what is odd is literal and reported.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from supportdesk_tui.commands.blanks import CLOSE, OPEN
from supportdesk_tui.commands.spec import msg

FILTERS = ("short", "first", "date", "time")
_PATH = r"[a-z][a-z0-9]*(?:\.[a-z0-9_]+)+"
_MARK = re.compile(
    r"(?P<brace>\{\{)"
    r"|(?P<alone>(?m:^)[ \t]*)?\{(?:(?P<else>else)|(?P<end>end)"
    rf"|(?P<chain>el)?if\s+(?P<not>not\s+)?(?P<path>{_PATH})\s*(?:(?P<op>[!=]=)\s*(?P<with>[^{{}}\n]*?))?\s*)\}}"
    r"(?(alone)(?P<line>[ \t]*(?:\n|\Z))?)"
    r"|(?P<cursor>\{cursor\})"
    r"|\{(?P<number>[1-9])(?P<kind>[:=])(?P<label>[^{}\n⟦⟧]+)\}"
    rf"|\{{(?P<parts>{_PATH}(?:\|[a-z]+)?(?:\s*\?\?[^{{}}\n]*)?)\}}"
    r"|(?P<vague>\{(?:el)?if\b[^{}\n]*\})"
)
_PART = re.compile(rf"(?P<path>{_PATH})(?:\|(?P<filter>[a-z]+))?")
_FOREIGN = str.maketrans({OPEN: "[", CLOSE: "]"})


class Text(Struct, frozen=True):
    """Words as they are."""

    text: str


class Value(Struct, frozen=True):
    """A value, or the first known of several."""

    parts: tuple[tuple[str, str], ...]
    """(path, filter)."""
    otherwise: str | None = None
    """Plain words when none is known."""


class Blank(Struct, frozen=True):
    """A tab stop; `is_required` ones must be filled in."""

    number: int
    label: str
    is_required: bool


class Caret(Struct, frozen=True):
    """Where the caret goes."""


class If(Struct, frozen=True):
    """One of two texts."""

    path: str
    equals: str | None
    is_negated: bool
    then: tuple["Node", ...]
    otherwise: tuple["Node", ...]


Node: TypeAlias = Text | Value | Blank | Caret | If


class TextProblem(Struct, frozen=True):
    """Something odd in a body; `line` counts from 1."""

    line: int
    text: str
    """Marked with `msg`."""
    values: tuple[tuple[str, str], ...] = ()


class Template(Struct, frozen=True):
    """A parsed body."""

    nodes: tuple[Node, ...]
    problems: tuple[TextProblem, ...] = ()

    def paths(self) -> tuple[str, ...]:
        """Every path it asks for, in order, each once."""
        return tuple(dict.fromkeys(_paths(self.nodes)))


class _Frame(Struct):
    """A condition being read."""

    path: str
    equals: str | None
    is_negated: bool
    line: int
    is_chained: bool = False
    """Began with `elif`: ends together with the one before."""
    then: list[Node] = field(default_factory=list)
    otherwise: list[Node] | None = None

    def closed(self) -> If:
        return If(self.path, self.equals, self.is_negated, tuple(self.then), tuple(self.otherwise or ()))


class _Parser(Struct):
    body: str
    nodes: list[Node] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    problems: list[TextProblem] = field(default_factory=list)
    vague: int = 0
    """Conditions without anything to ask for whose end has not come: it is not odd besides."""

    def parse(self) -> Template:
        at = 0
        for match in _MARK.finditer(self.body):
            self._add(Text(self.body[at : match.start()]))
            at = match.end()
            self._mark(match)
        self._add(Text(self.body[at:]))
        while self.frames:
            self.problems.append(TextProblem(self._close(), msg("an if without its end")))
        return Template(tuple(self.nodes), tuple(self.problems))

    def _mark(self, match: re.Match[str]) -> None:
        if match["brace"]:
            self._add(Text("{"))
        elif match["cursor"]:
            self._add(Caret())
        elif match["number"]:
            self._add(Blank(int(match["number"]), match["label"].strip(), match["kind"] == ":"))
        elif match["parts"]:
            self._add(self._value(match["parts"], match.start()))
        elif match["vague"]:
            text = msg("{mark} asks for nothing: a condition is a field, like {example}")
            values = (("mark", match[0]), ("example", "{if withdrawal.txid}"))
            self.problems.append(TextProblem(self._line(match.start()), text, values))
            self.vague += not match[0].startswith("{el")
            self._add(Text(match[0]))
        else:
            self._condition(match)

    def _condition(self, match: re.Match[str]) -> None:
        around = "" if match["line"] is not None else match["alone"] or ""
        self._add(Text(around))
        is_else = bool(match["else"] or match["chain"])
        is_first = bool(match["path"]) and not is_else
        if not is_first and (not self.frames or (is_else and self.frames[-1].otherwise is not None)):
            if not self.vague:
                odd = TextProblem(self._line(match.start()), msg("{mark} without an if"), (("mark", match[0].strip()),))
                self.problems.append(odd)
            self.vague -= bool(self.vague and match["end"])
            self._add(Text(match[0][len(around) :]))
            return
        if is_else:
            self.frames[-1].otherwise = []
        if match["path"]:
            equals = match["with"].strip() if match["op"] else None
            is_negated = bool(match["not"]) != (match["op"] == "!=")
            self.frames.append(_Frame(match["path"], equals, is_negated, self._line(match.start()), bool(match["chain"])))
        elif match["end"]:
            self._close()

    def _close(self) -> int:
        """End the innermost condition with all its branches; the line it began on."""
        frame = self.frames.pop()
        self._add(frame.closed())
        while frame.is_chained:
            frame = self.frames.pop()
            self._add(frame.closed())
        return frame.line

    def _value(self, parts: str, at: int) -> Value:
        known: list[tuple[str, str]] = []
        for piece in (piece.strip() for piece in parts.split("??")):
            match = _PART.fullmatch(piece)
            if match is None:
                return Value(tuple(known), piece)
            if match["filter"] and match["filter"] not in FILTERS:
                values = (("name", match["filter"]), ("known", ", ".join(FILTERS)))
                self.problems.append(TextProblem(self._line(at), msg("there is no filter {name}; there are {known}"), values))
            known.append((match["path"], match["filter"] or ""))
        return Value(tuple(known))

    def _add(self, node: Node) -> None:
        if node == Text(""):
            return
        if not self.frames:
            self.nodes.append(node)
        elif self.frames[-1].otherwise is not None:
            self.frames[-1].otherwise.append(node)
        else:
            self.frames[-1].then.append(node)

    def _line(self, at: int) -> int:
        return self.body.count("\n", 0, at) + 1


def parse(body: str) -> Template:
    """Read a body; never raises."""
    return _Parser(body).parse()


class Bodies(Mapping[str, Template]):
    """Bodies by language, each read when it is first looked at: of a library, few are used in a shift."""

    __slots__ = ("_read", "_texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, Template] = {}

    def __getitem__(self, language: str) -> Template:
        """The body in a language."""
        template = self._read.get(language)
        if template is None:
            template = self._read[language] = parse(self._texts[language])
        return template

    def __iter__(self) -> Iterator[str]:
        """The languages."""
        return iter(self._texts)

    def __len__(self) -> int:
        """How many languages."""
        return len(self._texts)

    def __contains__(self, language: object) -> bool:
        """Whether there is a body in a language; reads none."""
        return language in self._texts


def _paths(nodes: Iterable[Node]) -> Iterator[str]:
    pending = list(reversed(list(nodes)))
    while pending:
        match pending.pop():
            case Value(parts=parts):
                yield from (path for path, _ in parts)
            case If(path=path, then=then, otherwise=otherwise):
                yield path
                pending.extend(reversed((*then, *otherwise)))
            case _:
                pass


Lookup: TypeAlias = Callable[[str, str], str | None]
"""(path, filter) → the value, "" when it is known to be empty or false, None when it is not known."""


class Filled(Struct, frozen=True):
    """A body with its values."""

    text: str
    stops: tuple[tuple[int, int], ...]
    """(offset, length) of blanks and proposals, in the order of their numbers."""
    caret: int | None
    missing: tuple[str, ...]
    """Paths that are not known."""


class _Writer(Struct):
    lookup: Lookup
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    stops: list[tuple[int, int, int]] = field(default_factory=list)
    caret: int | None = None
    missing: dict[str, None] = field(default_factory=dict)

    def write(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def fill(self, nodes: Iterable[Node]) -> None:
        pending = list(reversed(list(nodes)))
        while pending:
            match pending.pop():
                case Text(text=text):
                    self.write(text)
                case Value() as value:
                    self.value(value)
                case Blank() as blank:
                    self.blank(blank)
                case Caret():
                    self.caret = self.length
                case condition:
                    pending.extend(reversed(condition.then if self.holds(condition) else condition.otherwise))

    def value(self, value: Value) -> None:
        for path, name in value.parts:
            if found := self.lookup(path, name):
                self.write(found.translate(_FOREIGN))
                return
        if value.otherwise is not None:
            self.write(value.otherwise)
            return
        path = value.parts[0][0]
        self.missing[path] = None
        self.write(f"{OPEN}{path}{CLOSE}")

    def blank(self, blank: Blank) -> None:
        shown = f"{OPEN}{blank.label}{CLOSE}" if blank.is_required else blank.label
        self.stops.append((blank.number, self.length, len(shown)))
        self.write(shown)

    def holds(self, condition: If) -> bool:
        found = self.lookup(condition.path, "") or ""
        truth = bool(found) if condition.equals is None else found.casefold() == condition.equals.casefold()
        return truth != condition.is_negated


def fill(template: Template, lookup: Lookup) -> Filled:
    """Write a template with the values `lookup` knows."""
    writer = _Writer(lookup)
    writer.fill(template.nodes)
    stops = tuple((offset, length) for _, offset, length in sorted(writer.stops))
    return Filled("".join(writer.pieces), stops, writer.caret, tuple(writer.missing))
