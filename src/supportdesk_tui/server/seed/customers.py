"""Customers with lives: identity checks, devices, money on its way, flags; and the ones that break software."""

import random
from dataclasses import dataclass
from typing import Any

from supportdesk_tui.server.floor.people import Customer
from supportdesk_tui.server.floor.words import DAY, HOUR
from supportdesk_tui.server.seed.money import Plot, invented, iso, movement_of

NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "zh": (("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭"),
           ("伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超", "雨桐", "浩然", "子轩")),
    "en": (("Carter ", "Amara ", "Liam ", "Priya ", "Noah ", "Chloe ", "Marcus ", "Isla ", "Devin ", "Hannah ", "Oliver ", "Ruth "),
           ("Bennett", "Osei", "Walsh", "Nair", "Fletcher", "Grant", "Doyle", "Whitaker", "Singh", "Moreau", "Kaplan", "Reed")),
    "ru": (("Алексей ", "Мария ", "Иван ", "Ольга ", "Сергей ", "Анна "), ("Соколов", "Кузнецов", "Попов", "Волков", "Морозов")),
    "es": (("Lucía ", "Mateo ", "Camila ", "Diego ", "Valentina ", "Javier "), ("García", "Fernández", "Rojas", "Herrera", "Núñez")),
    "ja": (("佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤"), ("大輔", "美咲", "健太", "さくら", "翔", "陽子")),
    "ko": (("김", "이", "박", "최", "정", "강"), ("민준", "서연", "지훈", "하은", "도윤", "수빈")),
    "fr": (("Camille ", "Hugo ", "Léa ", "Julien ", "Manon "), ("Lefèvre", "Moreau", "Girard", "Rousseau", "Petit")),
    "vi": (("Nguyễn ", "Trần ", "Lê ", "Phạm "), ("Minh Anh", "Quốc Bảo", "Thu Hà", "Đức Long")),
    "tr": (("Ayşe ", "Mehmet ", "Elif ", "Burak "), ("Yılmaz", "Kaya", "Şahin", "Demir")),
}  # fmt: skip
REGIONS = {
    "zh": ("HK", "Asia/Hong_Kong"), "en": ("GB", "Europe/London"), "ru": ("KZ", "Asia/Almaty"), "es": ("MX", "America/Mexico_City"),
    "ja": ("JP", "Asia/Tokyo"), "ko": ("KR", "Asia/Seoul"), "fr": ("FR", "Europe/Paris"), "vi": ("VN", "Asia/Ho_Chi_Minh"),
    "tr": ("TR", "Europe/Istanbul"),
}  # fmt: skip
TIERS = ("Regular", "VIP1", "VIP2", "VIP3", "VIP5", "Institution")
STATES = ("done", "done", "done", "done", "failed", "returned")
"""Of what is over; money on its way belongs to a ticket."""
FLAGS = (
    ("new_device_withdrawal", "risk engine"), ("sim_swap_suspect", "carrier signal"), ("scam_victim_report", "customer"),
    ("mule_pattern", "risk engine"), ("vulnerable_customer", "agent"), ("chargeback", "card processor"), ("abusive", "agent"),
)  # fmt: skip
DEVICES = (
    "iPhone 15 · app 6.12",
    "Pixel 8 · app 6.12",
    "Xiaomi 14 · app 6.11",
    "Chrome 130 · Windows",
    "Safari 18 · macOS",
    "HUAWEI Mate 60 · app 6.10",
)
HOMES = {
    "HK": ("852", "Hong Kong"), "GB": ("44", "London"), "KZ": ("7", "Almaty"), "MX": ("52", "Mexico City"), "JP": ("81", "Tokyo"),
    "KR": ("82", "Seoul"), "FR": ("33", "Paris"), "VN": ("84", "Hanoi"), "TR": ("90", "Istanbul"),
}  # fmt: skip
"""Dialling code and city by region."""


@dataclass(frozen=True, slots=True)
class EdgeCustomer:
    """One of the people every desk meets once, with what they wrote."""

    name: str
    language: str
    category: str
    subject: str
    bodies: tuple[str, ...]
    flags: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    plot: str = ""
    answer: str = ""
    """What an agent has already answered."""


def earlier_movement(rng: random.Random, now: int) -> dict[str, Any]:
    """One deposit or withdrawal that is long over; every identifier is invented."""
    plot = Plot(rng.choice(("out", "out", "in")), (rng.choice(STATES),), settled=True)
    return movement_of(plot, invented(rng, "en", plot), 1, now - rng.randrange(50, 1_000) * HOUR)


def _fact(name: str, value: str, *, warn: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "warn": warn}


def make_customer(rng: random.Random, n: int, language: str, now: int, edge: EdgeCustomer | None = None) -> Customer:
    """A customer with everything the pane shows."""
    first, last = NAMES[language]
    name = edge.name if edge else rng.choice(first) + rng.choice(last)
    region, zone = REGIONS[language]
    tier = rng.choices(TIERS, (78, 9, 5, 3, 2, 3))[0]
    level = rng.choices((0, 1, 2, 3), (6, 24, 52, 18))[0]
    hold = rng.random() < 0.04
    two_factor = rng.choices(("app", "passkey", "SMS", "off"), (58, 14, 20, 8))[0]
    joined = now - rng.randrange(3, 2200) * DAY
    flags = list(edge.flags) if edge else [rng.choice(FLAGS)] if rng.random() < 0.07 else []
    status = "rejected BLUR-02" if level == 1 and rng.random() < 0.3 else "approved" if level else "none"
    context: dict[str, object] = {
        "region": region,
        "time_zone": zone,
        "phone": f"+{HOMES[region][0]} *** *** {rng.randrange(10, 99)}",
        "joined_at": iso(joined),
        "preferred_channel": rng.choice(("chat", "email", "inapp", None)),
        "do_not_contact": rng.random() < 0.02,
        "kyc": [
            _fact("level", str(level)),
            _fact("status", status, warn=status.startswith("rejected")),
            _fact("last_review", iso(now - rng.randrange(3, 400) * DAY)[:10]),
        ],
        "security": [
            _fact("two_factor", two_factor, warn=two_factor == "off"),
            _fact("anti_phishing_code", rng.choice(("set", "not set"))),
            _fact("allow_list", rng.choice(("on", "off"))),
            _fact(
                "withdrawal_hold", iso(now + rng.randrange(1, 24) * HOUR)[:16].replace("T", " ") if hold else "none", warn=hold
            ),
            _fact("last_device", f"{rng.choice(DEVICES)} · {HOMES[region][1]}"),
            _fact("new_device", f"{rng.randrange(1, 9)} h ago" if hold else "no", warn=hold),
        ],
        "account": [
            _fact("balance", rng.choices(("< 100", "100–10k", "10k–1M", "> 1M"), (30, 48, 19, 3))[0]),
            _fact("api_keys", str(rng.choice((0, 0, 0, 1, 2, 5)))),
            _fact("csat", rng.choice(("–", "5 5 4", "4 5", "2 3", "5"))),
            _fact("compensation_12m", rng.choice(("0", "0", "0", "5.00", "12.50"))),
        ],
        "movements": [earlier_movement(rng, now) for _ in range(rng.choice((0, 0, 1, 1, 2)))],
        "tags": list(edge.tags) if edge else (["vip"] if tier != "Regular" else []),
        "flags": [{"name": flag, "source": source, "expires_at": iso(now + 30 * DAY)} for flag, source in flags],
    }
    uid = f"{rng.randrange(10**17, 10**18)}"
    return Customer(
        id=f"c{n}", uid=uid, email=f"user{n}@mail.example", name=name, tier=tier, language=language, context=context
    )
