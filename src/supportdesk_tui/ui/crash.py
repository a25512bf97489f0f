"""What remains of an unexpected error: saved drafts, a report without any value from the program, one line for the person."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any

from rich.text import Text
from textual.app import App
from textual.worker import WorkerFailed

from supportdesk_tui import __version__
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.terminal import HangUpAware


def guard_crashes(app: App[Any], report_dir: Path | None) -> Callable[[BaseException], None]:
    """Make an unexpected error end an app with its state saved, a report on disk and one line, never a traceback with values.

    What it returns does that for an error that did not come through Textual.
    """

    def handle(error: BaseException) -> None:
        error = error.error if isinstance(error, WorkerFailed) else error
        app._return_code = 1
        if app._exception is None:
            app._exception = error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
            line = write_report(error, report_dir)
            try:
                if isinstance(app, HangUpAware):
                    app.on_hangup("crash")
            except Exception as worse:
                line = Text("\n").join((line, write_report(worse, report_dir)))
            app._exit_renderables[:] = [line]
            app._exception_event.set()
        app._close_messages_no_wait()

    vars(app)["_handle_exception"] = handle
    return handle


def write_report(error: BaseException, folder: Path | None) -> Text:
    """Write the report of an error and return the line that says where it is.

    Messages and local variables are withheld: they may hold a customer's words or a token.
    """
    line = _("supportdesk stopped on an unexpected error ({kind}). What you typed is saved.", kind=type(error).__name__)
    if folder is None:
        return Text(line)
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = sum(1 for _path in folder.glob(f"crash-{stamp}*"))
        path = folder / f"crash-{stamp}{f'-{before}' if before else ''}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(_report(error)) + "\n")
    except OSError as problem:
        return Text(f"{line} " + _("No report: {reason}.", reason=problem.strerror))
    return Text(f"{line} " + _("Report: {path}", path=path))


def _report(error: BaseException) -> Iterator[str]:
    yield f"supportdesk-tui {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    term, colours = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    yield f"TERM={term} COLORTERM={colours} encoding={sys.getfilesystemencoding()}"
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    for one in reversed(chain):
        kind = type(one)
        yield ""
        yield f"{kind.__module__}.{kind.__qualname__}: message of {len(str(one))} characters withheld"
        for frame in extract_tb(one.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
