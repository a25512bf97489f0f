"""Scripted customers who write while you work, through the public inbound API; the same seed, the same words and order."""

import http.client
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from supportdesk_tui.server.seed.stories import THREADS
from supportdesk_tui.wire import schema

KINDS = {"new": 34, "follow_up": 42, "human": 8, "thanks": 9, "burst": 7}
URGENT = {
    "zh": (
        "还在吗?",
        "请尽快处理,谢谢",
        "有进展了吗?",
        "我又补充了截图,请查看",
        "订单号WD202608170042137755,麻烦再看看",
        "已经等了很久了",
    ),
    "en": (
        "Any news on this?",
        "Still waiting.",
        "I added the transaction id: " + "3f" * 32,
        "Could somebody please look?",
        "It is TRC20, not ERC20, sorry.",
    ),
    "ja": ("その後いかがでしょうか。", "まだ反映されていません。"),
    "ko": ("진행 상황이 궁금합니다.", "아직 입금이 안 됐어요."),
    "ru": ("Есть новости?", "Деньги так и не пришли."),
    "es": ("¿Hay novedades?", "Sigo esperando, por favor."),
    "fr": ("Avez-vous des nouvelles ?", "Toujours rien reçu."),
    "vi": ("Có tin gì chưa?", "Tôi vẫn chưa nhận được tiền."),
    "tr": ("Bir gelişme var mı?", "Hâlâ bekliyorum."),
}
THANKS = {
    "zh": "谢谢",
    "en": "Thank you!",
    "ja": "ありがとうございます",
    "ko": "감사합니다",
    "ru": "Спасибо",
    "es": "Gracias",
    "fr": "Merci",
}
HUMAN = {"zh": "转人工!", "en": "human please"}
BURST = {"zh": ("在吗", "喂", "我的钱呢", "快点", "?????"), "en": ("hello?", "anyone", "where is my money", "??", "HELLO")}


@dataclass(frozen=True, slots=True)
class Party:
    """A ticket that can be written on: its customer, number and language."""

    customer: str
    number: str
    language: str


@dataclass(frozen=True, slots=True)
class Written:
    """One message, and how long after the one before, as a share of the pace."""

    wait: float
    message: schema.InboundIn


def script(seed: int, parties: list[Party]) -> Iterator[Written]:
    """What the customers write, without end."""
    rng = random.Random(seed)
    kinds, weights = list(KINDS), list(KINDS.values())
    while True:
        kind = rng.choices(kinds, weights)[0]
        wait = rng.expovariate(1.0)
        party = rng.choice(parties)
        if kind == "new" or (kind == "human" and party.language not in HUMAN):
            yield Written(wait, _opener(rng, party))
        elif kind == "burst":
            words = BURST.get(party.language, BURST["en"])
            yield from (Written(wait if n == 0 else 0.05, _again(party, word)) for n, word in enumerate(words))
        elif kind == "human":
            yield Written(
                wait,
                schema.InboundIn(channel="chat", customer=party.customer, body=HUMAN[party.language], language=party.language),
            )
        elif kind == "thanks":
            yield Written(wait, _again(party, THANKS.get(party.language, THANKS["en"])))
        else:
            yield Written(wait, _again(party, rng.choice(URGENT.get(party.language, URGENT["en"]))))


def _opener(rng: random.Random, party: Party) -> schema.InboundIn:
    threads = THREADS.get(party.language, THREADS["en"])
    thread = rng.choice(threads[rng.choice(list(threads))])
    values = _Invented(rng)
    channel: schema.ChannelName = rng.choice(("chat", "chat", "email", "ticket", "inapp"))
    return schema.InboundIn(
        channel=channel,
        customer=party.customer,
        subject=rng.choice(thread.subjects).format_map(values),
        body=rng.choice(thread.openers).format_map(values),
        language=party.language,
        category=thread.category,
    )


def _again(party: Party, body: str) -> schema.InboundIn:
    return schema.InboundIn(
        channel="email", customer=party.customer, subject=f"Re: {party.number}", body=body, language=party.language
    )


class _Invented(dict[str, str]):
    """Facts made up when they are asked for."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def __missing__(self, name: str) -> str:
        """Invent a fact, and keep to it."""
        invented: dict[str, Callable[[], str]] = {
            "coin": lambda: self.rng.choice(("USDT", "BTC", "ETH", "SOL")),
            "network": lambda: self.rng.choice(("TRC20", "ERC20", "BEP20")),
            "order": lambda: f"WD{self.rng.randrange(10**17, 10**18)}",
            "txid": lambda: self.rng.randbytes(32).hex(),
            "pair": lambda: self.rng.choice(("BTC/USDT", "ETH/USDT")),
            "version": lambda: f"6.{self.rng.randrange(4, 13)}.0",
            "city": lambda: self.rng.choice(("Singapore", "Lagos", "Madrid")),
        }
        value = self[name] = invented.get(name, lambda: str(self.rng.randrange(2, 900)))()
        return value


@dataclass
class Traffic:
    """Posts the script at a pace until it is stopped."""

    url: str
    token: str
    seed: int
    parties: list[Party]
    pace_s: float = 8.0
    """Seconds between two messages, on average."""
    limit: int = 10**9
    """How many messages at most."""
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
        for written in script(self.seed, self.parties):
            if self.sent >= self.limit or self._stop.wait(written.wait * self.pace_s):
                return
            self.post(written.message)
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
