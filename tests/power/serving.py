"""The server whose disk is recorded: as `supportdesk serve` runs it, in the data folder, but tidying up more often."""

import os
import sys

PASSWORD = "a long night in the exchange"


def main() -> None:
    """Serve until SIGTERM; the first line said is the process id, the second the URL."""
    from supportdesk_tui.cli.service import default_db
    from supportdesk_tui.server.http import app
    from supportdesk_tui.server.runner import ServeOptions, run_server

    app.TICK_S = 0.2
    say(str(os.getpid()))
    run_server(ServeOptions(db_url=default_db(), port=0, seed_tickets=3, password=PASSWORD), say)


def say(line: str) -> None:
    """To whoever started it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
