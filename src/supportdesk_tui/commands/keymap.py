"""Which key runs which command: presets, the agent's own keys, conflicts; and the router every key goes through."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from supportdesk_tui.commands import keys as spelling
from supportdesk_tui.commands.presets import PRESETS
from supportdesk_tui.commands.spec import Args, Command, Scope, msg
from supportdesk_tui.store.state import Menu, MenuItem, Pane

CHAINS: dict[Pane, tuple[Scope, ...]] = {
    Pane.QUEUE: (Scope.QUEUE, Scope.DESK, Scope.APP),
    Pane.CONVERSATION: (Scope.CONVERSATION, Scope.DESK, Scope.APP),
    Pane.CUSTOMER: (Scope.CUSTOMER, Scope.DESK, Scope.APP),
    Pane.COMPOSER: (Scope.COMPOSER, Scope.APP),
}
"""Where a key is looked up, by the pane that has the focus."""
FILTER = "queue.filter"
"""What a character of a script without command keys starts in the queue."""


class KeyTrouble(StrEnum):
    """What is wrong with a line of the agent's keys."""

    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_PRESET = "unknown_preset"
    BAD_KEY = "bad_key"
    TYPES = "types"
    """A printable key for a command of the composer."""
    CONFLICT = "conflict"
    """Two keys of the agent's own: the first one holds."""
    TAKEN = "taken"
    """A key of the agent's own took it from a default."""


TAKEN = msg("{key} now runs {winner}; {name} has no key any more")
TAKEN_OF_SEVERAL = msg("{key} now runs {winner}; {name} still has {keys}")


class KeyProblem(Struct, frozen=True):
    """One thing wrong, for `config.problems` to join with file and line."""

    kind: KeyTrouble
    command: str
    """The id as written."""
    text: str
    """A message marked with `msg`, with the values below."""
    values: tuple[tuple[str, str], ...] = ()
    key: str = ""
    nearest: str = ""


class Unbound(Struct, frozen=True):
    """A key a command would have had."""

    command: str
    key: str
    lost_to: str


class Keymap(Struct, frozen=True):
    """The keys as they are now."""

    bound: Mapping[tuple[Scope, str], str]
    """(scope, key) → command id."""
    keys: Mapping[str, tuple[str, ...]]
    """Command id → its keys; none when unbound."""
    unbound: tuple[Unbound, ...] = ()
    problems: tuple[KeyProblem, ...] = ()

    def command(self, key: str, scopes: Iterable[Scope]) -> str | None:
        """What a key runs, innermost scope first."""
        return next((self.bound[scope, key] for scope in scopes if (scope, key) in self.bound), None)

    def shown(self, command: str) -> str:
        """The first key of a command, for people; empty when it has none."""
        keys = self.keys.get(command, ())
        return spelling.shown(keys[0]) if keys else ""


def are_on_one_chain(one: Scope, other: Scope) -> bool:
    """Whether both scopes can hear the same key."""
    return any(one in chain and other in chain for chain in CHAINS.values())


class _Claim(Struct, frozen=True):
    command: Command
    key: str
    rank: int
    """0 the agent's own, 1 the preset's, 2 the catalogue's."""


class _Resolver(Struct):
    catalog: Sequence[Command]
    bound: dict[tuple[Scope, str], _Claim] = field(default_factory=dict)
    unbound: list[Unbound] = field(default_factory=list)
    problems: list[KeyProblem] = field(default_factory=list)

    def claims(self, preset: Mapping[str, Sequence[str]], overrides: Mapping[str, Sequence[str]]) -> Iterator[_Claim]:
        known = {command.id: command for command in self.catalog}
        for name, wanted in overrides.items():
            command = known.get(name)
            if command is None:
                near = _nearest(name, known)
                text = msg("there is no command {name}; nearest is {nearest}") if near else msg("there is no command {name}")
                values = (("name", name), ("nearest", near))
                self.problems.append(KeyProblem(KeyTrouble.UNKNOWN_COMMAND, name, text, values, nearest=near))
                continue
            for written in wanted:
                key = spelling.spell(written)
                if self._is_usable(command, written, key):
                    yield _Claim(command, key, 0)
        for command in self.catalog:
            if command.id not in overrides:
                rank = 1 if command.id in preset else 2
                for key in preset.get(command.id, command.keys):
                    yield _Claim(command, spelling.spell(key), rank)

    def _is_usable(self, command: Command, written: str, key: str) -> bool:
        reason = spelling.trouble(key)
        kind = KeyTrouble.BAD_KEY
        if reason is None and command.scope is Scope.COMPOSER and spelling.is_printable(key):
            kind, reason = KeyTrouble.TYPES, msg("in the composer this key types")
        if reason is None:
            return True
        values = (("key", written), ("reason", reason), ("name", command.id))
        text = msg("{name} cannot have the key {key}: {reason}")
        self.problems.append(KeyProblem(kind, command.id, text, values, key=written))
        return False

    def add(self, claim: _Claim) -> None:
        scope = claim.command.scope
        holder = next(
            (held for (other, key), held in self.bound.items() if key == claim.key and are_on_one_chain(scope, other)), None
        )
        if holder is None:
            self.bound[scope, claim.key] = claim
        elif holder.command.id != claim.command.id:
            self._lose(claim, holder)

    def _lose(self, claim: _Claim, holder: _Claim) -> None:
        name, winner = claim.command.id, holder.command.id
        self.unbound.append(Unbound(name, claim.key, winner))
        values = (("key", spelling.shown(claim.key)), ("name", name), ("winner", winner))
        if claim.rank == 0:
            text = msg("{key} is given to {winner} already; {name} does not get it")
            self.problems.append(KeyProblem(KeyTrouble.CONFLICT, name, text, values, key=claim.key))
        elif holder.rank == 0:
            self.problems.append(KeyProblem(KeyTrouble.TAKEN, winner, TAKEN, values, key=claim.key))


def resolve(
    catalog: Sequence[Command], preset: str = "default", overrides: Mapping[str, Sequence[str]] | None = None
) -> Keymap:
    """Work out every key: the agent's own win over the preset's, those over the catalogue's."""
    resolver = _Resolver(catalog)
    if preset not in PRESETS:
        near = _nearest(preset, PRESETS)
        text = msg("there is no key preset {name}; nearest is {nearest}") if near else msg("there is no key preset {name}")
        values = (("name", preset), ("nearest", near))
        resolver.problems.append(KeyProblem(KeyTrouble.UNKNOWN_PRESET, preset, text, values, nearest=near))
    for claim in sorted(resolver.claims(PRESETS.get(preset, {}), overrides or {}), key=lambda claim: claim.rank):
        resolver.add(claim)
    bound = {place: claim.command.id for place, claim in resolver.bound.items()}
    held: dict[str, tuple[str, ...]] = {command.id: () for command in catalog}
    for (_, key), name in bound.items():
        held[name] += (key,)
    return Keymap(bound, held, tuple(resolver.unbound), tuple(_with_rest(one, held) for one in resolver.problems))


def _with_rest(problem: KeyProblem, held: Mapping[str, tuple[str, ...]]) -> KeyProblem:
    """A lost key, with those its command still has."""
    if problem.kind is not KeyTrouble.TAKEN:
        return problem
    rest = " ".join(map(spelling.shown, held[dict(problem.values)["name"]]))
    return replace(problem, text=TAKEN_OF_SEVERAL, values=(*problem.values, ("keys", rest))) if rest else problem


class Run(Struct, frozen=True):
    """Run a command; when it was chosen from the open menu, that menu closes first."""

    command: str
    args: Args = ()
    closes_menu: bool = False


class CloseMenu(Struct, frozen=True):
    """The agent thought better of it."""


class BadChoice(Struct, frozen=True):
    """The key is none of the open menu's, or its item cannot be chosen now: say so; the menu closes."""

    key: str
    """For people."""
    possible: tuple[str, ...]
    """Keys that could have been pressed, for people."""
    reason: str = ""
    """Why the item cannot be chosen; empty when there is no such item."""


class NoMatch(Struct, frozen=True):
    """Not ours: the focused widget may use it."""


Pressed: TypeAlias = Run | CloseMenu | BadChoice | NoMatch


class KeyRouter(Struct, frozen=True):
    """Turns one key after the other into what happens; pure, without timing."""

    keymap: Keymap

    def press(self, key: str, character: str | None, scopes: tuple[Scope, ...], menu: Menu | None) -> Pressed:
        """What a key means for the focused scopes and the open menu."""
        typed = character if character is not None and len(character) == 1 and character.isprintable() else ""
        if menu is not None:
            return _choose(key, typed, menu)
        if typed and Scope.COMPOSER in scopes:
            return NoMatch()
        pressed = spelling.spell(spelling.twin(typed)) if typed else key
        command = self.keymap.command(pressed, scopes)
        if command is not None:
            return Run(command)
        if typed and Scope.QUEUE in scopes and spelling.starts_text(typed):
            return Run(FILTER, (typed,))
        return NoMatch()


def _choose(key: str, typed: str, menu: Menu) -> Pressed:
    pressed = spelling.spell(spelling.twin(typed)) if typed else key
    if pressed == "escape":
        return CloseMenu()
    item: MenuItem | None = next((item for item in menu.items if spelling.spell(item.key) == pressed), None)
    if item is not None and not item.blocked:
        return Run(item.command, item.args, closes_menu=True)
    possible = tuple(item.key for item in menu.items if not item.blocked)
    return BadChoice(spelling.shown(pressed), possible, item.blocked if item else "")


def _nearest(word: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(names), n=1, cutoff=0.5)), "")
