"""Logs that name places in the program, never what a request held."""

import logging
import traceback

SHOWN = 6
"""Innermost places of a failure that are told."""


class Discreet(logging.Filter):
    """Replaces tracebacks, whose messages quote values, by the kinds of the errors and the lines they came through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with nothing of a request in it."""
        if record.name.startswith("asyncio") and record.levelno >= logging.WARNING:
            record.msg, record.args = "the event loop caught an error", ()  # its own words quote what a callback was given
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = f"{str(record.msg).strip()}: {told_places(error)}", record.args
            record.exc_info = record.exc_text = None
        return True


def told_places(error: BaseException) -> str:
    """The kind of an error and where it came through, innermost last; then the same of what caused it."""
    frames = traceback.extract_tb(error.__traceback__)[-SHOWN:]
    places = " < ".join(f"{one.filename}:{one.lineno}" for one in reversed(frames))
    cause = error.__cause__ or error.__context__
    return f"{type(error).__name__} at {places}" + (f", from {told_places(cause)}" if cause is not None else "")


_DISCREET = Discreet()


def keep_discreet() -> None:
    """Let nothing this process logs about requests quote them."""
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(_DISCREET)
