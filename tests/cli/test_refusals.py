"""Why the embedded server says no is told in the person's language, whatever it is: its own source is the list."""

import ast
from collections.abc import Iterator

import pytest

from supportdesk_tui.domain.errors import Refused
from supportdesk_tui.i18n.catalog import SOURCE, set_locale
from supportdesk_tui.server.desk import refusals
from supportdesk_tui.server.desk.refusals import Refusal
from supportdesk_tui.server.floor.query import BadQuery
from supportdesk_tui.ui.vocabulary import own_words
from tests.arch.source import PACKAGE, modules
from tests.cli.conftest import Shell
from tests.cli.test_speaking import CHINESE

KINDS = {BadQuery.__name__} | {
    name for name, kind in vars(refusals).items() if isinstance(kind, type) and issubclass(kind, Refusal)
}
TO_PROGRAMS = (
    *("Content-Type", "Content-Encoding", "Idempotency-Key", "If-Log-Reached", "If-Match", "Last-Event-ID", "Authorization"),
    *("the body is no JSON", "is given twice", "is a whole number", "only an agent does that"),
)
"""What only a program can do wrong; ours does not."""
OF_FEW_VALUES = {
    "a ticket that is 7 gets no reply": ("a ticket that is merged gets no reply", "a ticket that is spam gets no reply"),
    "the promise is 7 already": ("the promise is kept already", "the promise is broken already"),
    "7 7 meanwhile": ("Mei Lin wrote meanwhile", "Mei Lin replied meanwhile"),
    "your role (7) may not 7": ("your role (trainee) may not reply", "your role (auditor) may not bulk"),
    "your role (7) may not 7 tickets": ("your role (auditor) may not take tickets",),
    "your role (7) may not use 7": ("your role (trainee) may not use attach",),
    "a 7 is never sent to anybody: mask it": ("a recovery phrase is never sent to anybody: mask it",),
}
"""Sentences whose places hold words of ours, with those they can hold."""


def said_by_the_server() -> Iterator[str]:
    """Every refusal that stands in the server's code, a number in each of its places."""
    for module in modules(PACKAGE / "server"):
        for node in module.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                (text, *_) = node.args
                if isinstance(text, ast.Constant):
                    yield str(text.value)
                elif isinstance(text, ast.JoinedStr):
                    yield "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in text.values)


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    assert set_locale("zh_CN") == "zh_CN"
    yield
    set_locale(SOURCE)


def is_told(text: str) -> bool:
    """Whether it comes out in Chinese, without a rest of English sentence."""
    told = own_words(text)
    return told != text and any("\u4e00" <= char <= "\u9fff" for char in told)


def test_every_refusal_of_the_server_has_words() -> None:
    found = {one for text in said_by_the_server() for one in OF_FEW_VALUES.get(text, (text,))}
    assert len(found) > 70
    assert sorted(one for one in found if not is_told(one) and not any(word in one for word in TO_PROGRAMS)) == []


def test_complaints_about_fields_are_told_too() -> None:
    from supportdesk_tui.cli.outcomes import stopped

    ending = stopped(Refused("assign", "there is no agent x", fields={"agent": "there is no agent x"}))
    assert str(ending) == "后端拒绝了：没有客服 x (agent: 没有客服 x)"


def test_what_became_of_a_change_is_told_in_chinese(desk: Shell) -> None:
    number = desk("tickets", "list", "--limit", "1", "--json").output.partition('"number": "')[2].partition('"')[0]
    refused = desk("tickets", "status", number, "bot", env=CHINESE)
    assert refused.exit_code == 1
    assert "被拒绝：不能手动设为 bot：只有机器人自己的工单才由机器人处理" in refused.output
    wrong = desk("whoami", env={**CHINESE, "SUPPORTDESK_TOKEN": "x" * 20})
    assert "未登录：令牌未知、已过期、已吊销或另有用途" in wrong.output
    done = desk("tickets", "assign", number, "me", env=CHINESE)
    assert "已接单" in done.output


def test_why_a_token_is_kept_nowhere_is_told() -> None:
    why = "nowhere to keep it: keyring not available: no D-Bus; kernel keys: Operation not permitted"
    assert own_words(why) == "无处保存：密钥环不可用：no D-Bus; 内核密钥：Operation not permitted"
