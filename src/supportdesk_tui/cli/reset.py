"""`supportdesk reset-terminal`: what a desk that was killed could not do itself."""

import contextlib
import sys

import click


@click.command("reset-terminal")
def reset_terminal_command() -> None:
    """Give this terminal back to the shell, after a desk was killed in it.

    Leaves the alternate screen, shows the cursor, turns mouse, paste and focus reports off, and makes typing visible again. A
    terminal that was in order stays as it is.
    """
    from supportdesk_tui.ui.terminal import reset_sequence

    with contextlib.suppress(OSError, ValueError):
        _cook(sys.stdin.fileno())
    click.echo(reset_sequence(kitty=True), nl=False, color=True)


def _cook(fd: int) -> None:
    """Line editing, echo and signals by key, as a shell expects them of a terminal; nothing where there is none."""
    import termios

    with contextlib.suppress(termios.error):
        attributes = termios.tcgetattr(fd)
        attributes[0] |= termios.ICRNL | termios.IXON
        attributes[1] |= termios.OPOST | termios.ONLCR
        attributes[3] |= termios.ICANON | termios.ECHO | termios.ECHOE | termios.ISIG | termios.IEXTEN
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
