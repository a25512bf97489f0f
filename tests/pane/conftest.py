"""What strangers write, for every pane."""

import pytest

from tests.hostile import HOSTILE, LEGITIMATE


@pytest.fixture(scope="session")
def hostile_texts() -> list[str]:
    """Texts that must be drawn without harm and without shifting a column."""
    return [*HOSTILE.values(), *LEGITIMATE, "１２３全角ＡＢＣ　ｶﾀｶﾅ 한국어", "中文字符，很长的一行没有任何空格，" * 20]
