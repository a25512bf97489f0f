"""A macro written for a ticket, and what it will do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.macro_text import parse
from supportdesk_tui.commands.macro_values import FIELDS, Subject, is_known, look_up
from supportdesk_tui.commands.macros import Action, Ask, Category, Macro, MacroLibrary, render
from supportdesk_tui.domain.changes import Assign, Escalate, MakePromise, SetPriority, SetStatus, Snooze, Tag, Transfer, Watch
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.people import MoneyDirection
from supportdesk_tui.domain.ticket import LinkedTicket, Phase, Priority, PromiseRecord, PromiseState, Status
from supportdesk_tui.text.safe import NO_TEXT, sanitize_line
from tests import make
from tests.unit.commands.desk import NOW, STATUSES, TXID, customer, detail, directory, movement


def subject(**changes: object) -> Subject:
    one = Subject(ticket=detail(1), customer=customer(), agent=make.agent(), directory=directory(), now=NOW)
    return replace(one, **changes)


def macro(body: str = "Hello", **changes: object) -> Macro:
    one = Macro("xx", {"en": "Test", "zh": "测试"}, "x", {"zh": parse(body), "en": parse(f"EN {body}")})
    return replace(one, **changes)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.name", "Zhang Min"),
        ("customer.uid", "123456789012345678"),
        ("ticket.number", make.summary(1).number),
        ("ticket.priority", make.summary(1).priority.name),
        ("ticket.status", "Open"),
        ("ticket.channel", "chat"),
        ("agent.name", "Li Wei"),
        ("money.amount", "1,200.5"),
        ("withdrawal.txid", TXID),
        ("deposit.id", "DP1"),
        ("money.confirmations", "3"),
        ("money.memo_missing", ""),
        ("money.is_moving", "true"),
        ("money.at", "2026-08-17 12:03"),
        ("kyc.level", "2"),
        ("field.txid", "field-txid"),
        ("now.date", "2026-08-17"),
        ("now.time", "14:03"),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: str) -> None:
    assert look_up(subject(), path) == value


@pytest.mark.parametrize(
    "path",
    [
        "customer.shoe_size",
        "ticket.banana",
        "agent.password",
        "money.banana",
        "promise.due",
        "promise.banana",
        "linked.number",
        "now.year",
        "field.coin",
        "field.none",
        "kyc.none",
        "ask.none",
        "banana.split",
        "ticket.team",
    ],
)
def test_what_nobody_knows_is_unknown(path: str) -> None:
    ticket = replace(detail(1, team=None), promises=())
    assert not look_up(subject(ticket=ticket), path)


def test_without_the_customers_context_only_the_rows_facts_are_known() -> None:
    bare = subject(customer=None, agent=None)
    assert look_up(bare, "customer.name") == make.summary(1).customer_name
    assert look_up(bare, "customer.uid") is None
    assert look_up(bare, "money.txid") is None
    assert look_up(bare, "kyc.level") is None
    assert look_up(bare, "agent.name") is None


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("withdrawal.txid", "short", "abababab…ababab"),
        ("customer.name", "short", "Zhang Min"),
        ("customer.name", "first", "Zhang"),
        ("money.at", "date", "2026-08-17"),
        ("money.at", "time", "12:03"),
    ],
)
def test_filters_shorten(path: str, name: str, value: str) -> None:
    assert look_up(subject(), path, name) == value


def test_whole_amounts_have_no_decimals() -> None:
    whole = customer(movements=(movement(MoneyDirection.OUT, amount=Decimal(50)),))
    assert look_up(subject(customer=whole), "money.amount") == "50"


def test_promises_links_and_teams_are_known_when_there_are_any() -> None:
    due = NOW + timedelta(hours=2)
    kept = PromiseRecord("p0", sanitize_line("old"), NOW, None, NO_TEXT, PromiseState.KEPT)
    promised = PromiseRecord("p1", sanitize_line("Update"), due, None, NO_TEXT, PromiseState.OPEN)
    linked = LinkedTicket(TicketId("t7"), "HX-7", "related", sanitize_line("Other"), STATUSES[2])
    into = LinkedTicket(TicketId("t8"), "HX-8", "merged_into", sanitize_line("First"), STATUSES[2], sanitize_line("Risk"))
    full = replace(detail(1, team=TeamId("risk")), promises=(kept, promised), links=(linked, into), stage="analysis")
    about = subject(ticket=full)
    assert look_up(about, "promise.text") == "Update"
    assert look_up(about, "promise.due", "time") == "16:03"
    assert (look_up(about, "linked.number"), look_up(about, "linked.team")) == ("HX-8", "Risk")
    assert (look_up(about, "ticket.team"), look_up(about, "ticket.stage")) == ("Risk", "analysis")
    assert look_up(about, "ask.hours") is None
    assert look_up(replace(about, asked={"hours": "3"}), "ask.hours") == "3"


def test_categories_are_named_where_the_backend_names_them() -> None:
    assert look_up(subject(ticket=detail(1, category="FND")), "ticket.category") == "Funds"
    assert look_up(subject(ticket=detail(1, category="XYZ")), "ticket.category") == "XYZ"


def test_every_field_offered_can_be_asked_for() -> None:
    assert all(is_known(path) for path in FIELDS)
    assert is_known("field.anything")
    assert not is_known("customer.nam")
    for path in FIELDS:
        look_up(subject(), path)


# --- rendering


def test_the_body_is_in_the_customers_language() -> None:
    rendered = render(macro("您好"), subject(ticket=detail(1, language="zh")))
    assert (rendered.text, rendered.language, rendered.note) == ("您好", "zh", "")


def test_a_missing_language_falls_back_visibly() -> None:
    rendered = render(macro("Hello"), subject(ticket=detail(1, language="ja")))
    assert (rendered.text, rendered.note) == ("EN Hello", "no ja text, using en")


def test_a_regional_language_uses_its_parent() -> None:
    assert render(macro("您好"), subject(ticket=detail(1, language="zh-TW"))).note == ""


def test_a_macro_without_english_uses_what_it_has() -> None:
    only = replace(macro("您好"), bodies={"zh": parse("您好")})
    assert render(only, subject(ticket=detail(1, language="ru"))).note == "no ru text, using zh"


def test_an_unknown_ticket_language_is_the_customers() -> None:
    assert render(macro("您好"), subject(ticket=detail(1, language=""))).language == "zh"
    assert render(macro("x"), subject(ticket=detail(1, language=""), customer=None)).language == "en"


def test_empty_lines_around_a_body_go_and_stops_stay_in_place() -> None:
    rendered = render(macro("\n\na {1:b} {cursor}\n"), subject(ticket=detail(1, language="zh")))
    assert rendered.text == "a ⟦b⟧ "
    assert rendered.stops == ((2, 3),)
    assert rendered.caret == 6


def test_a_required_fact_blocks_even_when_the_text_hides_it() -> None:
    one = macro("{if withdrawal.txid}x{end}", require=("withdrawal.txid",))
    rendered = render(one, subject(ticket=detail(1, language="zh"), customer=None))
    assert rendered.missing == ("withdrawal.txid",)
    assert "⟦withdrawal.txid⟧" in rendered.text


def test_a_missing_fact_is_shown_once() -> None:
    one = macro("{withdrawal.txid}", require=("withdrawal.txid",))
    assert render(one, subject(ticket=detail(1, language="zh"), customer=None)).text == "⟦withdrawal.txid⟧"


# --- what happens on sending


@pytest.mark.parametrize(
    ("action", "change"),
    [
        (Action("status", "waiting_customer"), SetStatus("waiting_customer")),
        (Action("status", "solved", "answered"), SetStatus("solved", "answered")),
        (Action("status", "solved", "no such reason"), SetStatus("solved")),
        (Action("tag", "vip"), Tag(add=("vip",))),
        (Action("untag", "vip"), Tag(remove=("vip",))),
        (Action("assign", "me"), Assign(AgentId("a1"))),
        (Action("assign", "nobody"), Assign(None)),
        (Action("transfer", "w"), Transfer(TeamId("wallet-ops"))),
        (Action("transfer", "risk"), Transfer(TeamId("risk"))),
        (Action("promise", "2h", "Update"), MakePromise("Update", datetime(2026, 8, 17, 16, 3, tzinfo=UTC))),
        (Action("promise", "ask.next", "Update"), MakePromise("Update", datetime(2026, 8, 17, 18, 0, tzinfo=UTC))),
        (Action("snooze", "reply"), Snooze(None)),
        (Action("snooze", "1h"), Snooze(datetime(2026, 8, 17, 15, 3, tzinfo=UTC))),
        (Action("priority", "1"), SetPriority(Priority.P1)),
        (Action("watch", "true"), Watch()),
        (Action("watch", "false"), Watch(False)),
        (Action("escalate", "l"), Escalate(TeamId("duty"), make.summary(1).subject)),
        (
            Action("escalate", "w", "Stuck"),
            Escalate(TeamId("wallet-ops"), "Stuck", (("txid", "field-txid"), ("network", "TRC20"))),
        ),
    ],
)
def test_an_action_becomes_a_follow_up(action: Action, change: object) -> None:
    rendered = render(macro(actions=(action,)), subject(asked={"next": "18:00"}))
    assert rendered.then == (change,)
    assert not rendered.left_out


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action("transfer", "nowhere"), "there is no team {name}"),
        (Action("escalate", "nowhere"), "there is no team {name}"),
        (Action("escalate", "r"), "not escalated to {team}: {fields} missing – press ! after sending"),
        (Action("promise", "ask.next", "Update"), "no promise recorded: the time is not clear – press d"),
        (Action("snooze", "ask.next"), "not snoozed: the time is not clear"),
        (Action("status", "banana"), "this backend has no status {name}"),
    ],
)
def test_what_cannot_be_done_is_left_out_and_said(action: Action, said: str) -> None:
    rendered = render(macro(actions=(action,)), subject())
    assert rendered.then == ()
    assert [one.text for one in rendered.left_out] == [said]


def test_nobody_signed_in_takes_nothing() -> None:
    assert render(macro(actions=(Action("assign", "me"),)), subject(agent=None)).left_out


def test_another_backends_word_for_a_status_is_found_by_its_meaning() -> None:
    own = directory(statuses=(Status("pending", Phase.PENDING, sanitize_line("Pending")),))
    assert render(macro(actions=(Action("status", "waiting_customer"),)), subject(directory=own)).then == (
        SetStatus("pending"),
    )
    unknown = directory(statuses=(), resolve_reasons=())
    assert render(macro(actions=(Action("status", "own", "why"),)), subject(directory=unknown)).then == (
        SetStatus("own", "why"),
    )


def test_a_summary_among_required_fields_is_the_macros_own() -> None:
    target = replace(directory().targets[2], required=("summary",))
    rendered = render(macro(actions=(Action("escalate", "l", "Why"),)), subject(directory=directory(targets=(target,))))
    assert rendered.then == (Escalate(TeamId("duty"), "Why"),)


def test_a_team_without_target_is_escalated_to_by_its_letter() -> None:
    rendered = render(macro(actions=(Action("escalate", "w", "Why"),)), subject(directory=directory(targets=())))
    assert rendered.then == (Escalate(TeamId("wallet-ops"), "Why"),)


# --- the library


def test_pins_of_the_agent_win_over_those_of_the_files() -> None:
    library = MacroLibrary({"aa": macro(id="aa"), "bb": macro(id="bb", is_pinned=True)})
    assert [one.id for one in library.pinned] == ["bb"]
    assert [one.id for one in replace(library, pinned_ids=("aa", "gone")).pinned] == ["aa"]


def test_macros_at_hand_are_the_pinned_ones_then_those_used_most_then_the_shipped_choice() -> None:
    library = MacroLibrary({name: macro(id=name, is_pinned=name == "dd") for name in ("aa", "bb", "cc", "dd")})
    used = {"bb": 2, "cc": 5, "gone": 9}
    assert [one.id for one in library.at_hand({}, 9)] == ["dd"]
    assert [one.id for one in library.at_hand(used, 9)] == ["cc", "bb", "dd"]
    assert [one.id for one in replace(library, pinned_ids=("bb", "gone")).at_hand(used, 9)] == ["bb", "cc"]
    assert [one.id for one in library.at_hand(used, 1)] == ["cc"]


def test_a_category_lists_what_two_keys_reach() -> None:
    library = MacroLibrary({name: macro(id=name) for name in ("xb", "xa", "xlong")})
    assert [one.id for one in library.of_category("x")] == ["xa", "xb"]
    assert library.get("xlong") is not None


def test_titles_are_in_the_agents_language_else_english_else_any() -> None:
    assert macro().title("zh") == "测试"
    assert macro().title("ko") == "Test"
    assert Ask("hours", {"ja": "時間"}).title("en") == "時間"
    assert Category("w", {}).title("en") == ""
