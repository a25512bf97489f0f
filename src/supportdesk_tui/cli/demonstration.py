"""The demo's server as a child process, its files in one folder that goes with it, and the desk that is shown on it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from types import FrameType

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui import splash
from supportdesk_tui.cli.assemble import Seat
from supportdesk_tui.cli.opening import run_app
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.saying import said
from supportdesk_tui.config.load import Loaded, load_settings
from supportdesk_tui.config.paths import Paths, make_private
from supportdesk_tui.i18n.catalog import _, detect_locale, set_locale
from supportdesk_tui.ui.vocabulary import own_words

STOP_S = 5.0
"""How long the server may take to go before it is told again, more firmly."""


class Wanted(Struct, frozen=True):
    """The options of `supportdesk demo`."""

    tickets: int
    seed: int
    pace: float


class Stage(Struct, frozen=True):
    """A running server and a folder for everything the demo writes."""

    folder: Path
    url: str
    token: str
    inbound_token: str

    def __repr__(self) -> str:
        return f"Stage({self.url!r})"  # never its tokens

    @property
    def paths(self) -> Paths:
        """Folders of the demo's own."""
        return Paths(*(self.folder / kind for kind in ("config", "data", "cache", "state")))


def show(wanted: Wanted) -> None:
    """Open the desk on this terminal."""
    refusal = splash.refusal()
    if refusal:
        raise Stopped(own_words(refusal), code=ExitCode.WRONG_USE)
    with stage(wanted) as here:
        loaded = _settings(here)
        run_app(seat_on(here, loaded), mouse=loaded.settings.mouse)


def play(wanted: Wanted, screenshot: Path) -> None:
    """Play one scripted shift where nobody watches."""
    import asyncio

    from supportdesk_tui.cli.shift import play_shift

    with stage(replace(wanted, pace=0)) as here:
        loaded = _settings(here)
        settings = replace(loaded.settings, hold_s=1, locale="en")
        set_locale("en")
        failed = asyncio.run(play_shift(seat_on(here, replace(loaded, settings=settings)), here, screenshot))
    if failed:
        raise Stopped(failed, code=ExitCode.REFUSED)


def seat_on(here: Stage, loaded: Loaded) -> Seat:
    """A seat in the demo, all files in its folder."""
    paths = here.paths
    return Seat(
        settings=loaded.settings,
        data_dir=paths.data,
        cache_dir=paths.cache,
        state_dir=paths.state,
        config_dir=paths.config,
        url=here.url,
        token=lambda: here.token,
        name="demo",
        problems=tuple(map(said, loaded.problems)),
    )


def _settings(here: Stage) -> Loaded:
    """Defaults and what the environment says; nobody's own settings or tickets come near a demo."""
    loaded = load_settings({**os.environ, "SUPPORTDESK_CONFIG": ""}, here.paths)
    set_locale(detect_locale(loaded.settings.locale, os.environ))
    return loaded


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A folder that goes with the demo; of a desk that crashed the report stays where the desk said it is."""
    folder = Path(mkdtemp(prefix="supportdesk-demo-"))
    try:
        yield folder
    finally:
        reports = {report.name: report.read_bytes() for report in (folder / "state").glob("crash-*")}
        shutil.rmtree(folder)
        for name, report in reports.items():
            (make_private(folder) / "state").mkdir(exist_ok=True)
            (folder / "state" / name).write_bytes(report)


@contextmanager
def stage(wanted: Wanted) -> Iterator[Stage]:
    """Start the server, wait until it answers, and leave nothing behind: no process, no file."""
    with _ended_by_signals(), folder_of_its_own() as folder, _child(wanted, folder) as child:
        line = child.stdout.readline() if child.stdout else b""
        if not line:
            raise Stopped(_("the demo's server did not start"), code=ExitCode.REFUSED, next_step=_last_words(folder))
        said = json.loads(line)
        yield Stage(folder, said["url"], said["token"], said["inbound_token"])


@contextmanager
def _child(wanted: Wanted, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The server; it goes when its standard input closes, so it cannot outlive us."""
    temporary = folder / "server"
    temporary.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SUPPORTDESK_")}
    command = [sys.executable, "-m", "supportdesk_tui.server.child"]
    command += ["--tickets", str(wanted.tickets), "--seed", str(wanted.seed), "--pace", str(wanted.pace)]
    with (folder / "server.log").open("wb") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _stop(child)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        if child.stdin:
            child.stdin.close()
    for push in (child.terminate, child.kill):
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_S)
            break
        push()
    child.wait()
    if child.stdout:
        child.stdout.close()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A hang-up or a plain kill unwinds us like any other end, so that the folder and the server go too."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_words(folder: Path) -> str:
    with suppress(OSError):
        words = (folder / "server.log").read_text(encoding="utf-8", errors="replace").strip()
        return words.splitlines()[-1] if words else ""
    return ""
