"""Customer, bar and last line as they are drawn."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.people import AgentState, Fact
from supportdesk_tui.store.state import LinkPhase, LinkState
from supportdesk_tui.store.views import CustomerView, Shown, TopView
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.theming.load import SIXTEEN, load_theme, theme_folders, theme_names
from supportdesk_tui.ui.panes.bottom import BottomPane
from supportdesk_tui.ui.panes.customer import CustomerPane
from supportdesk_tui.ui.panes.top import TopPane
from tests.pane import data
from tests.pane.harness import DARK, Desk, misfits, of, showing, texts


async def test_money_in_motion_comes_first_while_it_moves() -> None:
    pane = CustomerPane(DARK)
    async with showing(pane, 38, 40) as (_app, pilot):
        pane.show(data.customer(), data.NOW)
        await pilot.pause()
        shown = "\n".join(texts(pane))
        assert shown.index("MONEY IN MOTION") < shown.index("RISK") < shown.index("PROMISES") < shown.index("KYC")
        for said in ("Zhang Min", "VIP2", "中文 · CN · 22:02", "↑ 1,200 USDT TRC20", "confirming 3/20 conf", "risk engine"):
            assert said in shown
        settled = tuple(replace(one, state="done") for one in data.customer_context().movements)
        pane.show(data.customer(context=replace(data.customer_context(), movements=settled)), data.NOW)
        shown = "\n".join(texts(pane))
        assert shown.index("RISK") < shown.index("MONEY IN MOTION")


async def test_groups_fold_and_unfold_by_key_and_by_click() -> None:
    pane = CustomerPane(DARK)
    async with showing(pane, 38, 60) as (_app, pilot):
        pane.show(data.customer(), data.NOW)
        await pilot.pause()
        assert "limit" not in "\n".join(texts(pane))
        assert pane.toggle_fold()
        assert "limit" in "\n".join(texts(pane))
        heading = next(y for y, line in enumerate(texts(pane)) if "SECURITY" in line)
        await pilot.click(offset=(3, heading))
        assert "2FA" not in "\n".join(texts(pane))


async def test_the_customer_scrolls_and_says_there_is_more() -> None:
    pane = CustomerPane(DARK)
    async with showing(pane, 36, 12) as (_app, pilot):
        pane.show(data.customer(), data.NOW)
        await pilot.pause()
        assert texts(pane)[-1].strip() == "▼"
        pane.end()
        assert "vip" in "\n".join(texts(pane))
        assert "Zhang Min" in texts(pane)[0]
        pane.home()
        assert "UID" in texts(pane)[2]


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (data.customer(context=None), "Open a ticket"),
        (data.customer(context=None, shown=Shown(is_loading=True)), "Reading…"),
        (data.customer(context=None, shown=Shown(failed="no answer")), "F5 asks again"),
        (data.customer(shown=Shown(as_of=data.NOW)), "as of"),
    ],
)
async def test_every_state_of_the_customer_says_what_it_is(view: CustomerView, said: str) -> None:
    pane = CustomerPane(DARK)
    async with showing(pane, 50, 12) as (_app, pilot):
        pane.show(view, data.NOW)
        await pilot.pause()
        assert said in "\n".join(texts(pane))


async def test_a_customer_without_a_number_of_ours_has_no_empty_one() -> None:
    context = data.customer_context()
    pane = CustomerPane(DARK)
    async with showing(pane, 38, 20) as (_app, pilot):
        pane.show(data.customer(context=replace(context, customer=replace(context.customer, uid=""))), data.NOW)
        await pilot.pause()
        assert "UID" not in "\n".join(texts(pane))


@pytest.mark.parametrize("width", [24, 38])
async def test_a_hostile_customer_fits_exactly(width: int, hostile_texts: list[str]) -> None:
    pane = CustomerPane(DARK)
    safe = tuple(map(sanitize_line, hostile_texts))
    context = data.customer_context()
    context = replace(
        context,
        customer=replace(context.customer, name=safe[5], uid=hostile_texts[6][:40], region=hostile_texts[7][:20]),
        security=tuple(Fact(raw[:30], text, warn=True) for raw, text in zip(hostile_texts, safe, strict=True)),
        tags=safe,
    )
    async with showing(pane, width, 300) as (_app, pilot):
        pane.show(data.customer(context=context), data.NOW)
        await pilot.pause()
        assert misfits(pane) == []


def linked(phase: LinkPhase, seconds: int = 0, waiting: int = 0, again_s: int = 0) -> TopView:
    """A bar over a connection in some state."""
    retry_at = data.NOW + timedelta(seconds=again_s) if again_s else None
    return data.top(link=LinkState(phase, data.NOW - timedelta(seconds=seconds), retry_at=retry_at), waiting=waiting)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (linked(LinkPhase.LIVE), "● live"),
        (replace(linked(LinkPhase.LIVE), is_asked=True), "● looking"),
        (data.top(link=LinkState(LinkPhase.LIVE, data.NOW, looks_every_s=30), is_asked=True), "● news within 30 s"),
        (linked(LinkPhase.LOST, 7), "last heard 7 s"),
        (linked(LinkPhase.LOST, -3 * 3600), "offline"),
        (linked(LinkPhase.LOST, 60, 3), "offline · 3 queued"),
        (
            linked(LinkPhase.LOST, 60, again_s=47),
            f"offline · again at {(data.NOW + timedelta(seconds=47)).astimezone():%H:%M:%S}",
        ),
        (linked(LinkPhase.SIGN_IN), "sign in again"),
        (data.top(troubled=2), "2 need you · D"),
        (data.top(held=1), "outbox 1"),
    ],
)
@pytest.mark.parametrize("width", [80, 160])
async def test_the_bar_says_how_we_are_connected(view: TopView, said: str, width: int) -> None:
    pane = TopPane(DARK)
    async with showing(pane, width, 1) as (_app, pilot):
        pane.show(view, data.NOW)
        await pilot.pause()
        assert said in texts(pane)[0]
        assert "Mine 12" in texts(pane)[0]
        assert misfits(pane) == []


async def test_a_click_on_a_tab_chooses_it() -> None:
    pane = TopPane(DARK)
    async with showing(pane, 160, 1) as (app, pilot):
        pane.show(data.top(), data.NOW)
        await pilot.click(offset=(15, 0))
        assert [message.tab.title for message in of(app, TopPane.TabChosen)] == ["Unassigned"]


async def test_the_bar_says_when_work_may_not_reach_me() -> None:
    pane = TopPane(DARK)
    view = data.top()
    assert view.me is not None
    async with showing(pane, 160, 1) as (_app, pilot):
        pane.show(replace(view, me=replace(view.me, state=AgentState.BREAK)), data.NOW)
        await pilot.pause()
        assert "Li Wei on break 3/5" in texts(pane)[0]


async def test_the_last_line_keeps_its_right_end_when_it_is_narrow() -> None:
    pane = BottomPane(DARK)
    async with showing(pane, 60, 5) as (_app, pilot):
        pane.show(data.bottom(), data.NOW, data.HINTS)
        await pilot.pause()
        line = texts(pane)[0]
        assert line.startswith(" r reply  n note")
        assert line.rstrip().endswith("? keys")
        assert misfits(pane) == []


async def test_a_menu_opens_over_the_panes_with_keys_and_reasons() -> None:
    pane = BottomPane(DARK)
    async with showing(pane, 100, 20) as (_app, pilot):
        await pane.furnish()
        assert pane.panel is not None
        pane.show(data.bottom(menu=data.menu()), data.NOW, data.HINTS)
        await pilot.pause()
        assert pane.size.height == 1
        assert pane.panel.region.bottom == 20
        shown = "\n".join(texts(pane.panel))
        for said in ("Escalate to", "s security", "w wallet-ops", "f finance", "Esc leaves this menu"):
            assert said in shown
        assert misfits(pane.panel) == []
        pane.show(data.bottom(notice=data.NOTICE), data.NOW, data.HINTS)
        await pilot.pause()
        assert not pane.panel.display
        assert "✓ solved 004213 · z takes it back" in texts(pane)[0]


@pytest.mark.parametrize("theme", theme_names(theme_folders(None)))
async def test_every_theme_draws_every_pane_at_once(theme: str) -> None:
    desk = Desk("", theme)
    async with desk.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        panes = (desk.top, desk.queue, desk.talk, desk.customer, desk.composer.head, desk.composer.foot, desk.bottom)
        assert [pane for pane in panes if misfits(pane)] == []
        assert len(desk.screen.query("*")) <= 25
        other = load_theme(SIXTEEN, theme_folders(None)).palette
        before = desk.queue.render_line(0)
        desk.queue.use_palette(other)
        desk.composer.use_palette(other)
        assert desk.queue.render_line(0).text == before.text
        assert desk.queue.render_line(0) != before or theme == SIXTEEN
