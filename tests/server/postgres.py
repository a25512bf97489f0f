"""A private PostgreSQL cluster for the tests: a folder and a socket, gone with them; run by nobody where they run as root."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

USER = "supportdesk"
SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
)
"""No port, and nothing to survive: the folder is thrown away."""


def programs() -> Path:
    """The folder of initdb and postgres; skips, loudly, where there is none."""
    pytest.importorskip("psycopg", reason="PostgreSQL NOT TESTED: psycopg is missing (pip install 'supportdesk-tui[postgres]')")
    found = [Path(where) for where in [shutil.which("initdb")] if where]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    for one in found:
        if (one.resolve().parent / "postgres").exists():
            return one.resolve().parent
    pytest.skip("PostgreSQL NOT TESTED: initdb and postgres are not installed here")


def as_nobody() -> list[str]:
    """What a command begins with: PostgreSQL refuses to run as root; it ends with the tests even when they are killed."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if os.getuid() == 0:
            pytest.skip("PostgreSQL NOT TESTED: it does not run as root, and there is no setpriv")
        return []
    user = ["--reuid=nobody", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    return [setpriv, "--pdeathsig=QUIT", *user]


class Cluster:
    """A running cluster; every test that wants one gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def run(self, statement: str) -> None:
        """Do something outside every transaction, in the database that is always there."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, *, encoding: str = "UTF8") -> str:
        """The URL of an empty database."""
        name = f"desk{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'")
        return f"postgresql://{USER}@/{name}?host={self.folder}"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make a cluster, run it, throw it away."""
    where, first = programs(), as_nobody()
    folder = Path(tempfile.mkdtemp(prefix="desk-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        data = folder / "data"
        made = [str(where / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*first, *made], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        settings = [part for one in SETTINGS for part in ("-c", one)]
        command = [*first, str(where / "postgres"), "-D", str(data), "-k", str(folder), *settings]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
            try:
                cluster = Cluster(folder)
                _wait_for(cluster, process)
                yield cluster
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
                process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(cluster: Cluster, process: "subprocess.Popen[bytes]") -> None:
    import psycopg

    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with suppress(psycopg.OperationalError):
            cluster.run("SELECT 1")
            return
        time.sleep(0.02)
    raise TimeoutError((cluster.folder / "log").read_text())
