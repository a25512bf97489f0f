"""The writer, our own output, the skeleton, editor and clipboard choices, and crash reports."""

import base64
import os
import threading
from pathlib import Path

import pytest

from supportdesk_tui import splash
from supportdesk_tui.theming.load import DEFAULT_DARK
from supportdesk_tui.ui.clipboard import copy_text, local_tool, tools
from supportdesk_tui.ui.crash import write_report
from supportdesk_tui.ui.editor import child_environment, editor_command
from supportdesk_tui.ui.screens.desk import DeskScreen, panes_for
from supportdesk_tui.ui.terminal import OwnOutput, Writer, erases_with_colour

LIMIT_S = 40.0
TRUECOLOUR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def test_the_writer_never_blocks_whoever_writes_and_tells_when_it_is_drained() -> None:
    read_end, write_end = os.pipe()
    drained = threading.Event()
    writer = Writer(write_end, on_drained=drained.set, on_broken=lambda: None)
    writer.start()
    writer.write("x" * 1_000_000)
    assert writer.backlog > 100_000
    writer.tell_when_drained()
    assert not writer.stop(0.05), "a full pipe takes nothing"
    total = 0
    while total < 1_000_000:
        total += len(os.read(read_end, 65_536))
    assert drained.wait(LIMIT_S)
    writer.join(LIMIT_S)
    assert writer.backlog == 0
    assert writer.sent == 1_000_000
    os.close(read_end)
    os.close(write_end)


def test_the_writer_reports_a_broken_terminal_once_and_swallows_the_rest() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    broken = threading.Event()
    writer = Writer(write_end, on_drained=lambda: None, on_broken=broken.set)
    writer.start()
    writer.write("x")
    assert broken.wait(LIMIT_S)
    writer.join(LIMIT_S)
    writer.write("y")
    assert writer.backlog == 0
    os.close(write_end)


def test_own_output_is_capped_and_holds_no_escape_of_others() -> None:
    own = OwnOutput()
    title = own.sequence("title", "a\x1b]0;b\x07" + "c" * 500)
    assert title.startswith("\x1b]2;")
    assert title.count("\x1b") == 1
    assert len(title) <= 80 + 5
    assert len(own.sequence("notification", "n" * 500)) <= 200 + 5
    assert own.sequence("clipboard", "好") == f"\x1b]52;c;{base64.b64encode('好'.encode()).decode()}\a"
    assert own.sequence("clipboard", "x" * 100_001) == ""


def test_the_bell_rings_once_a_second() -> None:
    times = iter([10.0, 10.0, 10.5, 11.2, 11.2])
    own = OwnOutput(now=lambda: next(times))
    assert [own.sequence("bell") for _ in range(3)] == ["\a", "", "\a"]


def test_screen_and_hardware_terminals_are_not_trusted_to_erase_in_colour() -> None:
    assert erases_with_colour({"TERM": "xterm-256color"})
    assert not erases_with_colour({"TERM": "tmux-256color", "TMUX": "/tmp/x"})
    assert not erases_with_colour({"TERM": "screen"})
    assert not erases_with_colour({"TERM": "vt220"})


@pytest.mark.parametrize(
    ("columns", "rows"),
    [(160, 48), (120, 24), (119, 24), (100, 24), (99, 30), (81, 24), (80, 25), (80, 24), (79, 60), (40, 10)],
)
def test_the_skeleton_has_as_many_panes_as_the_desk(columns: int, rows: int) -> None:
    assert len(splash._panes(columns, rows)) == panes_for(columns, rows)


def test_the_skeleton_has_the_widths_of_the_desk() -> None:
    rules = DeskScreen.DEFAULT_CSS
    assert f"DeskScreen QueuePane {{ width: {splash.QUEUE_OF_TWO};" in rules
    assert f"-three QueuePane {{ width: {splash.QUEUE_OF_THREE};" in rules
    assert f"CustomerPane {{ width: {splash.CUSTOMER};" in rules
    assert f"-slim QueuePane, DeskScreen.-two.-slim CustomerPane {{ width: {splash.QUEUE_SLIM};" in rules
    assert f"-tight QueuePane {{ width: {splash.QUEUE_TIGHT};" in rules
    assert f"-tight CustomerPane {{ width: {splash.CUSTOMER_TIGHT};" in rules


def test_the_skeleton_has_the_colours_of_the_default_theme() -> None:
    theme = (Path(splash.__file__).parents[2] / "themes" / f"{DEFAULT_DARK}.toml").read_text(encoding="utf-8")
    for name, colour in (
        ("bar", splash.BAR),
        ("queue", splash.SIDE),
        ("customer", splash.SIDE),
        ("conversation", splash.MIDDLE),
    ):
        assert f'\n{name} = "{colour}"' in theme


def test_the_skeleton_uses_no_colour_where_none_is_wanted() -> None:
    for environ in ({**TRUECOLOUR, "NO_COLOR": "1"}, {"TERM": "linux"}):
        drawn = splash.skeleton(160, 48, environ)
        assert "48;" not in drawn
        assert "│" in drawn
    assert "48;2;" in splash.skeleton(160, 48, TRUECOLOUR)
    assert "48;5;" in splash.skeleton(160, 48, {"TERM": "xterm-256color"})


def test_a_pipe_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda fd: False)
    assert "terminal" in splash.refusal({"TERM": "xterm"})


def test_a_dumb_terminal_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda fd: True)
    assert "dumb" in splash.refusal({"TERM": "dumb"})
    assert "TERM" in splash.refusal({})


def test_visual_wins_over_editor_and_may_have_arguments() -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_command({"EDITOR": "vi"}) == ["vi"]
    assert editor_command({"EDITOR": "'torn", "PATH": "/nowhere"}) == []


def test_programs_we_start_get_no_token() -> None:
    environ = {"SUPPORTDESK_TOKEN": "t", "SUPPORTDESK_WORK_TOKEN": "t", "SUPPORTDESK_THEME": "dusk", "PATH": "/bin"}
    assert child_environment(environ) == {"SUPPORTDESK_THEME": "dusk", "PATH": "/bin"}


def test_clipboard_tools_of_this_machine_are_left_alone_over_ssh() -> None:
    assert list(tools({"SSH_CONNECTION": "x", "DISPLAY": ":0"})) == []
    assert [command[0] for command in tools({"TMUX": "x", "SSH_TTY": "x"})] == ["tmux"]
    assert [command[0] for command in tools({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"})][:2] == ["wl-copy", "xclip"]


def test_copying_without_terminal_goes_to_the_local_tool_and_says_so(tmp_path: Path) -> None:
    from textual.app import App

    tool, copied = tmp_path / "xclip", tmp_path / "copied"
    os.mkfifo(copied)
    tool.write_text(f"#!/bin/sh\ncat > {copied}\n", encoding="utf-8")
    tool.chmod(0o755)
    environ = {"DISPLAY": ":0", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert local_tool(environ) == [str(tool), "-selection", "clipboard"]
    outcome = copy_text(App[None](), "好\x1b[31m", environ)
    assert outcome.is_done
    assert "clipboard of this machine" in outcome.text
    assert copied.read_text(encoding="utf-8") == "好␛[31m"


def test_copying_that_goes_nowhere_says_so() -> None:
    from textual.app import App

    assert not copy_text(App[None](), "text", {"PATH": "/nowhere"}).is_done


def test_a_crash_report_holds_places_and_no_values(tmp_path: Path) -> None:
    secret = "canary-token"
    try:
        try:
            raise KeyError(secret)
        except KeyError as cause:
            raise ValueError(secret) from cause
    except ValueError as error:
        line = write_report(error, tmp_path / "state").plain
    (report,) = (tmp_path / "state").iterdir()
    text = report.read_text(encoding="utf-8")
    assert str(report) in line
    assert "KeyError" in text
    assert "test_a_crash_report_holds_places_and_no_values" in text
    assert secret not in text + line


def test_a_crash_without_a_place_for_its_report_still_says_what_happened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "No report" in write_report(ValueError("x"), tmp_path / "file" / "below").plain
    assert "ValueError" in write_report(ValueError("x"), None).plain
