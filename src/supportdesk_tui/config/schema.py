"""Every setting, once: name, default, what is allowed, and under each the words that document it.

The loader checks files against these fields, and `example.py` prints them with their docstrings.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import Struct
from msgspec.structs import fields

BACKENDS = ("native", "rt", "zammad", "chatwoot", "zendesk")
AUTO_ON_OFF = ("auto", "on", "off")


class Rule(Struct, frozen=True):
    """What a setting may hold; without one it is true or false."""

    one_of: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    """Of a whole number; both 0 for anything else."""
    check: str = ""
    """Name of a check in `checks.py`."""
    example: Any = None
    """What the example file shows where the default is empty."""


class Setting(Struct, frozen=True):
    """A field of a table of settings, as loader and example file read it."""

    name: str
    default: Any
    """`msgspec.NODEFAULT` where it is made anew each time."""
    rule: Rule


@cache
def settings_of(table: type[Struct]) -> tuple[Setting, ...]:
    """The settings of a table, in their order."""
    return tuple(
        Setting(each.name, each.default, next(iter(getattr(each.type, "__metadata__", ())), Rule())) for each in fields(table)
    )


def _choice(*one_of: str) -> Rule:
    return Rule(one_of=one_of)


def _count(least: int, most: int) -> Rule:
    return Rule(least=least, most=most)


def _checked(check: str, example: Any) -> Rule:
    return Rule(check=check, example=example)


class Profile(Struct, frozen=True):
    """One help desk and how to sign in to it."""

    backend: Annotated[str, _choice(*BACKENDS)] = "native"
    """What kind of server it is."""
    url: Annotated[str, _checked("url", "https://desk.example.com")] = ""
    """Where it is; https, or http on this machine."""
    agent: Annotated[str, _checked("text", "li.wei")] = ""
    """Your login there; backends that know you by the token alone do not need it."""
    token_command: Annotated[tuple[str, ...], _checked("argv", ("pass", "show", "supportdesk"))] = ()
    """A program that prints the token, with its arguments; no shell reads it, and it has ten seconds."""
    token_file: Annotated[str, _checked("path", "~/.config/supportdesk/token")] = ""
    """A file that holds the token; only read when it is yours and nobody else may read it (mode 0600)."""
    ca_file: Annotated[str, _checked("path", "~/.config/supportdesk/company-ca.pem")] = ""
    """Certificates (PEM) of an authority of your own that vouches for the server, beside those everybody knows."""
    options: Annotated[Mapping[str, str | int | bool], _checked("options", {"inbox": 3})] = {}
    """What only this kind of backend knows; `supportdesk doctor` lists its options."""


class Notifications(Struct, frozen=True):
    """How to be told about work that was assigned to you, a deadline that is near, or your name in a note."""

    bell: Annotated[str, _choice(*AUTO_ON_OFF)] = "auto"
    """Ring the terminal bell; auto is off over SSH."""
    osc9: Annotated[str, _choice(*AUTO_ON_OFF)] = "auto"
    """Ask the terminal for a desktop notification (OSC 9); auto is off over SSH and under screen."""


class Cache(Struct, frozen=True):
    """What was last seen of queue and conversations is kept on this machine, for a first paint at once and for lost lines."""

    enabled: bool = True
    """Keep it; off leaves nothing of customers on this disk but your own unsent text."""
    days: Annotated[int, _count(1, 90)] = 7
    """Forget what was not opened for this many days."""


GATE_KINDS = (*("secret", "empty", "replied", "wrote", "changed", "note_words", "language", "file", "link", "advice", "time"),)
GATE_REMEDIES = ("off", "reason", "never")
GATE_LISTS = ("note_words", "advice_words", "time_words", "file_words")


class Gate(Struct, frozen=True):
    """What is looked at once more when you send. Recovery phrases, private keys, open blanks, too long texts and personal
    data on a public thread cannot be switched."""

    note_words: Annotated[tuple[str, ...], _checked("phrases", ("only for us", "仅限同事"))] = ()
    """More words that belong into a note and not into a reply."""
    advice_words: Annotated[tuple[str, ...], _checked("phrases", ("to the moon", "闭眼买"))] = ()
    """More words that read like advice on what to buy or sell."""
    time_words: Annotated[tuple[str, ...], _checked("phrases", ("before lunch", "午饭前"))] = ()
    """More words that name a time by which something will have happened."""
    file_words: Annotated[tuple[str, ...], _checked("phrases", ("in the enclosed form", "随信附"))] = ()
    """More words that speak of a file sent along."""
    replace: Annotated[tuple[str, ...], _checked("gate_lists", ("advice_words", "time_words"))] = ()
    """Which of these lists stand instead of the shipped ones, not beside them: note_words, advice_words, time_words or
    file_words."""
    link_hosts: Annotated[tuple[str, ...], _checked("hosts", ("status.example.com", "docs.example.com"))] = ()
    """More hosts a reply may link to, beside those the backend names; their subdomains count."""
    kinds: Annotated[Mapping[str, str], _checked("gate_kinds", {"advice": "never", "language": "off"})] = {}
    """What may be done about a kind of finding: off (not looked for), reason (sent with a reason, which is logged) or never.
    Kinds: secret, empty, replied, wrote, changed, note_words, language, file, link, advice, time."""


class Settings(Struct, frozen=True):
    """Everything a user can set."""

    profile: Annotated[str, _checked("text", "work")] = ""
    """Which profile to start with; the first one when empty."""
    locale: Annotated[str, _choice("auto", "en", "zh_CN")] = "auto"
    """Language of the desk; auto asks LC_ALL, LC_MESSAGES and LANG."""
    theme: Annotated[str, _checked("text", "harbor-day")] = "harbor-night"
    """Colours: harbor-night, harbor-day, dusk, high-contrast, ansi16, mono, or a file of yours in the themes folder."""
    colours: Annotated[str, _choice("auto", "full", "256", "16", "none")] = "auto"
    """How many colours to use; auto asks the terminal and NO_COLOR."""
    emoji: Annotated[str, _choice("safe", "full")] = "safe"
    """Safe shows one plain picture for each emoji, which every terminal places alike; full draws them as they were sent, for
    terminals in which `supportdesk doctor` finds all widths right."""
    key_preset: Annotated[str, _choice("default", "vim", "gmail")] = "default"
    """Which keys to begin with; [keys] changes single ones."""
    kitty_keys: bool = False
    """Use the kitty keyboard protocol; it breaks Chinese input methods in some terminals."""
    mouse: bool = True
    """Use the mouse; off leaves selecting text to the terminal."""
    clock: bool = False
    """Show the time of day in the status line."""
    hold_s: Annotated[int, _count(0, 120)] = 10
    """Seconds a reply is held before it leaves, so that it can be taken back; 0 sends at once."""
    undo: Annotated[int, _count(1, 200)] = 20
    """How many of your last actions can be undone."""
    macros: Annotated[str, _checked("path", "~/team-macros")] = ""
    """Another folder to read macros from, beside the shipped ones and the macros folder next to this file."""
    pinned: Annotated[tuple[str, ...], _checked("words", ("wp", "dn", "gw"))] = ()
    """Macros on ; 1 to ; 9, by their ids; the shipped choice when empty."""
    notifications: Notifications = Notifications()
    cache: Cache = Cache()
    gate: Gate = Gate()
    keys: Annotated[
        Mapping[str, tuple[str, ...]], _checked("keys", {"ticket.assign": ("a",), "ticket.solve": ("e", "f8")})
    ] = {}
    """Keys of single commands, by command id: a key, several, or "" for none. `supportdesk keys` lists ids and keys."""
    profiles: Mapping[str, Profile] = {}

    @property
    def active_name(self) -> str:
        """Name of the profile in use; empty when there is none."""
        return self.profile if self.profile in self.profiles else next(iter(self.profiles), "")

    @property
    def active(self) -> Profile | None:
        """The profile in use; None before one was written."""
        return self.profiles.get(self.active_name)


TABLES: Mapping[str, type[Struct]] = MappingProxyType({"notifications": Notifications, "cache": Cache, "gate": Gate})
"""Tables of plain settings, by name."""
