"""A real Request Tracker for tests: started once, used by whoever asks, stopped at the end.

Where it is not installed it is installed (Debian, root). Where that cannot be done its tests say so, and fail in CI.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, TextIO

import httpx
import pytest

from supportdesk_tui.domain.ids import TicketId

HERE = Path(__file__).parent
_MEMORY = Path("/dev/shm")
_BASE = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
PLACES = [_BASE / f"supportdesk-rt-suite-{os.getuid()}-{number}" for number in range(8)]
"""Where its data is kept from one run to the next: suites that run at the same time take one each.

In memory where there is some: RT commits some twenty times for a mail, and each waits for a disk.
"""
START_S = 600.0
"""Installing takes a minute, making the data half a minute, starting some seconds."""

SETTINGS = {"RT_PORT": "0", "RT_RESET": "1", "RT_BCRYPT_COST": "4", "RT_EXTRA_TICKETS": "12"}
"""Its data as new at every start; hashes cheap, so that a request takes RT's own time; few tickets beside the written ones."""


class RequestTracker:
    """A running RT with its sample data as new."""

    def __init__(self) -> None:
        data, self._lock = _free_place()
        self._env = os.environ | SETTINGS | {"RT_DATA": str(data)}
        started = subprocess.run(
            [str(HERE / "rt-up.sh")], env=self._env, capture_output=True, text=True, timeout=START_S, check=False
        )
        if started.returncode != 0:
            _missing(started.stderr)
        self.facts = dict(line.split("=", 1) for line in started.stdout.splitlines() if "=" in line)
        self.url = self.facts["RT_URL"]
        self._gate = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

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
        self.deliver(message.as_bytes(), queue=queue)

    def deliver(self, message: bytes, *, queue: str = "Support") -> None:
        """Mail as bytes, in the request that rt-mailgate makes of it, without a Perl started for each."""
        said = {"queue": queue, "action": "correspond", "SessionType": "REST"}
        answer = self._gate.post("/REST/1.0/NoAuth/mail-gateway", data=said, files={"message": (None, message)})
        assert answer.text.startswith("ok"), answer.text

    def mail_raw(self, message: bytes, *, queue: str = "Support") -> None:
        """Mail as bytes, through the gate every RT has."""
        gate = ["rt-mailgate", "--url", self.url, "--queue", queue, "--action", "correspond"]
        subprocess.run(gate, input=message, timeout=60, check=True, capture_output=True)

    def ask(self, route: str, **query: str) -> Any:
        """REST 2 as the administrator, past the adapter."""
        headers = {"Authorization": f"token {self.token('root')}"}
        answer = self._gate.get(f"/REST/2.0{route}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def said(self, ticket: str, kind: str) -> list[str]:
        """The plain words of a ticket's entries of a kind (`Correspond`, `Comment`), oldest first."""
        rows = self.ask(f"/ticket/{ticket}/history", fields="Type", per_page="100", orderby="id")["items"]
        found = self.ask(f"/ticket/{ticket}/attachments", fields="TransactionId,ContentType,Filename,Content", per_page="100")
        wanted = [row["id"] for row in rows if row["Type"] == kind]
        plain = [one for one in found["items"] if one["ContentType"] == "text/plain" and not one["Filename"]]
        texts = {one["TransactionId"]: one["Content"] for one in plain}
        return [texts[one].strip() for one in wanted if one in texts]

    def sent(self) -> str:
        """Every mail that went out, as it was written."""
        return "".join(one.read_text(errors="replace") for one in Path(self.facts["RT_DATA"], "var").glob("*.mbox"))

    def forget_sessions(self) -> int:
        """End every session of the web; how many there were."""
        held = [one for one in Path(self.facts["RT_DATA"], "session").iterdir() if one.is_file()]
        for one in held:
            one.unlink()
        return len(held)

    def fact(self, name: str) -> TicketId:
        """A ticket of the sample data by its name there."""
        return TicketId(self.facts[f"RT_TICKET_{name}"])

    def stop(self) -> None:
        """End the server; its data is kept for the next time."""
        self._gate.close()
        subprocess.run([str(HERE / "rt-down.sh")], env=self._env, timeout=60, check=False, capture_output=True)
        self._lock.close()


def _free_place() -> tuple[Path, TextIO]:
    """A place no other suite uses; a new one begins with the sample data of another, where there is one."""
    for place in PLACES:
        lock = place.with_suffix(".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        made = next((other for other in PLACES if (other / "db" / "seeded.sqlite3").exists()), None)
        if made is not None and not place.exists():
            (place / "db").mkdir(parents=True, mode=0o700)
            (place / ".supportdesk-rt").touch()
            for name in ("accounts.env", "seeded.sqlite3"):
                shutil.copy(made / "db" / name, place / "db" / name)
        return place, lock
    raise AssertionError(f"all of {PLACES} are in use")


_running: list[RequestTracker] = []


def running() -> RequestTracker:
    """The one server of this process, started by the first who asks."""
    if not _running:
        _running.append(RequestTracker())
    return _running[0]


def stop_running() -> None:
    """End it, if anybody asked; called when the tests are over."""
    while _running:
        _running.pop().stop()


def _missing(why: str) -> None:
    text = "NO REQUEST TRACKER: its tests do not run. " + " | ".join(why.strip().splitlines()[-5:])
    if os.environ.get("CI"):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
