"""Files and environment to settings: each file is checked by itself, the good values are merged, the bad ones are told.

Nothing here can stop the desk from starting: a value that does not fit leaves the default in place.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.config.paths import expand, site_files
from supportdesk_tui.config.problems import Problem, nearest_name
from supportdesk_tui.config.schema import TABLES, Profile, Setting, Settings, settings_of

if TYPE_CHECKING:
    from supportdesk_tui.config.locate import KeyPath
    from supportdesk_tui.config.paths import Paths

_LARGEST = 1_000_000
_BOM = b"\xef\xbb\xbf"
_PREFIX = "SUPPORTDESK_"
_SERVER = "profile in use"
_SECRETS = ("token", "password", "secret", "api_key", "apikey", "access_token")
_NEVER_HERE = "a secret never belongs in this file: use token_command, or run supportdesk login"


class _Source(Struct, frozen=True):
    file: str
    text: str
    values: dict[str, Any]

    def __repr__(self) -> str:
        return f"_Source({self.file!r})"


class Loaded(Struct, frozen=True):
    """Settings to start with, and everything that is wrong with what the user wrote."""

    settings: Settings
    problems: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()
    """What was read, the later winning."""
    ignored: tuple[Path, ...] = ()
    """What is there, or was asked for, and could not be read: nothing in it counts."""
    _sources: tuple[_Source, ...] = ()

    def place(self, *path: str) -> tuple[str, int | None]:
        """File and line of a setting, for problems others find in its value; `place("keys", "ticket.assign")`."""
        from supportdesk_tui.config.locate import locate

        for source in reversed(self._sources):
            lines = {_dotted(found): line for found, line in locate(source.text).items()}
            if ".".join(path) in lines:
                return source.file, lines[".".join(path)]
        return (self._sources[-1].file, None) if self._sources else ("", None)

    def problem(self, path: tuple[str, ...], text: str, nearest: str = "") -> Problem:
        """A problem with the value of a setting, pointing at its line."""
        file, line = self.place(*path)
        return Problem(file, ".".join(path), line, text, nearest)


def load_settings(env: Mapping[str, str], paths: "Paths", file: Path | None = None) -> Loaded:
    """Read the site's file, the user's file (or `file` instead of both) and `SUPPORTDESK_…`, the later winning."""
    problems: list[Problem] = []
    sources: list[_Source] = []
    ignored: list[Path] = []
    merged: dict[str, Any] = {}
    given = file or (expand(env["SUPPORTDESK_CONFIG"]) if env.get("SUPPORTDESK_CONFIG") else None)
    for each in [given] if given is not None else [*site_files(env), paths.config_file]:
        before = len(problems)
        source = _read(each, problems, is_optional=given is None)
        if len(problems) > before:
            ignored.append(each)
        if source is not None:
            sources.append(source)
            _merge(merged, _Checker(source, problems).check())
    from_environment = _from_environment(env, problems)
    server = from_environment.pop(_SERVER, {})
    _merge(merged, from_environment)
    _place_server(merged, server)
    settings = _build(merged)
    read = tuple(Path(source.file) for source in sources)
    loaded = Loaded(settings, files=read, ignored=tuple(ignored), _sources=tuple(sources))
    return replace(loaded, problems=(*problems, *_dangling(loaded)))


def _read(file: Path, problems: list[Problem], *, is_optional: bool) -> _Source | None:
    name = str(file)
    try:
        with file.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except OSError as error:
        if not (is_optional and isinstance(error, FileNotFoundError | NotADirectoryError)):
            problems.append(Problem(name, "", None, f"cannot be read: {error.strerror}; ignored"))
        return None
    if len(raw) > _LARGEST:
        problems.append(Problem(name, "", None, "is larger than a settings file can be; ignored"))
        return None
    return _parse(name, raw, problems)


def _parse(name: str, raw: bytes, problems: list[Problem]) -> _Source | None:
    import tomli

    try:
        text = raw.removeprefix(_BOM).decode()
        return _Source(name, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        problems.append(Problem(name, "", error.lineno, f"column {error.colno}: {error.msg}; the file is ignored"))
    except UnicodeDecodeError:
        problems.append(Problem(name, "", None, "is not UTF-8 text; ignored"))
    except RecursionError:
        problems.append(Problem(name, "", None, "is nested too deeply; ignored"))
    return None


class _Checker:
    """One file's values against the schema; keeps what fits."""

    def __init__(self, source: _Source, problems: list[Problem]) -> None:
        self._source = source
        self._problems = problems
        self._lines: dict[KeyPath, int] | None = None

    def check(self) -> dict[str, Any]:
        """Everything of the file that fits the schema."""
        values = dict(self._source.values)
        profiles = self._sub_table("profiles", values.pop("profiles", {}))
        keys = self._keys(self._sub_table("keys", values.pop("keys", {})))
        tables = {name: self._sub_table(name, values.pop(name)) for name in TABLES if name in values}
        good = self._table((), Settings, values)
        good |= {name: self._table((name,), TABLES[name], table) for name, table in tables.items()}
        checked = {name: self._profile(name, table) for name, table in profiles.items()}
        return good | {"keys": keys, "profiles": {name: table for name, table in checked.items() if table is not None}}

    def _sub_table(self, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._report((name,), f"expected a table [{name}]; ignored")
        return {}

    def _table(self, path: "KeyPath", schema: type[Struct], values: Mapping[str, Any]) -> dict[str, Any]:
        from supportdesk_tui.config.checks import Unfit, fit

        known = {each.name: each for each in settings_of(schema)}
        good: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                self._unknown((*path, name), known)
                continue
            try:
                good[name] = fit(known[name], value)
            except Unfit as error:
                self._report((*path, name), f"{error}; using {_default(known[name].default)}", error.nearest)
        return good

    def _profile(self, name: str, value: Any) -> dict[str, Any] | None:
        from supportdesk_tui.config.checks import NAME, shown

        if not NAME.fullmatch(name):
            self._report(("profiles", name), "expected a name of letters, digits, - and _; ignored")
            return None
        if not isinstance(value, dict):
            self._report(("profiles", name), f"expected a table [profiles.{name}]; got {shown(value)}; ignored")
            return None
        return self._table(("profiles", name), Profile, value)

    def _keys(self, values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        from supportdesk_tui.config.checks import Unfit, keys_of

        good: dict[str, tuple[str, ...]] = {}
        for path, value in _leaves(values):
            try:
                good[".".join(path)] = keys_of(value)
            except Unfit as error:
                self._report(("keys", *path), f"{error}; its keys stay as they are")
        return good

    def _unknown(self, path: "KeyPath", known: Mapping[str, Any]) -> None:
        name = str(path[-1])
        if any(secret in name.casefold().split("-") or secret == name.casefold() for secret in _SECRETS):
            self._report(path, _NEVER_HERE)
            return
        self._report(path, "unknown setting, ignored", nearest_name(name, known))

    def _report(self, path: "KeyPath", text: str, nearest: str = "") -> None:
        from supportdesk_tui.config.locate import locate

        if self._lines is None:
            self._lines = locate(self._source.text)
        self._problems.append(Problem(self._source.file, _dotted(path), self._lines.get(path), text, nearest))


def _leaves(values: Mapping[str, Any], base: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """`ticket.assign = "a"` without quotes is a table in TOML; both spellings mean the command."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*base, name))
        else:
            yield (*base, name), value


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) and value != "" else "nothing"


def _dotted(path: "KeyPath") -> str:
    from supportdesk_tui.config.checks import shown

    name = ".".join(map(str, path))
    return name if name.isprintable() and len(name) <= 100 else shown(name)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict) and name != "options":
            _merge(into[name], value)
        else:
            into[name] = value


def _build(values: Mapping[str, Any]) -> Settings:
    tables = {name: schema(**values[name]) for name, schema in TABLES.items() if name in values}
    profiles = {name: Profile(**table) for name, table in values.get("profiles", {}).items()}
    return Settings(**{**values, **tables, "profiles": profiles, "keys": values.get("keys", {})})


def _from_environment(env: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    """`SUPPORTDESK_THEME`, `SUPPORTDESK_CACHE_DAYS` and so on: every plain setting by its name."""
    found: dict[str, Any] = {}
    if not any(name.startswith(_PREFIX) for name in env):
        return found
    from supportdesk_tui.config.checks import Unfit, fit

    for variable, (path, each) in _variables().items():
        if variable not in env:
            continue
        try:
            value = fit(each, _typed(env[variable], each.default))
        except Unfit as error:
            problems.append(Problem(variable, ".".join(path), None, f"{error}; ignored", error.nearest))
            continue
        inner = found
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = value
    return found


def _place_server(merged: dict[str, Any], server: Mapping[str, Any]) -> None:
    """`SUPPORTDESK_URL` and its kin change the profile in use, or make one where there is none (a container, a trial)."""
    if not server:
        return
    profiles = merged.setdefault("profiles", {})
    wanted = merged.get("profile", "")
    name = wanted if wanted in profiles or (wanted and not profiles) else next(iter(profiles), "environment")
    profiles[name] = {**profiles.get(name, {}), **server}


def _variables() -> dict[str, tuple[tuple[str, ...], Setting]]:
    plain: dict[tuple[str, ...], Setting] = {
        (each.name,): each for each in settings_of(Settings) if each.name not in {*TABLES, "keys", "profiles"}
    }
    plain |= {(table, each.name): each for table, schema in TABLES.items() for each in settings_of(schema)}
    found = {_PREFIX + "_".join(path).upper(): (path, each) for path, each in plain.items()}
    server = {each.name: each for each in settings_of(Profile) if each.name in {"url", "backend", "agent"}}
    return found | {_PREFIX + name.upper(): ((_SERVER, name), each) for name, each in server.items()}


def _typed(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}.get(
            text.strip().casefold(), text
        )
    if isinstance(default, int) and text.strip().isdecimal():
        return int(text)
    return text


def _dangling(loaded: Loaded) -> Iterator[Problem]:
    """A profile that was asked for but not written."""
    settings = loaded.settings
    if settings.profile and settings.profile not in settings.profiles:
        used = f"using {settings.active_name}" if settings.profiles else "there are none yet"
        nearest = nearest_name(settings.profile, settings.profiles)
        yield loaded.problem(("profile",), f"no profile {settings.profile!r}; {used}", nearest)
