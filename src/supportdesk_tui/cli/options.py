"""Options that several commands share, so that they read the same everywhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def profile_option(command: Command) -> Command:
    """`--profile`: which backend and which settings."""
    return click.option("--profile", metavar="NAME", help="Profile of config.toml; the default one otherwise.")(command)


def json_option(command: Command) -> Command:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def seen_option(command: Command) -> Command:
    """`--seen`: what the writer of a reply had read."""
    words = "Newest entry you have read, as `show` says; the newest there is otherwise."
    return click.option("--seen", type=click.IntRange(0), default=0, metavar="ENTRY", help=words)(command)


def anyway_option(command: Command) -> Command:
    """`--anyway`: why a text is sent in spite of what the gate finds."""
    words = "Send in spite of what the gate finds, where that may be; the log keeps why."
    return click.option("--anyway", default="", metavar="REASON", help=words)(command)
