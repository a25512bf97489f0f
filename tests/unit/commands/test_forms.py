"""Escalating, handing back, promising, creating."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import fields, replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.facts import known_fact, meant
from supportdesk_tui.commands.forms import targets
from supportdesk_tui.commands.gate import anyway
from supportdesk_tui.commands.gate_change import texts_of
from supportdesk_tui.commands.gate_rules import Kind
from supportdesk_tui.commands.macro_values import Subject, look_up
from supportdesk_tui.domain.changes import (
    Change,
    Create,
    Escalate,
    MakePromise,
    Note,
    Override,
    Reply,
    ReturnTask,
    SettlePromise,
)
from supportdesk_tui.domain.ids import TeamId
from supportdesk_tui.domain.people import MoneyDirection
from supportdesk_tui.domain.ticket import Channel, PromiseRecord, PromiseState
from supportdesk_tui.store.kept import form_key
from supportdesk_tui.store.state import Absent, Loaded, Pane
from supportdesk_tui.text.safe import NO_TEXT, sanitize_line
from tests import make
from tests.unit.commands import desk
from tests.unit.commands.desk import (
    NOW,
    TXID,
    context,
    customer,
    detail,
    has,
    only,
    run,
    with_conversation,
    with_directory,
    with_queue,
)

TALK = context(Pane.CONVERSATION, opened=1)


def test_escalating_asks_for_the_targets_fields_prefilled_from_the_ticket_and_the_money() -> None:
    form = only(run(TALK, "ticket.escalate", "wallet-ops"), ef.Form)
    values = {field.name: field.value for field in form.fields}
    assert values == {"summary": "Bot: withdrawal not arrived", "txid": "field-txid", "network": "TRC20"}
    assert all(field.required for field in form.fields)
    assert form.args == ("wallet-ops",)


def test_the_filled_form_becomes_a_task() -> None:
    args = ("wallet-ops", "summary= Stuck ", "txid=abc", "network=TRC20", "extra= ")
    change = only(run(TALK, "ticket.escalate", *args), ef.Apply).change
    assert change == Escalate(TeamId("wallet-ops"), "Stuck", (("txid", "abc"), ("network", "TRC20")))


def test_a_missing_field_is_asked_for_again_with_what_was_typed() -> None:
    form = only(run(TALK, "ticket.escalate", "wallet-ops", "summary=Stuck", "txid=", "network=ERC20"), ef.Form)
    assert {field.name: field.value for field in form.fields} == {"summary": "Stuck", "txid": "field-txid", "network": "ERC20"}


def test_a_target_that_is_gone_is_told() -> None:
    assert "no such team" in only(run(TALK, "ticket.escalate", "nowhere"), ef.Tell).text


def test_the_subject_is_the_summary_when_nobody_handed_over() -> None:
    bare = with_conversation(TALK, detail=Loaded(replace(detail(1), handover=NO_TEXT), NOW))
    form = only(run(bare, "ticket.escalate", "duty"), ef.Form)
    assert form.fields[0].value == make.summary(1).subject
    nothing = only(run(with_queue(context(), cursor=None), "ticket.escalate", "duty"), ef.Form)
    assert nothing.fields[0].value == ""


def test_without_targets_the_teams_with_a_letter_are_meant() -> None:
    ctx = with_directory(context(), targets=())
    assert [(one.key, one.team) for one in targets(ctx)] == [("w", "wallet-ops"), ("r", "risk")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("txid", "field-txid"),
        ("coin", "USDT"),
        ("order_id", "WD202608170000000001"),
        ("uid", "123456789012345678"),
        ("banana", ""),
    ],
)
def test_a_fact_comes_from_the_ticket_first_then_from_money_and_customer(name: str, value: str) -> None:
    assert known_fact(TALK, name) == value


def test_facts_of_a_ticket_that_is_not_open_are_unknown() -> None:
    assert known_fact(context(), "coin") == ""
    assert known_fact(with_conversation(TALK, customer=Absent()), "coin") == ""
    assert known_fact(with_conversation(TALK, detail=Absent()), "txid") == TXID


def test_the_movement_meant_is_the_newest_still_moving_in_that_direction() -> None:
    both = customer()
    moving = meant(detail(), both)
    assert moving is not None
    assert (moving.direction, moving.txid) == (MoneyDirection.OUT, TXID)
    arrived = meant(detail(), both, MoneyDirection.IN)
    assert arrived is not None
    assert arrived.id == "DP1"
    assert meant(detail(), None) is None


def test_an_escalation_is_prefilled_with_the_movement_the_macro_speaks_of() -> None:
    named = desk.movement(id="WD1111", txid=sanitize_line("cd" * 32), at=NOW - timedelta(days=3), state="done")
    both = customer(movements=(desk.movement(), named))
    ticket = replace(detail(1, subject=sanitize_line("WD1111 is stuck")), fields=())
    talk = with_conversation(TALK, detail=Loaded(ticket, NOW), customer=Loaded(both, NOW))
    speaks = look_up(Subject(ticket=ticket, customer=both, now=NOW), "money.txid")
    assert known_fact(talk, "txid") == speaks == "cd" * 32


def test_a_task_is_handed_back_with_its_finding() -> None:
    assert only(run(TALK, "ticket.return_task"), ef.Form).fields[0].required
    assert only(run(TALK, "ticket.return_task", "finding=Released"), ef.Apply).change == ReturnTask("Released")


# --- promises


@pytest.mark.parametrize("command", ["ticket.promise", "composer.promise"])
def test_a_promise_asks_what_and_by_when(command: str) -> None:
    assert [field.name for field in only(run(TALK, command), ef.Form).fields] == ["what", "by"]


def test_a_promise_is_recorded_with_its_time() -> None:
    effects = run(TALK, "ticket.promise", "what=Update", "by=今晚8点")
    assert only(effects, ef.Apply).change == MakePromise("Update", datetime(2026, 8, 17, 20, 0, tzinfo=UTC))
    assert dict(only(effects, ef.Tell).values)["when"] == "20:00"


@pytest.mark.parametrize("command", ["ticket.promise", "composer.promise"])
def test_a_vague_promise_is_not_recorded_and_what_was_typed_stays(command: str) -> None:
    effects = run(context(Pane.COMPOSER, opened=1), command, "what=Update", "by=shortly")
    assert not has(effects, ef.Apply)
    assert "shortly" in dict(only(effects, ef.Tell).values)["text"]
    assert [field.value for field in only(effects, ef.Form).fields] == ["Update", "shortly"]


def _promise(n: int, state: PromiseState = PromiseState.OPEN) -> PromiseRecord:
    return PromiseRecord(f"p{n}", sanitize_line(f"Update {n}"), NOW, None, NO_TEXT, state)


def test_keeping_a_promise() -> None:
    assert only(run(TALK, "ticket.settle_promise"), ef.Tell).text == "No open promise here"
    one = with_conversation(
        TALK, detail=Loaded(replace(detail(1), promises=(_promise(1), _promise(2, PromiseState.KEPT))), NOW)
    )
    assert only(run(one, "ticket.settle_promise"), ef.Apply).change == SettlePromise("p1")
    two = with_conversation(TALK, detail=Loaded(replace(detail(1), promises=(_promise(1), _promise(2))), NOW))
    assert [choice.value for choice in only(run(two, "ticket.settle_promise"), ef.Pick).choices] == ["p1", "p2"]
    assert only(run(two, "ticket.settle_promise", "p2"), ef.Apply).change == SettlePromise("p2")
    assert not has(run(context(), "ticket.settle_promise"), ef.Apply)


# --- new ticket


def test_a_new_ticket_is_asked_for_with_the_open_customer() -> None:
    fields = {field.name: field for field in only(run(TALK, "ticket.create"), ef.Form).fields}
    assert fields["customer"].value == customer().customer.uid
    assert fields["category"].hint == "FND"
    assert only(run(context(), "ticket.create"), ef.Form).fields[0].value == ""


def test_a_new_ticket_belongs_to_no_ticket_yet() -> None:
    args = ("customer=77", "channel=phone", "category=fnd", "subject=Late", "body=Where is it?")
    asked = only(run(context(), "ticket.create", *args), ef.Apply)
    assert asked == ef.Apply(
        (), Create("77", Channel.PHONE, "FND", "Late", "Where is it?"), clears_form=form_key("ticket.create", (), ())
    )


def test_an_unknown_channel_is_told_and_the_form_keeps_what_was_typed() -> None:
    effects = run(context(), "ticket.create", "customer=77", "channel=pigeon", "category=FND", "subject=Late", "body=x")
    assert not has(effects, ef.Apply)
    assert dict(only(effects, ef.Tell).values)["text"] == "pigeon"
    assert {field.name: field.value for field in only(effects, ef.Form).fields}["subject"] == "Late"


def test_the_desk_of_these_tests_has_money_moving_both_ways() -> None:
    assert {one.direction for one in desk.customer().movements} == set(MoneyDirection)


PHRASE = "abandon " * 11 + "about"
TASK = ("wallet-ops", "txid=abc", "network=TRC20")
WRITTEN = (
    ("ticket.escalate", (*TASK, "summary={text}")),
    ("ticket.escalate", (*TASK[:2], "network={text}", "summary=stuck")),
    ("ticket.return_task", ("finding={text}",)),
    ("ticket.promise", ("what={text}", "by=2h")),
    ("ticket.create", ("customer=c1", "channel=phone", "category=FND", "subject=called", "body={text}")),
    ("ticket.create", ("customer=c1", "channel=phone", "category=FND", "subject={text}", "body=hello")),
)


@pytest.mark.parametrize(("command", "given"), WRITTEN)
@pytest.mark.parametrize(("text", "kind"), [(PHRASE, Kind.UNSENDABLE), ("see ⟦hash⟧", Kind.BLANK)])
def test_what_is_never_sent_in_a_reply_is_never_sent_in_a_form(
    command: str, given: tuple[str, ...], text: str, kind: Kind
) -> None:
    args = tuple(arg.replace("{text}", text) for arg in given)
    effects = run(TALK, command, *args)
    asked = only(effects, ef.ShowFindings)
    assert [one.kind for one in asked.findings] == [kind]
    assert not has(effects, ef.Apply)
    assert not has(run(TALK, command, *args, *anyway(asked.findings, "they asked")), ef.Apply), "with no reason either"
    assert asked.back is not None
    form = only(run(TALK, asked.back.command, *asked.back.args), ef.Form)
    assert text.strip() in {field.value.strip() for field in form.fields}, "nothing that was typed is lost"


@pytest.mark.parametrize(("command", "given"), [one for one in WRITTEN if "network={text}" not in one[1]])
def test_what_needs_a_reason_is_asked_for_once_and_the_reason_goes_along(command: str, given: tuple[str, ...]) -> None:
    args = tuple(arg.replace("{text}", "card 4111 1111 1111 1111") for arg in given)
    asked = only(run(TALK, command, *args), ef.ShowFindings)
    assert asked.command == command
    change = only(run(TALK, command, *asked.answered, *anyway(asked.findings, "the bank wants it")), ef.Apply).change
    assert isinstance(change, Escalate | ReturnTask | MakePromise | Create)
    assert change.overrides == (Override("secret", "the bank wants it"),)
    if isinstance(change, Escalate):
        assert dict(change.fields) == {"txid": "abc", "network": "TRC20"}, "answers are no facts"


def test_words_for_colleagues_do_not_become_the_customers() -> None:
    args = ("customer=c1", "channel=phone", "category=FND", "subject=called", "body=Do not tell the customer yet")
    assert [one.kind for one in only(run(TALK, "ticket.create", *args), ef.ShowFindings).findings] == [Kind.NOTE_WORDS]
    task = ("ticket.return_task", "finding=Do not tell the customer yet")
    assert has(run(TALK, *task), ef.Apply), "among colleagues it is right"


def test_every_text_of_every_change_stands_before_the_gate() -> None:
    """A new kind of change, or a new text of one, is judged or named here as no text that people write."""
    names = {"team", "status", "name", "remove", "into", "to", "relation", "promise", "customer", "category", "state", "key"}
    names |= {"agent", "due_at", "until", "channel", "overrides", "priority", "on", "read", "only_if_unowned"}
    for kind in {*get_args(Change)} - {Reply, Note}:
        written = {
            one.name: "word"
            if one.name not in {"add", "fields"}
            else (("fact", "word"),)
            if one.name == "fields"
            else ("word",)
            for one in fields(kind)
            if one.name not in names
        }
        rest = {one.name: "x" for one in fields(kind) if one.name in names and one.required}
        judged = [text for _, text in texts_of(kind(**written, **rest))]
        assert judged == ["word"] * len(written), kind.__name__
