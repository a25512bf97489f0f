"""What `supportdesk doctor` looks at, and what it makes of it."""

import asyncio
import locale
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from supportdesk_tui import __version__
from supportdesk_tui.cli import terminal
from supportdesk_tui.cli.abilities import TITLES, lines_of, news_of
from supportdesk_tui.cli.config import problems_of
from supportdesk_tui.cli.outcomes import ExitCode, Stopped, stopped
from supportdesk_tui.cli.session import Place, connection_to, load, place_of, spec_of
from supportdesk_tui.config.load import Loaded
from supportdesk_tui.config.paths import Paths
from supportdesk_tui.config.secrets import Search, Step, find_secret
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.errors import BackendError

SKEW = timedelta(seconds=30)
"""A clock this far off deserves a word; deadlines are computed with the server's time all the same."""
SLOW_S = 0.3
ROUNDS = 3
"""Requests of which the quickest counts as latency."""


class State(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    state: State
    found: str
    advice: str = ""
    code: ExitCode = ExitCode.DONE
    group: str = ""
    """Heading of the part of the table it stands in; empty for the first."""


def examine(profile: str | None) -> tuple[list[Finding], ExitCode]:
    """Every finding, and the exit code of the worst."""
    loaded, paths = load()
    findings = [_versions(), *_terminal(), *_locale(), *_settings(loaded, paths), *_backend(profile)]
    return findings, max((one.code for one in findings), default=ExitCode.DONE)


def _versions() -> Finding:
    from importlib.metadata import version

    libraries = ", ".join(f"{name} {version(name)}" for name in ("textual", "httpx", "keyring"))
    system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    return Finding("version", State.OK, f"supportdesk {__version__}; {system}; {libraries}")


def _terminal() -> Iterator[Finding]:
    term = os.environ.get("TERM", "")
    between = terminal.layers(os.environ)
    where = f"{term or 'TERM is not set'}{', through ' + ', '.join(between) if between else ''}"
    if not terminal.is_terminal():
        yield Finding(
            "terminal", State.NOTE, f"none on standard input and output ({where})", "The desk needs one; `tickets` does not."
        )
    elif term in {"", "dumb"}:
        yield Finding("terminal", State.BAD, where, "Set TERM to what the terminal really is.")
    else:
        size = shutil.get_terminal_size()
        small = size.columns < 80 or size.lines < 24
        advice = "80×24 is the smallest the desk is made for." if small else ""
        yield Finding("terminal", State.NOTE if small else State.OK, f"{where}, {size.columns}×{size.lines}", advice)
    colours = terminal.colours(os.environ)
    advice = "Forward COLORTERM=truecolor if your terminal can do more." if colours in {"16", "256"} else ""
    yield Finding("colours", State.OK, colours, advice)
    yield _widths()


def _widths() -> Finding:
    widths = terminal.measure_widths()
    if all(width.measured is None for width in widths):
        return Finding("widths", State.NOTE, f"the terminal did not say within {terminal.PROBE_LIMIT_S * 1000:.0f} ms")
    odd = [f"{width.name} {width.measured} instead of {width.expected}" for width in widths if not width.agrees]
    if not odd:
        return Finding("widths", State.OK, "all six probes are drawn as wide as we count them")
    return Finding(
        "widths", State.NOTE, "; ".join(odd), "Emoji are drawn without joins and skin tones, so lines stay straight."
    )


def _locale() -> Iterator[Finding]:
    from supportdesk_tui.i18n.catalog import detect_locale

    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    named = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "not set")
    is_good = encoding == "utf8" and locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
    advice = "" if is_good else "The desk needs UTF-8, for example LANG=C.UTF-8."
    yield Finding(
        "locale", State.OK if is_good else State.BAD, f"{named}; the desk speaks {detect_locale('auto', os.environ)}", advice
    )


def _settings(loaded: Loaded, paths: Paths) -> Iterator[Finding]:
    read = ", ".join(map(str, loaded.files)) or f"no file yet ({paths.config_file})"
    problems = list(problems_of(loaded, paths))
    if not problems:
        yield Finding("settings", State.OK, read)
    for problem in problems:
        yield Finding("settings", State.BAD, str(problem), code=ExitCode.WRONG_USE)


def _backend(profile: str | None) -> Iterator[Finding]:
    try:
        place = place_of(profile)
        spec = spec_of(place)
    except Stopped as ending:
        yield Finding("profile", State.BAD, str(ending), ending.next_step, ending.code)
        return
    options = f"; its options: {', '.join(option.name for option in spec.options)}" if spec.options else ""
    yield Finding("profile", State.OK, f"{place.name}: {spec.title} at {place.profile.url}{options}")
    search = find_secret(place.name, place.profile, os.environ, every_step=True)
    yield from _steps(search)
    if search.secret is not None:
        yield from asyncio.run(_ask(place, search.secret.reveal()))


def _steps(search: Search) -> Iterator[Finding]:
    for answer in search.answers:
        chosen = " ← used" if answer.step is search.step else ""
        yield Finding(f"token: {answer.step.value}", State.OK, f"{answer.says}{chosen}")
    if search.step is Step.ASK:
        yield Finding("token", State.BAD, "none of these has it", "Run: supportdesk login", ExitCode.SIGN_IN)


async def _ask(place: Place, token: str) -> list[Finding]:
    backend = connection_to(place, token)
    try:
        session = await backend.open()
        spans = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            session = await backend.open()
            spans.append(time.perf_counter() - begun)
    except BackendError as error:
        ending = stopped(error)
        return [Finding("backend", State.BAD, str(ending), ending.next_step, ending.code)]
    finally:
        await backend.close()
    latency, skew = min(spans), session.clock_offset
    off = abs(skew) > SKEW
    return [
        Finding("backend", State.OK, f"{session.server}; you are {session.agent.name} ({session.agent.role.value})"),
        Finding("news", State.OK, news_of(session)),
        Finding("latency", State.NOTE if latency > SLOW_S else State.OK, f"{latency * 1000:.0f} ms, the quickest of {ROUNDS}"),
        Finding(
            "clock offset",
            State.NOTE if off else State.OK,
            f"{skew.total_seconds():+.1f} s",
            "Deadlines follow the server's clock; set yours with NTP." if off else "",
        ),
        *_abilities(session),
    ]


def _abilities(session: Session) -> Iterator[Finding]:
    """Every capability of the connected desk: yes, or whose fault it is."""
    for capability, is_there, why in lines_of(session):
        state = State.OK if is_there else State.NOTE
        yield Finding(TITLES[capability], state, "yes" if is_there else why, group=f"What you can do at {session.server}")
