"""The desk in Chinese: the server's own words, choices found as they read, wide words that fit where English did."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supportdesk_tui.commands.effects import Choice, Pick
from supportdesk_tui.domain.sla import Clock, ClockKind
from supportdesk_tui.i18n import catalog, when
from supportdesk_tui.i18n.catalog import SOURCE, set_locale
from supportdesk_tui.server.floor import views, words
from supportdesk_tui.ui import words as ui_words
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.screens.picker import PickerDialog
from supportdesk_tui.ui.text import cells
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.paint import Line
from supportdesk_tui.ui.widgets.sla_clock import WIDTH, clock_text
from tests.pane import data
from tests.pane.harness import DARK, misfits, presses, showing, texts

CASE = "HX-260817-004213"


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    assert set_locale("zh_CN") == "zh_CN"
    yield
    set_locale(SOURCE)


def test_every_title_the_server_knows_is_told_in_chinese() -> None:
    titles = [
        *(title for _id, title, _query in views.VIEWS),
        *(one.title for one in words.STATUSES.values()),
        *words.TEAMS.values(),
        *(one.title for one in words.TARGETS),
        *(one.title for one in words.CATEGORIES.values()),
        *words.RESOLVE_REASONS,
        *(name for one in words.TARGETS for name in one.required),
    ]
    assert [title for title in titles if own_words(title).isascii() and title.casefold() != "txid"] == []


@pytest.mark.parametrize("locale", [SOURCE, "zh_CN"])
def test_a_status_is_called_in_the_log_what_it_is_called_elsewhere(locale: str) -> None:
    set_locale(locale)
    shown = {one.name: own_words(one.title).lower() for one in words.STATUSES.values()}
    assert shown == {name: ui_words.status_name(name) for name in words.STATUSES}


def test_one_word_is_used_for_a_macro() -> None:
    texts = Path(catalog.__file__).parent.joinpath("locales/zh_CN/LC_MESSAGES/supportdesk.po").read_text(encoding="utf-8")
    assert "宏" not in texts
    assert texts.count("模板") == texts.count("快捷模板") > 10


@pytest.mark.parametrize(
    ("locale", "said", "told"),
    [
        (SOURCE, "promised by {} UTC: call back", "promised by {}: call back"),
        (SOURCE, "HX-1: snoozed it until {} UTC", "HX-1: snoozed it until {}"),
        ("zh_CN", "promised by {} UTC: 回电", "承诺于 {} 前：回电"),
        ("zh_CN", "Mei Lin snoozed it until {} UTC", "Mei Lin 已暂缓至 {}"),
    ],
)
def test_a_moment_of_the_server_is_drawn_as_times_are_drawn_everywhere(locale: str, said: str, told: str) -> None:
    set_locale(locale)
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)
    drawn = own_words(said.format(f"{at:%Y-%m-%d %H:%M}"))
    assert drawn == told.format(when.moment(at, datetime.now(UTC)))
    assert f"{at.year}" not in drawn or (at.astimezone().year != datetime.now().astimezone().year)


@pytest.mark.parametrize("said", ["at 2026-13-99 25:61 UTC", "at 2026-11-22 13:15", "UTC"])
def test_what_is_no_moment_stays_as_it_is(said: str) -> None:
    assert own_words(said) == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("took it", "已接单"),
        (f"{CASE}: took it", f"{CASE}：已接单"),
        ("Mei Lin assigned it to 周敏", "Mei Lin 已指派给 周敏"),
        ("set status Solved (third_party_delay)", "状态改为“已解决”（第三方延误）"),
        (f"escalated to Risk as {CASE}: 请核实\n谢谢", f"已升级到风控（{CASE}）：请核实\n谢谢"),
        ("undid: tag 3 tickets +vip, -bug", "已撤销：给 3 个工单 打标签 +vip, -bug"),
        ("your role (trainee) may not escalate tickets", "您的角色（实习）无权执行：升级"),
        (f"{CASE} moved on: Mei Lin took it", f"{CASE} 已有变动：Mei Lin 已接单"),
        ("took back: set status Waiting on third party", "撤销了：状态改为“等待第三方”"),
        ("took off the tag vip", "移除标签 vip"),
        ("Wallet-Ops returned the task", "Wallet-Ops 已交还任务"),
        ("Mei Lin has it", "已由 Mei Lin 接单"),
        ("12m late, P2, zh, wallet 2, promise", "超 12 分钟, P2, zh, 钱包 2, 承诺"),
    ],
)
def test_sentences_of_the_server_keep_their_names_and_numbers(said: str, told: str) -> None:
    assert own_words(said) == told


@pytest.mark.parametrize("said", ["", "我的钱呢", "Where is my money?", "{name} [b]took[/b]", "a: b: c", "% {0} %s"])
def test_what_nobody_knows_is_shown_as_it_came(said: str) -> None:
    assert own_words(said) == said


def test_english_is_never_touched() -> None:
    set_locale(SOURCE)
    assert own_words("set status Solved (third_party_delay)") == "set status Solved (third_party_delay)"


def test_a_choice_is_found_by_its_chinese_and_by_its_id() -> None:
    teams = tuple(Choice(team, title) for team, title in words.TEAMS.items())
    for typed in ("风控", "risk"):
        dialog = PickerDialog(DARK, Pick("Transfer to", teams, "ticket.transfer"))
        for event in presses(typed):
            assert dialog.press(event) is None
        done = dialog.press(presses("\n")[0])
        assert done is not None
        assert done.args == ("risk",)


def test_tags_are_never_translated() -> None:
    dialog = PickerDialog(DARK, Pick("Tag", (Choice("task", "task"),), "ticket.tag", free=True))
    assert [one.label for one in dialog._offered.fitting] == ["task"]


@pytest.mark.parametrize("hours", [-2_000, -99, -47, -1, 1, 20, 47, 300])
@pytest.mark.parametrize("used", [timedelta(), timedelta(days=12), timedelta(days=900)])
def test_clocks_keep_their_word_and_their_number(hours: int, used: timedelta) -> None:
    clock = Clock(ClockKind.NEXT, data.NOW - used, data.NOW + timedelta(hours=hours, minutes=59))
    text, _ink = clock_text(clock, data.NOW)
    assert cells(text) == WIDTH
    assert text[-1] in "天时钟"


@pytest.mark.parametrize("width", range(1, 12))
def test_a_cut_line_is_cut_once(width: int) -> None:
    painted = Line(QueuePane(DARK).paint, width, "queue").add("社交媒体渠道").add(" · ").add("李伟").strip()
    assert painted.text.count("…") == 1
    assert cells(painted.text) == width


@pytest.mark.parametrize("width", [38, 46, 80, 120])
async def test_rows_in_chinese_fill_their_pane_exactly(width: int) -> None:
    pane = QueuePane(DARK)
    async with showing(pane, width, 12) as (_app, pilot):
        pane.show(data.queue(8), data.NOW)
        await pilot.pause()
        assert misfits(pane) == []
        assert any("仅" in line for line in texts(pane))
