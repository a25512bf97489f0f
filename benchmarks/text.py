"""What reading a stranger's text costs: `python -m benchmarks.text`. CPU time, best of three."""

import json
import time
from collections.abc import Callable
from functools import partial

from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.text.secrets import admit, admit_line, find

ENGLISH = (
    "The deposit I made on Tuesday has not arrived in my account yet, and the support page says that I should wait for "
    "thirty confirmations before writing to you. "
)
CHINESE = (
    "您好，我昨天从另一个交易所提现到这里，已经过去了三个小时，区块链浏览器显示已经确认了三十次，但是账户里还是没有到账。\n"
)
SUBJECTS = ("Withdrawal 0.5 BTC pending for 3 hours HX-204817", "提现三小时未到账", "Can't log in after changing my phone")
SIZE = 10_000_000
"""Bytes of a clean text."""
HOSTILE = {
    "list words": "abandon " * 125_000,
    "digits": "4" * 1_000_000,
    "digit groups": "4111 " * 200_000,
    "single digits": "4 " * 500_000,
    "code": "code " * 200_000,
    "keystores": '{"ciphertext"' * 70_000,
    "base58": "5K" * 500_000,
}
"""A megabyte each of what a detector looks at longest."""


def cpu_s(work: Callable[[], object]) -> float:
    """Seconds of CPU, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return round(best, 3)


def measure() -> dict[str, float]:
    """Every figure, in seconds of CPU."""
    english = ENGLISH * (SIZE // len(ENGLISH))
    chinese = CHINESE * (SIZE // len(CHINESE.encode()))
    lines = [SUBJECTS[at % 3] for at in range(100_000)]
    figures = {
        "sanitise 10 MB English": cpu_s(lambda: sanitize(english, limit=None)),
        "sanitise 10 MB Chinese": cpu_s(lambda: sanitize(chinese, limit=None)),
        "secrets 10 MB English": cpu_s(lambda: find(english)),
        "secrets 10 MB Chinese": cpu_s(lambda: find(chinese)),
        "admit 100,000 subjects": cpu_s(lambda: [admit_line(line) for line in lines]),
        "admit 10,000 bodies of 1 kB": cpu_s(lambda: [admit(english[at : at + 1000]) for at in range(10_000)]),
    }
    return figures | {f"secrets 1 MB {name}": cpu_s(partial(find, text)) for name, text in HOSTILE.items()}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2, ensure_ascii=False))
