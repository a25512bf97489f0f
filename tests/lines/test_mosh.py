"""The real desk over mosh: what is written, a client that stands still, and one that never comes back."""

import getpass
import os
import shlex
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.lines.conftest import need
from tests.lines.line import Line, Place, parent_of
from tests.lines.sshd import Sshd
from tests.pty.terminal import DEADLINE_S

pytestmark = pytest.mark.pty
F9 = "\x1b[20~"


def over_mosh(sshd: Sshd, place: Place) -> Line:
    """The desk behind a mosh client; its server looks for a silent client when it is told to."""
    *ssh, where = [word for word in sshd.command() if word != "-tt"]
    assert where.startswith(getpass.getuser())
    server = "env MOSH_SERVER_SIGNAL_TMOUT=1 LC_ALL=C.UTF-8 mosh-server"
    command = ["mosh", f"--ssh={shlex.join(ssh)}", f"--server={server}", "--", where, "sh", str(place.script)]
    return Line(command, place, is_plain=False)


def test_a_reply_over_mosh_is_sent_once_and_a_client_that_never_comes_back_leaves_the_draft(
    tmp_path: Path, server: ServerThread, sshd: Sshd
) -> None:
    need("mosh")
    place = Place(tmp_path, server, 8, "hold_s = 3")
    with over_mosh(sshd, place) as line:
        line.write_reply("over mosh")
        line.resize(110, 40)
        line.wait_for("pasted␄ one")
        line.send(F9)
        line.wait_for("held ")
        os.kill(line.pid, signal.SIGSTOP)
        ((kind, body),) = line.wait_sent("over mosh")
        assert kind == "agent"
        assert body.startswith("您好，")
        assert body.endswith("pasted␄ one\ntwo")
        os.kill(line.pid, signal.SIGCONT)
        line.wait_for("replied")
        line.same_as_fresh(but_last=1)
        line.send("n")
        line.wait_for("Internal note")
        line.send("kept over mosh")
        line.wait_for("kept over mosh")
        mosh_server = parent_of(place.pid)
        line.signal(signal.SIGKILL)

        def is_cleaned_up() -> bool:
            with suppress(ProcessLookupError):
                os.kill(mosh_server, signal.SIGUSR1)
            return place.is_gone

        line.wait_until(is_cleaned_up, "end of the desk, told as an administrator tells it", deadline_s=DEADLINE_S)
    assert place.gate == "gate=0"
    assert place.reports == []
    assert "kept over mosh" in place.kept()
    assert [kind for kind, _ in place.sent("over mosh")] == ["agent"]
