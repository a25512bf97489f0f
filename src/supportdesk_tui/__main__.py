"""The console entry point: a skeleton of the desk first, everything slow after it."""

import os
import sys

from supportdesk_tui import splash


def main() -> None:
    """Run the command line; when it opens the desk, something is on the screen before the imports begin."""
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    if splash.is_wanted(sys.argv[1:]):
        splash.paint()
    try:
        from supportdesk_tui.cli import cli

        cli()
    except KeyboardInterrupt:
        splash.leave()
        sys.exit(130)
    finally:
        splash.leave()


if __name__ == "__main__":
    main()
