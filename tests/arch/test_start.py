"""What a start may load, asked of a fresh interpreter: imports are most of the time a start takes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.arch.source import ROOT

HEAVY = ("textual", "rich", "httpx", "keyring", "sqlalchemy", "starlette", "uvicorn", "alembic", "msgspec", "asyncio", "tomli")


def loaded(program: str) -> set[str]:
    """Top-level packages and modules of ours that a program loads."""
    code = f"{program}\nimport sys, json\nsys.stdout.flush()\nsys.stderr.write('\\0' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stderr.rpartition("\0")[2])
    return {name for name in names if name.startswith("supportdesk_tui")} | {name.partition(".")[0] for name in names}


def test_help_loads_click_and_nothing_heavy() -> None:
    names = loaded("import sys; from supportdesk_tui.cli.group import cli; cli(['--help'], standalone_mode=False)")
    assert "click" in names
    assert not names & set(HEAVY)


def test_naming_every_command_loads_nothing_heavy() -> None:
    names = loaded(
        "import click; from supportdesk_tui.cli.group import COMMANDS, cli\n"
        "context = click.Context(cli)\n"
        "assert all(cli.get_command(context, name) for name in COMMANDS)"
    )
    assert not names & set(HEAVY)


@pytest.mark.parametrize("command", ["tickets list", "doctor", "config check", "serve", "serve agents add", "demo", "login"])
def test_help_of_a_command_loads_no_toolkit_and_no_network(command: str) -> None:
    names = loaded(f"from supportdesk_tui.cli.group import cli; cli({[*command.split(), '--help']}, standalone_mode=False)")
    assert not names & {"textual", "rich", "httpx", "keyring", "sqlalchemy", "starlette", "uvicorn"}


def test_package_itself_imports_nothing_of_ours() -> None:
    assert {name for name in loaded("import supportdesk_tui") if name.startswith("supportdesk_tui")} == {"supportdesk_tui"}


def test_app_starts_without_network_keyring_or_database_toolkit() -> None:
    names = loaded("import supportdesk_tui.app")
    assert "textual" in names
    assert not names & {"httpx", "wsproto", "keyring", "sqlalchemy", "starlette", "uvicorn", "alembic", "selectolax"}
    assert "textual.widgets._markdown" not in names


FIRST_PICTURE = """
import asyncio, json, os, sys
from pathlib import Path
import supportdesk_tui.cli.opening
from supportdesk_tui.ui.toolkit import load_textual
load_textual()
from supportdesk_tui.cli.assemble import Seat, assemble
from supportdesk_tui.config.schema import Settings
folder = Path(sys.argv[1])
app = assemble(Seat(settings=Settings(), **{f"{name}_dir": folder / name for name in ("data", "cache", "state", "config")}))
pictures = []
def drawn():
    if app.desk.is_mounted and app.desk.queue_pane.size:
        pictures.append(sorted(sys.modules))
app.post_display_hook = drawn
async def main():
    async with app.run_test(size=(160, 48)) as pilot:
        while not app.is_ready:
            await pilot.pause()
        await app.close_desk()
asyncio.run(main())
sys.stderr.write("\\0" + json.dumps([pictures[0], sorted(sys.modules)]))
"""
AFTER_IT = (
    *(
        "click",
        "httpx",
        "httpcore",
        "anyio",
        "pygments",
        "keyring",
        "ctypes",
        "sqlalchemy",
        "starlette",
        "uvicorn",
        "selectolax",
    ),
    *(
        "textual.widgets._text_area",
        "textual.widgets._markdown",
        "supportdesk_tui.backends.http",
        "supportdesk_tui.wire.schema",
    ),
    *("supportdesk_tui.commands.catalog", "supportdesk_tui.commands.keymap", "supportdesk_tui.commands.macros"),
    *("supportdesk_tui.commands.effects", "supportdesk_tui.ui.widgets.prompt", "supportdesk_tui.ui.widgets.menu_panel"),
    *("concurrent.futures.thread", "supportdesk_tui.config.locate"),
    *("supportdesk_tui.sync.engine", "supportdesk_tui.sync.outbox_db", "supportdesk_tui.config.secrets"),
    *("supportdesk_tui.ui.keys", "supportdesk_tui.ui.perform", "supportdesk_tui.ui.panes.composer"),
)
"""What the first picture does not need."""
NEVER = ("textual.command", "textual.widgets._input", "textual.widgets._select", "textual.widgets._tree", "platformdirs")
"""What the desk has no use for."""


def test_first_picture_is_drawn_before_anything_hands_need_is_loaded(tmp_path: Path) -> None:
    program = [sys.executable, "-c", FIRST_PICTURE, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    first, last = (set(names) for names in json.loads(done.stderr.rpartition("\0")[2]))
    assert not first & set(AFTER_IT)
    assert {"supportdesk_tui.commands.catalog", "supportdesk_tui.sync.engine", "textual.widgets._text_area"} <= last
    assert not last & set(NEVER)


OPENED = """
import os
from pathlib import Path
folder = Path(os.environ["FOLDER"])
(folder / "config").mkdir()
(folder / "config" / "config.toml").write_text('[profiles.own]\\nbackend = "native"\\nurl = "http://127.0.0.1:9"\\n')
os.environ["SUPPORTDESK_CONFIG_DIR"] = str(folder / "config")
os.environ |= {f"XDG_{name.upper()}_HOME": str(folder / name) for name in ("data", "cache", "state")}
from supportdesk_tui.cli import opening
opening.run_app = lambda seat, mouse: print(seat.name)
opening.open_desk(None, is_offline=True, mouse=None, theme=None)
"""


def test_desk_is_opened_without_the_palette_of_textual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDER", str(tmp_path))
    program = f"{OPENED}\nimport sys\nassert 'supportdesk_tui.app' in sys.modules\nassert not set({NEVER}) & set(sys.modules)"
    assert "textual" in loaded(program)


def test_palette_of_textual_can_be_loaded_after_the_desk() -> None:
    names = loaded(
        "from supportdesk_tui.ui.toolkit import load_textual\n"
        "load_textual()\n"
        "import supportdesk_tui.app\n"
        "from textual.command import CommandPalette\n"
        "assert CommandPalette.is_open"
    )
    assert {"textual", "supportdesk_tui.app"} <= names


def test_client_for_the_network_comes_without_its_command_line_and_tables_of_names() -> None:
    names = loaded(
        "import asyncio; from supportdesk_tui.backends.native.adapter import NativeBackend\n"
        "from supportdesk_tui.domain.errors import Unreachable\n"
        "async def ask():\n"
        "    backend = NativeBackend('http://127.0.0.1:9', 'token')\n"
        "    try:\n"
        "        await backend.open()\n"
        "    except Unreachable:\n"
        "        pass\n"
        "    await backend.close()\n"
        "asyncio.run(ask())"
    )
    assert "httpx" in names
    assert not names & {"click", "rich", "pygments", "stringprep"}


def test_server_loads_nothing_of_the_desk() -> None:
    names = loaded("import supportdesk_tui.server.runner")
    assert "textual" not in names
    ours = {name.split(".")[1] for name in names if name.startswith("supportdesk_tui.")}
    assert ours <= {"server", "wire", "text", "failpoints", "durable"}


def test_domain_and_store_need_only_the_standard_library_and_structs() -> None:
    names = loaded("import supportdesk_tui.store.store, supportdesk_tui.store.reduce, supportdesk_tui.domain.grammar")
    assert not names & (set(HEAVY) - {"asyncio", "msgspec"})
