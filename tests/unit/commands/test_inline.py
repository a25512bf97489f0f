"""What is found while one writes: triggers, what they offer, and what choosing does."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.inline import Asked, Trigger, asked, begun, choices_of, everything
from supportdesk_tui.commands.macro_load import load
from supportdesk_tui.commands.macros import Macro, MacroLibrary
from supportdesk_tui.commands.mentions import mentions
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.directory import Article
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.store.events import MacroUsed, OutboxChanged
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.state import DeskState, Draft, DraftMode, Found, Habits, Loaded, OutboxPhase, Pane
from supportdesk_tui.text.safe import sanitize, sanitize_line
from supportdesk_tui.ui.screens.offered import ranked
from tests import make
from tests.unit.commands.desk import NOW, context, only, run

REPLY, NOTE = DraftMode.REPLY, DraftMode.NOTE


@pytest.mark.parametrize(
    ("before", "mode", "trigger"),
    [
        ("Hello ::", REPLY, Trigger.MACRO),
        ("您好：：", REPLY, Trigger.MACRO),
        ("Hello :::", REPLY, None),
        ("Really??", REPLY, Trigger.ARTICLE),
        ("真的？？", NOTE, Trigger.ARTICLE),
        ("Really???", REPLY, None),
        ("Ask @", NOTE, Trigger.MENTION),
        ("请问＠", NOTE, None),
        ("＠", NOTE, Trigger.MENTION),
        ("Ask @", REPLY, None),
        ("write to desk@", NOTE, None),
        ("at 12:", REPLY, None),
    ],
)
def test_a_trigger_is_known_in_both_widths_and_colleagues_only_in_notes(
    before: str, mode: DraftMode, trigger: Trigger | None
) -> None:
    assert begun(before, mode) is trigger


def test_what_follows_a_trigger_is_a_question_until_it_is_prose() -> None:
    assert asked("Hello ::wp", 6, Trigger.MACRO) == Asked(Trigger.MACRO, 6, "wp")
    assert asked("Hello ：：wp", 6, Trigger.MACRO) == Asked(Trigger.MACRO, 6, "wp")
    assert asked("Hello :", 6, Trigger.MACRO) is None
    assert asked("Really?? I think", 6, Trigger.ARTICLE) is None
    assert asked("??" + "x" * 41, 0, Trigger.ARTICLE) is None
    assert asked("@Mei Lin", 0, Trigger.MENTION) == Asked(Trigger.MENTION, 0, "Mei Lin")


def test_what_was_found_is_inserted_by_its_kind() -> None:
    article = Article("kb1", sanitize_line("Fees"), "https://help.example/fees", sanitize("Fees are low."), "en")
    ctx = context(Pane.COMPOSER, opened=1, habits=Habits(sent=("Thank you.",)), found=Found("fees", Loaded((article,), NOW)))
    assert only(run(ctx, "composer.insert_found", "sent 0"), ef.Compose).text == "Thank you."
    assert only(run(ctx, "composer.insert_found", "macro wp"), ef.RunCommand).args == ("wp",)
    assert only(run(ctx, "composer.insert_found", "article kb1"), ef.Compose).text == "Fees are low."
    assert only(run(ctx, "composer.insert_found", "@ a2"), ef.Compose).text == f"@{make.agent(2).name} "
    assert run(ctx, "composer.insert_found", "article gone") == []
    assert run(ctx, "composer.insert_found", "sent 7") == []


def test_recall_offers_what_was_sent_before_the_macros() -> None:
    library = MacroLibrary({"wp": Macro("wp", {"en": "Pending"}, "w", {})})
    ctx = replace(context(habits=Habits(sent=("One\n\ntwo",))), macros=library)
    assert [(one.value, one.label) for one in everything(ctx)] == [("sent 0", "One two"), ("macro wp", "Pending")]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("kyc", {"kr", "ks"}),
        ("identity", {"kr", "ks"}),
        ("认证", {"kr", "ks"}),
        ("wp", {"wp"}),
        ("拥堵", {"wp"}),
        ("withdrawal", {"wp", "wr"}),
    ],
)
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_macro_is_found_by_its_id_in_both_languages_and_by_what_its_category_is_called(
    typed: str, ids: set[str], locale: str
) -> None:
    library = load()
    offered = ranked(choices_of(library, locale), typed)
    assert ids <= {one.value for one in offered}
    if len(ids) > 1:
        (category,) = {library.macros[one].category for one in ids}
        every = {one.id for one in library.macros.values() if one.category == category}
        assert every <= {one.value for one in offered}
    else:
        assert offered[0].value in ids


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("@Ann, please", ["Ann"]),
        ("@Anna, please", ["Anna"]),
        ("@Ann Lee and @Ann", ["Ann", "Ann Lee"]),
        ("@Annabel", []),
        ("＠Anna请看 @ann@example.com", ["Anna", "ann@example.com"]),
        ("@王芳芳看看", ["王芳芳"]),
        ("Ann wrote from desk@Ann", []),
        ("nobody", []),
    ],
)
def test_the_longest_name_behind_the_mark_is_meant(body: str, named: list[str]) -> None:
    names = ("Ann", "Anna", "Ann Lee", "ann@example.com", "王芳", "王芳芳", "")
    agents = [replace(make.agent(n), name=sanitize_line(name)) for n, name in enumerate(names)]
    assert [names[int(one.removeprefix("a"))] for one in mentions(body, agents)] == named


def test_sent_replies_and_macros_are_remembered_and_notes_are_not() -> None:
    state = DeskState()
    for body in ("first", "second", "first"):
        state = reduce(state, OutboxChanged(make.outbox_item(change=Reply(body), phase=OutboxPhase.SENT)))
    note = make.outbox_item(9, phase=OutboxPhase.SENT, change=Note("among us"))
    held = make.outbox_item(10, change=Reply("not yet"), phase=OutboxPhase.HELD)
    state = reduce(reduce(state, OutboxChanged(note)), OutboxChanged(held))
    assert state.habits.sent == ("first", "second")
    state = reduce(reduce(state, MacroUsed("wp")), MacroUsed("wp"))
    assert state.habits.macros == {"wp": 2}


def test_a_note_names_those_it_mentions() -> None:
    agents = (make.agent(1), make.agent(2), make.agent(3))
    body = f"＠{agents[1].name} please, and @{agents[2].name}; me@example.com is theirs"
    assert mentions(body, agents) == (AgentId("a2"), AgentId("a3"))
    draft = Draft(make.summary(1).id, NOTE, body)
    ctx = context(Pane.COMPOSER, opened=1, drafts={draft.ticket: draft})
    note = only(run(replace(ctx, composer_text=body), "composer.send"), ef.Apply).change
    assert note.mentions == tuple(
        one.id for one in ctx.state.session.directory.agents if f"@{one.name}" in body.replace("＠", "@")
    )
    assert note.mentions
