"""The money a conversation is about: one movement of the customer, told and shown with the same facts."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from supportdesk_tui.server.floor.words import HOUR

NEEDED = {"TRC20": 20, "ERC20": 12, "BEP20": 15, "BTC": 3, "SOL": 32, "XRP": 1}
"""Confirmations until a network counts as settled."""
COINS: dict[str, tuple[tuple[str, ...], float, float, int]] = {
    "USDT": (("TRC20", "ERC20", "BEP20"), 40, 18_000, 2),
    "BTC": (("BTC",), 0.008, 1.4, 4),
    "ETH": (("ERC20",), 0.2, 22, 3),
    "SOL": (("SOL",), 3, 420, 2),
    "XRP": (("XRP",), 150, 14_000, 1),
    "USDC": (("ERC20", "SOL"), 60, 9_000, 2),
}
"""Networks, smallest and largest amount, decimals."""
CASH = {
    "zh": ("HKD", "FPS"), "en": ("GBP", "Faster Payments"), "ru": ("KZT", "Card"), "es": ("MXN", "SPEI"), "ja": ("JPY", "Zengin"),
    "ko": ("KRW", "Bank"), "fr": ("EUR", "SEPA"), "vi": ("VND", "Napas"), "tr": ("TRY", "FAST"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """How far the money is after each turn of the conversation; the last state stays."""

    direction: str
    states: tuple[str, ...]
    coins: tuple[str, ...] = ("USDT", "BTC", "ETH", "SOL", "USDC")
    networks: tuple[str, ...] = ()
    memo_missing: bool = False
    settled: bool = False
    """The chain has it in full although the account has not."""
    is_cash: bool = False

    def state(self, turns: int) -> str:
        """The state once so many turns were said."""
        return self.states[min(turns, len(self.states)) - 1]


PLOTS = {
    "review": Plot("out", ("review",) * 5 + ("confirming", "done")),
    "signing": Plot("out", ("signing",) * 5 + ("confirming", "done")),
    "chain": Plot("out", ("confirming",)),
    "wrong_address": Plot("out", ("signing", "signing", "signing", "confirming")),
    "fee": Plot("out", ("done",)),
    "credit": Plot("in", ("review",) * 5 + ("done",), settled=True),
    "confirming": Plot("in", ("confirming",), coins=("USDT", "ETH", "SOL")),
    "memo": Plot("in", ("review",), coins=("XRP",), memo_missing=True, settled=True),
    "wrong_network": Plot("in", ("review",), coins=("USDT",), networks=("TRC20", "BEP20"), settled=True),
    "long_credit": Plot("in", ("review",), coins=("USDT",), networks=("TRC20",), settled=True),
    "long_review": Plot("out", ("review",), coins=("ETH",)),
    "bank_in": Plot("in", ("review",) * 5 + ("done",), is_cash=True),
    "bank_back": Plot("out", ("returned",), is_cash=True),
}


class Values(dict[str, str]):
    """What the words of one conversation are filled with; remembers which were used."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        return super().__getitem__(name)


def invented(rng: random.Random, language: str, plot: Plot | None) -> Values:
    """Facts for one conversation that fit together."""
    coin = rng.choice(plot.coins if plot else ("USDT", "BTC", "ETH", "SOL"))
    networks, low, high, places = COINS[coin]
    network = rng.choice((plot.networks if plot else ()) or networks)
    amount = f"{low * (high / low) ** rng.random():.{places}f}"
    if plot and plot.is_cash:
        coin, network = CASH[language]
        amount = str(rng.randrange(40, 900) * (10_000 if coin in {"KRW", "VND"} else 100 if coin in {"JPY", "KZT"} else 10))
    needed = NEEDED.get(network, 0)
    digits = rng.randrange(10**17, 10**18)
    code = rng.choice((40103, 50012, 1021, 2015, 700231, 10429, 33007))
    return Values(
        {
            "coin": coin,
            "amount": amount,
            "network": network,
            "order": f"{'DP' if plot and plot.direction == 'in' else 'WD'}{digits}",
            "txid": rng.randbytes(32).hex(),
            "address": _address(rng, network),
            "seen": str(rng.randrange(1, needed) if needed > 1 else 0),
            "needed": str(needed),
            "hours": str(rng.randrange(2, 30)),
            "bank": f"BK{digits % 10**9:09d}",
            "p2p": f"P2P{digits % 10**9:09d}",
            "od": f"OD{digits % 10**10:010d}",
            "pair": rng.choice(("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT")),
            "code": str(code),
            "request": f"req-{digits % 16**8:08x}",
            "restriction": f"RC-{digits % 9000 + 1000}",
            "version": f"6.{rng.randrange(8, 13)}.{rng.randrange(0, 9)}",
            "device": rng.choice(("iPhone 15", "Pixel 8", "Xiaomi 14", "HUAWEI Mate 60", "Galaxy S24", "OPPO Find X7")),
            "city": rng.choice(("Singapore", "Lagos", "Madrid", "Almaty", "Osaka", "Warsaw", "Manila", "Kyiv")),
            "minutes": str(rng.randrange(16, 58)),
            "clock": f"{rng.randrange(0, 24):02d}:{rng.randrange(0, 60):02d}",
        }
    )


def _address(rng: random.Random, network: str) -> str:
    if network == "TRC20":
        return f"T{rng.randbytes(4).hex()}…{rng.randbytes(2).hex()}"
    if network == "BTC":
        return f"bc1q{rng.randbytes(2).hex()}…{rng.randbytes(2).hex()}"
    return f"0x{rng.randbytes(3).hex()}…{rng.randbytes(2).hex()}"


def iso(at: int) -> str:
    """A moment as the wire writes it."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).isoformat().replace("+00:00", "Z")


def movement_of(plot: Plot, values: Values, turns: int, opened_at: int) -> dict[str, Any]:
    """The movement this conversation is about, as far as it has come."""
    state = plot.state(turns)
    needed = int(dict.__getitem__(values, "needed"))
    seen = needed if state == "done" or plot.settled else int(values.get("seen", "0")) if state == "confirming" else 0
    on_chain = not plot.is_cash and (plot.direction == "in" or state in {"broadcast", "confirming", "done"})
    return {
        "id": values.get("bank" if plot.is_cash else "order"),
        "direction": plot.direction,
        "coin": values.get("coin"),
        "network": values.get("network"),
        "amount": values.get("amount"),
        "state": state,
        "confirmations": seen,
        "needed": needed,
        "txid": values.get("txid") if on_chain else "",
        "address": "" if plot.is_cash else values.get("address"),
        "at": iso(opened_at - int(values.get("hours", "2")) * HOUR),
        "memo_missing": plot.memo_missing,
    }


FIELD_OF = {
    "coin": "coin", "amount": "amount", "network": "network", "order": "order_id", "txid": "txid", "address": "address",
    "bank": "bank_ref", "p2p": "order_id", "od": "order_id", "pair": "pair", "code": "error_code", "request": "request_id",
    "restriction": "restriction_code", "version": "app_version", "device": "device",
}  # fmt: skip
"""Which of a ticket's fields a fact fills."""


def fields_said(values: Values, opened_at: int) -> dict[str, str]:
    """The ticket's fields as far as somebody has named them."""
    said = {name: dict.__getitem__(values, fact) for fact, name in FIELD_OF.items() if fact in values.used}
    if values.used & {"hours", "minutes"}:
        away = int(values.get("hours", "2")) * HOUR if "hours" in values.used else int(values.get("minutes", "20")) * 60_000
        said["time"] = iso(opened_at - away)[:16].replace("T", " ")
    if "city" in values.used:
        said["unknown_activity"] = f"login from {values.get('city')}"
    return said
