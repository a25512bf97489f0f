"""What one does to tickets, one or many."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.ticket import QUOTED_LINES, quoted
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import (
    Assign,
    Link,
    MarkRead,
    Merge,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Watch,
)
from supportdesk_tui.domain.conversation import Attachment, EntryKind
from supportdesk_tui.domain.ids import AgentId, AttachmentId, TeamId, TicketId
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.store.events import SelectionChanged, TicketOpened
from supportdesk_tui.store.state import Draft, DraftMode, Loaded, Loading, Pane, SessionState
from supportdesk_tui.text.safe import sanitize, sanitize_line
from tests import make
from tests.unit.commands.desk import (
    NOW,
    STATUSES,
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

T1, T2 = TicketId("t1"), TicketId("t2")
BOTH = frozenset({T1, T2})


@pytest.mark.parametrize(
    ("command", "args", "change"),
    [
        ("ticket.assign", ("a2",), Assign(AgentId("a2"))),
        ("ticket.assign", ("a99",), Assign(AgentId("a99"))),
        ("ticket.unassign", (), Assign(None)),
        ("ticket.transfer", ("risk",), Transfer(TeamId("risk"))),
        ("ticket.transfer", ("elsewhere",), Transfer(TeamId("elsewhere"))),
        ("ticket.status", ("open",), SetStatus("open")),
        ("ticket.status", ("own_word",), SetStatus("own_word")),
        ("ticket.status", ("solved", "fixed"), SetStatus("solved", "fixed")),
        ("ticket.solve", ("answered",), SetStatus("solved", "answered")),
        ("ticket.reopen", (), SetStatus("open")),
        ("ticket.spam", (), SetStatus("spam")),
        ("ticket.snooze", ("reply",), Snooze(None)),
        ("ticket.snooze", ("2h",), Snooze(datetime(2026, 8, 17, 16, 3, tzinfo=UTC))),
        ("ticket.snooze", ("tomorrow",), Snooze(datetime(2026, 8, 18, 9, 0, tzinfo=UTC))),
        ("ticket.snooze", ("until=18:00",), Snooze(datetime(2026, 8, 17, 18, 0, tzinfo=UTC))),
        ("ticket.priority", ("1",), SetPriority(Priority.P1)),
        ("ticket.tag", ("refund",), Tag(add=("refund",))),
        ("ticket.watch", (), Watch()),
        ("ticket.unread", (), MarkRead(read=False)),
        ("ticket.link", ("t2",), Link(T2)),
        ("ticket.merge", ("t2", "sure"), Merge(T2)),
    ],
)
def test_a_verb_becomes_one_change_and_one_line_told(command: str, args: tuple[str, ...], change: object) -> None:
    effects = run(context(), command, *args)
    asked = only(effects, ef.Apply)
    assert (asked.tickets, asked.change, asked.hold, asked.expected) == ((T1,), change, False, None)
    assert dict(only(effects, ef.Tell).values)["number"] == make.summary(1).number


def test_the_same_verb_acts_on_the_selection_and_lets_go_of_it() -> None:
    effects = run(context(selection=BOTH), "ticket.assign", "a2")
    assert only(effects, ef.Apply).tickets == (T1, T2)
    assert SelectionChanged(frozenset()) in events(effects)
    assert dict(only(effects, ef.Tell).values)["number"] == "2 tickets"


def test_one_selected_ticket_is_meant_by_every_verb_and_not_the_one_under_the_cursor() -> None:
    """Take asks whose the selected one is, merge names it, tag and watch look at it: the cursor is on another row."""
    free = make.summary(2, owner=None, subject="Card lost", tags=(sanitize_line("vip"),), watched=True, priority=Priority.P1)
    ctx = with_queue(context(selection=frozenset({T2})), rows=(make.summary(1), free, make.summary(3)))
    for command, args, change in (
        ("ticket.take", (), Assign(AgentId("a1"), only_if_unowned=True)),
        ("ticket.tag", ("vip",), Tag(remove=("vip",))),
        ("ticket.watch", (), Watch(False)),
        ("ticket.merge", ("t3", "sure"), Merge(TicketId("t3"))),
    ):
        effects = run(ctx, command, *args)
        done = only(effects, ef.Apply)
        assert (done.tickets, done.change) == ((T2,), change)
        assert SelectionChanged(frozenset()) in events(effects), "a selection that was used is let go of"
        assert dict(only(effects, ef.Tell).values)["number"] == free.number
    assert dict(only(run(ctx, "ticket.merge", "t3"), ef.Confirm).values)["number"] == free.number
    assert not has(run(ctx, "ticket.priority_up"), ef.Apply), "it is P1 already"
    assert TicketOpened(T2) in events(run(ctx, "ticket.reply"))
    summary = next(
        field for field in only(run(ctx, "ticket.escalate", "wallet-ops"), ef.Form).fields if field.name == "summary"
    )
    assert summary.value == "Card lost"


def test_one_selected_ticket_that_is_not_loaded_is_taken_only_if_nobody_has_it() -> None:
    ctx = context(selection=frozenset({TicketId("t77")}))
    done = only(run(ctx, "ticket.take"), ef.Apply)
    assert (done.tickets, done.change) == ((TicketId("t77"),), Assign(AgentId("a1"), only_if_unowned=True))
    assert dict(only(run(ctx, "ticket.merge", "t3"), ef.Confirm).values)["number"] == "t77"
    assert TicketOpened(TicketId("t77")) in events(run(ctx, "ticket.reply"))


def test_a_step_of_priority_of_one_selected_ticket_that_is_not_loaded_asks_which_is_meant() -> None:
    asked = run(context(selection=frozenset({TicketId("t77")})), "ticket.priority_up")
    assert only(asked, ef.RunCommand).command == "menu.priority"


def test_a_step_of_priority_on_many_is_a_step_for_each_or_asks_which_is_meant() -> None:
    alike = (make.summary(1, priority=Priority.P3), make.summary(2, priority=Priority.P3))
    change = only(run(with_queue(context(selection=BOTH), rows=alike), "ticket.priority_up"), ef.Apply)
    assert (change.change, frozenset(change.tickets)) == (SetPriority(Priority.P2), BOTH)
    mixed = (make.summary(1, priority=Priority.P1), make.summary(2, priority=Priority.P3))
    effects = run(with_queue(context(selection=BOTH), rows=mixed), "ticket.priority_up")
    assert not has(effects, ef.Apply)
    assert only(effects, ef.RunCommand).command == "menu.priority"


def test_in_the_conversation_the_open_ticket_is_meant_not_the_selection() -> None:
    effects = run(context(Pane.CONVERSATION, opened=3, selection=BOTH), "ticket.reopen")
    assert only(effects, ef.Apply).tickets == (TicketId("t3"),)


def test_a_verb_without_a_ticket_is_off_and_does_nothing() -> None:
    empty = with_queue(context(), rows=(), cursor=None, total=0)
    for command in ("ticket.reopen", "ticket.watch", "ticket.reply", "ticket.take", "ticket.priority_up"):
        assert reason(empty, command) == "No ticket here"
        assert not has(run(empty, command), ef.Apply)


def test_an_open_ticket_nothing_is_known_of_yet_says_that_it_is_loading() -> None:
    ctx = with_conversation(context(Pane.CONVERSATION, opened=1), ticket=TicketId("t77"), detail=Loading())
    assert reason(ctx, "ticket.reply") == "The ticket is still being loaded"


def test_several_tickets_need_a_backend_that_can_change_several() -> None:
    assert reason(lacking(context(selection=BOTH), Capability.BULK, "backend"), "ticket.take")
    assert not reason(lacking(context(), Capability.BULK, "backend"), "ticket.take")


def test_a_reply_is_written_to_one_ticket() -> None:
    assert "2" not in reason(context(selection=BOTH), "ticket.reply")
    assert reason(context(selection=BOTH), "ticket.reply").startswith("One ticket at a time")


def test_nothing_is_possible_before_signing_in() -> None:
    ctx = context()
    assert reason(replace(ctx, state=replace(ctx.state, session=SessionState())), "ticket.reply") == "Not signed in yet"


def test_before_signing_in_taking_does_nothing() -> None:
    ctx = context()
    assert run(replace(ctx, state=replace(ctx.state, session=SessionState())), "ticket.take") == []


# --- writing


@pytest.mark.parametrize(("command", "mode"), [("ticket.reply", DraftMode.REPLY), ("ticket.note", DraftMode.NOTE)])
def test_writing_opens_ticket_and_composer_in_the_right_mode(command: str, mode: DraftMode) -> None:
    ctx = after(context(), run(context(), command))
    assert ctx.state.conversation.ticket == T1
    assert ctx.state.view.composer_open
    assert ctx.focus is Pane.COMPOSER
    draft = ctx.state.draft(T1)
    assert draft is not None
    assert draft.mode is mode


def test_writing_on_the_open_ticket_does_not_open_it_again_and_remembers_what_was_seen() -> None:
    effects = run(context(Pane.CONVERSATION, opened=1), "ticket.reply")
    assert not [event for event in events(effects) if isinstance(event, TicketOpened)]
    draft = after(context(Pane.CONVERSATION, opened=1), effects).state.draft(T1)
    assert draft is not None
    assert draft.base_seq == 3


def test_a_note_never_becomes_a_reply_by_pressing_r() -> None:
    ctx = context(Pane.CONVERSATION, opened=1, drafts={T1: Draft(T1, DraftMode.NOTE, "they lie")})
    effects = run(ctx, "ticket.reply")
    draft = after(ctx, effects).state.draft(T1)
    assert draft is not None
    assert draft.mode is DraftMode.NOTE
    assert "⟪composer.toggle_mode⟫" in only(effects, ef.Tell).text


def test_nothing_public_opens_by_pressing_n_and_a_reply_in_the_making_keeps_its_words() -> None:
    ctx = context(Pane.CONVERSATION, opened=1, drafts={T1: Draft(T1, DraftMode.REPLY, "Hello")})
    effects = run(ctx, "ticket.note")
    draft = after(ctx, effects).state.draft(T1)
    assert draft is not None
    assert (draft.mode, draft.body, draft.is_saved) == (DraftMode.NOTE, "Hello", False)
    assert "⟪composer.toggle_mode⟫" in only(effects, ef.Tell).text


def test_quoting_takes_the_customers_last_words_along() -> None:
    inserted = only(run(context(Pane.CONVERSATION, opened=1), "ticket.reply_quoting"), ef.Compose)
    assert inserted.text == "> Where is my money?\n\n"


def test_there_is_nothing_to_quote_before_the_conversation_is_loaded() -> None:
    assert not has(run(context(), "ticket.reply_quoting"), ef.Compose)


def test_a_long_quotation_is_cut_and_says_so() -> None:
    entry = make.entry(1, EntryKind.CUSTOMER, "line\n" * 40)
    lines = quoted(replace(entry, body=sanitize("line\n\n" * 40))).split("\n")
    assert len(lines) == QUOTED_LINES + 3
    assert lines[1] == ">"
    assert lines[-3] == "> …"


# --- owner


def test_taking_a_free_ticket_is_atomic() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, owner=None),))
    assert only(run(ctx, "ticket.take"), ef.Apply).change == Assign(AgentId("a1"), only_if_unowned=True)


def test_taking_from_a_colleague_is_said_plainly_not_raced() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, owner=AgentId("a2")),))
    assert only(run(ctx, "ticket.take"), ef.Apply).change == Assign(AgentId("a1"))


def test_taking_what_is_mine_writes_nothing() -> None:
    effects = run(context(), "ticket.take")
    assert not has(effects, ef.Apply)
    assert "yours already" in only(effects, ef.Tell).text


def test_assigning_to_anyone_lists_the_best_first() -> None:
    pick = only(run(context(), "ticket.assign_pick"), ef.Pick)
    assert pick.command == "ticket.assign"
    assert {choice.value for choice in pick.choices} == {"a2", "a3"}
    assert all("load" in choice.hint for choice in pick.choices)
    everybody = only(run(with_queue(context(), cursor=None), "ticket.assign_pick"), ef.Pick)
    assert len(everybody.choices) == 3


def test_transfer_asks_for_the_team() -> None:
    pick = only(run(context(), "ticket.transfer"), ef.Pick)
    assert [choice.value for choice in pick.choices] == ["wallet-ops", "risk"]


# --- status and time


def test_solving_asks_for_a_reason_where_the_backend_knows_reasons() -> None:
    pick = only(run(context(), "ticket.solve"), ef.Pick)
    assert (pick.command, [choice.value for choice in pick.choices]) == ("ticket.solve", ["answered", "fixed"])
    assert only(run(context(), "ticket.status", "solved"), ef.Pick).args == ("solved",)


def test_solving_without_reasons_happens_at_once() -> None:
    ctx = with_directory(context(), resolve_reasons=())
    assert only(run(ctx, "ticket.solve"), ef.Apply).change == SetStatus("solved")
    assert only(run(ctx, "ticket.status", "solved"), ef.Apply).change == SetStatus("solved")


def test_solving_the_open_ticket_goes_to_the_next() -> None:
    effects = run(context(Pane.CONVERSATION, opened=1), "ticket.solve", "fixed")
    assert TicketOpened(T2) in events(effects)


def test_solving_in_the_list_stays_in_the_list() -> None:
    assert not [event for event in events(run(context(), "ticket.solve", "fixed")) if isinstance(event, TicketOpened)]


@pytest.mark.parametrize("command", ["ticket.solve", "ticket.reopen", "ticket.spam"])
def test_a_backend_without_the_status_is_told_not_guessed(command: str) -> None:
    ctx = with_directory(context(), statuses=STATUSES[:2])
    effects = run(ctx, command)
    assert not has(effects, ef.Apply)
    assert "This backend has no" in only(effects, ef.Tell).text


def test_a_time_nobody_understands_is_asked_for_again() -> None:
    effects = run(context(), "ticket.snooze", "until=soonish")
    assert not has(effects, ef.Apply)
    assert only(effects, ef.Form).fields[0].value == "soonish"
    assert only(run(context(), "ticket.snooze_pick"), ef.Form).command == "ticket.snooze"


@pytest.mark.parametrize(("command", "wanted"), [("ticket.priority_up", Priority.P2), ("ticket.priority_down", Priority.P4)])
def test_priority_goes_up_and_down(command: str, wanted: Priority) -> None:
    ctx = with_queue(context(), rows=(make.summary(1, priority=Priority.P3),))
    assert only(run(ctx, command), ef.Apply).change == SetPriority(wanted)


def test_priority_ends_at_both_ends() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, priority=Priority.P1),))
    assert "already" in only(run(ctx, "ticket.priority_up"), ef.Tell).text


# --- tags, watching, tying


def test_a_tag_that_is_there_comes_off() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, tags=(sanitize_line("vip"),)),))
    assert only(run(ctx, "ticket.tag", "vip"), ef.Apply).change == Tag(remove=("vip",))
    pick = only(run(ctx, "ticket.tag"), ef.Pick)
    assert [(choice.value, choice.hint) for choice in pick.choices] == [("vip", "take off"), ("refund", "")]
    assert pick.free


def test_an_empty_tag_is_no_tag() -> None:
    assert run(context(), "ticket.tag", " ") == []


def test_watching_again_stops_it() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, watched=True),))
    assert only(run(ctx, "ticket.watch"), ef.Apply).change == Watch(False)


def test_merging_asks_which_and_then_for_sure() -> None:
    pick = only(run(context(Pane.CONVERSATION, opened=1), "ticket.merge"), ef.Pick)
    assert [choice.value for choice in pick.choices] == ["t9", "t2", "t3"]
    assert pick.choices[0].hint == "same customer"
    confirm = only(run(context(), "ticket.merge", "#HX-260801-000009"), ef.Confirm)
    assert confirm.args == ("HX-260801-000009", "sure")
    assert dict(only(run(context(), "ticket.merge", "t2"), ef.Confirm).values)["other"] == make.summary(2).number


def test_after_merging_the_open_ticket_the_other_one_is_shown() -> None:
    assert TicketOpened(T2) in events(run(context(Pane.CONVERSATION, opened=1), "ticket.merge", "t2", "sure"))


def test_linking_asks_which_among_the_rows() -> None:
    assert [choice.value for choice in only(run(context(), "ticket.link"), ef.Pick).choices] == ["t2", "t3"]
    assert only(run(with_queue(context(), cursor=None), "ticket.link"), ef.Pick).choices


# --- files and numbers


def _file(n: int) -> Attachment:
    return Attachment(AttachmentId(f"f{n}"), sanitize_line(f"proof{n}.png"), "image/png", 2048 * n)


def test_one_attachment_is_saved_several_are_asked_for() -> None:
    ctx = context(Pane.CONVERSATION, opened=1)
    assert only(run(ctx, "ticket.attachments"), ef.Tell).text == "No attachments here"
    one = with_conversation(ctx, entries=Loaded((make.entry(1, attachments=(_file(1),)),), NOW))
    assert run(one, "ticket.attachments") == [ef.SaveFile(T1, "f1")]
    two = with_conversation(ctx, entries=Loaded((make.entry(1, attachments=(_file(1), _file(2))),), NOW))
    offered = only(run(two, "ticket.attachments"), ef.Pick).choices
    assert [choice.hint for choice in offered] == ["image/png · 2.0 kB", "image/png · 4.1 kB"]
    assert run(two, "ticket.attachments", "f2") == [ef.SaveFile(T1, "f2")]
    assert run(context(), "ticket.attachments") == []


def test_number_and_title_are_copied() -> None:
    assert only(run(context(), "ticket.copy_number"), ef.Copy).text == make.summary(1).number
    assert only(run(context(), "ticket.copy_title"), ef.Copy).text == f"{make.summary(1).number} {make.summary(1).subject}"
    linked = replace(context(), options={"ticket_url": "https://desk.example/t/{number}?i={id}"})
    copied = only(run(linked, "ticket.copy_title"), ef.Copy).text
    assert copied.endswith(f" https://desk.example/t/{make.summary(1).number}?i=t1")


def test_a_case_is_opened_by_its_number() -> None:
    assert only(run(context(), "ticket.number"), ef.Prompt).command == "ticket.number"
    assert run(context(), "ticket.number", " HX-1 ") == [ef.Load(ef.LoadKind.NUMBER, text="HX-1")]


@pytest.mark.parametrize("command", ["menu.assign", "menu.escalate", "menu.status", "menu.snooze", "menu.priority"])
def test_a_menu_names_the_ticket_it_is_about_or_says_how_many(command: str) -> None:
    (one,), (both,) = events(run(context(), command)), events(run(context(selection=BOTH), command))
    assert (one.menu.count, one.menu.about) == (1, make.summary(1).number)
    assert (both.menu.count, both.menu.about) == (2, "")
    assert not events(run(context(), "menu.go"))[0].menu.about, "going somewhere is about no ticket"
