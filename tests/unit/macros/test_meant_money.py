"""Which movement a macro speaks of: the one the ticket is about."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.macro_load import load
from supportdesk_tui.commands.macro_text import parse
from supportdesk_tui.commands.macro_values import Subject, look_up
from supportdesk_tui.commands.macros import render
from supportdesk_tui.domain.people import MoneyDirection, Movement
from supportdesk_tui.domain.ticket import FieldValue
from supportdesk_tui.text.safe import NO_TEXT, sanitize_line
from tests import make
from tests.unit.commands.desk import NOW, customer, detail, directory, movement

OLD, NEW = NOW - timedelta(days=2), NOW - timedelta(minutes=5)
OUT, IN = MoneyDirection.OUT, MoneyDirection.IN


def moved(number: str, direction: MoneyDirection = OUT, **changes: Any) -> Movement:
    return movement(direction, **{"id": number, "txid": NO_TEXT, "at": OLD, **changes})


def about(*moves: Movement, title: str = "Where is it?", **fields: str) -> Subject:
    ticket = detail(1, subject=sanitize_line(title))
    known = tuple(FieldValue(name, sanitize_line(name), sanitize_line(value)) for name, value in fields.items())
    return Subject(
        ticket=replace(ticket, fields=known),
        customer=customer(movements=moves),
        agent=make.agent(),
        directory=directory(),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"order_id": "WD1111"}, "Where is it?"),
        ({"txid": "AB" * 32}, "Where is it?"),
        ({}, "WD1111 stuck"),
        ({}, "no news of " + "ab" * 32),
    ],
)
def test_number_and_txid_decide_even_against_a_newer_one_on_its_way(fields: dict[str, str], title: str) -> None:
    named = moved("WD1111", state="done", txid=sanitize_line("ab" * 32))
    asked = about(named, moved("WD2222", at=NEW), title=title, **fields)
    assert look_up(asked, "withdrawal.id") == "WD1111"
    assert look_up(asked, "money.id") == "WD1111"


def test_the_named_coin_decides_among_those_on_their_way() -> None:
    asked = about(moved("WD1111", coin="SOL"), moved("WD2222", coin="BTC", at=NEW), coin="SOL")
    assert look_up(asked, "withdrawal.id") == "WD1111"


def test_direction_is_the_placeholders_own() -> None:
    asked = about(moved("DP1111", IN, coin="SOL"), moved("WD2222", coin="SOL", at=NEW), coin="SOL")
    assert look_up(asked, "deposit.id") == "DP1111"
    assert look_up(asked, "withdrawal.id") == "WD2222"
    assert look_up(about(moved("WD2222")), "deposit.id") is None


def test_without_a_name_it_is_the_newest_on_its_way_else_the_newest() -> None:
    done = moved("WD3333", state="done", at=NEW)
    assert look_up(about(moved("WD1111"), moved("WD2222", at=NEW), done), "withdrawal.id") == "WD2222"
    assert look_up(about(moved("WD1111", state="done"), done), "withdrawal.id") == "WD3333"


@pytest.mark.parametrize("fields", [{}, {"coin": "BTC"}])
def test_never_a_failed_one_while_another_is_on_its_way(fields: dict[str, str]) -> None:
    asked = about(moved("WD1111", coin="SOL"), moved("WD2222", coin="BTC", state="failed", at=NEW), **fields)
    assert look_up(asked, "withdrawal.id") == "WD1111"
    assert look_up(asked, "money.id") == "WD1111"


def test_a_named_failed_one_yields_to_one_on_its_way() -> None:
    asked = about(moved("WD1111"), moved("WD2222", state="failed", at=NEW), order_id="WD2222")
    assert look_up(asked, "withdrawal.id") == "WD1111"
    assert look_up(about(moved("WD2222", state="failed"), order_id="WD2222"), "withdrawal.id") == "WD2222"


@pytest.mark.parametrize("number", ["wp", "dc"])
def test_a_macro_about_money_on_its_way_says_nothing_of_money_that_has_arrived(number: str) -> None:
    macro = load().macros[number]
    way = OUT if number == "wp" else IN
    done = moved("XX1111", way, state="done", txid=sanitize_line("ab" * 32), at=NEW, confirmations=20, needed=20)
    rendered = render(macro, about(done))
    assert rendered.is_at_rest
    assert "1,200" not in rendered.text
    assert "⟦" in rendered.text, "what is not filled in is never sent"
    moving = moved("XX2222", way, state="confirming", txid=sanitize_line("cd" * 32), confirmations=3, needed=20)
    both = render(macro, about(done, moving))
    assert not both.is_at_rest
    assert both.missing == ()
    assert "cd" * 4 in both.text
    named = render(macro, about(done, moving, order_id="XX1111"))
    assert named.is_at_rest, "the ticket is about the one that has arrived"


def test_what_the_macro_asks_for_beyond_that_stands_alone_in_its_place() -> None:
    macro = replace(load().macros["wp"], require=("withdrawal.is_moving",), bodies={"en": parse("Hello")})
    assert render(macro, about(moved("WD1111", state="done"))).text == "Hello\n⟦withdrawal.is_moving⟧"
