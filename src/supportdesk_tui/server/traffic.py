"""Customers who write while you work, through the public inbound API: they answer what they are told, and some just arrive."""

import http.client
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Engine, func, select

from supportdesk_tui.server.seed.chatter import ANSWERS, BURST, HUMAN, NUDGES, THANKS
from supportdesk_tui.server.seed.money import PLOTS, invented
from supportdesk_tui.server.seed.stories import THREADS
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

KINDS = {"mine": 40, "follow_up": 24, "new": 20, "human": 5, "thanks": 8, "burst": 3}
OPENING = ("mine", "urgent", "follow_up", "mine", "thanks", "new")
"""What happens first, so that the first minute shows the desk alive."""
WAITS = 0.9, 1.8
"""Time between two messages, as a share of the pace."""
FIRST_WAIT = 1.2
URGENT = ("EMG", "SEC")


@dataclass(frozen=True, slots=True)
class Party:
    """A ticket that can be written on: its customer, number and language."""

    customer: str
    number: str
    language: str
    category: str = ""
    is_mine: bool = False
    """Whether it is in the demo agent's own queue."""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One message, and how long after the one before, as a share of the pace."""

    wait: float
    message: schema.InboundIn


def script(seed: int, parties: list[Party]) -> Iterator[Written]:
    """What the customers write, without end."""
    rng = random.Random(seed)
    mine = [one for one in parties if one.is_mine] or parties
    said: set[str] = set()
    opening = iter(OPENING)
    kinds, weights = list(KINDS), list(KINDS.values())
    wait = FIRST_WAIT
    while True:
        kind = next(opening, "") or rng.choices(kinds, weights)[0]
        party = rng.choice(mine if kind == "mine" else parties)
        for message in _messages(rng, kind, party, said):
            yield Written(wait, message)
            wait = 0.15
        wait = rng.uniform(*WAITS)


def _messages(rng: random.Random, kind: str, party: Party, said: set[str]) -> list[schema.InboundIn]:
    if kind in {"new", "urgent"}:
        return [_opener(rng, party, is_urgent=kind == "urgent")]
    if kind == "human":
        body = HUMAN.get(party.language, HUMAN["en"])
        return [schema.InboundIn(channel="chat", customer=party.customer, body=body, language=party.language)]
    if kind == "burst":
        return [_again(party, word) for word in BURST.get(party.language, BURST["en"])]
    if kind == "thanks":
        return [_again(party, rng.choice(THANKS.get(party.language, THANKS["en"])))]
    return [_again(party, _nudge(rng, party, said))]


def _nudge(rng: random.Random, party: Party, said: set[str]) -> str:
    """Something that fits the matter and was not said on this ticket before, while there is any."""
    by_category = NUDGES.get(party.language, NUDGES["en"])
    wordings = (*by_category.get(party.category, ()), *by_category[""])
    fresh = [one for one in wordings if f"{party.number} {one}" not in said]
    body = fresh[0] if fresh else rng.choice(wordings)
    said.add(f"{party.number} {body}")
    return body


def _opener(rng: random.Random, party: Party, *, is_urgent: bool) -> schema.InboundIn:
    """A new matter; none about money, which would have to be in the customer's account as well."""
    threads = THREADS.get(party.language, THREADS["en"])
    codes = [code for code, told in threads.items() if all(one.plot not in PLOTS for one in told)]
    urgent = [code for code in codes if code in URGENT]
    thread = rng.choice(threads[rng.choice(urgent if is_urgent and urgent else codes)])
    values = invented(rng, party.language, None)
    lead = rng.randrange(len(thread.openers))
    return schema.InboundIn(
        channel="inapp" if is_urgent else rng.choice(("chat", "email", "ticket", "inapp")),
        customer=party.customer,
        subject=thread.subjects[lead % len(thread.subjects)].format_map(values),
        body=thread.openers[lead].format_map(values),
        language=party.language,
        category=thread.category,
    )


def _again(party: Party, body: str) -> schema.InboundIn:
    return schema.InboundIn(
        channel="email", customer=party.customer, subject=f"Re: {party.number}", body=body, language=party.language
    )


def answer_to(rng: random.Random, party: Party) -> schema.InboundIn:
    """What a customer writes who has just been answered."""
    return _again(party, rng.choice(ANSWERS.get(party.language) or THANKS.get(party.language, THANKS["en"])))


def _nobody() -> list[Party]:
    return []


class Answered:
    """Finds, in the server's own tables, whom an agent has answered since it was last asked."""

    def __init__(self, engine: Engine, parties: list[Party]) -> None:
        self._engine = engine
        self._parties = {one.ticket: one for one in parties}
        self._seen = self._last()

    def __call__(self) -> list[Party]:
        """The parties answered meanwhile, each once."""
        columns = tables.entries.c
        since, self._seen = self._seen, self._last()
        wanted = (columns.kind == "agent", columns.seq > since, columns.seq <= self._seen)
        with self._engine.begin() as connection:
            found = connection.execute(select(columns.ticket).where(*wanted).order_by(columns.seq)).scalars().all()
        return [self._parties[ticket] for ticket in dict.fromkeys(found) if ticket in self._parties]

    def _last(self) -> int:
        with self._engine.begin() as connection:
            return connection.execute(select(func.max(tables.entries.c.seq))).scalar() or 0


@dataclass
class Traffic:
    """Posts the script at a pace until it is stopped; who has been answered meanwhile comes first."""

    url: str
    token: str
    seed: int
    parties: list[Party]
    pace_s: float = 8.0
    """Seconds between two messages, about."""
    limit: int = 10**9
    """How many messages at most."""
    answered: Callable[[], list[Party]] = _nobody
    """Whom an agent has answered since this was last asked."""
    sent: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin writing, in a thread."""
        self._thread = threading.Thread(target=self.run, name="traffic", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the customers fall silent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def run(self) -> None:
        """Write until stopped; a refused or failed message is simply not written."""
        rng = random.Random(self.seed)
        for written in script(self.seed, self.parties):
            if self.sent >= self.limit or self._stop.wait(written.wait * self.pace_s):
                return
            just_answered = self.answered()
            self.post(answer_to(rng, just_answered[0]) if just_answered else written.message)
            self.sent += 1

    def post(self, message: schema.InboundIn) -> int:
        """Send one message; the status, or 0 when the server did not answer."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"traffic-{self.seed}-{self.sent:08d}",
        }
        try:
            connection.request("POST", f"{schema.API_PREFIX}/inbound", msgspec.json.encode(message), headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
