"""Facts, flags and movements of a customer in words; names we do not know are shown as they came."""

from decimal import Decimal

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.text import shown_line


def fact_name(name: str) -> str:
    """A labelled fact or a risk flag."""
    known = {
        "2fa": _("2FA"),
        "two_factor": _("2FA"),
        "anti_phishing_code": _("anti-phishing code"),
        "last_device": _("last device"),
        "compensation_12m": _("paid back in 12 months"),
        "last_review": _("last review"),
        "allow_list": _("allow-list"),
        "anti_phishing": _("anti-phishing code"),
        "api_keys": _("API keys"),
        "balance": _("balance"),
        "country": _("country"),
        "csat": _("satisfaction"),
        "document": _("document"),
        "frozen": _("frozen"),
        "level": _("level"),
        "new_device": _("new device"),
        "new_device_withdrawal": _("withdrawal from a new device"),
        "password_changed": _("password changed"),
        "reviewed": _("last review"),
        "status": _("status"),
        "withdrawal_hold": _("withdrawal hold until"),
        "withdrawal_limit": _("limit"),
        "sim_swap_suspect": _("SIM swap suspected"),
        "mule_pattern": _("mule pattern"),
        "sanctions_hit": _("sanctions hit"),
        "chargeback": _("chargeback"),
        "scam_victim_report": _("reported a scam"),
        "law_enforcement_hold": _("law enforcement hold"),
        "abusive": _("abusive"),
        "vulnerable_customer": _("vulnerable customer"),
        "minor_suspect": _("may be a minor"),
    }
    return known.get(name) or shown_line(name.replace("_", " "))


def movement_state(state: str) -> str:
    """How far a deposit or withdrawal has come."""
    known = {
        "review": _("in review"),
        "signing": _("signing"),
        "broadcast": _("broadcast"),
        "confirming": _("confirming"),
        "done": _("done"),
        "failed": _("failed"),
        "returned": _("returned"),
    }
    return known.get(state) or shown_line(state)


def amount_words(amount: Decimal) -> str:
    """An amount with its thousands told apart and no idle zeros."""
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
