"""The promise in an agent's words: what was said and when it falls due."""

import re

from supportdesk_tui.server.floor.words import DAY, HOUR

_SPANS = (
    (2 * HOUR, r"两小时|2小时|two hours|2時間|2시간|два часа|dos horas|deux heures"),
    (4 * HOUR, r"4小时|four hours"),
    (5 * HOUR, r"今晚8点|今天18点|18点前|8 pm|6 pm|今晚|tonight|今夜"),
    (24 * HOUR, r"24小时内|within 24 hours|明天|tomorrow|noon|1个工作日|one working day"),
    (3 * DAY, r"3天内|三天|three days|3个工作日|three working days|трёх рабочих"),
    (5 * DAY, r"5个工作日|5天|five working days|five days"),
)
_PATTERNS = tuple((span, re.compile(words)) for span, words in _SPANS)
_SENTENCE = re.compile(r"(?:[^。!!;;.]|\.(?=\S))+[。!!;;.]?")
LONGEST = 80


def promise_in(body: str) -> tuple[str, int] | None:
    """The first sentence that names a time, and how long that is."""
    for sentence in _SENTENCE.findall(body):
        for span, pattern in _PATTERNS:
            if pattern.search(sentence):
                return sentence.strip()[:LONGEST], span
    return None
