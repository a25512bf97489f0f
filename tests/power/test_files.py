"""Files that are no database: a power cut leaves the old text or the new one, whole, and what was told of is there."""

import random
import sys
from collections.abc import Iterator

from tests.power.cuts import cuts
from tests.power.disk import Model, Tree
from tests.power.recorder import needs_strace, watched, workplace
from tests.power.trace import MARKS

OLD = b"[profiles.home]\n" * 400
PLACE = """
from pathlib import Path
from supportdesk_tui.cli.session import Place
from supportdesk_tui.config.paths import Paths
from supportdesk_tui.config.schema import Profile
ROOT = Path(ROOT)
place = Place("work", Profile(backend="native", url="https://desk.example"), Paths(*[ROOT / "settings"] * 3, ROOT / "state"))
"""
LOGIN = """
from supportdesk_tui.cli.connecting import write_profile
write_profile(place)
"""
UNSENT = """
from supportdesk_tui.cli.spoken import Kept
Kept(place).keep("#1", "words " * 1500)
"""
SAVED_FILE = """
import os
from pathlib import Path
from supportdesk_tui.sync import attachments
part = Path(ROOT, "a.pdf.part")
with part.open("wb") as file:
    file.write(b"x" * 9000)
    file.flush()
    os.fsync(file.fileno())
attachments._named(part, Path(ROOT, "a.pdf"))
"""


def after(program: str, before: Tree) -> Iterator[tuple[bool, Tree]]:
    """Whether the program had said that it was done, and what a power cut left."""
    with workplace() as folder:
        root = folder / "disk"
        root.mkdir()
        for name, content in before.items():
            if content is None:
                (root / name).mkdir(mode=0o700)
            else:
                (root / name).write_bytes(content)
        code = f"ROOT = {str(root)!r}\n{program}\nPath({str(folder / MARKS)!r}).write_text('done')"
        with watched([sys.executable, "-c", code], root, before) as run:
            pass
        assert sum(op.kind == "mark" for op in run.ops) == 1
        for model in Model:
            for cut in cuts(run.ops, before, model, 60, random.Random(1)):
                yield any(op.kind == "mark" for op in run.ops[: cut.at]), cut.tree


@needs_strace
def test_settings_are_the_old_ones_or_with_the_new_profile() -> None:
    path = "settings/config.toml"
    seen: dict[bytes, set[bool]] = {}
    for is_done, tree in after(PLACE + LOGIN, {"settings": None, path: OLD}):
        content = tree[path]
        assert content is not None
        seen.setdefault(content, set()).add(is_done)
    assert seen.pop(OLD) == {False}
    ((new, _),) = seen.items()
    assert new.startswith(OLD + b"\n[profiles.work]\n")
    assert new.endswith(b'url = "https://desk.example"\n')


@needs_strace
def test_words_of_the_editor_are_there_whole_before_they_are_checked() -> None:
    ends = [tree for is_done, tree in after(PLACE + UNSENT, {}) if is_done]
    assert ends
    for tree in ends:
        assert [content for path, content in tree.items() if path.startswith("state/unsent/")] == [b"words " * 1500 + b"\n"]


@needs_strace
def test_file_that_was_saved_is_there_and_whole() -> None:
    ends = [tree.get("a.pdf") for is_done, tree in after(SAVED_FILE, {}) if is_done]
    assert ends
    assert set(ends) == {b"x" * 9000}
