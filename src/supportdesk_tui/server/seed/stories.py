"""Every conversation we can tell, by language and category."""

from supportdesk_tui.server.seed import stories_en, stories_money, stories_more, stories_zh
from supportdesk_tui.server.seed.thread import Thread


def _by_category(threads: tuple[Thread, ...]) -> dict[str, list[Thread]]:
    found: dict[str, list[Thread]] = {}
    for one in threads:
        found.setdefault(one.category, []).append(one)
    return found


THREADS: dict[str, dict[str, list[Thread]]] = {
    "zh": _by_category(stories_zh.THREADS + stories_money.ZH),
    "en": _by_category(stories_en.THREADS + stories_money.EN),
    "ja": _by_category(stories_more.JA),
    "ko": _by_category(stories_more.KO),
    "ru": _by_category(stories_more.RU),
    "es": _by_category(stories_more.ES),
    "fr": _by_category(stories_more.FR),
    "vi": _by_category(stories_more.VI),
    "tr": _by_category(stories_more.TR),
}
