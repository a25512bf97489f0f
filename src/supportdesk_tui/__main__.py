"""The console entry point: a skeleton of the desk first, everything slow after it."""

import gc
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
        gc.freeze()  # the system takes the memory back; collecting it object by object would be most of the way out


if __name__ == "__main__":
    main()
