"""The whole catalogue on every product we know, with what it lacks: greyed with its reason, or it works."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.catalog import BY_ID, CATALOG
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.gate_letter import letter_of, limit_of
from supportdesk_tui.commands.macro_load import SHIPPED, load
from supportdesk_tui.commands.macro_text import parse
from supportdesk_tui.commands.macros import Action, Macro, MacroLibrary
from supportdesk_tui.domain.capabilities import Capability as Can
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    Create,
    Escalate,
    Link,
    MakePromise,
    MarkRead,
    Merge,
    Note,
    Reply,
    ReturnTask,
    SetAgentState,
    SetField,
    SetPriority,
    SetStatus,
    SettlePromise,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.directory import MacroText, ServerMacro
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.domain.ticket import Channel, Phase, Status
from supportdesk_tui.store.events import MacroUsed, MenuOpened
from supportdesk_tui.store.state import AskedMacro, Draft, DraftMode, MenuItem, OutboxPhase, Pane
from supportdesk_tui.store.views import composer_view, top_view
from supportdesk_tui.text.safe import sanitize, sanitize_line
from tests import make
from tests.unit.commands.desk import after, context, events, has, only, reason, run, with_directory

LIBRARY = load((SHIPPED,))
T1 = TicketId("t1")
NEEDS: Mapping[type, Can] = {
    Assign: Can.ASSIGN,
    Transfer: Can.TRANSFER,
    SetStatus: Can.STATUS,
    SetPriority: Can.PRIORITY,
    Tag: Can.TAG,
    SetField: Can.FIELD,
    Snooze: Can.SNOOZE,
    Watch: Can.WATCH,
    Merge: Can.MERGE,
    Link: Can.LINK,
    Escalate: Can.ESCALATE,
    ReturnTask: Can.ESCALATE,
    MakePromise: Can.PROMISE,
    SettlePromise: Can.PROMISE,
    MarkRead: Can.READ_MARK,
    Reply: Can.REPLY,
    Note: Can.NOTE,
    Create: Can.CREATE,
    SetAgentState: Can.AGENT_STATE,
    Undo: Can.UNDO,
}
"""What each change takes of the product."""
GREY: Mapping[Can, frozenset[str]] = {
    Can.REPLY: frozenset({"ticket.reply", "ticket.reply_quoting"}),
    Can.NOTE: frozenset({"ticket.note", "composer.toggle_mode"}),
    Can.ASSIGN: frozenset({"menu.assign", "ticket.unassign", "ticket.assign_pick"}),
    Can.TAKE: frozenset({"ticket.take"}),
    Can.TRANSFER: frozenset({"ticket.transfer"}),
    Can.STATUS: frozenset({"menu.status", "ticket.solve", "ticket.reopen", "ticket.spam", "composer.status"}),
    Can.PRIORITY: frozenset({"menu.priority", "ticket.priority_up", "ticket.priority_down"}),
    Can.TAG: frozenset({"ticket.tag"}),
    Can.SNOOZE: frozenset({"menu.snooze", "ticket.snooze_pick"}),
    Can.WATCH: frozenset({"ticket.watch"}),
    Can.MERGE: frozenset({"ticket.merge"}),
    Can.LINK: frozenset({"ticket.link"}),
    Can.ESCALATE: frozenset({"menu.escalate", "ticket.return_task"}),
    Can.PROMISE: frozenset({"ticket.promise", "ticket.settle_promise", "composer.promise"}),
    Can.CREATE: frozenset({"ticket.create"}),
    Can.SEARCH: frozenset({"queue.search"}),
    Can.ARTICLES: frozenset({"articles.open"}),
    Can.ATTACH: frozenset({"composer.attach"}),
    Can.AGENT_STATE: frozenset({"menu.my_status"}),
    Can.READ_MARK: frozenset({"ticket.unread"}),
    Can.MACROS: frozenset({"macro.pick_server"}),
}
"""Commands a gap greys; those that only a menu, form or prompt leads to are greyed with them."""
SILENT = {Can.PRESENCE, Can.PUSH, Can.IDEMPOTENCY, Can.VERSIONS, Can.ATOMIC, Can.FIELD}
"""Gaps no command has anything to do with: the adapter and the outbox make up for them, or nobody notices."""
ELSEWHERE = {Can.UNDO, Can.BULK, Can.REVEAL}
"""Gaps with tests of their own below and in test_secrets."""
GAPS = [(name, gap, why) for name, spec in SPECS.items() for gap, why in spec.gaps().items()]


def at(gap: Can, why: str, pane: Pane, **state: object) -> Context:
    """A full desk on a product with one gap."""
    ctx = context(pane, opened=1, **state)
    session = make.session(capabilities=frozenset(Can) - {gap}, lacking={gap: why}, polling=30)
    ctx = replace(ctx, state=replace(ctx.state, session=replace(ctx.state.session, session=session)), macros=LIBRARY)
    return with_directory(ctx, macros=(ServerMacro("7", sanitize_line("Refund"), sanitize_line("Reply")),))


def pane_of(command: str) -> Pane:
    return Pane.COMPOSER if command.startswith("composer.") else Pane.QUEUE


def test_every_gap_is_thought_of() -> None:
    assert GREY.keys() | SILENT | ELSEWHERE == set(Can)


@pytest.mark.parametrize(("product", "gap", "why"), GAPS, ids=[f"{name}-{gap}" for name, gap, _ in GAPS])
def test_what_a_product_lacks_is_grey_with_its_reason_and_all_else_works(product: str, gap: Can, why: str) -> None:
    lost = GREY.get(gap, frozenset())
    for command in CATALOG:
        pane = pane_of(command.id)
        blocked = reason(at(gap, why, pane), command.id)
        full = reason(at(Can.FIELD, "", pane), command.id)
        if command.id in lost:
            assert blocked == why, command.id
        elif not command.is_internal and gap not in ELSEWHERE:
            assert blocked == full, command.id


@pytest.mark.parametrize(("product", "gap", "why"), GAPS, ids=[f"{name}-{gap}" for name, gap, _ in GAPS])
def test_no_key_asks_the_product_for_what_it_lacks(product: str, gap: Can, why: str) -> None:
    for command in CATALOG:
        for pane in Pane:
            ctx = at(gap, why, pane)
            if command.is_internal or command.when(ctx) is not None:
                continue
            asked = [one.change for one in command.run(ctx, ()) if isinstance(one, ef.Apply)]
            assert not [change for change in asked if NEEDS.get(type(change)) is gap], command.id


@pytest.mark.parametrize(("product", "gap", "why"), GAPS, ids=[f"{name}-{gap}" for name, gap, _ in GAPS])
def test_menus_grey_what_the_product_lacks(product: str, gap: Can, why: str) -> None:
    for command in ("menu.go", "menu.assign", "menu.leader", "menu.options"):
        ctx = at(gap, why, Pane.COMPOSER)
        for item in opened(ctx, command):
            target = BY_ID[item.command]
            if item.command in GREY.get(gap, frozenset()):
                assert item.blocked == why, (command, item.key)
            elif target.scope is not BY_ID["composer.send"].scope and gap not in ELSEWHERE:
                assert item.blocked != why, (command, item.key)


def opened(ctx: Context, command: str) -> tuple[MenuItem, ...]:
    (event,) = events(run(ctx, command))
    assert isinstance(event, MenuOpened)
    return event.menu.items


MACRO = Macro(
    id="zz",
    titles={"en": "Everything"},
    category="z",
    bodies={"en": parse("Done.")},
    actions=(
        Action("status", "solved"),
        Action("tag", "vip"),
        Action("assign", "me"),
        Action("transfer", "w"),
        Action("promise", "2h", "an answer"),
        Action("snooze", "2h"),
        Action("priority", "1"),
        Action("watch", "true"),
    ),
    attachments=("/tmp/letter.pdf",),
)


@pytest.mark.parametrize(
    "gap", [Can.STATUS, Can.TAG, Can.ASSIGN, Can.TRANSFER, Can.PROMISE, Can.SNOOZE, Can.PRIORITY, Can.WATCH]
)
def test_macro_leaves_out_what_the_product_cannot_do_and_says_so(gap: Can) -> None:
    why = f"This product knows no {gap.value}"
    ctx = replace(at(gap, why, Pane.CONVERSATION), macros=MacroLibrary({"zz": MACRO}))
    effects = run(ctx, "macro.insert", "zz")
    draft = after(ctx, effects).state.draft(T1)
    assert draft is not None
    assert len(draft.then) == 7
    assert gap not in {NEEDS[type(one)] for one in draft.then}
    assert why in [one.text for one in effects if isinstance(one, ef.Tell)]
    assert MacroUsed("zz") in events(effects)


def test_file_of_a_macro_stays_here_where_files_cannot_be_sent() -> None:
    ctx = replace(at(Can.ATTACH, "No files here", Pane.CONVERSATION), macros=MacroLibrary({"zz": MACRO}))
    effects = run(ctx, "macro.insert", "zz")
    assert not has(effects, ef.AttachFile)
    assert "No files here" in [one.text for one in effects if isinstance(one, ef.Tell)]


def test_macro_of_the_server_leaves_out_what_the_desk_cannot_ask_for() -> None:
    answer = MacroText(sanitize("Done."), then=(SetStatus("solved"), Snooze(None)))
    asked = AskedMacro(T1, "7", sanitize_line("Refund"), answer)
    ctx = at(Can.SNOOZE, "No snooze here", Pane.COMPOSER, asked_macro=asked)
    effects = run(ctx, "macro.answered", "7")
    draft = after(ctx, effects).state.draft(T1)
    assert draft is not None
    assert draft.then == (SetStatus("solved"),)
    assert [one.text for one in effects if isinstance(one, ef.Tell)][-1] == "No snooze here"


# --- undo


def outbox(phase: OutboxPhase, change: Change) -> dict[str, object]:
    item = make.outbox_item(1, phase, change=change)
    stack = (item.key,) if phase in {OutboxPhase.HELD, OutboxPhase.QUEUED} else ()
    return {"outbox": (item,), "undo_stack": stack}


def test_z_takes_back_what_is_still_here_and_says_why_not_the_rest() -> None:
    why = "This product takes nothing back"
    held = at(Can.UNDO, why, Pane.QUEUE, **outbox(OutboxPhase.HELD, Reply("Hello")))
    assert not reason(held, "desk.undo")
    assert only(run(held, "desk.undo"), ef.TakeBack).key == ChangeKey(held.state.outbox[0].key)
    queued = at(Can.UNDO, why, Pane.QUEUE, **outbox(OutboxPhase.QUEUED, SetStatus("solved")))
    assert not reason(queued, "desk.undo")
    done = at(Can.UNDO, why, Pane.QUEUE, **outbox(OutboxPhase.SENT, SetStatus("solved")))
    assert reason(done, "desk.undo") == why
    looked = at(Can.UNDO, why, Pane.QUEUE, **outbox(OutboxPhase.SENT, MarkRead()))
    assert reason(looked, "desk.undo") == "Nothing to take back"


@pytest.mark.parametrize("command", ["ticket.solve", "ticket.spam"])
def test_nobody_is_told_that_z_takes_back_what_it_cannot(command: str) -> None:
    can, cannot = context(opened=1), at(Can.UNDO, "It takes nothing back", Pane.QUEUE)
    args = ("answered",) if command == "ticket.solve" else ()
    assert "⟪desk.undo⟫ takes it back" in only(run(can, command, *args), ef.Tell).text
    assert "⟪desk.undo⟫ takes it back" not in only(run(cannot, command, *args), ef.Tell).text


def test_many_tickets_at_once_are_refused_with_the_products_reason() -> None:
    both = frozenset({T1, TicketId("t2")})
    ctx = at(Can.BULK, "One at a time, says the product", Pane.QUEUE, selection=both)
    assert reason(ctx, "ticket.take") == "One at a time, says the product"
    role = at(Can.BULK, "backend", Pane.QUEUE, selection=both)
    assert reason(role, "ticket.take") == "This backend changes one ticket at a time"


# --- words and numbers of other products


def test_statuses_nobody_has_heard_of_all_have_a_letter_or_a_list() -> None:
    names = ["状" + "态" * n for n in range(30)]
    statuses = tuple(Status(name, Phase.OPEN, sanitize_line(name)) for name in names)
    ctx = with_directory(context(opened=1), statuses=statuses)
    items = opened(ctx, "menu.status")
    assert len({item.key for item in items}) == len(items)
    named = {item.args[0] for item in items if item.args}
    assert len(named) == 26
    (more,) = [item for item in items if not item.args]
    choices = only(run(ctx, more.command), ef.Pick).choices
    assert {one.value for one in choices} == set(names)
    assert only(run(ctx, more.command, names[29]), ef.Apply).change == SetStatus(names[29])


def test_text_without_a_limit_is_never_too_long() -> None:
    ctx = context(Pane.COMPOSER, opened=1)
    long = Draft(T1, body="x" * 60_000)
    ctx = replace(ctx, state=replace(ctx.state, drafts={T1: long}))
    assert letter_of(ctx, long).limit == 10_000
    free = make.session(lengths={"": 0})
    ctx = replace(ctx, state=replace(ctx.state, session=replace(ctx.state.session, session=free)), composer_text=long.body)
    assert letter_of(ctx, long).limit == composer_view(ctx.state).limit == 0
    found = [one for one in run(ctx, "composer.send") if isinstance(one, ef.ShowFindings)]
    assert not [one for shown in found for one in shown.findings if one.kind == "length"]


def test_length_is_that_of_the_channel_and_a_note_has_the_common_one() -> None:
    session = make.session(lengths={"": 150_000, "social": 280})
    social, mail = make.summary(1, channel=Channel.SOCIAL), make.summary(2, channel=Channel.EMAIL)
    assert limit_of(session, social, is_note=False) == 280
    assert limit_of(session, social, is_note=True) == limit_of(session, mail, is_note=False) == 150_000
    assert limit_of(make.session(), social, is_note=True) == 50_000


def test_time_named_where_no_promise_can_be_recorded_is_no_finding() -> None:
    draft = Draft(T1, body="You hear from us within 2 hours.")
    assert letter_of(at(Can.PROMISE, "No promises", Pane.COMPOSER), draft).has_promise
    assert not letter_of(context(Pane.COMPOSER, opened=1), draft).has_promise


def test_views_without_a_count_and_a_server_that_is_asked_are_shown_as_such() -> None:
    ctx = at(Can.PUSH, "It sends no events", Pane.QUEUE)
    state = replace(ctx.state, queue=replace(ctx.state.queue, views=(make.view("mine", count=None),)))
    view = top_view(state)
    assert view.is_asked
    assert view.tabs[0].count is None


def test_mode_is_not_toggled_into_what_the_product_lacks() -> None:
    note = Draft(T1, DraftMode.NOTE, "between us")
    ctx = at(Can.REPLY, "No replies from here", Pane.COMPOSER, drafts={T1: note})
    assert reason(replace(ctx, composer_text=note.body), "composer.toggle_mode") == "No replies from here"
