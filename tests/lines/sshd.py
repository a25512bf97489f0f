"""A real sshd of the test's own: on loopback, with a configuration, a host key and one user's key in a folder."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PRIVILEGE_FOLDER: Final = Path("/run/sshd")
"""Where sshd as root wants an empty folder; a system that runs one has it."""
LOGIN_S: Final = 60.0


class Sshd:
    """One running sshd."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def command(self, *words: str | Path, port: int = 0, options: tuple[str, ...] = ()) -> list[str]:
        """The ssh client as a person calls it, with a terminal at the other end."""
        named = {
            "UserKnownHostsFile": self.folder / "known_hosts",
            "StrictHostKeyChecking": "yes",
            "HostKeyAlias": "desk",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        known = [part for name, value in named.items() for part in ("-o", f"{name}={value}")]
        where = ["-p", str(port or self.port), "-i", str(self.folder / "user"), f"{getpass.getuser()}@127.0.0.1"]
        return [_program("ssh"), "-F", "none", "-tt", *known, *options, *where, *map(str, words)]

    def log(self) -> str:
        """What sshd wrote about itself."""
        return (self.folder / "sshd.log").read_text("utf-8", "replace")


@contextmanager
def running_sshd(folder: Path) -> Iterator[Sshd]:
    """Start sshd in a folder; ends with everything it has started."""
    folder.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run([_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copyfile(folder / "user.pub", folder / "authorized_keys")
    kind, key, *_ = (folder / "host.pub").read_text("ascii").split()
    (folder / "known_hosts").write_text(f"desk {kind} {key}\n", "ascii")
    if os.geteuid() == 0:
        PRIVILEGE_FOLDER.mkdir(mode=0o755, exist_ok=True)
    one = Sshd(folder, _free_port())
    (folder / "config").write_text(_config(one), "ascii")
    command = [_program("sshd"), "-D", "-e", "-f", str(folder / "config")]
    with (folder / "sshd.log").open("wb") as log, subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL) as process:
        try:
            _wait_until_it_answers(one, process)
            yield one
        finally:
            process.terminate()


def _config(one: Sshd) -> str:
    return (
        f"ListenAddress 127.0.0.1\nPort {one.port}\nHostKey {one.folder}/host\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {one.folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\nUseDNS no\n"
    )


def _wait_until_it_answers(one: Sshd, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + LOGIN_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", one.port), 1) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError as problem:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"sshd does not answer: {one.log()[-500:]}") from problem


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(name)
    return found
