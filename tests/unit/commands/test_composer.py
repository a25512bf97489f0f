"""Writing, sending, taking back."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.composer import with_follow_ups
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.gate import anyway
from supportdesk_tui.commands.gate_rules import Kind, Remedy
from supportdesk_tui.domain.changes import MakePromise, Note, Override, Reply, SetStatus, Tag
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import AgentId, AttachmentId, TicketId
from supportdesk_tui.domain.ticket import Channel
from supportdesk_tui.store.events import ComposerToggled, DraftChanged, TicketOpened
from supportdesk_tui.store.state import Draft, DraftMode, Loaded, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import (
    NOW,
    STATUSES,
    after,
    context,
    detail,
    events,
    has,
    only,
    reason,
    run,
    with_conversation,
    with_directory,
)

T1 = TicketId("t1")


def writing(text: str = "On its way.", **draft: object) -> Context:
    """The agent writes on ticket 1, having seen everything."""
    one = replace(Draft(T1, base_seq=3), **draft)
    return replace(context(Pane.COMPOSER, opened=1, drafts={T1: one}), composer_text=text)


def test_a_reply_is_held_and_says_how_to_take_it_back() -> None:
    effects = run(writing(then=(SetStatus("open"),), macro="wp", attachments=((AttachmentId("f1"), "a.png"),)), "composer.send")
    applied = only(effects, ef.Apply)
    language = make.summary(1).language
    assert applied == ef.Apply(
        (T1,),
        Reply(
            *("On its way.", (SetStatus("open"),), (AttachmentId("f1"),)),
            language=language,
            macro="wp",
            seen=3,
            seen_owner="a1",
        ),
        hold=True,
        clears_draft=T1,
    )
    assert only(effects, ef.Tell).values == (("seconds", "10"),)
    assert ComposerToggled(False) in events(effects)


def test_the_text_is_not_cleared_before_the_outbox_has_it() -> None:
    effects = run(writing(), "composer.send")
    assert not has(effects, ef.Compose)
    assert after(writing(), effects).state.draft(T1) is not None


def test_a_note_goes_at_once_and_never_as_a_reply() -> None:
    applied = only(run(writing(mode=DraftMode.NOTE), "composer.send"), ef.Apply)
    assert isinstance(applied.change, Note)
    assert not applied.hold


def test_without_a_hold_time_a_reply_goes_at_once() -> None:
    effects = run(replace(writing(), options={"hold_s": "0"}), "composer.send")
    assert not only(effects, ef.Apply).hold
    assert not has(effects, ef.Tell)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_written_cannot_be_sent(text: str) -> None:
    assert reason(writing(text), "composer.send") == "Nothing is written yet"
    assert not has(run(writing(text), "composer.send"), ef.Apply)


def test_a_blank_of_a_macro_can_never_be_sent() -> None:
    ctx = writing("Until ⟦time⟧ it will be there ⟦money.txid⟧")
    finding = only(run(ctx, "composer.send"), ef.ShowFindings).findings[0]
    assert (finding.kind, finding.remedy, finding.quotes) == (Kind.BLANK, Remedy.NEVER, ("⟦time⟧", "⟦money.txid⟧"))
    assert not has(run(ctx, "composer.send", *anyway((finding,), "they know")), ef.Apply)


def test_a_text_too_long_for_the_channel_is_counted_and_never_sent() -> None:
    social = with_conversation(writing("x" * 300), detail=Loaded(detail(1, channel=Channel.SOCIAL), NOW))
    finding = only(run(social, "composer.send"), ef.ShowFindings).findings[0]
    assert (finding.kind, finding.values[0]) == (Kind.LENGTH, ("count", "20"))
    assert finding.fix is not None
    assert finding.fix.args == ("280", "20")
    note = replace(social, state=replace(social.state, drafts={T1: Draft(T1, DraftMode.NOTE, base_seq=3)}))
    assert has(run(note, "composer.send"), ef.Apply)


def test_what_the_gate_finds_is_answered_once_and_the_answer_is_sent_along() -> None:
    ctx = writing("Look at https://evil.example/x please")
    ctx = with_directory(ctx, link_hosts=("harbor-exchange.example",))
    shown = only(run(ctx, "composer.send"), ef.ShowFindings)
    assert [one.kind for one in shown.findings] == [Kind.LINK]
    answered = anyway(shown.findings, "their own bank's page")
    sent = only(run(ctx, "composer.send", *answered), ef.Apply).change
    assert sent.overrides == (Override("link", "their own bank's page"),)


def test_a_finding_that_turned_up_since_is_asked_about_before_anything_leaves() -> None:
    ctx = writing("Look at https://evil.example/x please")
    ctx = with_directory(ctx, link_hosts=("harbor-exchange.example",))
    answered = anyway(only(run(ctx, "composer.send"), ef.ShowFindings).findings, "it is theirs")
    newer = with_conversation(ctx, entries=Loaded((make.entry(3), make.entry(4)), NOW))
    effects = run(newer, "composer.send", *answered)
    assert not has(effects, ef.Apply)
    again = only(effects, ef.ShowFindings)
    assert [one.kind for one in again.findings] == [Kind.WROTE]
    both = only(run(newer, "composer.send", *again.answered, *anyway(again.findings, "same matter")), ef.Apply).change
    assert {one.finding: one.reason for one in both.overrides} == {"link": "it is theirs", "wrote": "same matter"}
    assert both.seen == 4


def test_sending_is_off_when_nothing_is_being_written() -> None:
    assert reason(context(Pane.CONVERSATION, opened=1), "composer.send") == "The composer is not open"
    assert not has(run(context(), "composer.send"), ef.Apply)


def heard(*newer: Entry) -> Context:
    """Something was said while the agent wrote."""
    return with_conversation(writing(), entries=Loaded((make.entry(3), *newer), NOW))


def test_what_the_customer_wrote_meanwhile_stands_in_the_gate_until_it_was_read() -> None:
    ctx = heard(make.entry(4, body="Wait!"))
    finding = only(run(ctx, "composer.send"), ef.ShowFindings).findings[0]
    assert (finding.kind, finding.quotes) == (Kind.WROTE, ("Zhang Min: Wait!",))
    assert has(run(ctx, "composer.send"), ef.ShowFindings), "seen in a list is not read"
    read = after(ctx, run(ctx, "composer.read"))
    assert read.state.view.focus is Pane.CONVERSATION
    assert has(run(read, "composer.send"), ef.Apply)


def test_a_colleague_who_was_faster_is_shown_with_both_texts() -> None:
    theirs = make.entry(4, EntryKind.AGENT, "Done already.", author_id=AgentId("a2"))
    ctx = heard(theirs)
    shown = only(run(ctx, "composer.send"), ef.ShowConflict)
    assert (shown.theirs, shown.mine) == ((theirs,), "On its way.")
    seen = after(ctx, run(ctx, shown.edit.command))
    assert has(run(seen, "composer.send"), ef.Apply)
    assert shown.send is not None
    *rest, last = shown.send.args
    sent = only(run(ctx, shown.send.command, *rest, last + "adds the amount"), ef.Apply).change
    assert sent.overrides == (Override("replied", "adds the amount"),)
    assert shown.discard.command == "composer.discard"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"owner": AgentId("a2"), "owner_name": sanitize_line("Mei Lin")}, "{name} has the ticket now."),
        ({"owner": None}, "Nobody has the ticket now."),
        ({"status": STATUSES[7]}, "It is {status} now."),
    ],
)
def test_a_ticket_that_moved_on_while_one_wrote_is_announced(changes: dict[str, object], why: str) -> None:
    ctx = writing(base_owner="a1", base_status="open")
    moved = with_conversation(ctx, detail=Loaded(detail(1, **changes), NOW))
    finding = only(run(moved, "composer.send"), ef.ShowFindings).findings[0]
    assert (finding.kind, finding.why) == (Kind.CHANGED, why)


def test_taking_the_ticket_oneself_is_no_news() -> None:
    ctx = writing(base_owner="", base_status="new")
    assert has(run(ctx, "composer.send"), ef.Apply)


def test_our_own_words_and_notes_are_no_news() -> None:
    entries = (
        make.entry(4, EntryKind.AGENT, "Mine", author_id=AgentId("a1")),
        make.entry(5, EntryKind.NOTE, "n"),
        make.entry(6, EntryKind.SYSTEM, "s"),
    )
    assert has(run(with_conversation(writing(), entries=Loaded(entries, NOW)), "composer.send"), ef.Apply)


def test_what_happens_on_sending_is_judged_too_and_can_be_left_out() -> None:
    then = (Tag(add=("vip",)), MakePromise("abandon " * 11 + "about", NOW), Tag(add=("⟦kind⟧",)))
    here = writing(then=then)
    asked = only(run(here, "composer.send"), ef.ShowFindings)
    assert [(one.kind, one.fix and (one.fix.command, one.fix.args)) for one in asked.findings] == [
        (Kind.UNSENDABLE, ("composer.without", ("1",))),
        (Kind.BLANK, ("composer.without", ("2",))),
    ]
    assert not has(run(here, "composer.send", *anyway(asked.findings, "they asked")), ef.Apply)
    kept = events(run(here, "composer.without", "1"))[0]
    assert isinstance(kept, DraftChanged)
    assert kept.draft.then == (then[0], then[2])


def test_then_next_opens_the_next_ticket_after_sending() -> None:
    assert TicketOpened(TicketId("t2")) in events(run(writing(then_next=True), "composer.send"))


def test_leaving_keeps_the_text_as_a_draft() -> None:
    ctx = writing("half a sent")
    left = after(ctx, run(ctx, "composer.leave"))
    draft = left.state.draft(T1)
    assert draft is not None
    assert draft.body == "half a sent"
    assert not draft.is_saved
    assert not left.state.view.composer_open


def test_leaving_without_a_ticket_only_closes() -> None:
    assert events(run(context(), "composer.leave")) == [ComposerToggled(False)]


def test_a_reply_becomes_a_note_and_back_with_its_text() -> None:
    ctx = writing()
    note = after(ctx, run(ctx, "composer.toggle_mode"))
    draft = note.state.draft(T1)
    assert draft is not None
    assert (draft.mode, draft.body) == (DraftMode.NOTE, "On its way.")
    effects = run(note, "composer.toggle_mode")
    assert "customer will read" in only(effects, ef.Tell).text
    assert run(context(), "composer.toggle_mode") == []


def test_throwing_away_asks_only_when_something_would_be_lost() -> None:
    assert only(run(writing(), "composer.discard"), ef.Confirm).args == ("sure",)
    gone = after(writing(), run(writing(), "composer.discard", "sure"))
    assert gone.state.draft(T1) is None
    assert not has(run(writing(""), "composer.discard"), ef.Confirm)
    assert run(context(), "composer.discard") == []


def test_attaching_asks_for_the_file() -> None:
    assert only(run(writing(), "composer.attach"), ef.Prompt).command == "composer.attach"
    assert run(writing(), "composer.attach", " ~/a.png ") == [ef.AttachFile(T1, "~/a.png")]


def test_a_status_after_sending_joins_what_will_happen() -> None:
    assert "solved" in [choice.value for choice in only(run(writing(), "composer.status"), ef.Pick).choices]
    ctx = writing(then=(SetStatus("open"), Tag(add=("vip",))))
    draft = after(ctx, run(ctx, "composer.status", "solved")).state.draft(T1)
    assert draft is not None
    assert draft.then == (Tag(add=("vip",)), SetStatus("solved"))
    assert run(context(), "composer.status", "solved") == []


def test_a_promise_travels_with_the_text() -> None:
    draft = after(writing(), run(writing(), "composer.promise", "what=Update", "by=2h")).state.draft(T1)
    assert draft is not None
    assert isinstance(draft.then[0], MakePromise)


def test_follow_ups_of_one_kind_replace_each_other_and_tags_add_up() -> None:
    held = (SetStatus("open"), Tag(add=("a",)))
    assert with_follow_ups(held, (SetStatus("solved"), Tag(add=("b",)))) == (
        Tag(add=("a",)),
        SetStatus("solved"),
        Tag(add=("b",)),
    )
    assert with_follow_ups(held, (Tag(add=("a",)),)) == held


@pytest.mark.parametrize(
    ("command", "act"),
    [
        ("composer.next_stop", ef.ComposerAct.NEXT_STOP),
        ("composer.previous_stop", ef.ComposerAct.PREVIOUS_STOP),
        ("composer.editor", ef.ComposerAct.EDITOR),
    ],
)
def test_the_editor_widget_is_asked_for_what_only_it_can_do(command: str, act: ef.ComposerAct) -> None:
    assert run(writing(), command) == [ef.Compose(act)]


def test_words_from_elsewhere_are_inserted() -> None:
    assert run(writing(), "composer.insert", "See the article.") == [ef.Compose(ef.ComposerAct.INSERT, "See the article.")]
