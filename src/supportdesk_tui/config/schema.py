"""Every setting, once: name, default, what is allowed, and under each the words that document it.

The loader checks files against these fields, and `example.py` prints them with their docstrings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

BACKENDS = ("native", "rt", "zammad", "chatwoot", "zendesk")
AUTO_ON_OFF = ("auto", "on", "off")


def _choice(default: str, *one_of: str) -> Any:
    return field(default=default, metadata={"one_of": one_of})


def _count(default: int, least: int, most: int) -> Any:
    return field(default=default, metadata={"range": (least, most)})


def _checked(default: Any, check: str, example: Any) -> Any:
    return field(default=default, metadata={"check": check, "example": example})


def _mapping(check: str, example: Any) -> Any:
    return field(default_factory=dict, metadata={"check": check, "example": example})


@dataclass(frozen=True, slots=True)
class Profile:
    """One help desk and how to sign in to it."""

    backend: str = _choice("native", *BACKENDS)
    """What kind of server it is."""
    url: str = _checked("", "url", "https://desk.example.com")
    """Where it is; https, or http on this machine."""
    agent: str = _checked("", "text", "li.wei")
    """Your login there; backends that know you by the token alone do not need it."""
    token_command: tuple[str, ...] = _checked((), "argv", ("pass", "show", "supportdesk"))
    """A program that prints the token, with its arguments; no shell reads it, and it has ten seconds."""
    token_file: str = _checked("", "path", "~/.config/supportdesk/token")
    """A file that holds the token; only read when it is yours and nobody else may read it (mode 0600)."""
    ca_file: str = _checked("", "path", "~/.config/supportdesk/company-ca.pem")
    """Certificates (PEM) of an authority of your own that vouches for the server, beside those everybody knows."""
    options: Mapping[str, str | int | bool] = _mapping("options", {"inbox": 3})
    """What only this kind of backend knows; `supportdesk doctor` lists its options."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """How to be told about work that was assigned to you, a deadline that is near, or your name in a note."""

    bell: str = _choice("auto", *AUTO_ON_OFF)
    """Ring the terminal bell; auto is off over SSH."""
    osc9: str = _choice("auto", *AUTO_ON_OFF)
    """Ask the terminal for a desktop notification (OSC 9); auto is off over SSH and under screen."""


@dataclass(frozen=True, slots=True)
class Cache:
    """What was last seen of queue and conversations is kept on this machine, for a first paint at once and for lost lines."""

    enabled: bool = True
    """Keep it; off leaves nothing of customers on this disk but your own unsent text."""
    days: int = _count(7, 1, 90)
    """Forget what was not opened for this many days."""


GATE_KINDS = (*("secret", "empty", "replied", "wrote", "changed", "note_words", "language", "file", "link", "advice", "time"),)
GATE_REMEDIES = ("off", "reason", "never")
GATE_LISTS = ("note_words", "advice_words", "time_words", "file_words")


@dataclass(frozen=True, slots=True)
class Gate:
    """What is looked at once more when you send. Recovery phrases, private keys, open blanks, too long texts and personal
    data on a public thread cannot be switched."""

    note_words: tuple[str, ...] = _checked((), "phrases", ("only for us", "仅限同事"))
    """More words that belong into a note and not into a reply."""
    advice_words: tuple[str, ...] = _checked((), "phrases", ("to the moon", "闭眼买"))
    """More words that read like advice on what to buy or sell."""
    time_words: tuple[str, ...] = _checked((), "phrases", ("before lunch", "午饭前"))
    """More words that name a time by which something will have happened."""
    file_words: tuple[str, ...] = _checked((), "phrases", ("in the enclosed form", "随信附"))
    """More words that speak of a file sent along."""
    replace: tuple[str, ...] = _checked((), "gate_lists", ("advice_words", "time_words"))
    """Which of these lists stand instead of the shipped ones, not beside them: note_words, advice_words, time_words or
    file_words."""
    link_hosts: tuple[str, ...] = _checked((), "hosts", ("status.example.com", "docs.example.com"))
    """More hosts a reply may link to, beside those the backend names; their subdomains count."""
    kinds: Mapping[str, str] = _mapping("gate_kinds", {"advice": "never", "language": "off"})
    """What may be done about a kind of finding: off (not looked for), reason (sent with a reason, which is logged) or never.
    Kinds: secret, empty, replied, wrote, changed, note_words, language, file, link, advice, time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set."""

    profile: str = _checked("", "text", "work")
    """Which profile to start with; the first one when empty."""
    locale: str = _choice("auto", "auto", "en", "zh_CN")
    """Language of the desk; auto asks LC_ALL, LC_MESSAGES and LANG."""
    theme: str = _checked("harbor-night", "text", "harbor-day")
    """Colours: harbor-night, harbor-day, dusk, high-contrast, ansi16, mono, or a file of yours in the themes folder."""
    colours: str = _choice("auto", "auto", "full", "256", "16", "none")
    """How many colours to use; auto asks the terminal and NO_COLOR."""
    emoji: str = _choice("safe", "safe", "full")
    """Safe shows one plain picture for each emoji, which every terminal places alike; full draws them as they were sent, for
    terminals in which `supportdesk doctor` finds all widths right."""
    key_preset: str = _choice("default", "default", "vim", "gmail")
    """Which keys to begin with; [keys] changes single ones."""
    kitty_keys: bool = False
    """Use the kitty keyboard protocol; it breaks Chinese input methods in some terminals."""
    mouse: bool = True
    """Use the mouse; off leaves selecting text to the terminal."""
    clock: bool = False
    """Show the time of day in the status line."""
    hold_s: int = _count(10, 0, 120)
    """Seconds a reply is held before it leaves, so that it can be taken back; 0 sends at once."""
    undo: int = _count(20, 1, 200)
    """How many of your last actions can be undone."""
    macros: str = _checked("", "path", "~/team-macros")
    """Another folder to read macros from, beside the shipped ones and the macros folder next to this file."""
    pinned: tuple[str, ...] = _checked((), "words", ("wp", "dn", "gw"))
    """Macros on ; 1 to ; 9, by their ids; the shipped choice when empty."""
    notifications: Notifications = field(default_factory=Notifications)
    cache: Cache = field(default_factory=Cache)
    gate: Gate = field(default_factory=Gate)
    keys: Mapping[str, tuple[str, ...]] = _mapping("keys", {"ticket.assign": ("a",), "ticket.solve": ("e", "f8")})
    """Keys of single commands, by command id: a key, several, or "" for none. `supportdesk keys` lists ids and keys."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    @property
    def active_name(self) -> str:
        """Name of the profile in use; empty when there is none."""
        return self.profile if self.profile in self.profiles else next(iter(self.profiles), "")

    @property
    def active(self) -> Profile | None:
        """The profile in use; None before one was written."""
        return self.profiles.get(self.active_name)


TABLES: Mapping[str, type] = MappingProxyType({"notifications": Notifications, "cache": Cache, "gate": Gate})
"""Tables of plain settings, by name."""
