"""The shipped library, every macro of it."""

import re

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.blanks import spans
from supportdesk_tui.commands.gate import Letter, findings
from supportdesk_tui.commands.gate_letter import letter_of
from supportdesk_tui.commands.gate_rules import Kind
from supportdesk_tui.commands.macro_load import SHIPPED, lint, load
from supportdesk_tui.commands.macro_values import Subject
from supportdesk_tui.commands.macros import Macro, is_motion, render
from supportdesk_tui.domain.changes import MakePromise
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.people import Fact, MoneyDirection, Role
from supportdesk_tui.domain.ticket import FieldValue, LinkedTicket, PromiseRecord, PromiseState, Ticket
from supportdesk_tui.store.state import Draft, Loaded, Pane
from supportdesk_tui.text.safe import NO_TEXT, sanitize_line
from tests import make
from tests.unit.commands.desk import (
    NOW,
    STATUSES,
    TXID,
    context,
    customer,
    detail,
    directory,
    movement,
    with_conversation,
)

LIBRARY = load((SHIPPED,))
MACROS = list(LIBRARY.macros.values())
EXPECTED = {
    "w": "prahl",
    "d": "nmwcd",
    "s": "fpmdu",
    "k": "srnea",
    "a": "2pec",
    "t": "clfsn",
    "p": "urd",
    "b": "dnr",
    "i": "5rp",
    "g": "hqwiexctmdvy",
    "c": "afp",
}
FACTS = ("order_id", "bank_ref", "error_code", "request_id")
every = pytest.mark.parametrize("macro", MACROS, ids=lambda macro: macro.id)
both = pytest.mark.parametrize("language", ["en", "zh"])


def full(macro: Macro, language: str) -> Subject:
    linked = LinkedTicket(TicketId("t8"), "HX-260817-000008", "merged_into", sanitize_line("First"), STATUSES[2])
    promised = PromiseRecord("p1", sanitize_line("Update"), NOW, None, NO_TEXT, PromiseState.BROKEN)
    fields = tuple(FieldValue(name, NO_TEXT, sanitize_line(f"{name}-1")) for name in FACTS)
    moves = (movement(), movement(MoneyDirection.IN, coin="XRP", memo_missing=True))
    kyc = tuple(Fact(name, sanitize_line(name)) for name in ("level", "status", "document_type", "expires"))
    ticket = replace(detail(1, language=language), links=(linked,), promises=(promised,), stage="analysis", fields=fields)
    asked = {ask.name: "18:00" for ask in macro.asks}
    context = customer(movements=moves, kyc=kyc)
    return Subject(ticket=ticket, customer=context, agent=make.agent(), directory=directory(), now=NOW, asked=asked)


def test_every_macro_of_the_plan_is_there() -> None:
    assert set(LIBRARY.macros) == {letter + second for letter, seconds in EXPECTED.items() for second in seconds}
    assert len(LIBRARY.macros) >= 45
    assert not LIBRARY.problems


def test_the_linter_has_nothing_to_say() -> None:
    assert lint([SHIPPED]) == ()


def test_categories_and_pins_fit_the_leader_menu() -> None:
    assert {category.key for category in LIBRARY.categories} == set(EXPECTED)
    assert 1 <= len(LIBRARY.pinned) <= 9


@every
def test_titles_and_bodies_are_in_both_languages(macro: Macro) -> None:
    assert set(macro.titles) == set(macro.bodies) == {"en", "zh"}


@every
@both
def test_everything_known_leaves_only_the_blanks_for_the_agent(macro: Macro, language: str) -> None:
    rendered = render(macro, full(macro, language))
    assert rendered.missing == ()
    assert not rendered.note
    assert rendered.text
    assert "{" not in rendered.text
    blanks = [rendered.text[offset : offset + length] for offset, length in rendered.stops]
    assert [rendered.text[start:end] for start, end in spans(rendered.text)] == [
        blank for blank in sorted(blanks, key=rendered.text.index) if blank[0] == "⟦"
    ]


@every
@both
def test_nothing_known_never_looks_finished_where_facts_matter(macro: Macro, language: str) -> None:
    row = replace(make.summary(1, language=language), customer_name=NO_TEXT, tier=NO_TEXT)
    nothing = Subject(ticket=Ticket(row), now=NOW)
    rendered = render(macro, nothing)
    needs = [path for path in macro.require if path != "ticket.number" and not is_motion(path)]
    assert set(needs) <= set(rendered.missing)
    assert all(f"⟦{path}⟧" in rendered.text for path in rendered.missing)
    assert "您好！" in rendered.text or language == "en" or macro.id in {"gv", "gy", "ca", "cf"}


@every
def test_both_languages_leave_the_same_number_of_blanks(macro: Macro) -> None:
    counts = {language: len(render(macro, full(macro, language)).stops) for language in ("en", "zh")}
    assert counts["en"] == counts["zh"]


@every
def test_actions_are_possible_on_the_embedded_server(macro: Macro) -> None:
    subject = full(macro, "en")
    names = {status.name for status in STATUSES}
    assert all(action.value in names for action in macro.actions if action.kind == "status")
    assert not render(macro, subject).left_out


@every
def test_no_macro_asks_for_secrets(macro: Macro) -> None:
    text = render(macro, full(macro, "en")).text.lower()
    for word in ("send me your password", "send us your password", "tell me your code"):
        assert word not in text


BLANK = re.compile(r"(?P<within>within |up to |takes |about |have |最长 ?|需要 ?|请在 ?)?⟦(?P<label>[^⟧]*)⟧")


def filled(text: str) -> str:
    """A macro's text as an agent leaves it: times as times or as how long, the rest in words."""

    def fill(match: re.Match[str]) -> str:
        lead = match["within"] or ""
        is_chinese = not match["label"].isascii()
        if match["label"] not in {"time", "时间"}:
            return f"{lead}{'已核对' if is_chinese else 'checked'}"
        return lead + ("24 小时" if is_chinese else "2 hours") if lead else "18:00"

    return BLANK.sub(fill, text)


@every
@both
def test_a_filled_macro_passes_the_send_gate_without_a_word(macro: Macro, language: str) -> None:
    rendered = render(macro, full(macro, language))
    letter = Letter(
        text=filled(rendered.text),
        language=language,
        has_files=bool(macro.attachments),
        has_promise=any(isinstance(one, MakePromise) for one in rendered.then),
        agents=("Li Wei", "Mei Lin", "Agent 2"),
        customer_uid="123456789012345678",
        link_hosts=("harbor-exchange.example",),
        role=Role.L1,
    )
    assert findings(letter) == ()
    other = findings(replace(letter, language="ja" if language == "zh" else "zh"))
    assert {one.kind for one in other} == {Kind.LANGUAGE}


@both
def test_a_field_taken_out_of_a_macro_is_found(language: str) -> None:
    """Where the words around it still stand, the sentence says less than the macro meant."""
    macro = LIBRARY.macros["wp"]
    rendered = render(macro, full(macro, language))
    desk = replace(context(Pane.COMPOSER, opened=1), macros=LIBRARY)
    desk = with_conversation(desk, detail=Loaded(detail(1, language=language), NOW))
    whole = Draft(TicketId("t1"), body=filled(rendered.text), macro="wp", then=rendered.then)
    assert letter_of(desk, whole).emptied == ()
    cut = replace(whole, body=whole.body.replace(TXID, ""))
    assert len(letter_of(desk, cut).emptied) == 1
    assert [one.kind for one in findings(letter_of(desk, cut))] == [Kind.EMPTY]
