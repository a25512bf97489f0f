"""Inserting macros into the composer."""

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.macro_commands import TRIES, library_of, preview
from supportdesk_tui.commands.macro_load import SHIPPED, load
from supportdesk_tui.commands.macro_text import parse
from supportdesk_tui.commands.macros import Action, Ask, Macro, MacroLibrary
from supportdesk_tui.domain.changes import Escalate, SetStatus, Tag
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.events import MacroUsed, TicketOpened
from supportdesk_tui.store.state import Absent, Draft, DraftMode, Failed, Level, Loaded, Loading, Pane
from tests.unit.commands.desk import (
    NOW,
    after,
    context,
    customer,
    events,
    has,
    movement,
    only,
    reason,
    run,
    with_conversation,
    with_queue,
)

LIBRARY = load((SHIPPED,))
T1 = TicketId("t1")


def desk(pane: Pane = Pane.CONVERSATION, opened: int | None = 1, **state: object) -> Context:
    return replace(context(pane, opened=opened, **state), macros=LIBRARY)


def draft_after(ctx: Context, *args: str) -> Draft:
    draft = after(ctx, run(ctx, "macro.insert", *args)).state.draft(T1)
    assert draft is not None
    return draft


def test_two_keys_open_the_category_and_then_insert() -> None:
    (leader,) = events(run(desk(), "menu.leader"))
    withdrawal = next(item for item in leader.menu.items if item.key == "w")
    (category,) = events(run(desk(), withdrawal.command, *withdrawal.args))
    pending = next(item for item in category.menu.items if item.key == "p")
    assert (pending.command, pending.args) == ("macro.insert", ("wp",))


def test_the_leader_holds_find_repeat_and_pins() -> None:
    (leader,) = events(run(desk(last_macro="wp"), "menu.leader"))
    items = {item.key: item for item in leader.menu.items}
    assert items[";"].command == "macro.pick"
    assert items["."].command == "macro.repeat"
    assert items["1"].command == "macro.insert"
    (fresh,) = events(run(desk(), "menu.leader"))
    assert "." not in {item.key for item in fresh.menu.items}


def test_before_macros_are_read_the_leader_says_so() -> None:
    bare = replace(desk(), macros=None)
    (leader,) = events(run(bare, "menu.leader"))
    assert next(item for item in leader.menu.items if item.key == ";").blocked
    assert reason(bare, "macro.insert") == "Macros are still being read"
    assert run(bare, "menu.macros", "w") == []
    assert library_of(bare) == MacroLibrary()


def test_a_category_nobody_knows_opens_nothing() -> None:
    assert run(desk(), "menu.macros", "?") == []


def test_inserting_keeps_what_is_typed_and_adds_what_will_happen() -> None:
    typed = replace(desk(Pane.COMPOSER, drafts={T1: Draft(T1, then=(Tag(add=("vip",)),))}), composer_text="Dear Ms Zhang,\n")
    effects = run(typed, "macro.insert", "wp")
    inserted = only(effects, ef.Compose)
    assert inserted.act is ef.ComposerAct.INSERT
    assert inserted.stops
    draft = draft_after(typed, "wp")
    assert draft.body == "Dear Ms Zhang,\n"
    assert draft.macro == "wp"
    assert Tag(add=("vip",)) in draft.then
    assert SetStatus("waiting_third_party") in draft.then
    assert MacroUsed("wp") in events(effects)


def test_inserting_opens_the_composer() -> None:
    ctx = after(desk(), run(desk(), "macro.insert", "wp"))
    assert ctx.focus is Pane.COMPOSER


def test_from_the_queue_the_ticket_is_opened_first() -> None:
    ctx = desk(Pane.QUEUE, opened=None)
    effects = run(ctx, "macro.insert", "wp")
    assert TicketOpened(T1) in events(effects)
    assert effects[-1] == ef.RunCommand("macro.insert", ("wp",))
    assert not has(effects, ef.Compose)


def test_a_peek_is_opened_properly_before_writing() -> None:
    assert TicketOpened(T1) in events(run(with_conversation(desk(), peek=True), "macro.insert", "wp"))


def test_while_the_ticket_is_loading_the_macro_waits_and_then_writes_what_it_knows() -> None:
    loading = with_conversation(desk(), customer=Loading())
    later = only(run(loading, "macro.insert", "wp"), ef.Later)
    assert later.args == ("wp", "try=1", "_for=t1")
    assert later.at > loading.now
    again = only(run(loading, *(later.command, *later.args)), ef.Later)
    assert again.args == ("wp", "try=2", "_for=t1")
    last = run(loading, "macro.insert", "wp", f"try={TRIES}")
    told = [effect for effect in last if isinstance(effect, ef.Tell)]
    assert any("withdrawal.txid" in dict(tell.values).get("fields", "") for tell in told)
    assert "⟦withdrawal.txid⟧" in only(last, ef.Compose).text


def test_a_macro_that_waits_for_its_ticket_is_written_on_no_other_and_opens_none_again() -> None:
    waiting = ("wp", "try=3", "_for=t1")
    assert has(run(desk(), "macro.insert", *waiting), ef.Compose)
    assert run(desk(opened=2), "macro.insert", *waiting) == []
    assert run(desk(Pane.QUEUE, opened=None), "macro.insert", *waiting) == []


def test_a_prompt_whose_answer_is_the_time_of_an_action_says_how_times_are_written() -> None:
    form = only(run(desk(), "macro.insert", "gx"), ef.Form)
    assert {field.name: bool(field.hint) for field in form.fields} == {"team": False, "due": True}


def test_a_failed_or_stale_load_does_not_wait() -> None:
    assert has(run(with_conversation(desk(), customer=Failed("gone")), "macro.insert", "wp"), ef.Compose)
    assert has(run(with_conversation(desk(), customer=Absent()), "macro.insert", "wp"), ef.Later)


def test_prompts_are_asked_before_anything_is_written() -> None:
    form = only(run(desk(), "macro.insert", "gx"), ef.Form)
    assert (form.command, form.args) == ("macro.insert", ("gx",))
    assert {field.name: field.value for field in form.fields} == {"team": "", "due": "18:00"}
    effects = run(desk(), "macro.insert", "gx", "team=Risk", "due=19:00")
    assert "Risk" in only(effects, ef.Compose).text


def test_a_prompt_proposes_what_the_ticket_knows_else_the_macros_own_words() -> None:
    review = only(run(desk(), "macro.insert", "wr"), ef.Form)
    assert [field.value for field in review.fields] == ["withdrawal review"]
    asks = (Ask("txid", {"en": "TXID"}),)
    own = replace(desk(), macros=MacroLibrary({"zz": Macro("zz", {"en": "Z"}, "z", {"en": parse("x")}, asks=asks)}))
    assert [field.value for field in only(run(own, "macro.insert", "zz"), ef.Form).fields] == ["field-txid"]


def test_an_escalation_takes_its_facts_from_the_answers() -> None:
    draft = draft_after(desk(), "wr", "restriction_code=RR-7")
    assert any(isinstance(one, Escalate) and one.fields == (("restriction_code", "RR-7"),) for one in draft.then)


def test_a_note_being_written_stays_a_note_and_that_is_said() -> None:
    ctx = replace(desk(Pane.COMPOSER, drafts={T1: Draft(T1, DraftMode.NOTE, "FYI")}), composer_text="FYI")
    draft = draft_after(ctx, "gy")
    assert draft.mode is DraftMode.NOTE
    told = only(run(ctx, "macro.insert", "gy"), ef.Tell)
    assert told.level is Level.WARN


def test_an_empty_note_becomes_a_reply() -> None:
    ctx = desk(Pane.COMPOSER, drafts={T1: Draft(T1, DraftMode.NOTE)})
    assert draft_after(ctx, "gy").mode is DraftMode.REPLY


def test_then_next_and_attachments_come_along() -> None:
    own = Macro(
        "zz",
        {"en": "Z"},
        "z",
        {"en": parse("x")},
        attachments=("/a.pdf",),
        then_next=True,
        actions=(Action("escalate", "nowhere"),),
    )
    ctx = replace(desk(), macros=MacroLibrary({"zz": own}))
    effects = run(ctx, "macro.insert", "zz")
    assert only(effects, ef.AttachFile) == ef.AttachFile(T1, "/a.pdf")
    assert only(effects, ef.Tell).text == "there is no team {name}"
    draft = draft_after(ctx, "zz")
    assert draft.then_next
    assert draft.language_note == "no zh text, using en"


def test_all_that_is_left_out_is_told_last_and_at_once() -> None:
    gone = (Action("escalate", "nowhere"), Action("status", "banana"))
    own = Macro("zz", {"en": "Z"}, "z", {"en": parse("x {customer.nme}")}, actions=gone)
    unknown, left_out = (
        one for one in run(replace(desk(), macros=MacroLibrary({"zz": own})), "macro.insert", "zz") if isinstance(one, ef.Tell)
    )
    assert unknown.text == "Not known here: {fields}"
    assert dict(left_out.values) == {"what": "there is no team nowhere; this backend has no status banana"}


def test_that_nothing_is_on_its_way_is_said() -> None:
    at_rest = customer(movements=(movement(state="done"),))
    told = only(run(with_conversation(desk(), customer=Loaded(at_rest, NOW)), "macro.insert", "wp"), ef.Tell)
    assert told.text == "No such money is on its way, so not filled in: {fields}"


def test_an_unknown_macro_is_told_and_without_a_ticket_nothing_happens() -> None:
    assert "no macro" in only(run(desk(), "macro.insert", "??"), ef.Tell).text
    empty = replace(with_queue(context(), cursor=None), macros=LIBRARY)
    assert run(empty, "macro.insert", "wp") == []
    assert preview(empty, LIBRARY.macros["wp"]) is None


def test_the_last_macro_is_repeated() -> None:
    assert reason(desk(), "macro.repeat") == "No macro was used yet"
    assert run(desk(), "macro.repeat") == []
    assert has(run(desk(last_macro="wp"), "macro.repeat"), ef.Compose)


def test_a_preview_shows_what_would_be_written() -> None:
    rendered = preview(desk(), LIBRARY.macros["wp"])
    assert rendered is not None
    assert "1,200.5 USDT" in rendered.text
