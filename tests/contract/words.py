"""What a backend under contract calls things."""

from dataclasses import dataclass

from supportdesk_tui.domain.ticket import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What this backend calls things, and how much of them there is."""

    pending: str = "waiting_customer"
    solved: str = "solved"
    """Names of statuses with these phases."""
    team: str = ""
    """A team one can transfer to; the first of the directory when empty."""
    tag: str = "退款"
    talk: int = 90
    """Entries of a conversation longer than one page."""
    articles: tuple[tuple[str, str], ...] = (("提现", "zh"), ("withdrawal", "en"))
    """Words that find an article, and its language."""
    longest: int = 100_000
    """Characters of the longest reply; 0 where the product names no limit."""
    max_file: int = 25 * 1024 * 1024
    is_seeded: bool = True
    """Its tickets are those of the exchange, with money in motion and every kind of query."""
    knows_roles: bool = True
    """It says at sign-in what the agent's role may not do; elsewhere rights are met ticket by ticket."""
    channel: Channel = Channel.PHONE
    """What a ticket opened after a call counts as."""
    reply_head: bytes = b"POST "
    """What the head of the request that sends a reply holds, and no other."""
    tells_actors: bool = True
    """News of a change say who made it."""
