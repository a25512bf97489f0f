"""Settings: every problem at once with its line, and never a reason not to start."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platformdirs import PlatformDirs

from supportdesk_tui.config.load import Loaded, load_settings
from supportdesk_tui.config.locate import locate
from supportdesk_tui.config.paths import Paths, find_paths, make_private
from supportdesk_tui.config.problems import ConfigError, Problem, nearest_name
from supportdesk_tui.config.schema import Gate, Settings

NO_SITE = {"XDG_CONFIG_DIRS": "/nonexistent"}


def paths_in(folder: Path) -> Paths:
    return Paths(folder / "config", folder / "data", folder / "cache", folder / "state")


def load(folder: Path, text: str, **env: str) -> Loaded:
    paths = paths_in(folder)
    make_private(paths.config)
    paths.config_file.write_text(text, encoding="utf-8")
    return load_settings({**NO_SITE, **env}, paths)


def told(loaded: Loaded) -> list[tuple[str, int | None]]:
    return [(problem.key, problem.line) for problem in loaded.problems]


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load_settings(NO_SITE, paths_in(tmp_path))
    assert loaded == Loaded(Settings())
    assert loaded.settings.active is None


def test_without_a_file_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom supportdesk_tui.config.load import load_settings\n"
        "from supportdesk_tui.config.paths import Paths\np = Path('/nonexistent')\n"
        "load_settings({}, Paths(p, p, p, p))\n"
        "print(sorted({'tomli', 'difflib', 'platformdirs', 'keyring', 'ctypes'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        'theme = "dusk"\nhold_s = 0\nmouse = false\nprofile = "work"\n'
        '[notifications]\nbell = "off"\n[cache]\ndays = 3\n'
        '[keys]\n"ticket.assign" = ["a", "f7"]\nticket.solve = ""\n'
        '[profiles.home]\nurl = "http://127.0.0.1:8000/"\n'
        '[profiles.work]\nbackend = "zammad"\nurl = "https://desk.example.com"\nagent = "li.wei"\n'
        'token_command = ["pass", "show", "desk"]\noptions = { group = "Users", page = 50, ssl = true }\n',
    )
    settings = loaded.settings
    assert loaded.problems == ()
    assert (settings.theme, settings.hold_s, settings.mouse) == ("dusk", 0, False)
    assert (settings.notifications.bell, settings.notifications.osc9) == ("off", "auto")
    assert (settings.cache.enabled, settings.cache.days) == (True, 3)
    assert settings.keys == {"ticket.assign": ("a", "f7"), "ticket.solve": ()}
    assert settings.active is not None
    assert settings.active.backend == "zammad"
    assert settings.active.token_command == ("pass", "show", "desk")
    assert settings.active.options == {"group": "Users", "page": 50, "ssl": True}
    assert settings.profiles["home"].url == "http://127.0.0.1:8000"


def test_every_problem_is_told_at_once_with_file_line_key_and_nearest_name(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """\
theem = "dusk"
hold_s = "ten"
mouse = 1
locale = "zh-CN"
clock = true

[cache]
days = 0
dayz = 3

[keys]
"ticket.assign" = 5

[profiles.work]
backend = "zamad"
url = "ftp://x"
token = "abc"
token_command = "pass show"

[profiles."bad name"]
url = "https://x.example"
""",
    )
    assert told(loaded) == [
        ("keys.ticket.assign", 12),
        ("theem", 1),
        ("hold_s", 2),
        ("mouse", 3),
        ("locale", 4),
        ("cache.days", 8),
        ("cache.dayz", 9),
        ("profiles.work.backend", 15),
        ("profiles.work.url", 16),
        ("profiles.work.token", 17),
        ("profiles.work.token_command", 18),
        ("profiles.bad name", 20),
    ]
    by_key = {problem.key: problem for problem in loaded.problems}
    assert by_key["theem"].nearest == "theme"
    assert by_key["cache.dayz"].nearest == "days"
    assert "from 0 to 120" in by_key["hold_s"].text
    assert by_key["hold_s"].text.endswith("using 10")
    assert "never belongs in this file" in by_key["profiles.work.token"].text
    assert "abc" not in " ".join(map(str, loaded.problems))
    assert str(by_key["theem"]).startswith(f"{tmp_path}/config/config.toml:1: theem: unknown setting")
    assert str(by_key["theem"]).endswith("(did you mean theme?)")
    assert loaded.settings.clock
    assert loaded.settings.hold_s == 10
    assert loaded.settings.profiles["work"].backend == "native"


@pytest.mark.parametrize(
    ("text", "line"),
    [("theme = \n", 1), ("clock = true\n[x\n", 2), ('a = """\n', 2), ("a=1\na=2", 2), ("x = " + "[" * 5_000, None)],
)
def test_a_file_that_is_no_toml_is_told_and_ignored(tmp_path: Path, text: str, line: int | None) -> None:
    loaded = load(tmp_path, text)
    assert [problem.key for problem in loaded.problems] == [""]
    assert line is None or loaded.problems[0].line == line
    assert loaded.settings == Settings()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = paths_in(tmp_path)
    folder.config_file.mkdir(parents=True)
    assert "cannot be read" in load_settings(NO_SITE, folder).problems[0].text
    missing = load_settings(NO_SITE, folder, tmp_path / "nowhere.toml")
    assert missing.problems[0].file == str(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(("content", "words"), [(b"\xff\xfe", "UTF-8"), (b"#" * 1_000_001, "larger")])
def test_a_file_that_is_no_settings_file_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    assert words in load_settings(NO_SITE, paths_in(tmp_path), file).problems[0].text


def test_the_users_file_wins_over_the_sites_and_a_bad_value_does_not(tmp_path: Path) -> None:
    site = tmp_path / "xdg" / "supportdesk"
    site.mkdir(parents=True)
    (site / "config.toml").write_text(
        'theme = "dusk"\nhold_s = 30\n[cache]\ndays = 2\n[profiles.a]\nurl = "https://a.example"\n'
    )
    loaded = load(tmp_path, 'theme = "mono"\nhold_s = 999\n[cache]\nenabled = false\n', XDG_CONFIG_DIRS=str(tmp_path / "xdg"))
    assert told(loaded) == [("hold_s", 2)]
    assert (loaded.settings.theme, loaded.settings.hold_s) == ("mono", 30)
    assert (loaded.settings.cache.enabled, loaded.settings.cache.days) == (False, 2)
    assert loaded.settings.active_name == "a"
    assert len(loaded.files) == 2


def test_the_environment_wins_over_files(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        'theme = "dusk"\n[cache]\ndays = 2\n',
        SUPPORTDESK_THEME="mono",
        SUPPORTDESK_MOUSE="off",
        SUPPORTDESK_CACHE_DAYS="9",
        SUPPORTDESK_HOLD_S="soon",
        SUPPORTDESK_TOKEN="not a setting",
        SUPPORTDESK_CLOCK="maybe",
    )
    settings = loaded.settings
    assert (settings.theme, settings.mouse, settings.cache.days, settings.hold_s) == ("mono", False, 9, 10)
    assert sorted((problem.file, problem.key) for problem in loaded.problems) == [
        ("SUPPORTDESK_CLOCK", "clock"),
        ("SUPPORTDESK_HOLD_S", "hold_s"),
    ]


def test_the_environment_can_name_the_server(tmp_path: Path) -> None:
    alone = load(
        tmp_path, "", SUPPORTDESK_URL="https://a.example", SUPPORTDESK_BACKEND="rt", SUPPORTDESK_AGENT="li.wei"
    ).settings
    assert alone.active is not None
    assert (alone.active.url, alone.active.backend, alone.active.agent) == ("https://a.example", "rt", "li.wei")
    two = '[profiles.home]\nurl = "https://h.example"\n[profiles.work]\nurl = "https://w.example"\nagent = "mei"\n'
    changed = load(tmp_path, two, SUPPORTDESK_PROFILE="work", SUPPORTDESK_URL="https://x.example").settings
    assert changed.active is not None
    assert (changed.active_name, changed.active.url, changed.active.agent) == ("work", "https://x.example", "mei")
    assert changed.profiles["home"].url == "https://h.example"
    named = load(tmp_path, "", SUPPORTDESK_PROFILE="mine", SUPPORTDESK_URL="https://x.example")
    assert (named.settings.active_name, named.problems) == ("mine", ())
    refused = load(tmp_path, "", SUPPORTDESK_URL="http://x.example")
    assert [problem.file for problem in refused.problems] == ["SUPPORTDESK_URL"]
    assert refused.settings.active is None


def test_another_file_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('theme = "dusk"\n')
    assert load(tmp_path, 'theme = "mono"\n', SUPPORTDESK_CONFIG=str(file)).settings.theme == "dusk"


def test_a_profile_that_does_not_exist_is_told_with_the_nearest(tmp_path: Path) -> None:
    loaded = load(tmp_path, '# first\nprofile = "wrok"\n[profiles.work]\n[profiles.home]\n')
    assert told(loaded) == [("profile", 2)]
    assert loaded.problems[0].nearest == "work"
    assert loaded.settings.active_name == "work"


def test_plain_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[profiles.a]\nurl = "http://desk.example.com"\n')
    assert "token could be read" in loaded.problems[0].text
    assert loaded.settings.profiles["a"].url == ""


def test_tables_that_are_no_tables_are_told(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'keys = 1\ncache = "x"\nprofiles = []\nnotifications = { bell = "on" }\n')
    assert {problem.key for problem in loaded.problems} == {"keys", "cache", "profiles"}
    assert loaded.settings.notifications.bell == "on"
    loaded = load(tmp_path, "[profiles]\na = 1\nb = { options = 3 }\nc = { options = { x = [1] } }\n")
    assert {problem.key for problem in loaded.problems} == {"profiles.a", "profiles.b.options", "profiles.c.options"}


def test_a_problem_never_carries_control_characters_of_the_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, '"\\u001b[31m" = 1\ntheme = "\\u001b]0;x\\u0007"\nlocale = "\\u202e"\n')
    assert len(loaded.problems) == 3
    assert all(str(problem).isprintable() for problem in loaded.problems)


def test_the_line_of_a_setting_can_be_asked_for(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'theme = "no-such"\n[keys]\nticket.assign = "a"\n"ticket.solve" = "e"\n')
    assert loaded.place("keys", "ticket.assign") == (str(tmp_path / "config" / "config.toml"), 3)
    assert loaded.place("keys", "ticket.solve")[1] == 4
    assert loaded.problem(("theme",), "no such theme", "dusk").line == 1
    assert loaded.place("hold_s")[1] is None
    assert Loaded(Settings()).place("theme") == ("", None)


@given(
    st.dictionaries(
        st.sampled_from(["theme", "hold_s", "cache", "keys", "profiles", "mouse", "profile", "x", "notifications", "macros"]),
        st.one_of(
            st.integers(),
            st.booleans(),
            st.text(max_size=5),
            st.lists(st.integers(), max_size=2),
            st.dictionaries(
                st.sampled_from(["a", "url", "days", "bell"]), st.integers() | st.dictionaries(st.text(max_size=3), st.none())
            ),
        ),
    )
)
def test_no_value_of_any_type_stops_the_desk(values: dict[str, object]) -> None:
    from supportdesk_tui.config.load import _build, _Checker, _Source

    problems: list[Problem] = []
    settings = _build(_Checker(_Source("f", "", dict(values)), problems).check())
    assert isinstance(settings, Settings)
    assert all(str(problem).isprintable() for problem in problems)


def test_lines_are_found_for_every_shape_of_toml() -> None:
    text = """\
# comment
a = 1
b.c = 2

[t]
x = [
  1,
  2,
]
y = \"\"\"
[not.a.table]
z = 1
\"\"\"
inline = { p = 1, q = { r = 2 } }

[t.u]
v = 1

[[l]]
k = 1
[[l]]
k = 2
[l.m]
n = 3
[[l.o]]
p = 4
"""
    found = locate(text)
    expected = {
        ("a",): 2, ("b", "c"): 3, ("t",): 5, ("t", "x"): 6, ("t", "y"): 10, ("t", "inline", "q", "r"): 14, ("t", "u", "v"): 17,
        ("l", 0, "k"): 20, ("l", 1): 21, ("l", 1, "k"): 22, ("l", 1, "m", "n"): 24, ("l", 1, "o", 0, "p"): 26,
    }  # fmt: skip
    assert {path: found.get(path) for path in expected} == expected
    assert not any("not" in path for path in found)


def test_a_value_of_very_many_lines_ends_the_search_for_lines() -> None:
    text = 'a = 1\nb = """\n' + "x\n" * 20_000 + '"""\nc = 1\n'
    assert locate(text) == {("a",): 1}


def test_a_home_nobody_has_is_no_reason_to_stop(tmp_path: Path) -> None:
    loaded = load_settings({"SUPPORTDESK_CONFIG": "~nobody-such/x.toml"}, paths_in(tmp_path))
    assert "No such file" in loaded.problems[0].text
    assert find_paths({"SUPPORTDESK_DATA_DIR": "~nobody-such/data"}).data.is_absolute()


def test_a_file_in_the_place_of_the_folder_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("x")
    assert load_settings(NO_SITE, paths_in(tmp_path)) == Loaded(Settings())


def test_folders_come_from_the_environment_or_the_system(tmp_path: Path) -> None:
    env = {f"SUPPORTDESK_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    paths = find_paths(env)
    assert paths.config_file == tmp_path / "CONFIG" / "config.toml"
    assert (paths.themes, paths.macros) == (tmp_path / "CONFIG" / "themes", tmp_path / "CONFIG" / "macros")
    assert paths.log_file.parent == tmp_path / "STATE"
    assert find_paths({}).data.name == "supportdesk"


@pytest.mark.parametrize("kind", ["config", "data", "cache", "state"])
@pytest.mark.parametrize("usual", [None, "", "/elsewhere", "relative", "~/mine"])
@pytest.mark.parametrize("home", ["/home/li", "/", "relative", "", None])
def test_folders_are_where_the_convention_of_the_system_has_them(
    monkeypatch: pytest.MonkeyPatch, kind: str, usual: str | None, home: str | None
) -> None:
    for variable, value in (("HOME", home), (f"XDG_{kind.upper()}_HOME", usual)):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    convention = getattr(PlatformDirs("supportdesk", appauthor=False), f"user_{kind}_path")
    assert getattr(find_paths({}), kind) == convention


def test_folders_are_made_private(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert make_private(folder).stat().st_mode & 0o777 == 0o700


def test_an_error_of_settings_lists_every_problem() -> None:
    error = ConfigError([Problem("f", "a", 1, "x"), Problem("f", "", None, "y")])
    assert str(error) == "f:1: a: x\nf: y"
    assert nearest_name("zzz", ["theme"]) == ""


def test_the_send_gate_is_set_up_by_lists_hosts_and_kinds(tmp_path: Path) -> None:
    text = """
[gate]
note_words = ["only for us"]
replace = ["note_words"]
link_hosts = ["Docs.Example.com"]
kinds = { advice = "never", language = "off" }
"""
    loaded = load(tmp_path, text)
    assert not loaded.problems
    assert loaded.settings.gate == Gate(
        note_words=("only for us",),
        replace=("note_words",),
        link_hosts=("docs.example.com",),
        kinds={"advice": "never", "language": "off"},
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('kinds = { unsendable = "off" }', "expected one of secret"),
        ('kinds = { public = "reason" }', "expected one of secret"),
        ('kinds = { advice = "sometimes" }', "expected off, reason, never"),
        ('kinds = "off"', "expected a table"),
        ('note_words = "internal"', "expected a list of words"),
        ('note_words = [""]', "expected a list of words"),
        ('link_hosts = ["https://docs.example.com"]', "without https://"),
        ('link_hosts = [""]', "without https://"),
        ('replace = ["words"]', "expected names of note_words"),
    ],
)
def test_a_wrong_value_for_the_send_gate_is_told_and_leaves_the_default(tmp_path: Path, line: str, says: str) -> None:
    loaded = load(tmp_path, f"[gate]\n{line}\n")
    (problem,) = loaded.problems
    assert (problem.key, problem.line) == (f"gate.{line.partition(' ')[0]}", 2)
    assert says in problem.text
    assert loaded.settings.gate == Gate()
