"""The example file is written from the schema, and nothing in it is wrong."""

import re
from pathlib import Path

from supportdesk_tui.config.example import example, undocumented
from supportdesk_tui.config.load import load_settings
from supportdesk_tui.config.paths import Paths
from supportdesk_tui.config.schema import Settings

ROOT = Path(__file__).resolve().parents[3]


def load(folder: Path, text: str) -> tuple[Settings, list[str]]:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    loaded = load_settings({}, Paths(folder, folder, folder, folder), file)
    return loaded.settings, list(map(str, loaded.problems))


def test_the_example_in_the_repository_is_in_step() -> None:
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == example(), (
        "run python -m supportdesk_tui.config.example"
    )


def test_every_setting_is_documented() -> None:
    assert undocumented() == []


def test_the_example_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, example()) == (Settings(), [])


def test_every_line_of_the_example_is_right_when_uncommented(tmp_path: Path) -> None:
    text = re.sub(r'(?m)^# (?=[a-z_]+ = |"[a-z.]+" = |\[)', "", example())
    assert text.count("\n# ") < example().count("\n# ")
    settings, problems = load(tmp_path, text)
    assert problems == []
    assert settings.active is not None
    assert settings.active.options == {"inbox": 3}
    assert settings.keys == {"ticket.assign": ("a",), "ticket.solve": ("e", "f8")}
    assert settings.hold_s == Settings().hold_s
