"""Facts a customer already gave in their words: order numbers, TXIDs, networks, coins."""

import re

PATTERNS = {
    "txid": re.compile(r"\b(?:0x)?[0-9a-fA-F]{64}\b"),
    "order_id": re.compile(r"\b(?:WD|OD|P2P)\d{8,18}\b"),
    "network": re.compile(r"\b(TRC20|ERC20|BEP20|SOL|BTC|Polygon|Arbitrum)\b", re.I),
    "coin": re.compile(r"\b(USDT|USDC|BTC|ETH|SOL|XRP|TRX|DOGE)\b"),
    "error_code": re.compile(r"\b(?:error|code|错误码)[ :：]*(-?\d{3,6})\b", re.I),
}


def facts_in(text: str) -> dict[str, str]:
    """The facts named in a text; the first of each kind."""
    hits = {name: pattern.search(text) for name, pattern in PATTERNS.items()}
    return {name: (hit.group(hit.lastindex or 0)) for name, hit in hits.items() if hit}
