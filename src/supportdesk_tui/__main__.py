"""The console entry point: a skeleton of the desk first, everything slow after it."""

import errno
import gc
import os
import sys

from supportdesk_tui import splash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


def main() -> None:
    """Run the command line; when it opens the desk, something is on the screen before the imports begin."""
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    sys.excepthook = _broke
    try:
        is_desk = splash.is_wanted(sys.argv[1:])
        if is_desk:
            gc.disable()  # nothing made during a start is garbage; the app turns it on again
            splash.paint()
        from supportdesk_tui.hardening import refuse_core_dumps

        refuse_core_dumps()
        if is_desk and sys.argv[1:] in ([], ["run"]):
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


def _broke(kind: "type[BaseException]", error: BaseException, trace: "TracebackType | None") -> None:
    """An error nobody expected, told in one line with a report beside it: a traceback would show what the program knew."""
    splash.leave()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EPIPE, errno.EIO):
        sys.stderr.write(f"supportdesk: what was asked for could not be written: {error.strerror}\n")
        return
    from supportdesk_tui.config.paths import find_paths
    from supportdesk_tui.ui.crash import write_report

    sys.stderr.write(f"supportdesk: {write_report(error, find_paths(os.environ).state).plain}\n")


if __name__ == "__main__":
    main()
