"""Commands that need no backend."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import supportdesk_tui
from supportdesk_tui.cli.group import COMMANDS, DEFAULT, cli
from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(shell: Shell, name: str) -> None:
    done = shell(name, "--help")
    assert done.exit_code == 0
    assert len(done.output.splitlines()[2].strip()) > 20


def test_every_command_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}" not in manual] == []


def test_misspelt_command_names_the_nearest(shell: Shell) -> None:
    done = shell("docter")
    assert done.exit_code == 2
    assert "Did you mean doctor?" in done.output


def test_options_without_a_command_belong_to_the_desk() -> None:
    context = cli.make_context("supportdesk", ["--offline"], resilient_parsing=False)
    assert context._protected_args == [DEFAULT] or context.protected_args == [DEFAULT]


def test_desk_refuses_to_open_without_a_terminal(shell: Shell) -> None:
    done = shell("run")
    assert done.exit_code == 2
    assert "needs a terminal" in done.output


def test_config_init_writes_every_setting_once_and_never_over_a_file(shell: Shell) -> None:
    assert shell("config", "init").exit_code == 0
    shell.configure(shell.config.read_text() + 'theme = "dusk"\n')
    refused = shell("config", "init")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert shell("config", "init", "--force").exit_code == 0
    assert 'theme = "dusk"' in shell.config.with_name("config.toml.old").read_text().splitlines()


def test_config_init_says_why_a_file_cannot_be_written(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = shell("config", "init", env={"SUPPORTDESK_CONFIG": str(tmp_path / "taken" / "config.toml")})
    assert done.exit_code == 1
    assert f"cannot write {tmp_path}/taken/config.toml: " in done.output


def test_config_path_names_the_folders_in_use(shell: Shell) -> None:
    found = json.loads(shell("config", "path", "--json").output)
    assert found["config"] == str(shell.config)
    assert all(path.startswith(str(shell.home)) for path in found.values())


def test_config_check_names_every_problem_with_its_line(shell: Shell) -> None:
    shell.configure('thme = "dusk"\nhold_s = "ten"\n[keys]\n"ticket.asign" = "a"\n')
    (shell.config.parent / "macros").mkdir()
    (shell.config.parent / "macros" / "mine.toml").write_text('[[macro]]\nid = "zz"\n')
    done = shell("config", "check", "--json")
    assert done.exit_code == 2
    found = {(problem["key"], problem["line"]) for problem in json.loads(done.output)}
    assert {("thme", 1), ("hold_s", 2), ("keys.ticket.asign", 4)} <= found
    assert any(Path(problem["file"]).name == "mine.toml" for problem in json.loads(done.output))


def test_init_and_path_speak_of_the_file_that_is_read(shell: Shell) -> None:
    file = shell.home / "elsewhere" / "desk.toml"
    named: dict[str, str | None] = {"SUPPORTDESK_CONFIG": str(file)}
    assert json.loads(shell("config", "path", "--json", env=named).output)["config"] == str(file)
    assert shell("config", "init", env=named).output == f"{file}\n"
    assert not shell.config.exists()
    assert shell("config", "init", env=named).exit_code == 1
    assert shell("config", "init", "--force", env=named).exit_code == 0
    assert file.with_name("desk.toml.old").exists()
    assert f"all is well ({file})" in shell("config", "check", env=named).output


def test_problems_are_told_line_by_line(shell: Shell) -> None:
    shell.configure(
        'hold_s = "x"\ntheme = "nosuch"\nmacros = "/nowhere"\n[keys]\n"ticket.note" = 3\n"ticket.solve" = "f99"\n'
        '[profiles.work]\nbackend = "chatwoot"\nurl = "https://desk.example"\noptions = { acount = 1 }\n'
    )
    (shell.config.parent / "themes").mkdir()
    (shell.config.parent / "themes" / "bad.toml").write_text('title = "T"\n', encoding="utf-8")
    told = shell("config", "check", env={"LANG": "zh_CN.UTF-8"}).stdout.splitlines()
    assert [line.partition(": ")[0].rpartition(":")[2] for line in told] == ["1", "2", "3", "5", "6", "10"]
    assert "mono, bad" in told[1], "a name somebody gave is no word of ours"
    assert told[2].endswith("macros: 没有文件夹 /nowhere")
    assert told[4].endswith("没有这样的按键写法")
    assert told[5].endswith("profiles.work.options: Chatwoot 没有选项 'acount'（您是指 account 吗？）")


def test_doctor_does_not_send_anybody_to_doctor(shell: Shell) -> None:
    shell.configure('[profiles.test]\nurl = "http://127.0.0.1:9"\n')
    done = shell("doctor", "--json", env={"SUPPORTDESK_TOKEN": "t" * 40})
    assert done.exit_code == 3
    (backend,) = [one for one in json.loads(done.stdout) if one["what"] == "backend"]
    assert (backend["state"], backend["advice"]) == ("bad", "")


def test_what_programs_read_is_the_same_in_every_language(desk: Shell) -> None:
    desk.configure(desk.config.read_text() + 'theme = "nosuch"\nhold_s = "x"\n[keys]\n"ticket.solve" = "f99"\n')
    for words in (("config", "check", "--json"), ("doctor", "--json"), ("whoami", "--json"), ("keys", "--json")):
        told = desk(*words, env={"LANG": "zh_CN.UTF-8"}).stdout
        assert json.loads(told)
        assert not [char for char in told if "\u4e00" <= char <= "\u9fff"], told


def test_config_check_is_content_with_the_example(shell: Shell) -> None:
    shell("config", "init")
    done = shell("config", "check")
    assert done.exit_code == 0, done.output
    assert "all is well" in done.output


def test_a_key_taken_from_a_default_is_a_warning_in_the_words_of_the_key_sheet(shell: Shell) -> None:
    shell.configure('[keys]\n"ticket.spam" = ["r", ":"]\nticket.solve = "f8"\n')
    done = shell("config", "check")
    assert done.exit_code == 0, done.output
    reply = "r now runs ticket.spam; ticket.reply has no key any more"
    palette = ": now runs ticket.spam; desk.palette still has Ctrl+P"
    assert done.stdout.splitlines() == [f"{shell.config}:2: warning: keys.ticket.spam: {told}" for told in (reply, palette)]
    assert done.stderr == f"all is well, 2 warnings ({shell.config})\n"
    assert [line.partition("ticket.spam: ")[2] for line in shell("keys").stderr.splitlines()] == [reply, palette]
    plain = json.loads(shell("config", "check", "--json").stdout)
    assert [(one["line"], one["key"], one["is_warning"]) for one in plain] == [(2, "keys.ticket.spam", True)] * 2
    shell.configure(shell.config.read_text() + 'hold_s = "x"\n')
    assert shell("config", "check").exit_code == 2


def test_doctor_only_notes_a_key_taken_from_a_default(desk: Shell) -> None:
    desk.configure(desk.config.read_text() + '[keys]\n"ticket.spam" = "r"\n')
    done = desk("doctor", "--json")
    found = [one for one in json.loads(done.stdout) if one["what"] == "settings"]
    assert [one["state"] for one in found] == ["ok", "note"]
    assert "ticket.reply has no key any more" in found[1]["found"]


def test_unknown_theme_is_a_problem_with_the_nearest_name(shell: Shell) -> None:
    shell.configure('theme = "harbour-night"\n')
    done = shell("config", "check")
    assert done.exit_code == 2
    assert "did you mean harbor-night?" in done.output


def test_pinned_macros_are_looked_for_in_every_library(shell: Shell) -> None:
    shell.configure('pinned = ["wp", "wpp", "mine"]\n')
    done = shell("config", "check")
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        f"{shell.config}:1: pinned: there is no macro 'wpp'; left out (did you mean wp?)",
        f"{shell.config}:1: pinned: there is no macro 'mine'; left out",
    ]
    assert "没有快捷模板 'mine'" in shell("config", "check", env={"LANG": "zh_CN.UTF-8"}).stdout
    (shell.config.parent / "macros").mkdir()
    macro = 'category = { key = "z", en = "Own" }\n[[macro]]\nid = "mine"\ntitle = { en = "Mine" }\nbody = { en = "Mine." }\n'
    (shell.config.parent / "macros" / "own.toml").write_text(macro, encoding="utf-8")
    shell.configure('pinned = ["wp", "mine"]\n')
    done = shell("config", "check")
    assert done.exit_code == 0, done.output


def test_a_settings_file_that_is_no_toml_is_never_called_absent(shell: Shell) -> None:
    shell.configure("hold_s = = 3\n")
    done = shell("config", "check")
    assert done.exit_code == 2
    assert done.stderr == f"1 problem ({shell.config} is ignored: every setting has its default)\n"
    assert f"{shell.config} 已忽略：所有设置均为默认值" in shell("config", "check", env={"LANG": "zh_CN.UTF-8"}).stderr
    site = shell.home / "etc" / "supportdesk" / "config.toml"
    site.parent.mkdir(parents=True)
    site.write_text("hold_s = 3\n", encoding="utf-8")
    assert shell("config", "check").stderr == f"1 problem ({site}; {shell.config} is ignored)\n"


def test_where_the_file_with_the_profiles_cannot_be_read_that_is_said_and_nothing_is_written_to_it(shell: Shell) -> None:
    shell.configure('[profiles.work\nurl = "https://desk.example.com"\n')
    before = shell.config.read_text(encoding="utf-8")
    for command in (("whoami",), ("login", "http://127.0.0.1:1"), ("doctor",)):
        done = shell(*command)
        assert done.exit_code == 2, done.output
        assert f"{shell.config}:1: column 15" in " ".join(done.output.split())
        assert "no profile yet" not in done.output
    assert shell.config.read_text(encoding="utf-8") == before


def test_keys_follow_the_settings(shell: Shell) -> None:
    assert re.search(r"^  e +ticket\.solve", shell("keys").output, re.MULTILINE)
    shell.configure('[keys]\n"ticket.solve" = "f8"\n')
    sheet = json.loads(shell("keys", "--json").output)
    (solve,) = [line for lines in sheet.values() for line in lines if line["command"] == "ticket.solve"]
    assert solve["keys"] == ["F8"]


def test_keys_speak_the_language_of_the_settings(shell: Shell) -> None:
    shell.configure('locale = "zh_CN"\n')
    assert re.search("[\u4e00-\u9fff]", shell("keys").output)


def test_commands_say_when_there_is_no_profile(shell: Shell) -> None:
    for command in (("tickets", "list"), ("whoami",), ("whoami", "--json"), ("logout",), ("login",), ("doctor",)):
        done = shell(*command)
        assert done.exit_code == 4, command
        assert "supportdesk login URL" in done.output
    manual = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.search(r"^\| 4 \| .*no profile yet", manual, re.MULTILINE)


def test_unknown_profile_names_the_known_ones(shell: Shell) -> None:
    shell.configure('[profiles.work]\nurl = "https://desk.example.com"\n')
    done = shell("tickets", "list", "--profile", "wrok")
    assert done.exit_code == 2
    assert "Did you mean work?" in done.output


def test_missing_server_extra_says_what_to_install(tmp_path: Path) -> None:
    site, package = Path(sysconfig.get_path("purelib")), Path(supportdesk_tui.__file__).parents[1]
    for library in site.iterdir():
        if not library.name.lower().startswith(("starlette", "uvicorn", "sqlalchemy", "alembic")):
            (tmp_path / library.name).symlink_to(library)
    environ = {"PATH": os.defpath, "HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHONPATH": f"{package}:{tmp_path}"}
    for command in ("serve", "demo"):
        program = [sys.executable, "-S", "-m", "supportdesk_tui", command]
        done = subprocess.run(program, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2, done.stderr
        assert "pip install 'supportdesk-tui[server]'" in done.stderr
