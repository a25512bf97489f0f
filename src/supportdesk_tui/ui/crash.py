"""What remains of an unexpected error: a report without any value from the program, and one line for the person."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb

from rich.text import Text

from supportdesk_tui import __version__
from supportdesk_tui.i18n.catalog import _


def write_report(error: BaseException, folder: Path | None) -> Text:
    """Write the report of an error and return the line that says where it is.

    Messages and local variables are withheld: they may hold a customer's words or a token.
    """
    line = _("supportdesk stopped on an unexpected error ({kind}). What you typed is saved.", kind=type(error).__name__)
    if folder is None:
        return Text(line)
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
