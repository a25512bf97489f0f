"""Where our files are; each folder can be moved by an environment variable and is made, private, when it is needed."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

APP = "supportdesk"
_AT_HOME = {"CONFIG": ".config", "DATA": ".local/share", "CACHE": ".cache", "STATE": ".local/state"}
"""The XDG base directory specification, for variables that are not set."""


class Paths:
    """The four folders."""

    __slots__ = ("cache", "config", "data", "state")

    def __init__(self, config: Path, data: Path, cache: Path, state: Path) -> None:
        self.config = config
        """Settings, themes, macros."""
        self.data = data
        """Outbox and drafts: what must never be lost."""
        self.cache = cache
        """What can be fetched again."""
        self.state = state
        """Logs and crash reports."""

    @property
    def config_file(self) -> Path:
        """The settings file."""
        return self.config / "config.toml"

    @property
    def themes(self) -> Path:
        """The user's themes."""
        return self.config / "themes"

    @property
    def macros(self) -> Path:
        """The user's macros."""
        return self.config / "macros"

    @property
    def log_file(self) -> Path:
        """Ids, sizes and timings; never what somebody wrote."""
        return self.state / "supportdesk.log"


def find_paths(env: Mapping[str, str] | None = None) -> Paths:
    """The folders of this user; `SUPPORTDESK_CONFIG_DIR` and its kin win over the system's convention."""
    env = os.environ if env is None else env
    return Paths(
        config=_folder(env, "CONFIG"),
        data=_folder(env, "DATA"),
        cache=_folder(env, "CACHE"),
        state=_folder(env, "STATE"),
    )


def _folder(env: Mapping[str, str], kind: str) -> Path:
    chosen = env.get(f"SUPPORTDESK_{kind}_DIR", "")
    if chosen:
        return expand(chosen).absolute()
    if sys.platform == "linux":
        # The usual case without platformdirs, which is two hundredths of a start.
        usual, home = os.environ.get(f"XDG_{kind}_HOME", ""), os.environ.get("HOME", "")
        if usual.startswith("/"):
            return Path(usual, APP)
        if home.startswith("/"):
            return Path(home, _AT_HOME[kind], APP)
    from platformdirs import PlatformDirs

    dirs = PlatformDirs(APP, appauthor=False)
    found = {
        "CONFIG": dirs.user_config_path,
        "DATA": dirs.user_data_path,
        "CACHE": dirs.user_cache_path,
        "STATE": dirs.user_state_path,
    }
    return found[kind]


def settings_files(env: Mapping[str, str]) -> list[Path]:
    """Where settings are read from, the later winning: the site's and the user's file, or the one that is named instead."""
    if env.get("SUPPORTDESK_CONFIG"):
        return [expand(env["SUPPORTDESK_CONFIG"])]
    return [*site_files(env), find_paths(env).config_file]


def own_file(env: Mapping[str, str], paths: Paths) -> Path:
    """The settings file that is written to: the one the environment names, else the user's own."""
    return expand(env["SUPPORTDESK_CONFIG"]) if env.get("SUPPORTDESK_CONFIG") else paths.config_file


def site_files(env: Mapping[str, str]) -> Iterator[Path]:
    """What an administrator gave every user; the convention of XDG, least important first."""
    for folder in reversed(env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        if folder:
            yield Path(folder) / APP / "config.toml"


def expand(path: str) -> Path:
    """A path as a user writes it, `~` included; a `~` nobody knows stays as it is and leads nowhere."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def make_private(folder: Path) -> Path:
    """Make a folder that only its owner can enter, and give it back; parents are made the usual way."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder
