"""Macro files: one bad macro is named and hides nothing."""

import os
from pathlib import Path

import pytest

from supportdesk_tui.commands import macro_load
from supportdesk_tui.commands.macro_load import SHIPPED, is_changed, lint, load
from supportdesk_tui.commands.macros import Action

GOOD = """category = { key = "x", en = "Mine", zh = "我的" }

[[macro]]
id = "xa"
title = { en = "A" }
body = { en = "Hello {customer.name}" }
"""
SECOND = """
[[macro]]
id = "xb"
title = "B"
body = "Hello"
"""


def put(folder: Path, text: str, name: str = "own.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_the_agents_own_joins_the_shipped_library(tmp_path: Path) -> None:
    put(tmp_path, GOOD)
    library = load((SHIPPED, tmp_path))
    assert not library.problems
    assert {"xa", "wp"} <= set(library.macros)
    assert {one.key: one.title("zh") for one in library.categories}["x"] == "我的"


def test_the_agents_macro_replaces_a_shipped_one_of_the_same_id(tmp_path: Path) -> None:
    put(tmp_path, SECOND.replace("xb", "wp"))
    library = load((SHIPPED, tmp_path))
    macro = library.get("wp")
    assert macro is not None
    assert macro.title("en") == "B"
    assert not library.problems


def test_everything_a_macro_can_have_is_read(tmp_path: Path) -> None:
    put(
        tmp_path,
        SECOND
        + """
require = ["money.txid"]
ask = [{ name = "hours", title = { en = "Hours" }, default = "2" }, { name = "why" }]
actions = [{ status = "solved", reason = "answered" }, { priority = 1 }, { watch = true }, { snooze = "reply" }]
attachments = ["guide.pdf"]
then_next = true
pinned = true
""",
    )
    library = load((tmp_path,), pinned=["xb"])
    macro = library.macros["xb"]
    assert not library.problems
    assert macro.require == ("money.txid",)
    assert [(ask.name, ask.title("en"), ask.default) for ask in macro.asks] == [("hours", "Hours", "2"), ("why", "why", "")]
    assert macro.actions == (
        Action("status", "solved", "answered"),
        Action("priority", "1"),
        Action("watch", "true"),
        Action("snooze", "reply"),
    )
    assert macro.attachments == (str(tmp_path / "guide.pdf"),)
    assert (macro.then_next, macro.is_pinned, macro.line, macro.category) == (True, True, 2, "x")
    assert library.pinned == (macro,)
    assert library.categories[0].title("en") == "x"


BAD = [
    ('id = "X Y"\ntitle = "Z"\nbody = "x"', 3, "a macro needs an id of small letters and digits"),
    ('id = 7\ntitle = "Z"\nbody = "x"', 3, "a macro needs an id of small letters and digits"),
    ('id = "zz"\nbody = "x"', 2, "{key} needs words for at least one language"),
    ('id = "zz"\ntitle = "Z"\nbody = { en = 7 }', 5, "{key} needs words for at least one language"),
    ('id = "zz"\ntitle = "Z"\nbody = " "', 5, "{key} needs words for at least one language"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nrequire = "money.txid"', 6, "{key} is a list of words"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = ["solve"]', 6, "{key} is a list of tables"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ statsu = "open" }]', 6, "there is no action {name}; try {nearest}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ qqq = "open" }]', 6, "there is no action {name}; try {nearest}"),
    (
        'id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ tag = "a", status = "b" }]',
        6,
        "there is no action {name}; try {nearest}",
    ),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ promise = "soon", text = "x" }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ promise = "2h" }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ priority = 9 }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ watch = "yes" }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ tag = "" }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nactions = [{ assign = "mei" }]', 6, "action {name} takes {reason}"),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\nask = [{ title = "?" }]', 6, "a prompt needs a name in small letters, and a title"),
    (
        'id = "zz"\ntitle = "Z"\nbody = "x"\nask = [{ name = "a", title = 1 }]',
        6,
        "a prompt needs a name in small letters, and a title",
    ),
    ('id = "zz"\ntitle = "Z"\nbody = "x"\npinned = "yes"', 6, "{key} is true or false"),
]


@pytest.mark.parametrize(("text", "line", "problem"), BAD)
def test_a_bad_macro_is_named_with_its_line_and_the_others_stand(tmp_path: Path, text: str, line: int, problem: str) -> None:
    path = put(tmp_path, f"\n[[macro]]\n{text}\n{SECOND}")
    library = load((tmp_path,))
    assert set(library.macros) == {"xb"}
    (found,) = library.problems
    assert (found.path, found.line, found.text) == (str(path), line, problem)
    assert found.text.format(**dict(found.values))


def test_a_broken_file_is_named_and_the_other_files_stand(tmp_path: Path) -> None:
    put(tmp_path, GOOD)
    bad = put(tmp_path, 'x = 1\n[[macro]\nid = "zz"', "bad.toml")
    library = load((tmp_path,))
    assert set(library.macros) == {"xa"}
    (found,) = library.problems
    assert (found.path, found.line) == (str(bad), 2)


def test_what_is_no_text_or_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "latin.toml").write_bytes(b'x = "\xff"')
    put(tmp_path, GOOD, "large.toml")
    monkeypatch.setattr(macro_load, "LARGEST", 20)
    assert {problem.text for problem in load((tmp_path,)).problems} == {"is not UTF-8", "the file is too large"}


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to("/dev/null")
    assert [problem.text for problem in load((tmp_path,)).problems] == ["is no file"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    (problem,) = load((tmp_path,)).problems
    assert problem.text == "cannot be read: {reason}"


def test_unknown_keys_are_named_with_the_nearest_and_the_macro_still_counts(tmp_path: Path) -> None:
    put(tmp_path, f'weather = "rain"\n{SECOND}pined = true\n')
    library = load((tmp_path,))
    assert set(library.macros) == {"xb"}
    assert [(one.line, dict(one.values)) for one in library.problems] == [
        (1, {"name": "weather", "nearest": ""}),
        (7, {"name": "pined", "nearest": "pinned"}),
    ]


@pytest.mark.parametrize(
    "category", ["category = 7", 'category = { en = "x" }', 'category = { key = "XY" }', "category = { key = 1 }"]
)
def test_a_bad_category_is_named_and_its_macros_stand(tmp_path: Path, category: str) -> None:
    put(tmp_path, f"{category}\n{SECOND}")
    library = load((tmp_path,))
    assert set(library.macros) == {"xb"}
    assert [problem.line for problem in library.problems] == [1]


@pytest.mark.parametrize("text", ['macro = "x"', "macro = [1]"])
def test_macros_are_tables(tmp_path: Path, text: str) -> None:
    put(tmp_path, text)
    assert [problem.text for problem in load((tmp_path,)).problems] == ["macros are written as [[macro]]"]


def test_a_second_macro_of_the_same_id_in_a_file_is_named(tmp_path: Path) -> None:
    put(tmp_path, SECOND + SECOND.replace('"B"', '"C"'))
    library = load((tmp_path,))
    assert library.macros["xb"].title("en") == "B"
    assert [(problem.line, dict(problem.values)["line"]) for problem in library.problems] == [(7, "2")]


def test_macros_written_inline_are_read_too(tmp_path: Path) -> None:
    put(tmp_path, 'macro = [{ id = "xa", title = "A", body = "x" }, { id = 1, title = "B", body = "y" }]')
    library = load((tmp_path,))
    assert set(library.macros) == {"xa"}
    assert [problem.line for problem in library.problems] == [1]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert not load((tmp_path / "none",)).macros


def test_a_change_on_disk_is_noticed_and_nothing_else_is(tmp_path: Path) -> None:
    path = put(tmp_path, GOOD)
    folders = (tmp_path,)
    library = load(folders)
    assert not is_changed(library, folders)
    os.utime(path, ns=(1, 1))
    assert is_changed(library, folders)
    library = load(folders)
    put(tmp_path, SECOND, "more.toml")
    assert is_changed(library, folders)
    library = load(folders)
    path.unlink()
    assert is_changed(library, folders)
    (tmp_path / "broken.toml").symlink_to(tmp_path / "nowhere")
    assert is_changed(library, folders)


# --- lint


def test_lint_names_everything_that_is_wrong_with_a_macro_that_cannot_be_used(tmp_path: Path) -> None:
    text = """
[[macro]]
id = "xc"
actions = [{ stattus = "open" }, { promise = "soon", text = "x" }, { tag = "vip" }]
attachments = ["gone.pdf"]
require = ["customer.nme"]
then_next = "yes"
colour = "red"
[macro.body]
en = "{if customer.name}"
"""
    path = put(tmp_path, text + SECOND)
    assert set(load((tmp_path,)).macros) == {"xb"}
    found = [(problem.line, problem.text.format(**dict(problem.values))) for problem in lint([path])]
    assert found == [
        (2, "title needs words for at least one language"),
        (4, "there is no action stattus; try status"),
        (4, "action promise takes 2h, 18:00, tomorrow 9"),
        (5, f"there is no file {tmp_path / 'gone.pdf'}"),
        (6, "there is no field customer.nme; nearest is customer.name"),
        (7, "then_next is true or false"),
        (8, "there is no key colour"),
        (10, "an if without its end"),
    ]


def test_lint_names_doubts_with_file_and_line(tmp_path: Path) -> None:
    text = '''
[[macro]]
id = "xc"
title = "C"
require = ["money.txdi"]
attachments = ["gone.pdf"]
ask = [{ name = "hours" }]
[macro.body]
zh = """
您好
{customer.nam} {ask.hours} {ask.days}
{if money.txid}
"""
'''
    path = put(tmp_path, text)
    assert not load((tmp_path,)).problems
    found = [(problem.line, problem.text.format(**dict(problem.values))) for problem in lint([path])]
    assert found == [
        (2, "no English body to fall back to"),
        (5, "there is no field money.txdi; nearest is money.txid"),
        (6, f"there is no file {tmp_path / 'gone.pdf'}"),
        (10, "there is no field customer.nam; nearest is customer.name"),
        (10, "there is no field ask.days"),
        (12, "an if without its end"),
    ]


def test_lint_reads_folders_and_single_files_and_is_silent_when_all_is_well(tmp_path: Path) -> None:
    assert lint([put(tmp_path, GOOD), tmp_path, SHIPPED]) == ()


def test_lint_is_content_with_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "guide.pdf").write_bytes(b"%PDF")
    assert lint([put(tmp_path, SECOND + 'attachments = ["guide.pdf"]')]) == ()


def test_lint_finds_the_line_of_a_short_body(tmp_path: Path) -> None:
    assert [problem.line for problem in lint([put(tmp_path, SECOND.replace("Hello", "{a.b}"))])] == [5]
