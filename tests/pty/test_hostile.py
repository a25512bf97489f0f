"""The real program among hostile words: in every answer, every file, every error; nothing of them acts on the terminal."""

import re
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.pty.poison import PoisonedServer
from tests.pty.program import configure, open_desk, run
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty
FILE_NAMES = ("evil\x1b[2J\x1b]2;pwned\x07", "\u202egnp.exe", "a\nb", "[red]", "\x9b31m")


def acted(terminal: Terminal) -> list[str]:
    """What content made the terminal do."""
    return [*terminal.violations(), *(one for one in terminal.lexer.commands if "pwned" in one or not one.startswith("9;"))]


def hostile_files(folder: Path) -> None:
    """Themes and macros with hostile names and contents."""
    for kind, suffix in (("macros", ".toml"), ("themes", ".toml"), ("macros", ".md")):
        (folder / "config" / kind).mkdir(parents=True, exist_ok=True)
        for at, name in enumerate(FILE_NAMES):
            text = f'title = "\\u001b[31m [/x] \\u202e"\nid = "m{at}"\nbody = "\\u001b]2;pwned\\u0007 {{{{x}}}}"\n'
            (folder / "config" / kind / f"{name}{suffix}").write_text(text + "\x1b[2J\x1b]0;pwned\x07", encoding="utf-8")
            (folder / "config" / kind / f"good{at}{suffix}").write_text(text, encoding="utf-8")


def hostile_editor(folder: Path) -> str:
    """An editor that hands hostile bytes back."""
    editor = folder / "editor"
    script = 'printf "from the editor\\033[2J\\033]2;pwned\\007\\302\\2332J\\342\\200\\256 end" > "$1"'
    editor.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    editor.chmod(0o755)
    return str(editor)


def test_a_desk_full_of_hostile_words_draws_them_and_obeys_none(tmp_path: Path, server: ServerThread) -> None:
    with PoisonedServer(server.url) as poison:
        configure(
            tmp_path, poison.url, 'theme = "\\u001b[2Jpwned"\nkey_preset = "[/x]\\u202e"\nnonsense = "\\u001b]2;x\\u0007"\n'
        )
        hostile_files(tmp_path)
        with open_desk(tmp_path, server.token_for(DEMO_LOGIN), EDITOR=hostile_editor(tmp_path)) as terminal:
            terminal.wait_until(lambda: "● live" in terminal.text and " 4 " in terminal.lines[0], "views")
            terminal.send("4")
            terminal.wait_until(lambda: re.search(r"[1-9] of [1-9]", terminal.text), "rows in the queue")
            for keys in ("\r", "Y", "V", "\x1b", "jjkG", "J", "l", "G", "\x1b", "Kfee", "\x1b", "?", "\x1b"):
                terminal.send(keys)
                terminal.settle(0.15)
            for keys in ("D", ";", "a", "!", ",", ":pw", "t", "o", "s", "/pwned\r"):
                terminal.send(keys)
                terminal.settle(0.1)
                terminal.send("\x1b")
                terminal.settle(0.08)
            poison.refuses = "/notes"
            terminal.send("4\rn")
            terminal.wait_for("Internal note")
            terminal.press("ctrl+o")
            terminal.wait_for("from the editor")
            terminal.press("ctrl+d")
            terminal.settle(0.8)
            terminal.press("ctrl+l")
            terminal.settle(0.3)
            shown = terminal.text
            terminal.send("\x1b")
            terminal.settle(0.1)
            terminal.press("ctrl+q")
            assert terminal.wait_exit() == 0
        own_copies = [one for one in terminal.lexer.commands if one.startswith("52;")]
        assert [one for one in acted(terminal) if one not in own_copies] == []
        assert len(own_copies) == 1, "copied by our own key, once"
        assert "pwned-" in shown
        assert terminal.left_behind() == []


@pytest.mark.parametrize("pipe", ["", " | cat"], ids=["on a terminal", "piped"])
def test_tables_of_the_command_line_obey_no_hostile_word(tmp_path: Path, server: ServerThread, pipe: str) -> None:
    token = server.token_for(DEMO_LOGIN)
    with PoisonedServer(server.url) as poison:
        configure(tmp_path, poison.url)
        with run(tmp_path, token, "tickets", "list", pipe=pipe) as terminal:
            terminal.wait_exit()
        listed = terminal.raw.decode()
        with run(tmp_path, token, "tickets", "show", listed.split("\t")[0], pipe=pipe) as shown:
            shown.wait_exit()
        poison.refuses = "/tickets"
        with run(tmp_path, token, "tickets", "show", "HX-\x1b[2J\x1b]2;pwned\x07", pipe=pipe) as refused:
            refused.wait_exit()
    assert "pwned-" in listed
    assert "pwned-" in shown.text
    assert "pwned" in refused.text
    for one in (terminal, shown, refused):
        assert acted(one) == []
        assert b"\x1b" not in one.raw
