"""The event stream: pushed at once, resumed from the log, a gap when too old, dropped when too slow."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.http import hub as hub_module
from supportdesk_tui.server.http.hub import Frame, Hub
from supportdesk_tui.server.runner import ServerThread

from .conftest import Client


@dataclass
class Event:
    """One event as it arrived."""

    name: str
    seq: int
    data: Any


class Ear:
    """Listens to the stream in a thread."""

    def __init__(self, client: Client, since: int | None) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        headers = {"Last-Event-ID": str(since)} if since is not None else {}
        self._context = client.http.stream("GET", "/events", headers=headers)
        self._answer = self._context.__enter__()
        assert self._answer.status_code == 200
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        name, seq, data = "", 0, ""
        try:
            for line in self._answer.iter_lines():
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "id":
                    seq = int(value)
                elif key == "data":
                    data = value
                elif not line:
                    self.events.put(Event(name, seq, json.loads(data)))
                    name, seq, data = "", 0, ""
        except httpx.HTTPError:
            pass
        self.events.put(Event("closed", 0, None))

    def next(self, *names: str) -> Event:
        """The next event with one of these names, within the time a person would wait."""
        deadline = time.monotonic() + 40
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            if event.name in names:
                return event

    def close(self) -> None:
        """Hang up."""
        self._context.__exit__(None, None, None)
        self._thread.join(20)


@contextmanager
def listening(client: Client, since: int | None = None) -> Iterator[Ear]:
    """A stream that is open once its first beat was heard."""
    ear = Ear(client, since)
    try:
        ear.next("beat")
        yield ear
    finally:
        ear.close()


def test_reply_is_pushed_to_everybody_listening(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    with listening(colleague) as ear:
        key = agent.new_key()
        applied = agent.done(f"/tickets/{ticket}/replies", {"body": "hi"}, key=key)
        event = ear.next("entry")
    assert (event.seq, event.data["actor"], event.data["entry"]["key"]) == (applied["seq"], "a1", key)
    assert event.data["row"]["version"] == applied["version"]


def test_silence_is_filled_with_beats(agent: Client) -> None:
    with listening(agent) as ear:
        assert ear.next("beat").data["at"].endswith("Z")


def test_stream_resumes_without_gap_or_double(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    with listening(colleague) as ear:
        agent.done(f"/tickets/{ticket}/notes", {"body": "heard"})
        mark = ear.next("entry").seq
    missed = [agent.done(f"/tickets/{ticket}/notes", {"body": f"missed {n}"})["seq"] for n in range(4)]
    with listening(colleague, mark) as ear:
        live = agent.done(f"/tickets/{ticket}/notes", {"body": "live"})["seq"]
        heard = [ear.next("entry").seq for _ in range(5)]
    assert heard == [*missed, live]


def test_fresh_stream_says_where_the_log_ends(agent: Client, colleague: Client) -> None:
    ear = Ear(colleague, None)
    mark = ear.next("beat").seq
    ear.close()
    assert mark > 0
    ticket = agent.opened()
    with listening(colleague, mark) as again:
        assert again.next("entry").data["row"]["id"] == ticket


@pytest.mark.parametrize("since", [10**9, 0])
def test_mark_too_old_or_from_the_future_is_a_gap(agent: Client, since: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "REPLAY_LIMIT", 10)
    ear = Ear(agent, since)
    event = ear.next("gap")
    ear.close()
    assert event.seq > 0


def test_bad_mark_is_refused(agent: Client) -> None:
    assert agent.http.get("/events", headers={"Last-Event-ID": "yesterday"}).status_code == 400


def test_presence_is_told_and_ends_with_the_stream(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    with listening(colleague) as ear:
        with listening(agent):
            agent.http.put("/presence", json={"ticket": ticket, "activity": "typing"})
            event = ear.next("presence")
            assert event.data == {"ticket": ticket, "agent": "a1", "name": "Li Wei", "activity": "typing"}
        assert ear.next("presence").data["activity"] == "gone"


def test_newcomer_hears_who_is_where(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    with listening(agent):
        agent.http.put("/presence", json={"ticket": ticket, "activity": "viewing"})
        with listening(colleague) as ear:
            assert ear.next("presence").data["agent"] == "a1"


def test_assignment_changes_the_load_of_both(agent: Client, colleague: Client) -> None:
    ticket = agent.opened()
    agent.change(ticket, "assign", agent="a1")
    with listening(colleague) as ear:
        agent.change(ticket, "assign", agent="a2")
        changed = {ear.next("agent").data["login"] for _ in range(2)}
    assert changed == {"li.wei", "mei.lin"}


def test_agent_state_is_told(agent: Client, colleague: Client) -> None:
    with listening(agent) as ear:
        colleague.http.put("/agents/me/state", json={"state": "wrap_up"})
        assert ear.next("agent").data["state"] == "wrap_up"


async def test_slow_client_is_dropped_and_others_stay(server: ServerThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "QUEUE_LIMIT", 3)
    hub = Hub(Desk(server.parts.database))
    slow, quick = hub_module.Stream("a1"), hub_module.Stream("a2")
    hub.streams |= {slow, quick}
    for n in range(1, 5):
        hub.push_all([Frame(n, b"x")])
        assert quick.frames.get_nowait() == Frame(n, b"x")
    assert slow not in hub.streams
    assert quick in hub.streams
    assert slow.frames.get_nowait() is None


def test_server_stops_quickly_with_open_streams() -> None:
    running = ServerThread(tickets=10).start()
    client = Client(running, "li.wei")
    ear = Ear(client, None)
    ear.next("beat")
    running.stop()
    assert ear.next("closed").data is None
    ear.close()
    assert not running.is_alive
