"""Every conversation we can tell, by language and category."""

from supportdesk_tui.server.seed import stories_en, stories_zh
from supportdesk_tui.server.seed.thread import Thread


def _by_category(threads: tuple[Thread, ...]) -> dict[str, list[Thread]]:
    found: dict[str, list[Thread]] = {}
    for one in threads:
        found.setdefault(one.category, []).append(one)
    return found


THREADS: dict[str, dict[str, list[Thread]]] = {
    "zh": _by_category(stories_zh.THREADS),
    "en": _by_category(stories_en.THREADS),
}
