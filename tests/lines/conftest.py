"""What the lines need: a server, an sshd, and programs that a machine may not have."""

import shutil
import sys
from collections.abc import Iterator

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.lines.sshd import Sshd, running_sshd

PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "mosh": "mosh", "screen": "screen", "tmux": "tmux"}
SEARCHED = "/usr/sbin:/usr/local/sbin:/sbin"


def need(*programs: str) -> None:
    """Skip where a program is missing, and say which and how to get it."""
    if not sys.platform.startswith("linux"):
        pytest.skip("NOT TESTED HERE: the lines are looked at through /proc, which only Linux has")
    missing = [name for name in programs if not (shutil.which(name) or shutil.which(name, path=SEARCHED))]
    if missing:
        packages = " ".join(PACKAGES.get(name, name) for name in missing)
        pytest.skip(f"NOT TESTED HERE: no {', '.join(missing)} on this machine (apt-get install {packages})")


@pytest.fixture(scope="session")
def server() -> Iterator[ServerThread]:
    """A real backend; its clocks stand still."""
    with ServerThread(tickets=40, seed=7, ticking=False) as running:
        yield running


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real sshd on loopback."""
    need("sshd", "ssh", "ssh-keygen")
    with running_sshd(tmp_path_factory.mktemp("line") / "sshd") as running:
        yield running
