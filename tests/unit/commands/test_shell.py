"""Panes, undo, outbox, settings, reading, quitting, menus."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Assign, Reply, SetAgentState, Undo
from supportdesk_tui.domain.ids import ChangeKey, Cursor, TeamId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.ticket import Phase, Status
from supportdesk_tui.store.events import (
    ArticlesAsked,
    ClockToggled,
    ComposerToggled,
    CustomerToggled,
    FocusMoved,
    OlderAsked,
    TicketClosed,
    Told,
)
from supportdesk_tui.store.state import DeskView, Draft, Menu, Notice, OutboxPhase, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import (
    after,
    context,
    events,
    has,
    lacking,
    only,
    reason,
    run,
    with_conversation,
    with_directory,
    with_queue,
)

K1, K2 = ChangeKey("k1"), ChangeKey("k2")


# --- panes


def test_tab_goes_round_the_panes_that_are_there() -> None:
    ctx = context(opened=1)
    seen = []
    for _ in range(3):
        ctx = after(ctx, run(ctx, "pane.tab"))
        seen.append(ctx.focus)
    assert seen == [Pane.CONVERSATION, Pane.CUSTOMER, Pane.QUEUE]


def test_tab_back_goes_the_other_way_and_into_an_open_composer() -> None:
    ctx = replace(context(opened=1), state=replace(context(opened=1).state, view=DeskView(composer_open=True)))
    assert events(run(ctx, "pane.tab_back")) == [FocusMoved(Pane.COMPOSER)]


def test_alone_in_the_queue_tab_does_nothing() -> None:
    assert run(context(), "pane.tab") == []


def test_a_pane_that_is_gone_leads_back_to_the_first() -> None:
    assert events(run(context(Pane.CUSTOMER), "pane.tab")) == [FocusMoved(Pane.QUEUE)]


def test_a_pane_is_chosen_by_name() -> None:
    assert events(run(context(), "pane.focus", "customer")) == [FocusMoved(Pane.CUSTOMER)]


def test_hiding_the_customer_moves_the_focus_away() -> None:
    ctx = context(Pane.CUSTOMER, opened=1)
    assert events(run(ctx, "customer.toggle")) == [CustomerToggled(False), FocusMoved(Pane.CONVERSATION)]
    assert events(run(context(), "customer.toggle")) == [CustomerToggled(False)]


def test_where_two_panes_fit_the_customer_slides_over_the_queue_and_back() -> None:
    reading = replace(context(Pane.CONVERSATION, opened=1), panes=2)
    over = after(reading, run(reading, "customer.toggle"))
    assert over.state.view.customer_over
    assert over.focus is Pane.CONVERSATION
    assert not after(over, run(over, "customer.toggle")).state.view.customer_over
    assert not after(over, run(over, "pane.focus", "queue")).state.view.customer_over, "the queue is not hidden from its keys"
    assert not after(over, run(over, "conversation.back")).state.view.customer_over
    there = after(reading, run(reading, "conversation.customer"))
    assert after(there, run(there, "customer.toggle")).focus is Pane.CONVERSATION
    choosing = replace(context(opened=1), panes=2)
    assert after(choosing, run(choosing, "customer.toggle")).focus is Pane.CUSTOMER
    assert has(run(replace(context(), panes=2), "customer.toggle"), ef.Tell)


def test_going_to_the_customer_shows_it() -> None:
    hidden = after(context(opened=1), run(context(opened=1), "customer.toggle"))
    assert after(hidden, run(hidden, "conversation.customer")).state.view.customer_shown
    assert events(run(context(opened=1), "conversation.customer")) == [FocusMoved(Pane.CUSTOMER)]
    assert events(run(context(), "customer.back")) == [FocusMoved(Pane.QUEUE)]


# --- reading


def test_back_closes_the_ticket_and_tells_others_we_left() -> None:
    effects = run(context(Pane.CONVERSATION, opened=1), "conversation.back")
    assert events(effects) == [TicketClosed(), FocusMoved(Pane.QUEUE)]
    assert only(effects, ef.Attend) == ef.Attend(None, "gone")


def test_leaving_a_peek_tells_nobody() -> None:
    ctx = with_conversation(context(Pane.CONVERSATION, opened=1), peek=True)
    assert not has(run(ctx, "conversation.back"), ef.Attend)


def test_the_top_asks_for_older_entries_once() -> None:
    ctx = with_conversation(context(Pane.CONVERSATION, opened=1), older=Cursor("c"))
    effects = run(ctx, "conversation.first")
    assert OlderAsked() in events(effects)
    assert only(effects, ef.Load) == ef.Load(ef.LoadKind.OLDER, TicketId("t1"))
    assert not has(run(after(ctx, effects), "conversation.first"), ef.Load)
    assert not has(run(context(Pane.CONVERSATION, opened=1), "conversation.older"), ef.Load)


def test_finding_is_live_and_can_be_cleared() -> None:
    assert only(run(context(), "conversation.find"), ef.Prompt).live
    assert run(context(), "conversation.find_text", "txid") == [ef.Move(ef.PaneAct.FIND, text="txid")]
    assert run(context(), "conversation.find_text") == [ef.Move(ef.PaneAct.FIND)]


def test_one_entry_is_shown_whole() -> None:
    assert run(context(), "conversation.entry", "e1") == [ef.Open(ef.Dialog.ENTRY, ("e1",))]


# --- undo


def test_undo_takes_back_what_has_not_left() -> None:
    ctx = context(outbox=(make.outbox_item(1, OutboxPhase.HELD),), undo_stack=(K1,))
    assert run(ctx, "desk.undo") == [ef.TakeBack(K1)]


@pytest.mark.parametrize("command", ["desk.undo", "outbox.take_back"])
def test_a_reply_taken_back_is_seen_again_where_its_ticket_is_open_and_keys_stay_where_they_are(command: str) -> None:
    held = make.outbox_item(1, OutboxPhase.HELD, change=Reply("hello"), tickets=(TicketId("t1"),))
    here = context(opened=1, outbox=(held,), undo_stack=(K1,))
    assert run(here, command)[0] == ef.TakeBack(K1)
    assert events(run(here, command)) == [ComposerToggled(True), FocusMoved(here.focus)]
    assert events(run(context(opened=2, outbox=(held,), undo_stack=(K1,)), command)) == []


def test_undo_asks_the_server_for_what_is_done_on_every_ticket_of_it() -> None:
    item = make.outbox_item(1, OutboxPhase.SENT, tickets=(TicketId("t1"), TicketId("t2")))
    ctx = context(outbox=(item,), undo_stack=(K1,))
    assert run(ctx, "desk.undo") == [ef.Apply(item.tickets, Undo(K1))]
    assert run(context(undo_stack=(K2,)), "desk.undo") == [ef.Apply((), Undo(K2))]


def test_a_second_undo_takes_the_one_before() -> None:
    undoing = make.outbox_item(3, OutboxPhase.SENDING, undoes=K2)
    items = (make.outbox_item(1, OutboxPhase.SENT), make.outbox_item(2, OutboxPhase.SENT), undoing)
    assert only(run(context(outbox=items, undo_stack=(K1, K2)), "desk.undo"), ef.Apply).change == Undo(K1)


def test_a_refused_undo_can_be_tried_again() -> None:
    refused = make.outbox_item(3, OutboxPhase.REFUSED, undoes=K1)
    ctx = context(outbox=(make.outbox_item(1, OutboxPhase.SENT), refused), undo_stack=(K1,))
    assert only(run(ctx, "desk.undo"), ef.Apply).change == Undo(K1)


def test_redo_does_the_same_again() -> None:
    item = make.outbox_item(1, OutboxPhase.SENT, change=Assign(None))
    undone = make.outbox_item(2, OutboxPhase.SENT, undoes=K1)
    assert run(context(outbox=(item, undone), redo_stack=(K1,)), "desk.redo") == [ef.Apply(item.tickets, Assign(None))]


def test_with_nothing_to_undo_the_keys_say_so() -> None:
    assert reason(context(), "desk.undo")
    assert reason(context(), "desk.redo")
    assert run(context(), "desk.undo") == run(context(), "desk.redo") == []
    assert not reason(context(undo_stack=(K1,)), "desk.undo")


# --- outbox


def test_the_newest_held_change_is_taken_back_or_the_one_named() -> None:
    ctx = context(outbox=(make.outbox_item(1, OutboxPhase.HELD), make.outbox_item(2, OutboxPhase.QUEUED)))
    assert run(ctx, "outbox.take_back") == [ef.TakeBack(K2)]
    assert run(ctx, "outbox.take_back", "k1") == [ef.TakeBack(K1)]
    assert has(run(context(), "outbox.take_back"), ef.Tell)


def test_a_refused_change_is_tried_again_or_forgotten_after_asking() -> None:
    assert run(context(), "outbox.retry", "k1") == [ef.Retry(K1)]
    assert only(run(context(), "outbox.forget", "k1"), ef.Confirm).args == ("k1", "sure")
    assert run(context(), "outbox.forget", "k1", "sure") == [ef.Forget(K1)]


# --- settings, help, quitting


def test_quitting_asks_while_something_is_unsent() -> None:
    assert run(context(), "desk.quit") == [ef.Quit()]
    waiting = context(outbox=(make.outbox_item(1, OutboxPhase.QUEUED), make.outbox_item(2, OutboxPhase.SENT)))
    confirm = only(run(waiting, "desk.quit"), ef.Confirm)
    assert confirm.values == (("count", "1"),)
    assert run(waiting, "desk.quit", "sure") == [ef.Quit()]


def test_leaving_asks_while_a_draft_has_words_in_it() -> None:
    one = TicketId("t1")
    assert has(run(context(drafts={one: Draft(one, body="x", is_saved=False)}), "desk.quit"), ef.Confirm)
    assert has(run(context(drafts={one: Draft(one, body="x")}), "desk.quit"), ef.Confirm)
    assert run(context(drafts={one: Draft(one)}), "desk.quit") == [ef.Quit()]


def test_leaving_never_promises_to_keep_what_the_disk_refuses() -> None:
    full = context(drafts={TicketId("t1"): Draft(TicketId("t1"), body="x", is_saved=False, is_refused=True)})
    for said in ((), ("sure",)):
        asked = only(run(full, "desk.quit", *said), ef.Confirm)
        assert "leaving loses" in asked.question
        assert run(full, asked.command, *asked.args) == [ef.Quit()]


def test_theme_and_language_are_asked_for_and_set() -> None:
    ctx = replace(context(), options={"themes": "dark,light"})
    assert [choice.value for choice in only(run(ctx, "desk.theme"), ef.Pick).choices] == ["dark", "light"]
    assert run(ctx, "desk.theme", "light") == [ef.SetTheme("light")]
    assert [choice.value for choice in only(run(ctx, "desk.locale"), ef.Pick).choices] == ["en", "zh_CN"]
    assert run(ctx, "desk.locale", "zh_CN") == [ef.SetLocale("zh_CN")]


def test_the_clock_is_a_switch() -> None:
    assert events(run(context(), "desk.clock")) == [ClockToggled()]


def test_my_state_is_a_change_about_no_ticket() -> None:
    assert only(run(context(), "desk.my_state", "away"), ef.Apply) == ef.Apply((), SetAgentState("away"))


@pytest.mark.parametrize(
    ("command", "dialog"),
    [
        ("desk.palette", ef.Dialog.PALETTE),
        ("desk.keys", ef.Dialog.KEYS),
        ("outbox.open", ef.Dialog.OUTBOX),
        ("articles.open", ef.Dialog.ARTICLES),
        ("macro.pick", ef.Dialog.MACROS),
    ],
)
def test_dialogs_open(command: str, dialog: ef.Dialog) -> None:
    assert run(context(), command) == [ef.Open(dialog)]


def test_the_knowledge_base_is_asked_in_words() -> None:
    effects = run(context(), "articles.find", " memo ")
    assert events(effects) == [ArticlesAsked("memo")]
    assert only(effects, ef.Load) == ef.Load(ef.LoadKind.ARTICLES, text="memo")
    assert run(context(), "articles.find") == []


def test_resync_redraw_and_dismiss() -> None:
    assert only(run(context(), "desk.resync"), ef.Load).kind is ef.LoadKind.RESYNC
    assert run(context(), "desk.redraw") == [ef.Redraw()]
    told = context(view=DeskView(notice=Notice("Hello")))
    assert events(run(told, "desk.dismiss")) == [Told(None)]
    assert run(context(), "desk.dismiss") == []


# --- menus


def menu(command: str, ctx: object = None, *args: str) -> Menu:
    desk = context() if ctx is None else ctx
    (event,) = events(run(desk, command, *args))  # type: ignore[arg-type] # a context, when given
    shown = event.menu
    assert isinstance(shown, Menu)
    return shown


def test_the_assign_menu_gives_digits_to_the_best_and_shows_their_load() -> None:
    items = {item.key: item for item in menu("menu.assign").items}
    assert items["1"].command == "ticket.assign"
    assert "load" in items["1"].hint
    assert items["a"].command == "ticket.take"
    assert items["t"].command == "ticket.transfer"


def test_nobody_who_cannot_take_it_gets_a_digit() -> None:
    away = tuple(make.agent(n, state=AgentState.OFFLINE) for n in (2, 3))
    assert [item.key for item in menu("menu.assign", with_directory(context(), agents=away)).items] == ["a", "t", "n", "/"]
    assert [item.key for item in menu("menu.assign", with_queue(context(), cursor=None)).items] == ["a", "t", "n", "/"]


def test_what_may_not_be_done_is_greyed_with_its_reason() -> None:
    items = {item.key: item for item in menu("menu.assign", lacking(context(), Capability.TRANSFER, "role")).items}
    assert "role" in items["t"].blocked
    assert not items["a"].blocked


def test_statuses_have_distinct_letters_and_only_those_one_sets_by_hand() -> None:
    items = menu("menu.status").items
    assert {item.args[0]: item.key for item in items} == {
        "new": "n",
        "open": "o",
        "waiting_customer": "c",
        "waiting_internal": "i",
        "waiting_third_party": "t",
        "solved": "s",
        "closed": "x",
        "spam": "#",
    }


def test_statuses_nobody_knows_get_the_first_free_letter() -> None:
    own = tuple(Status(name, Phase.OPEN, sanitize_line(name)) for name in ("ooze", "ooze2", "oz"))
    assert [item.key for item in menu("menu.status", with_directory(context(), statuses=own)).items] == ["o", "z", "a"]


def test_a_backend_with_more_statuses_than_letters_gets_every_letter_once() -> None:
    own = tuple(Status(f"z{'_' * n}", Phase.OPEN, sanitize_line(f"Z{n}")) for n in range(40))
    keys = [item.key for item in menu("menu.status", with_directory(context(), statuses=own)).items]
    assert len(keys) == len(set(keys)) == 27
    assert keys[-1] == "/"


def test_escalation_letters_come_from_the_backend() -> None:
    assert [(item.key, item.args) for item in menu("menu.escalate").items] == [
        ("w", (TeamId("wallet-ops"),)),
        ("r", ("risk",)),
        ("l", ("duty",)),
        ("s", ("security",)),
    ]


@pytest.mark.parametrize(
    ("pane", "top"),
    [(Pane.QUEUE, "queue.first"), (Pane.CONVERSATION, "conversation.first"), (Pane.CUSTOMER, "customer.first")],
)
def test_g_g_goes_to_the_top_of_the_pane(pane: Pane, top: str) -> None:
    assert menu("menu.go", context(pane, opened=1)).items[0].command == top


def test_b_b_snoozes_until_the_answer() -> None:
    items = {item.key: item.args for item in menu("menu.snooze").items}
    assert (items["b"], items["t"], items["2"]) == (("reply",), ("tomorrow",), ("2h",))


def test_every_menu_of_settings_has_its_letters() -> None:
    assert menu("menu.my_status").items[0].args == ("available",)
    assert [item.key for item in menu("menu.priority").items] == ["1", "2", "3", "4"]
    assert {item.key: item.command for item in menu("menu.options").items}["t"] == "desk.theme"
    assert [item.key for item in menu("menu.select").items] == ["a", "n", "i"]


def test_composer_commands_of_the_leader_are_off_outside_the_composer() -> None:
    outside = {item.key: item for item in menu("menu.leader", context(opened=1)).items}
    inside = {item.key: item for item in menu("menu.leader", context(Pane.COMPOSER, opened=1)).items}
    assert outside["X"].blocked
    assert not inside["X"].blocked
    assert not outside["!"].blocked
