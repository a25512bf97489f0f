"""The command line: one file a command group, everything heavy imported inside the command.

Only click is imported here, so that `supportdesk --help` costs no more than it must.
"""

from importlib import import_module
from typing import Any

import click

from supportdesk_tui import __version__
from supportdesk_tui.cli.speaking import speak, spoken
from supportdesk_tui.i18n.catalog import _

COMMANDS = {
    "run": "run",
    "demo": "demo",
    "serve": "serve",
    "login": "login",
    "logout": "login",
    "whoami": "login",
    "doctor": "doctor",
    "backends": "backends",
    "config": "config",
    "keys": "keys",
    "tickets": "tickets",
    "reset-terminal": "reset",
}
"""Command → module of this package that holds it as `<command>_command`, with `_` for `-`."""
DEFAULT = "run"
HELP_WORDS = ("--help", "-h", "--version")
EXIT_CODES = """\b
Exit codes:
  0  done
  1  refused: the backend, a file or a rule said no
  2  wrong use: unknown option, bad value, broken configuration
  3  cannot reach the backend, or its answer is unknown
  4  sign in first
"""


class LazyGroup(click.Group):
    """Imports a command when it is named; turns what the desk can tell into a message and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run in the language of the person."""
        speak()
        return click.Group.main(spoken(self), *args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(f"supportdesk_tui.cli.{module}"), f"{cmd_name.replace('-', '_')}_command")
        return spoken(command) if isinstance(command, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`supportdesk` alone, or with options of `run`, runs the desk."""
        if not args or (args[0].startswith("-") and args[0] not in HELP_WORDS):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when one is misspelt."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = _("Did you mean {name}?", name=near[0]) if near else ""
            raise click.UsageError(f"{error.message} {hint}".rstrip(), ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a known error ends it with its own exit code."""
        try:
            return super().invoke(ctx)
        except known_errors() as error:
            from supportdesk_tui.cli.outcomes import tell

            ctx.exit(int(tell(error)))


def known_errors() -> tuple[type[Exception], ...]:
    """What a command may end with; asked only once something was raised."""
    from supportdesk_tui.cli.outcomes import KNOWN

    return KNOWN


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="supportdesk", message="%(prog)s %(version)s")
def cli() -> None:
    """The support desk that lives in a terminal.

    Without a command the desk opens. `supportdesk demo` shows it with a server of its own.
    """
