"""The console entry point: a skeleton of the desk first, everything slow after it."""

import gc
import os
import sys

from supportdesk_tui import splash


def main() -> None:
    """Run the command line; when it opens the desk, something is on the screen before the imports begin."""
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    try:
        if splash.is_wanted(sys.argv[1:]):
            gc.disable()  # nothing made during a start is garbage; the app turns it on again
            splash.paint()
            if sys.argv[1:] in ([], ["run"]):
                from supportdesk_tui.cli.opening import run_plainly

                sys.exit(run_plainly())
        from supportdesk_tui.cli.group import cli

        cli()
    except KeyboardInterrupt:
        splash.leave()
        sys.exit(130)
    finally:
        splash.leave()
        gc.freeze()  # the system takes the memory back; collecting it object by object would be most of the way out


if __name__ == "__main__":
    main()
