"""The built wheel, installed where nothing of the checkout can be seen.

The clean environment sees the libraries of the development environment through a path file, so that the test stays quick and
needs the package index only for the build backend; path files of that folder are not read there, so the editable install of
the checkout stays out of sight, which the first test makes sure of.
"""

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from supportdesk_tui import __version__

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.wheel, pytest.mark.xdist_group("wheel")]


@dataclass(frozen=True)
class Installed:
    """A clean environment with the wheel in it, and an empty home."""

    wheel: Path
    home: Path
    bin: Path

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment as a new user would."""
        environ = {"PATH": os.defpath, "HOME": str(self.home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.home, env=environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @property
    def files(self) -> list[str]:
        """What the wheel holds."""
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.namelist()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _do(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    _do(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    _do(*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    site = sysconfig.get_path("purelib", vars={"base": str(folder / "venv"), "platbase": str(folder / "venv")})
    (Path(site) / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    return Installed(wheel, home, python.parent)


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_program_runs_from_the_wheel_not_from_the_checkout(installed: Installed) -> None:
    where = installed.run("python", "-c", "import supportdesk_tui as one; print(one.__file__)").stdout
    assert where.startswith(str(installed.bin.parent))


def test_version_is_told(installed: Installed) -> None:
    assert installed.run("supportdesk", "--version").stdout == f"supportdesk {__version__}\n"


@pytest.mark.parametrize("pattern", ["themes/*.toml", "src/supportdesk_tui/**/*"], ids=["themes", "package"])
def test_every_file_the_program_reads_is_in_the_wheel(installed: Installed, pattern: str) -> None:
    wanted = {
        str(path.relative_to(ROOT)).replace("src/", "")
        if path.is_relative_to(ROOT / "src")
        else f"supportdesk_tui/{path.relative_to(ROOT)}"
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted - set(installed.files) == set()


def test_language_themes_and_example_travel_in_the_wheel(installed: Installed) -> None:
    wanted = ("i18n/locales/zh_CN/LC_MESSAGES/supportdesk.mo", "themes/harbor-night.toml", "config/example.py")
    assert {f"supportdesk_tui/{name}" for name in wanted} <= set(installed.files)
    code = "from supportdesk_tui.i18n.catalog import _, set_locale; set_locale('zh_CN'); print(_('Queue'))"
    assert installed.run("python", "-c", code).stdout.strip() not in {"", "Queue"}


def test_nothing_but_the_package_is_in_the_wheel(installed: Installed) -> None:
    tops = {name.partition("/")[0] for name in installed.files}
    assert tops == {"supportdesk_tui", f"supportdesk_tui-{__version__}.dist-info"}


def test_key_sheet_is_printed_without_any_configuration(installed: Installed) -> None:
    done = installed.run("supportdesk", "keys")
    assert done.returncode == 0, done.stderr
    assert "Ctrl+P" in done.stdout


def test_config_init_writes_the_example_which_then_checks(installed: Installed) -> None:
    written = installed.run("supportdesk", "config", "init")
    assert written.returncode == 0, written.stderr
    (config,) = installed.home.rglob("config.toml")
    assert config.read_text(encoding="utf-8") == (ROOT / "config.example.toml").read_text(encoding="utf-8")
    checked = installed.run("supportdesk", "config", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_themes_are_found_where_the_wheel_put_them(installed: Installed) -> None:
    code = "from supportdesk_tui.theming.load import theme_folders, theme_names; print(*theme_names(theme_folders(None)))"
    done = installed.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {path.stem for path in (ROOT / "themes").glob("*.toml")}


def test_shipped_macros_are_found(installed: Installed) -> None:
    code = "from supportdesk_tui.commands.macro_load import load; print(len(load().macros))"
    done = installed.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 45


def test_server_makes_its_tables_from_the_shipped_migrations(installed: Installed) -> None:
    code = (
        "from sqlalchemy import inspect\n"
        "from supportdesk_tui.server.runner import open_parts\n"
        "parts = open_parts('sqlite:///fresh.db')\n"
        "print(*sorted(inspect(parts.database.engine).get_table_names()))\n"
        "parts.database.close()"
    )
    done = installed.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert {"events", "tickets", "entries", "tokens"} <= set(done.stdout.split())
