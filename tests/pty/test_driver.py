"""The driver against what terminals, people and systems do to a program."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pty.conftest import StartHarness
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty
Log = Callable[[], list[str]]
IDLE_CPU_S = 0.5


def keys_of(lines: list[str]) -> list[str]:
    """The keys the app got."""
    return [line.removeprefix("key ") for line in lines if line.startswith("key ")]


def ticks_of(lines: list[str]) -> int:
    """How often the app's clock ran."""
    return sum(line.startswith("tick ") for line in lines)


def restored(terminal: Terminal) -> bool:
    """Whether a shell would find the terminal as it was."""
    return not terminal.is_alternate and terminal.left_behind() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_saves_state_ends_in_order_and_restores_the_terminal(start: StartHarness, log: Log, number: int) -> None:
    terminal = start()
    terminal.signal(number)
    assert terminal.wait_exit() == 128 + number
    assert sum(line.startswith("hangup") for line in log()) == 1
    assert restored(terminal)


def test_a_closed_terminal_ends_the_app_even_where_hang_ups_are_ignored(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.hang_up()
    assert terminal.wait_exit() == 128 + signal.SIGHUP
    assert any(line.startswith("hangup") for line in log())


def test_hang_up_with_sighup_ignored_is_noticed_by_end_of_input(start: StartHarness, log: Log) -> None:
    terminal = start("deaf")
    terminal.hang_up()
    assert terminal.wait_exit() == 128 + signal.SIGHUP
    assert "hangup the terminal is gone" in log()


def test_a_stalled_terminal_never_stops_the_loop_and_gets_the_right_screen_afterwards(start: StartHarness, log: Log) -> None:
    terminal = start("tick", columns=160, rows=48)
    terminal.reading = False
    before = ticks_of(log())
    terminal.wait_until(lambda: ticks_of(log()) > before + 60, "ticks during the stall")
    terminal.reading = True
    terminal.send("q")
    terminal.press("ctrl+q")
    terminal.wait_exit()
    skipped = next(line for line in log() if line.startswith("gate "))
    assert int(skipped.rpartition(" ")[2]) > 0


def test_screen_after_a_stall_equals_a_fresh_paint(start: StartHarness, log: Log) -> None:
    terminal = start("tick", columns=160, rows=48)
    terminal.reading = False
    before = ticks_of(log())
    terminal.wait_until(lambda: ticks_of(log()) > before + 60, "ticks during the stall")
    terminal.reading = True
    shown = ticks_of(log())

    def is_current() -> bool:
        found = re.search(r"tick (\d+)", terminal.text)
        return found is not None and int(found[1]) > shown

    terminal.wait_until(is_current, "a frame from after the stall")
    assert "000000" in terminal.text
    assert "客户" in terminal.text


def test_a_stalled_terminal_does_not_keep_the_process_alive(start: StartHarness, log: Log) -> None:
    terminal = start("tick", columns=160, rows=48)
    terminal.reading = False
    before = ticks_of(log())
    terminal.wait_until(lambda: ticks_of(log()) > before + 60, "ticks during the stall")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert any(line.startswith("hangup") for line in log())


@pytest.mark.parametrize(
    "hostile",
    [
        "ab\x1b]52;c;x\x07c\r\nd",
        "\x1b[A\x1b[B\x11\x03\r",
        "one\x1b[201~two\r\x11three",
        "\x1b[200~nested\x11",
        "\x9b31m\x00\x1bOP" + "x" * 20_000 + "\x1b[201~\x11\r",
    ],
)
def test_a_hostile_paste_is_text_and_never_keys(start: StartHarness, log: Log, hostile: str) -> None:
    terminal = start()
    terminal.press("tab")
    terminal.paste(hostile)
    terminal.wait_until(lambda: any(line.startswith("paste ") for line in log()), "paste")
    terminal.press("f5")
    terminal.wait_until(lambda: "f5" in keys_of(log()), "key after the paste")
    assert keys_of(log()) == ["tab", "f5"]
    pasted = [line for line in log() if line.startswith("paste ")]
    assert len(pasted) == 1
    assert "\\x" not in pasted[0]
    assert terminal.violations() == []


def test_answers_of_the_terminal_are_never_typed(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.press("tab")
    terminal.send("a\x1b]11;rgb:1212/1212/1212\x1b\\b\x1bP>|XTerm(380)\x1b\\c\x1b[?62;22cd\x1b[>0;1;2ce\x1b]l title\x07f")
    terminal.wait_until(lambda: "f" in keys_of(log()), "last key")
    assert keys_of(log()) == ["tab", "a", "b", "c", "d", "e", "f"]


def test_ctrl_enter_is_heard_where_the_terminal_tells_it_from_enter(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.send("\x1b[13;5u\x1b[27;5;13~\ra")
    terminal.wait_until(lambda: "a" in keys_of(log()), "last key")
    assert keys_of(log()) == ["ctrl+enter", "ctrl+enter", "enter", "a"]


def test_a_torn_answer_is_dropped_and_typing_goes_on(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.press("tab")
    terminal.send("\x1b]11;rgb:12")
    terminal.settle(0.6)
    terminal.send("ok")
    terminal.wait_until(lambda: "k" in keys_of(log()), "keys after the torn answer")
    assert keys_of(log()) == ["tab", "o", "k"]


def test_escape_alt_and_function_keys_arrive_as_such(start: StartHarness, log: Log) -> None:
    terminal = start()
    for key in ("\x1b", "\x1bx", "\x1b[1;5A", "\x1bOA", "\x1b[Z", "\r", "\x00z"):
        terminal.send(key)
        terminal.settle(0.1)
    terminal.wait_until(lambda: "z" in keys_of(log()), "last key")
    assert keys_of(log()) == ["escape", "alt+x", "ctrl+up", "up", "shift+tab", "enter", "z"]


def test_mouse_clicks_arrive_when_the_mouse_is_on(start: StartHarness, log: Log) -> None:
    terminal = start("mouse")
    assert "1006" in terminal.modes
    terminal.send("\x1b[<0;50;2M\x1b[<0;50;2m")
    terminal.wait_until(lambda: "mouse 49,1" in log(), "click")


def test_a_storm_of_resizes_ends_with_the_right_screen(start: StartHarness) -> None:
    terminal = start()
    for columns, rows in [(80, 24), (1, 1), (300, 80), (40, 5), (2, 50), (120, 40)] * 3:
        terminal.resize(columns, rows)
    terminal.press("down")
    terminal.wait_for("▸ 000001")
    terminal.settle(0.3)
    lived = terminal.cells()
    terminal.press("ctrl+l")
    terminal.settle(0.3)
    assert terminal.cells() == lived


def test_the_gate_replaces_and_counts_what_must_not_reach_the_terminal(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.may_gate = True
    terminal.press("f3")
    terminal.wait_for("evil")
    terminal.press("ctrl+q")
    terminal.wait_exit()
    assert terminal.violations() == []
    assert terminal.titles == []
    gate = next(line for line in log() if line.startswith("gate "))
    assert int(gate.split()[1]) == terminal.gated >= 4


def test_the_gate_stands_without_the_diff_layer_too(start: StartHarness) -> None:
    terminal = start(SUPPORTDESK_DIFF="0")
    terminal.may_gate = True
    terminal.press("f3")
    terminal.wait_for("evil")
    assert "\u202e" not in terminal.raw.decode()
    assert terminal.titles == []


def test_own_output_is_sanitised_capped_and_rate_limited(start: StartHarness, log: Log) -> None:
    terminal = start()
    terminal.press("f5")
    terminal.wait_until(lambda: any(line.startswith("bells") for line in log()), "report")
    terminal.settle()
    assert "bells [True, False] large False small True" in log()
    assert len(terminal.titles) == 1
    assert len(terminal.titles[0]) <= 80
    assert terminal.raw.count(b"\x1b]52;c;5aW9\x07") == 1
    assert terminal.violations() == []


def test_a_crash_leaves_one_line_and_a_report_without_values(start: StartHarness, tmp_path: Path) -> None:
    terminal = start()
    terminal.press("f4")
    assert terminal.wait_exit() == 1
    assert restored(terminal)
    shown = terminal.raw.decode()
    reports = list((tmp_path / "reports").iterdir())
    assert len(reports) == 1
    report = reports[0].read_text(encoding="utf-8")
    assert "ValueError" in report
    assert "action_fail" in report
    assert "canary" not in shown + report
    assert "Traceback" not in shown
    assert oct(reports[0].stat().st_mode & 0o777) == "0o600"


def test_stopping_and_continuing_gives_the_terminal_away_and_back(start: StartHarness) -> None:
    terminal = start()
    terminal.press("down")
    terminal.wait_for("▸ 000001")
    terminal.signal(signal.SIGTSTP)
    terminal.wait_until(lambda: not terminal.is_alternate, "ordinary screen")
    os.waitpid(terminal.pid, os.WUNTRACED)
    terminal.signal(signal.SIGCONT)
    terminal.wait_until(lambda: terminal.is_alternate, "alternate screen")
    terminal.wait_for("▸ 000001")
    terminal.press("down")
    terminal.wait_for("▸ 000002")


def test_a_program_stopped_from_outside_paints_anew_when_it_continues(start: StartHarness) -> None:
    terminal = start()
    terminal.signal(signal.SIGSTOP)
    os.waitpid(terminal.pid, os.WUNTRACED)
    terminal.spoil()
    terminal.signal(signal.SIGCONT)
    terminal.wait_until(lambda: "GARBAGE" not in terminal.text and "▸ 000000" in terminal.text, "a fresh paint")
    terminal.press("down")
    terminal.wait_for("▸ 000001")


def test_the_editor_gets_a_private_file_and_no_token(start: StartHarness, log: Log, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    script = 'stat -c %a "$1" > mode; env > env; cat "$1" > seen; printf "after\\033[31m 好" > "$1"'
    editor.write_text(f"#!/bin/sh\ncd {tmp_path}\n{script}\n", encoding="utf-8")
    editor.chmod(0o755)
    terminal = start(EDITOR=str(editor), VISUAL="", SUPPORTDESK_TOKEN="canary", XDG_RUNTIME_DIR=str(tmp_path / "run"))
    terminal.press("f6")
    terminal.wait_until(lambda: any(line.startswith("edited") for line in log()), "return from the editor")
    assert "edited 'after␛[31m 好' " in log()
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert (tmp_path / "seen").read_text() == "before"
    assert "canary" not in (tmp_path / "env").read_text()
    assert list((tmp_path / "run").iterdir()) == []
    terminal.wait_for("▸ 000000")
    terminal.press("down")
    terminal.wait_for("▸ 000001")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ('printf "before and more" > "$1"; kill -9 $$', "edited 'before and more' The editor was killed"),
        ('printf "half wri" > "$1"; kill -9 $$', "edited 'half wri\\n\\nbefore' The editor was killed"),
        (': > "$1"; kill -9 $$', "edited None The editor ended with code -9"),
        ('printf "not meant" > "$1"; exit 1', "edited None The editor ended with code 1"),
        ('head -c 1048577 /dev/zero | tr "\\0" x > "$1"', "edited None The edited text is larger than 1 MB: it is kept in "),
        ('head -c 1048577 /dev/zero | tr "\\0" x > "$1"; exit 1', "edited None The editor ended with code 1"),
    ],
)
def test_no_word_that_an_editor_has_saved_is_lost_with_it(
    start: StartHarness, log: Log, tmp_path: Path, script: str, told: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    editor.chmod(0o755)
    terminal = start(EDITOR=str(editor), VISUAL="", XDG_RUNTIME_DIR=str(tmp_path / "run"))
    terminal.press("f6")
    terminal.wait_until(lambda: any(line.startswith(told) for line in log()), told)
    left = list((tmp_path / "run").glob("*/*"))
    assert [one.stat().st_size for one in left] == ([1_048_577] if "kept in" in told else [])
    assert all(str(one) in line for one in left for line in log() if line.startswith(told))


def test_an_idle_app_writes_nothing_and_sleeps(start: StartHarness) -> None:
    terminal = start()
    before = len(terminal.raw), terminal.cpu_s()
    terminal.pump(2.0)
    assert len(terminal.raw) == before[0]
    assert terminal.cpu_s() - before[1] < IDLE_CPU_S
