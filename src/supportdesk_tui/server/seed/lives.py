"""What the customer pane shows beside the money: device, identity check, order, restriction, as the open ticket has it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from supportdesk_tui.server.floor.people import Customer
from supportdesk_tui.server.floor.words import DAY, HOUR
from supportdesk_tui.server.seed.money import Values, iso


@dataclass(frozen=True, slots=True)
class Scene:
    """An open ticket as its customer's account has to show it."""

    values: Values
    turns: int
    opened_at: int
    now: int
    rng: random.Random
    language: str

    def value(self, name: str) -> str:
        """A fact, without counting it as said."""
        return self.values.get(name, "")


Life: TypeAlias = Callable[[Customer, Scene], dict[str, str]]
"""Fits the customer to a scene; gives the ticket fields that the story itself has told."""


def put(customer: Customer, group: str, name: str, value: str, *, warn: bool = False) -> None:
    """Set a fact, in its place when there is one."""
    facts: list[dict[str, Any]] = customer.context[group]  # type: ignore[assignment]  # made by make_customer
    fact = {"name": name, "value": value, "warn": warn}
    place = next((at for at, one in enumerate(facts) if one["name"] == name), None)
    if place is None:
        facts.insert(0, fact)
    else:
        facts[place] = fact


def flag(customer: Customer, scene: Scene, name: str, source: str) -> None:
    """Raise a risk flag once."""
    flags: list[dict[str, Any]] = customer.context["flags"]  # type: ignore[assignment]  # made by make_customer
    if all(one["name"] != name for one in flags):
        flags.append({"name": name, "source": source, "expires_at": iso(scene.now + 30 * DAY)})


def new_device(customer: Customer, scene: Scene) -> None:
    """Somebody signed in from a device nobody knows, and withdrawals wait."""
    hours = max(1, (scene.now - scene.opened_at) // HOUR + 1)
    put(customer, "security", "last_device", f"{scene.value('device')} · {scene.value('city')}", warn=True)
    put(customer, "security", "new_device", f"{hours} h ago", warn=True)
    hold(customer, scene)


def hold(customer: Customer, scene: Scene) -> None:
    """Withdrawals wait for a day after a change of security."""
    until = max(scene.opened_at + 24 * HOUR, scene.now + scene.rng.randrange(2, 20) * HOUR)
    put(customer, "security", "withdrawal_hold", iso(until)[:16].replace("T", " "), warn=True)


def _intrusion(customer: Customer, scene: Scene) -> dict[str, str]:
    new_device(customer, scene)
    flag(customer, scene, "new_device_withdrawal", "risk engine")
    if scene.turns >= 2:
        put(customer, "account", "frozen", "logins and withdrawals", warn=True)
    told = {"last_seen_ok": "yesterday 21:00"} if scene.turns >= 3 else {}
    return {**told, "unknown_activity": f"login from {scene.value('city')}"}


def _phishing(customer: Customer, scene: Scene) -> dict[str, str]:
    flag(customer, scene, "scam_victim_report", "customer")
    put(customer, "security", "anti_phishing_code", "not set", warn=True)
    if scene.turns >= 4:
        hold(customer, scene)
    return {"unknown_activity": "phishing message"}


def _rejected(code: str, document: str) -> Life:
    def life(customer: Customer, scene: Scene) -> dict[str, str]:
        is_done = scene.turns >= 6
        put(customer, "kyc", "last_review", iso(scene.opened_at - HOUR)[:10])
        put(customer, "kyc", "document", document)
        put(customer, "kyc", "status", "approved" if is_done else f"rejected {code}", warn=not is_done)
        put(customer, "kyc", "level", "2" if is_done else "1")
        return {"level": "2", "document_type": document} | ({"rejection_code": code} if scene.turns >= 2 else {})

    return life


def _pending(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "kyc", "level", "1")
    put(customer, "kyc", "status", "pending", warn=True)
    put(customer, "kyc", "last_review", "–")
    return {"level": "2"}


def _lost_app(customer: Customer, scene: Scene) -> dict[str, str]:
    after = scene.turns >= 5
    put(customer, "security", "two_factor", "app · reset" if after else "app · old phone", warn=True)
    put(customer, "security", "last_device", f"{scene.value('device')} · new phone")
    if after:
        hold(customer, scene)
    return {"method_lost": "authenticator app", "backup": "none"}


def _lost_sms(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "security", "two_factor", "SMS · 10 codes not delivered", warn=True)
    return {"method_lost": "SMS"}


def _mailbox(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "security", "email_change", "form sent" if scene.turns >= 2 else "not requested", warn=scene.turns >= 2)
    if scene.turns >= 4:
        hold(customer, scene)
    return {"method_lost": "e-mail"}


def _p2p(customer: Customer, scene: Scene) -> dict[str, str]:
    state = "released" if scene.turns >= 6 else "in dispute" if scene.turns >= 2 else "paid, not released"
    put(customer, "account", "p2p_seller", f"uid …{int(scene.value('p2p')[-4:]):04d} · 98.1 %")
    put(customer, "account", "p2p_order", f"{scene.value('p2p')} · {state}", warn=state != "released")
    return {"payment_proof": "receipt uploaded"} if scene.turns >= 3 else {}


def _restricted(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "account", "restricted", f"{scene.value('restriction')} · withdrawals", warn=True)
    flag(customer, scene, "mule_pattern", "risk engine")
    return {"documents": "bank statements, three months"} if scene.turns >= 3 else {}


def _liquidated(customer: Customer, scene: Scene) -> dict[str, str]:
    put(
        customer,
        "account",
        "position",
        f"{scene.value('pair')} 10× · liquidated {iso(scene.opened_at - HOUR)[11:16]}",
        warn=True,
    )
    put(customer, "account", "margin_ratio", "100 % at mark price")
    return {"pair": scene.value("pair")}


def _open_order(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "account", "open_order", f"{scene.value('od')} · {scene.value('pair')} · 62 % filled", warn=True)
    return {}


def _api(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "account", "api_keys", "2")
    put(customer, "account", "api_errors_1h", f"{scene.rng.randrange(40, 900)} × {scene.value('code')}", warn=True)
    return {"endpoint": "POST /order"}


def _earn(customer: Customer, scene: Scene) -> dict[str, str]:
    ended = iso(scene.opened_at - DAY)[:10]
    put(customer, "account", "earn", f"locked 30 d · ended {ended} · not settled", warn=scene.turns < 4)
    return {"product": "locked 30 d"}


def _promo(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "account", "campaign", "August contest · qualified")
    return {"campaign": "August contest"} if scene.turns >= 3 else {}


def _complaint(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "account", "complaints", "1 open", warn=True)
    put(customer, "account", "csat", "4 2 1", warn=True)
    return {}


def _old_device(customer: Customer, scene: Scene) -> dict[str, str]:
    put(customer, "security", "last_device", f"{scene.value('device')} · app {scene.value('version')}")
    return {}


LIVES: dict[str, Life] = {
    "intrusion": _intrusion, "phishing": _phishing, "blur": _rejected("BLUR-02", "passport"), "name": _rejected("NAME-04", "passport"),
    "expired": _rejected("DOC-07", "passport"), "pending": _pending, "lost_app": _lost_app, "lost_sms": _lost_sms, "mailbox": _mailbox,
}  # fmt: skip
OF_CATEGORY: dict[str, Life] = {
    "SEC": _intrusion, "KYC": LIVES["blur"], "ACC": _lost_app, "P2P": _p2p, "FRZ": _restricted, "TRD": _liquidated,
    "EMG": _open_order, "API": _api, "EAR": _earn, "PRO": _promo, "CMP": _complaint, "TEC": _old_device,
}  # fmt: skip


def live_through(customer: Customer, category: str, plot: str, scene: Scene) -> dict[str, str]:
    """Fit the customer's account to an open ticket; the fields its story has told."""
    if plot == "review":
        customer.context["flags"] = []
        new_device(customer, scene)
        flag(customer, scene, "new_device_withdrawal", "risk engine")
    life = LIVES.get(plot) or (None if plot == "plain" else OF_CATEGORY.get(category))
    return life(customer, scene) if life else {}
