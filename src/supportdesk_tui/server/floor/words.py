"""The words of the floor: teams, statuses, categories, targets, reasons. Plain data, changed only by a release."""

from dataclasses import dataclass

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Status:
    """A status, the phase logic reads, and its title."""

    name: str
    phase: str
    title: str


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of question: its deadlines in milliseconds (None = no promise) and the facts it needs."""

    code: str
    title: str
    first: int
    next: int | None
    resolve: int | None
    required: tuple[str, ...] = ()
    always_on: bool = False
    """The same deadline on every channel, day and night."""
    priority: int = 3


@dataclass(frozen=True, slots=True)
class Target:
    """A team one can escalate to, with its letter and what it must be told."""

    key: str
    team: str
    title: str
    required: tuple[str, ...] = ()


STATUSES = {
    one.name: one
    for one in (
        Status("new", "new", "New"),
        Status("bot", "on_hold", "With the bot"),
        Status("waiting_human", "new", "Asked for a human"),
        Status("open", "open", "Open"),
        Status("waiting_customer", "pending", "Waiting on customer"),
        Status("waiting_internal", "on_hold", "Waiting on a colleague"),
        Status("waiting_third_party", "on_hold", "Waiting on third party"),
        Status("snoozed", "snoozed", "Snoozed"),
        Status("solved", "solved", "Solved"),
        Status("closed", "closed", "Closed"),
        Status("merged", "closed", "Merged"),
        Status("spam", "closed", "Spam"),
    )
}
NOT_BY_HAND = {"bot": "only the bot's own tickets are with the bot", "snoozed": "use snooze", "merged": "use merge"}
"""Statuses an agent reaches by another verb, and which."""

TEAMS = {
    "frontline-cn": "Frontline-CN",
    "frontline-global": "Frontline-Global",
    "wallet-ops": "Wallet-Ops",
    "risk": "Risk",
    "security": "Security Response",
    "kyc": "KYC Review",
    "derivatives": "Derivatives",
    "finance": "Fiat & Finance",
    "compliance": "Compliance",
    "qa": "QA",
    "duty": "Duty Managers",
}

CATEGORIES = {
    one.code: one
    for one in (
        Category("USE", "How-to", 2 * MINUTE, 5 * MINUTE, 30 * MINUTE, ("product", "platform")),
        Category("TEC", "Technical fault", 5 * MINUTE, 30 * MINUTE, 8 * HOUR, ("device", "app_version", "time", "error_code")),
        Category(
            "FND", "Funds", 30 * MINUTE, 2 * HOUR, 3 * DAY, ("coin", "amount", "network", "address", "txid", "time"), True, 2
        ),
        Category(
            "DEP", "Deposit not credited", 15 * MINUTE, 2 * HOUR, DAY, ("coin", "network", "txid", "memo", "amount"), True, 2
        ),
        Category(
            "SEC", "Account compromised", MINUTE, 5 * MINUTE, 3 * DAY, ("last_seen_ok", "device", "unknown_activity"), True, 1
        ),
        Category("FRZ", "Account restricted", 10 * MINUTE, 12 * HOUR, 7 * DAY, ("restriction_code", "documents"), False, 2),
        Category("KYC", "Identity verification", 15 * MINUTE, 4 * HOUR, DAY, ("level", "document_type", "rejection_code")),
        Category("ACC", "Login and two-factor", 5 * MINUTE, 30 * MINUTE, DAY, ("method_lost", "backup"), True, 2),
        Category("TRD", "Orders and liquidation", 5 * MINUTE, HOUR, 2 * DAY, ("pair", "order_id", "side", "time"), False, 2),
        Category("EMG", "Trade emergency", MINUTE, 2 * MINUTE, 10 * MINUTE, ("order_id",), True, 1),
        Category("P2P", "P2P dispute", 10 * MINUTE, HOUR, DAY, ("order_id", "payment_proof")),
        Category("FIA", "Card and bank", 30 * MINUTE, 4 * HOUR, 3 * DAY, ("bank_ref", "name_match")),
        Category("API", "API and keys", 30 * MINUTE, 4 * HOUR, DAY, ("endpoint", "error_code", "request_id", "time")),
        Category("EAR", "Earn and staking", 15 * MINUTE, 4 * HOUR, DAY, ("product", "order_id")),
        Category("PRO", "Promotion and rebate", HOUR, 8 * HOUR, 3 * DAY, ("campaign", "time")),
        Category("CMP", "Complaint", 15 * MINUTE, 4 * HOUR, 3 * DAY, ("case_number",), False, 2),
        Category("FBK", "Suggestion", 8 * HOUR, None, None, (), False, 4),
        Category("LEG", "Law enforcement", HOUR, None, None),
    )
}

TARGETS = (
    Target("s", "security", "Security Response", ("unknown_activity",)),
    Target("r", "risk", "Risk", ("restriction_code",)),
    Target("w", "wallet-ops", "Wallet-Ops", ("txid", "network")),
    Target("k", "kyc", "KYC Review", ("document_type",)),
    Target("d", "derivatives", "Derivatives desk", ("order_id",)),
    Target("f", "finance", "Fiat & Finance", ("bank_ref",)),
    Target("c", "compliance", "Compliance / Legal"),
    Target("q", "qa", "QA"),
    Target("l", "duty", "Duty Manager"),
)

RESOLVE_REASONS = (
    "answered",
    "fixed",
    "duplicate",
    "third_party_delay",
    "chain_congestion",
    "reported_upstream",
    "out_of_scope",
    "customer_error",
    "refused_by_policy",
    "no_reply",
    "fraud_confirmed",
    "community_answered",
)

TAGS = (
    "vip",
    "whale",
    "refund",
    "urgent",
    "phishing",
    "new-device",
    "wrong-network",
    "missing-memo",
    "chain-congestion",
    "legal",
    "press",
    "feedback",
    "bug",
    "follow-up",
    "goodwill",
    "text-only",
    "grief",
    "minor",
)

LINK_HOSTS = ("harbor-exchange.example", "help.harbor-exchange.example", "status.harbor-exchange.example")

FIELD_TITLES = {
    "txid": "TXID",
    "order_id": "Order number",
    "app_version": "App version",
    "error_code": "Error code",
    "request_id": "Request id",
    "bank_ref": "Bank reference",
    "memo": "Memo / tag",
}


def field_title(name: str) -> str:
    """How a fact is labelled."""
    return FIELD_TITLES.get(name, name.replace("_", " ").capitalize())
