"""A real Request Tracker for tests: started once, used by whoever asks, stopped at the end.

Where it is not installed it is installed (Debian, root). Where that cannot be done its tests say so, and fail in CI.
"""

import fcntl
import os
import subprocess
import tempfile
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATA = Path(tempfile.gettempdir()) / f"supportdesk-rt-tests-{os.getuid()}"
START_S = 600.0
"""Installing takes a minute, making the data half a minute, starting some seconds."""


class RequestTracker:
    """A running RT with its sample data as new."""

    def __init__(self) -> None:
        DATA.parent.mkdir(exist_ok=True)
        self._lock = DATA.with_suffix(".lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # one suite at a time: its data is put back as new
        self._env = os.environ | {"RT_DATA": str(DATA), "RT_PORT": "0", "RT_RESET": "1"}
        started = subprocess.run(
            [str(HERE / "rt-up.sh")], env=self._env, capture_output=True, text=True, timeout=START_S, check=False
        )
        if started.returncode != 0:
            _missing(started.stderr)
        self.facts = dict(line.split("=", 1) for line in started.stdout.splitlines() if "=" in line)
        self.url = self.facts["RT_URL"]

    def token(self, login: str) -> str:
        """The token of an agent."""
        return self.facts[f"RT_TOKEN_{login.upper()}"]

    def mail(self, sender: str, subject: str, body: str, *, html: str = "", queue: str = "Support") -> None:
        """A customer's mail arrives."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, "support@helpdesk.test", subject
        message["Message-ID"] = make_msgid()
        message.set_content(body)
        if html:
            message.add_alternative(html, subtype="html")
        self.mail_raw(message.as_bytes(), queue=queue)

    def mail_raw(self, message: bytes, *, queue: str = "Support") -> None:
        """Mail as bytes, through the gate every RT has."""
        gate = ["rt-mailgate", "--url", self.url, "--queue", queue, "--action", "correspond"]
        subprocess.run(gate, input=message, timeout=60, check=True, capture_output=True)

    def stop(self) -> None:
        """End the server; its data is kept for the next time."""
        subprocess.run([str(HERE / "rt-down.sh")], env=self._env, timeout=60, check=False, capture_output=True)
        self._lock.close()


def _missing(why: str) -> None:
    text = "NO REQUEST TRACKER: its tests do not run. " + " | ".join(why.strip().splitlines()[-5:])
    if os.environ.get("CI"):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
