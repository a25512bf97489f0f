"""Who tries to sign in too often: by login at one address, by address, and by login from everywhere."""

import threading
import time
from collections import OrderedDict

from supportdesk_tui.server.desk.refusals import TooMany

WINDOW_S = 60.0
MAX_WATCHED = 10_000
TRIES = {"pair": 5, "address": 20, "login": 30}
"""Failed tries within the window; many addresses together may guess at one login no faster than this."""


class Throttle:
    """Failed sign-ins of the last minute; a try counts from its beginning, so that many at once gain nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def begin(self, address: str, login: str) -> float:
        """Count a try, or refuse it; the moment it is known by."""
        now = time.monotonic()
        with self._lock:
            for watched in _watched(address, login):
                recent = [at for at in self._tries.get(watched, ()) if now - at < WINDOW_S]
                if len(recent) >= TRIES[watched[0]]:
                    raise TooMany("too many failed sign-ins", after_s=int(WINDOW_S - (now - recent[0])) + 1)
            for watched in _watched(address, login):
                kept = [at for at in self._tries.pop(watched, []) if now - at < WINDOW_S]
                self._tries[watched] = [*kept, now]
            while len(self._tries) > MAX_WATCHED:
                self._tries.popitem(last=False)
        return now

    def passed(self, address: str, login: str, at: float) -> None:
        """The try was good: it does not count, and neither do the earlier ones of this login at this address."""
        with self._lock:
            for watched in _watched(address, login):
                left = [one for one in self._tries.pop(watched, []) if one != at]
                if left and watched[0] != "pair":
                    self._tries[watched] = left


def _watched(address: str, login: str) -> tuple[tuple[str, str], ...]:
    name = login.casefold()
    return ("pair", f"{address}\n{name}"), ("address", address), ("login", name)
