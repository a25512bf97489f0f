"""The same made-up ticket rows for every list under test."""

STATUS = ("open", "pending", "solved", "on-hold")
PRIO = ("low", "normal", "high", "urgent")
WORDS = (
    "invoice",
    "refund",
    "login",
    "password",
    "shipping",
    "delay",
    "broken",
    "webhook",
    "export",
    "import",
    "SSO",
    "billing",
    "API",
    "limit",
    "mobile",
    "crash",
)


def subject(i: int) -> str:
    return " ".join(WORDS[(i * 7 + k * k * 3 + (i >> 3)) % 16] for k in range(3 + i % 4))


def row(i: int) -> tuple[str, str, str, str, str, str]:
    return (f"#{i:06d}", STATUS[i % 4], PRIO[(i // 3) % 4], subject(i), f"customer{i % 9973}@example.com", f"{i % 59 + 1}m")


def line(i: int) -> str:
    a, b, c, d, e, f = row(i)
    return f"{a} {b:<8} {c:<7} {d:<60.60} {e:<30} {f:>5}"
