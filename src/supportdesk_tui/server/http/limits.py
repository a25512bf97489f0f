"""How much one client may take: requests a second by token and by address, bytes, time, connections."""

import math
import threading
import time
from collections import OrderedDict

from msgspec import Struct

from supportdesk_tui.server.desk.refusals import TooMany

MAX_URL = 24_000
"""Bytes of path and query; 2,000 Chinese characters to search for are 18,000 of them."""
MAX_HEAD = 32_768
"""Bytes of request line and headers together."""
MAX_WATCHED = 10_000
"""Tokens and addresses remembered at once; the one unseen longest is forgotten first."""


class Limits(Struct, frozen=True, kw_only=True):
    """What `serve` allows; generous for people, narrow for what runs away."""

    token_rate: float = 50.0
    """Requests a second of one token, lasting; ten seconds' worth may come at once. 0: no limit."""
    address_rate: float = 200.0
    """The same of one address, which a whole office may share."""
    connections: int = 1_000
    """Open connections, event streams among them."""
    head_s: float = 10.0
    """Until a request's headers have arrived."""
    body_s: float = 30.0
    """Until a request's body has arrived."""


UNHURRIED = Limits(token_rate=0, address_rate=0)
"""For a server of one's own on loopback."""


class Rates:
    """Token buckets: each who fills at `rate` a second up to ten seconds' worth, and every request takes one."""

    BURST_S = 10.0

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Who → what is left and when that was; least recently seen first."""

    def take(self, who: str) -> None:
        """Count a request, or refuse it and say in how many seconds the next will pass."""
        if self.rate <= 0:
            return
        now, full = time.monotonic(), max(1.0, self.rate * self.BURST_S)
        with self._lock:
            left, at = self._left.pop(who, (full, now))
            left = min(full, left + (now - at) * self.rate)
            is_let_in = left >= 1
            self._left[who] = (left - 1 if is_let_in else left, now)
            if len(self._left) > MAX_WATCHED:
                self._left.popitem(last=False)
        if not is_let_in:
            raise TooMany("too many requests; wait a little", after_s=math.ceil((1 - left) / self.rate))
