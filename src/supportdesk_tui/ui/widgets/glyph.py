"""The marks panes draw beside words; each has a plain twin for terminals and fonts that lack it."""

from msgspec import Struct, field

from supportdesk_tui.domain.ticket import Channel


class Glyphs(Struct, frozen=True):
    """One set of marks, every one a single column wide."""

    cursor: str = "▸"
    selected: str = "✓"
    unread: str = "●"
    typing: str = "✎"
    viewing: str = "◎"
    draft: str = "¶"
    bar: str = "▎"
    rule: str = "─"
    wall: str = "│"
    dots: str = "…"
    link: str = "↳"
    live: str = "●"
    lost: str = "○"
    down: str = "▼"
    up: str = "▲"
    folded: str = "▸"
    unfolded: str = "▾"
    money_in: str = "↓"
    money_out: str = "↑"
    warn: str = "⚠"
    good: str = "✓"
    bad: str = "✗"
    watched: str = "◆"
    promise: str = "◷"
    channels: dict[Channel, str] = field(
        default_factory=lambda: {
            Channel.CHAT: "❝",
            Channel.EMAIL: "✉",
            Channel.TICKET: "▤",
            Channel.PHONE: "☎",
            Channel.SOCIAL: "@",
            Channel.FORUM: "¶",
            Channel.INAPP: "◫",
            Channel.OTHER: "·",
        }
    )


UNICODE = Glyphs()
ASCII = Glyphs(
    cursor=">",
    selected="x",
    unread="*",
    typing="w",
    viewing="v",
    draft="d",
    bar="|",
    rule="-",
    wall="|",
    dots="~",
    link=">",
    live="*",
    lost="o",
    down="v",
    up="^",
    folded=">",
    unfolded="v",
    money_in="v",
    money_out="^",
    warn="!",
    good="+",
    bad="x",
    watched="*",
    promise="@",
    channels={
        Channel.CHAT: "c",
        Channel.EMAIL: "e",
        Channel.TICKET: "t",
        Channel.PHONE: "p",
        Channel.SOCIAL: "@",
        Channel.FORUM: "f",
        Channel.INAPP: "i",
        Channel.OTHER: ".",
    },
)
