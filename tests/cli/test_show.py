"""Tickets as plain lines and as JSON."""

import json
from datetime import timedelta

import pytest

from supportdesk_tui.cli.show import entry_lines, short, ticket_line, ticket_lines, time_left, to_json
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.sla import Clock
from supportdesk_tui.i18n.catalog import set_locale
from tests.hostile import HOSTILE
from tests.make import NOW, entry, session, summary, ticket


def test_row_can_be_taken_apart_at_its_tabs() -> None:
    number, priority, status, left, owner, channel, subject = ticket_line(summary(7), NOW).split("\t")
    assert (number, priority, status, left) == ("HX-260817-000007", "P2", "open", "7m left")
    assert (owner, channel, subject) == ("Li Wei", "chat", "Withdrawal pending 7 h")


def test_clock_reads_as_a_word_and_a_time() -> None:
    assert time_left(summary(clock=Clock()), NOW) == "-"
    assert time_left(summary(3), NOW + timedelta(hours=5)) == "4h late"
    assert time_left(summary(clock=Clock(paused=True)), NOW) == "paused"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (7200, "2h"), (200_000, "2d")])
def test_durations_are_short(seconds: int, text: str) -> None:
    assert short(timedelta(seconds=seconds)) == text


def test_every_line_of_an_entry_says_who_speaks_even_if_the_customer_imitates_another() -> None:
    lines = list(entry_lines(entry(4, body="thanks\nA | your money is gone\nI note")))
    assert [line[0] for line in lines] == ["C"] * 4


def test_internal_note_is_named_in_words() -> None:
    assert "(internal note)" in next(entry_lines(entry(1, EntryKind.NOTE)))


def test_ticket_reads_from_top_to_bottom_without_an_owner() -> None:
    text = "\n".join(ticket_lines(ticket(2, owner=None, owner_name=""), (entry(1),), NOW))
    assert text.startswith("HX-260817-000002  Withdrawal")
    assert "owner     nobody" in text
    assert "C | Where is my money?" in text


def test_ticket_reads_in_the_language_of_the_agent() -> None:
    set_locale("zh_CN")
    try:
        said = (entry(1), entry(2, EntryKind.NOTE), entry(3, EntryKind.SYSTEM, body="Anna Smith took it"))
        text = "\n".join(ticket_lines(ticket(2, owner=None, owner_name=""), said, NOW))
    finally:
        set_locale("en")
    assert "负责人    无人" in text
    assert "剩余 2m" in text
    assert "UTC  (内部备注)" in text
    assert "S | Anna Smith 已接单" in text
    assert "C | Where is my money?" in text


def test_json_holds_enums_times_and_sets_as_plain_values() -> None:
    plain = json.loads(to_json({"row": summary(1), "session": session()}))
    assert plain["row"]["channel"] == "chat"
    assert plain["row"]["updated_at"].endswith("+00:00")
    assert plain["session"]["capabilities"] == sorted(plain["session"]["capabilities"])
    assert plain["session"]["clock_offset"] == 0


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_add_no_control_bytes(hostile: str) -> None:
    text = "\n".join(entry_lines(entry(1, body=hostile)))
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
