"""What `supportdesk doctor` looks at, and what it makes of it."""

import asyncio
import locale
import os
import platform
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from supportdesk_tui import __version__
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.cli import terminal
from supportdesk_tui.cli.abilities import TITLES, lines_of, news_of
from supportdesk_tui.cli.config import problems_of
from supportdesk_tui.cli.outcomes import ExitCode, Stopped, stopped
from supportdesk_tui.cli.saying import told
from supportdesk_tui.cli.session import Place, connection_to, is_unanswered, load, place_of, spec_of
from supportdesk_tui.config.load import Loaded
from supportdesk_tui.config.paths import Paths
from supportdesk_tui.config.problems import ConfigError
from supportdesk_tui.config.secrets import Search, Step, find_secret
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.errors import BackendError
from supportdesk_tui.domain.feed import Heard, PushChanged
from supportdesk_tui.i18n.catalog import _, current_locale, msg
from supportdesk_tui.ui.vocabulary import own_words

SKEW = timedelta(seconds=30)
"""A clock this far off deserves a word; deadlines are computed with the server's time all the same."""
SLOW_S = 0.3
FIRST_WORD_S = 10.0
"""Longest wait for the first word of the feed."""
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
    return Finding(msg("version"), State.OK, f"supportdesk {__version__}; {system}; {libraries}")


def _terminal() -> Iterator[Finding]:
    term = os.environ.get("TERM", "")
    between = terminal.layers(os.environ)
    where = term or _("TERM is not set")
    if between:
        where = _("{terminal}, through {layers}", terminal=where, layers=", ".join(between))
    if not terminal.is_terminal():
        found = _("none on standard input and output ({terminal})", terminal=where)
        yield Finding("terminal", State.NOTE, found, _("The desk needs one; `tickets` does not."))
    elif term in {"", "dumb"}:
        yield Finding("terminal", State.BAD, where, _("Set TERM to what the terminal really is."))
    else:
        size = shutil.get_terminal_size()
        small = size.columns < 80 or size.lines < 24
        advice = _("80×24 is the smallest the desk is made for.") if small else ""
        yield Finding(msg("terminal"), State.NOTE if small else State.OK, f"{where}, {size.columns}×{size.lines}", advice)
    colours = terminal.colours(os.environ)
    advice = _("Forward COLORTERM=truecolor if your terminal can do more.") if colours in {"16", "256"} else ""
    yield Finding(msg("colours"), State.OK, _(colours), advice)
    yield _widths()


def _widths() -> Finding:
    widths = terminal.measure_widths()
    if all(width.measured is None for width in widths):
        limit = f"{terminal.PROBE_LIMIT_S * 1000:.0f}"
        return Finding("widths", State.NOTE, _("the terminal did not say within {n} ms", n=limit))
    odd = [
        _("{what} {n} instead of {expected}", what=width.name, n=width.measured, expected=width.expected)
        for width in widths
        if not width.agrees
    ]
    if not odd:
        return Finding(msg("widths"), State.OK, _("all six probes are drawn as wide as we count them"))
    return Finding(
        "widths", State.NOTE, "; ".join(odd), _("Emoji are drawn without joins and skin tones, so lines stay straight.")
    )


def _locale() -> Iterator[Finding]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    named = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), _("not set"))
    is_good = encoding == "utf8" and locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
    advice = "" if is_good else _("The desk needs UTF-8, for example LANG=C.UTF-8.")
    found = _("{named}; the desk speaks {language}", named=named, language=current_locale())
    yield Finding(msg("locale"), State.OK if is_good else State.BAD, found, advice)


def _settings(loaded: Loaded, paths: Paths) -> Iterator[Finding]:
    read = ", ".join(map(str, loaded.files)) or _("no file yet ({file})", file=paths.config_file)
    problems = list(problems_of(loaded, paths))
    if all(one.is_warning for one in problems):
        yield Finding(msg("settings"), State.OK, read)
    for problem in problems:
        bad = State.BAD, ExitCode.WRONG_USE
        state, code = (State.NOTE, ExitCode.DONE) if problem.is_warning else bad
        yield Finding("settings", state, told(problem), code=code)


def _backend(profile: str | None) -> Iterator[Finding]:
    try:
        place = place_of(profile)
        spec = spec_of(place)
    except (Stopped, ConfigError) as error:
        ending = stopped(error)
        yield Finding(msg("profile"), State.BAD, str(ending), ending.next_step, ending.code)
        return
    found = _("{name}: {product} at {url}", name=place.name, product=spec.title, url=place.profile.url)
    if spec.options:
        found = _("{found}; its options: {names}", found=found, names=", ".join(option.name for option in spec.options))
    yield Finding("profile", State.OK, found)
    search = find_secret(place.name, place.profile, os.environ, every_step=True)
    yield from _steps(search, place)
    if search.secret is not None:
        yield from asyncio.run(_ask(place, search.secret.reveal()))


def _steps(search: Search, place: Place) -> Iterator[Finding]:
    for answer in search.answers:
        says = own_words(answer.says)
        yield Finding(
            _("token: {step}", step=answer.step.value),
            State.NOTE if is_unanswered(place.profile, answer) else State.OK,
            _("{says} ← used", says=says) if answer.step is search.step else says,
        )
    if search.step is Step.ASK:
        yield Finding(msg("token"), State.BAD, _("none of these has it"), _("Run: supportdesk login"), ExitCode.SIGN_IN)


async def _ask(place: Place, token: str) -> list[Finding]:
    backend = connection_to(place, token)
    try:
        session = await backend.open()
        spans = []
        for _round in range(ROUNDS):
            begun = time.perf_counter()
            session = await backend.open()
            spans.append(time.perf_counter() - begun)
        session = await as_heard(backend, session)
    except BackendError as error:
        ending = stopped(error)
        advice = "" if "supportdesk doctor" in ending.next_step else ending.next_step
        return [Finding(msg("backend"), State.BAD, str(ending), advice, ending.code)]
    finally:
        await backend.close()
    latency, skew = min(spans), session.clock_offset
    off = abs(skew) > SKEW
    return [
        Finding(
            "backend",
            State.OK,
            _(
                "{server}; you are {name} ({role})",
                server=session.server,
                name=session.agent.name,
                role=_(session.agent.role.value),
            ),
        ),
        Finding(msg("news"), State.OK, news_of(session)),
        Finding(
            msg("latency"),
            State.NOTE if latency > SLOW_S else State.OK,
            _("{n} ms, the quickest of {rounds}", n=f"{latency * 1000:.0f}", rounds=ROUNDS),
        ),
        Finding(
            msg("clock offset"),
            State.NOTE if off else State.OK,
            f"{round(skew.total_seconds(), 1) or 0.0:+.1f} s",
            _("Deadlines follow the server's clock; set yours with NTP.") if off else "",
        ),
        *_abilities(session),
    ]


async def as_heard(backend: Backend, session: Session) -> Session:
    """The session as the feed shows it to be: a server that can push may not be able to push to here."""
    if not session.polling or not session.is_pushed:
        return session
    notices = backend.feed(None)
    try:
        async with asyncio.timeout(FIRST_WORD_S):
            while not isinstance(await anext(notices), Heard):
                pass
        # What does not push says so with its first word.
        async with asyncio.timeout(0.1):
            after = await anext(notices)
        return session.with_push(str(after.reason)) if isinstance(after, PushChanged) else session
    except TimeoutError:
        return session
    finally:
        if isinstance(notices, AsyncGenerator):
            await notices.aclose()


def _abilities(session: Session) -> Iterator[Finding]:
    """Every capability of the connected desk: yes, or whose fault it is."""
    for capability, is_there, why in lines_of(session):
        state = State.OK if is_there else State.NOTE
        group = _("What you can do at {server}", server=session.server)
        yield Finding(TITLES[capability], state, _("yes") if is_there else why, group=group)
