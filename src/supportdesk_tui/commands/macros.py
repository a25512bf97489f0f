"""Macros: what they are, what they write for a ticket, and what they will do when it is sent."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from supportdesk_tui.commands.blanks import CLOSE, OPEN
from supportdesk_tui.commands.macro_text import Lookup, Template, fill
from supportdesk_tui.commands.macro_values import IS_MOVING, MONEY, Subject, look_up
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.commands.times import parse_when
from supportdesk_tui.domain.changes import (
    Assign,
    Escalate,
    FollowUp,
    MakePromise,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Watch,
)
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.ids import TeamId
from supportdesk_tui.domain.ticket import Phase, Priority

FALLBACK = "en"
"""Language used when a macro has no text in the customer's."""
ACTIONS = ("status", "tag", "untag", "assign", "transfer", "escalate", "promise", "snooze", "priority", "watch")
"""What a macro can do on sending; one name a table, see `Action`."""
ASKED = "ask."
"""Before the name of a prompt, where an action takes its time from the answer."""
_PHASES = {
    "waiting_customer": Phase.PENDING,
    "waiting_third_party": Phase.ON_HOLD,
    "waiting_internal": Phase.ON_HOLD,
    "solved": Phase.SOLVED,
    "open": Phase.OPEN,
}
"""Statuses of the shipped macros, for backends that call them otherwise."""


class Action(Struct, frozen=True):
    """One thing that happens on sending: `{promise = "2h", text = "…"}`."""

    kind: str
    """Of `ACTIONS`."""
    value: str
    text: str = ""
    """Promise: what; status: the resolve reason; escalate: the summary."""


class Ask(Struct, frozen=True):
    """A prompt answered before the macro is inserted: `{ask.name}`."""

    name: str
    titles: Mapping[str, str]
    default: str = ""

    def title(self, language: str) -> str:
        """What is asked, in the agent's language."""
        return _in(self.titles, language)


class Macro(Struct, frozen=True):
    """Text and what goes with it, from a file."""

    id: str
    titles: Mapping[str, str]
    category: str
    """Key of its category: the first letter of two-letter ids."""
    bodies: Mapping[str, Template]
    require: tuple[str, ...] = ()
    """Paths without which the text says nothing: checked even where a fallback or condition hides them."""
    asks: tuple[Ask, ...] = ()
    actions: tuple[Action, ...] = ()
    attachments: tuple[str, ...] = ()
    """Paths, relative to the macro's file."""
    then_next: bool = False
    is_pinned: bool = False
    path: str = ""
    line: int = 0

    def title(self, language: str) -> str:
        """Its name in the agent's language."""
        return _in(self.titles, language)

    def body(self, language: str) -> tuple[str, Template]:
        """The text in a language, else in the fallback, else in whatever there is; with the language it is in."""
        for wanted in (language, language.partition("-")[0], FALLBACK):
            if wanted in self.bodies:
                return wanted, self.bodies[wanted]
        return next(iter(self.bodies.items()))


class Category(Struct, frozen=True):
    """A letter of the leader menu."""

    key: str
    titles: Mapping[str, str]

    def title(self, language: str) -> str:
        """Its name in the agent's language."""
        return _in(self.titles, language)


class MacroProblem(Struct, frozen=True):
    """What is wrong with a macro file."""

    path: str
    line: int
    text: str
    """Marked with `msg`."""
    values: tuple[tuple[str, str], ...] = ()
    macro: str = ""


class MacroLibrary(Struct, frozen=True):
    """Every macro that could be read, and what could not."""

    macros: Mapping[str, Macro] = field(default_factory=dict)
    categories: tuple[Category, ...] = ()
    pinned_ids: tuple[str, ...] = ()
    """The agent's own choice for `;1`–`;9`, from the settings."""
    problems: tuple[MacroProblem, ...] = ()
    stamp: tuple[tuple[str, int, int], ...] = ()
    """(path, mtime, size) of what was read: tells whether anything changed."""

    def get(self, macro: str) -> Macro | None:
        """The macro with this id."""
        return self.macros.get(macro)

    def of_category(self, key: str) -> tuple[Macro, ...]:
        """Macros of a category that two keys reach, by id."""
        return tuple(one for _, one in sorted(self.macros.items()) if one.category == key and len(one.id) == 2)

    @property
    def pinned(self) -> tuple[Macro, ...]:
        """The agent's choice, else those marked in their files."""
        chosen = tuple(self.macros[one] for one in self.pinned_ids if one in self.macros)
        return chosen or tuple(one for one in self.macros.values() if one.is_pinned)

    def at_hand(self, used: Mapping[str, int], most: int) -> tuple[Macro, ...]:
        """What `;1`–`;9` insert: the agent's own pins, then those used most, then those marked in their files."""
        mine = [one for one in self.pinned_ids if one in self.macros]
        often = sorted((one for one in used if one in self.macros), key=lambda one: (-used[one], one))
        found = dict.fromkeys((*mine, *often, *(one.id for one in self.pinned)))
        return tuple(self.macros[one] for one in found)[:most]


class Said(Struct, frozen=True):
    """A line for the agent: marked with `msg`, and its values."""

    text: str
    values: tuple[tuple[str, str], ...] = ()


class Rendered(Struct, frozen=True):
    """A macro written for one ticket."""

    text: str
    stops: tuple[tuple[int, int], ...]
    caret: int | None
    missing: tuple[str, ...]
    """Paths not known: they stand in the text as ⟦path⟧ and block sending."""
    then: tuple[FollowUp, ...]
    language: str
    wanted: str
    """The customer's language."""
    note: str
    """E.g. "no ja text, using en"; empty when the language is the customer's."""
    left_out: tuple[Said, ...] = ()
    """Actions that cannot be done on this backend or lack a fact."""
    is_at_rest: bool = False
    """The macro speaks of money on its way, and the customer has none: why its places are empty."""


def render(macro: Macro, subject: Subject) -> Rendered:
    """Write a macro for a ticket."""
    wanted = subject.ticket.summary.language or (subject.customer.customer.language if subject.customer else "") or FALLBACK
    language, template = macro.body(wanted)
    subject = replace(subject, in_motion=frozenset(path.partition(".")[0] for path in macro.require if is_motion(path)))
    lookup: Lookup = lambda path, name: look_up(subject, path, name)  # noqa: E731 - a lookup is a value here
    filled = fill(template, lookup)
    lost = tuple(path for path in macro.require if not lookup(path, "") and not _is_missed(path, filled.missing))
    text = filled.text.strip("\n")
    shift = len(filled.text) - len(filled.text.lstrip("\n"))
    stops = [(offset - shift, length) for offset, length in filled.stops]
    for path in lost:
        text = f"{text}\n{OPEN}{path}{CLOSE}"
    then, left_out = follow_ups(macro, subject)
    is_same = language == wanted or language == wanted.partition("-")[0]
    note = "" if is_same else f"no {wanted} text, using {language}"
    is_at_rest = subject.customer is not None and not all(lookup(path, "") for path in macro.require if is_motion(path))
    caret = None if filled.caret is None else max(0, filled.caret - shift)
    return Rendered(text, tuple(stops), caret, (*filled.missing, *lost), then, language, wanted, note, left_out, is_at_rest)


def is_motion(path: str) -> bool:
    """Whether a path asks that money is on its way: where a macro requires it, it speaks of no other movement."""
    root, _, name = path.partition(".")
    return root in MONEY and name == IS_MOVING


def _is_missed(path: str, missing: Iterable[str]) -> bool:
    """Whether the text has a place already that says a required value is not there."""
    root = path.partition(".")[0]
    return path in missing or (is_motion(path) and any(one.startswith(f"{root}.") for one in missing))


def follow_ups(macro: Macro, subject: Subject) -> tuple[tuple[FollowUp, ...], tuple[Said, ...]]:
    """What happens on sending, and what had to be left out."""
    done: list[FollowUp] = []
    left_out: list[Said] = []
    for action in macro.actions:
        change = _MAKERS[action.kind](action, subject)
        if isinstance(change, Said):
            left_out.append(change)
        else:
            done.append(change)
    return tuple(done), tuple(left_out)


def _status(action: Action, subject: Subject) -> FollowUp | Said:
    statuses = subject.directory.statuses
    if not statuses or any(one.name == action.value for one in statuses):
        return SetStatus(action.value, _reason(action, subject))
    phase = _PHASES.get(action.value)
    alike = next((one for one in statuses if one.phase is phase), None)
    if alike is None:
        return Said(msg("this backend has no status {name}"), (("name", action.value),))
    return SetStatus(alike.name, _reason(action, subject))


def _reason(action: Action, subject: Subject) -> str:
    reasons = subject.directory.resolve_reasons
    return action.text if not reasons or action.text in reasons else ""


def _when(text: str, subject: Subject) -> datetime | None:
    """A time of an action: as people write it, or the answer to a prompt, `ask.next`."""
    written = subject.asked.get(text.removeprefix(ASKED), "") if text.startswith(ASKED) else text
    return parse_when(written, subject.now, subject.zone)


def _promise(action: Action, subject: Subject) -> FollowUp | Said:
    due = _when(action.value, subject)
    return MakePromise(action.text, due) if due else Said(msg("no promise recorded: the time is not clear – press d"))


def _snooze(action: Action, subject: Subject) -> FollowUp | Said:
    until = None if action.value == "reply" else _when(action.value, subject)
    return Snooze(until) if until or action.value == "reply" else Said(msg("not snoozed: the time is not clear"))


def _assign(action: Action, subject: Subject) -> FollowUp | Said:
    if action.value == "nobody":
        return Assign(None)
    return Assign(subject.agent.id) if subject.agent else Said(msg("not signed in: not assigned"))


def _team(name: str, directory: Directory) -> TeamId | None:
    target = next((one.team for one in directory.targets if name in {one.key, one.team}), None)
    return target or next((one.id for one in directory.teams if name in {one.escalation_key, one.id}), None)


def _transfer(action: Action, subject: Subject) -> FollowUp | Said:
    team = _team(action.value, subject.directory)
    return Transfer(team) if team else Said(msg("there is no team {name}"), (("name", action.value),))


_FACT_PATHS = ("ask.{}", "field.{}", "money.{}")
"""Where a fact an escalation requires is looked for."""


def _escalate(action: Action, subject: Subject) -> FollowUp | Said:
    team = _team(action.value, subject.directory)
    if team is None:
        return Said(msg("there is no team {name}"), (("name", action.value),))
    target = next((one for one in subject.directory.targets if one.team == team), None)
    fields: list[tuple[str, str]] = []
    missing: list[str] = []
    for name in target.required if target else ():
        found = next((value for path in _FACT_PATHS if (value := look_up(subject, path.format(name)))), None)
        if name == "summary":
            continue
        if found:
            fields.append((name, found))
        else:
            missing.append(name)
    if missing:
        title = str(target.title) if target else action.value
        text = msg("not escalated to {team}: {fields} missing – press ! after sending")
        return Said(text, (("team", title), ("fields", ", ".join(missing))))
    return Escalate(team, action.text or str(subject.ticket.summary.subject), tuple(fields))


_MAKERS: Mapping[str, Callable[[Action, Subject], FollowUp | Said]] = {
    "status": _status,
    "tag": lambda action, _: Tag(add=(action.value,)),
    "untag": lambda action, _: Tag(remove=(action.value,)),
    "assign": _assign,
    "transfer": _transfer,
    "escalate": _escalate,
    "promise": _promise,
    "snooze": _snooze,
    "priority": lambda action, _: SetPriority(Priority(int(action.value))),
    "watch": lambda action, _: Watch(action.value == "true"),
}


def _in(titles: Mapping[str, str], language: str) -> str:
    return titles.get(language) or titles.get(FALLBACK) or next(iter(titles.values()), "")
