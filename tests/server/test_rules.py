"""The rules of the floor, pure: deadlines, bot, routing, grammar."""

import msgspec
import pytest

from supportdesk_tui.server.floor import bot
from supportdesk_tui.server.floor.facts import facts_in
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.query import BadQuery, Criteria, belongs, parse
from supportdesk_tui.server.floor.routing import first_team, guess_category, guess_language
from supportdesk_tui.server.floor.sla import settle
from supportdesk_tui.server.floor.ticket import NEVER, Ticket
from supportdesk_tui.server.floor.words import CATEGORIES, HOUR, MINUTE, STATUSES, TARGETS, TEAMS

NOW = 1_800_000_000_000
ME = Agent(id="a1", login="l", name="L", role="l1", teams=["frontline-cn", "risk"])


def ticket(**fields: object) -> Ticket:
    """A ticket opened now, unanswered; settled."""
    plain: dict[str, object] = {
        "n": 1, "id": "t1", "number": "HX-1", "subject": "s", "channel": "chat", "status": "new", "priority": 2,
        "category": "TEC", "language": "en", "customer": "c1", "customer_name": "C", "tier": "Regular",
        "created_at": NOW, "opened_at": NOW,
    }  # fmt: skip
    made = msgspec.convert({**plain, **fields}, Ticket)
    settle(made, NOW)
    return made


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({"category": "USE"}, 2),
        ({"category": "TEC"}, 5),
        ({"category": "FND"}, 30),
        ({"category": "SEC"}, 1),
        ({"category": "SEC", "priority": 1}, 1),
        ({"category": "SEC", "channel": "email"}, 1),
        ({"category": "TEC", "channel": "email"}, 20),
        ({"category": "TEC", "channel": "forum"}, 40),
        ({"category": "TEC", "priority": 1}, 2.5),
        ({"category": "TEC", "priority": 3}, 10),
        ({"category": "TEC", "priority": 4}, 20),
        ({"category": "TEC", "tier": "VIP1"}, 2.5),
        ({"category": "USE", "tier": "VIP5", "priority": 1}, 1),
    ],
)
def test_first_response_follows_category_channel_priority_and_tier(fields: dict[str, object], minutes: float) -> None:
    one = ticket(**fields)
    assert (one.clock_kind, one.clock_due) == ("first", NOW + int(minutes * MINUTE))


def test_next_response_runs_from_the_first_unanswered_word() -> None:
    one = ticket(status="open", human_at=NOW - HOUR, turn_at=NOW - 10 * MINUTE, opened_at=NOW - HOUR)
    assert (one.clock_kind, one.clock_start, one.clock_due) == ("next", NOW - 10 * MINUTE, NOW + 20 * MINUTE)


def test_resolve_clock_wins_when_it_is_nearer() -> None:
    one = ticket(status="open", category="EMG", human_at=NOW, turn_at=NOW, opened_at=NOW - 9 * MINUTE, priority=2)
    assert (one.clock_kind, one.clock_due) == ("resolve", NOW + MINUTE)


def test_only_waiting_for_the_customer_pauses_and_the_pause_is_given_back() -> None:
    one = ticket(status="waiting_customer", human_at=NOW)
    assert (one.clock_paused, one.clock_key) == (True, NEVER)
    due = one.clock_due
    one.status = "open"
    settle(one, NOW + HOUR)
    assert (one.clock_paused, one.clock_due) == (False, (due or 0) + HOUR)
    for status in ("waiting_internal", "waiting_third_party", "snoozed", "open"):
        assert not ticket(status=status, human_at=NOW).clock_paused


@pytest.mark.parametrize("status", ["bot", "solved", "closed", "merged", "spam"])
def test_no_clock_runs_with_the_bot_or_after_the_end(status: str) -> None:
    assert (ticket(status=status).clock_kind, ticket(status=status).clock_key) == ("none", NEVER)


def test_categories_without_a_resolve_promise_have_no_clock_once_answered() -> None:
    assert ticket(category="FBK", human_at=NOW, status="open").clock_kind == "none"


def test_every_target_and_status_is_known() -> None:
    assert {one.team for one in TARGETS} <= set(TEAMS)
    assert len({one.key for one in TARGETS}) == len(TARGETS)
    assert len(TEAMS) == 11
    assert len(CATEGORIES) == 18
    assert len(STATUSES) == 12


@pytest.mark.parametrize("text", ["转人工", "bot没用,转人工!", "I want a HUMAN", "agent please", "оператор"])
def test_bot_hands_over_when_asked(text: str) -> None:
    assert bot.answer(text, "zh", 0, "USE").hands_over


def test_bot_answers_what_it_knows_then_gives_up_on_the_second_miss() -> None:
    assert bot.answer("提现多久到账", "zh", 0, "USE").intent == "withdrawal_status"
    first = bot.answer("qwertz", "en", 0, "USE")
    assert not first.hands_over
    assert not first.intent
    assert bot.answer("qwertz", "en", 1, "USE").hands_over


@pytest.mark.parametrize("category", ["SEC", "EMG", "CMP"])
def test_bot_never_keeps_a_grave_matter(category: str) -> None:
    assert bot.answer("withdrawal status", "en", 0, category).hands_over


def test_bot_knows_at_least_ten_intents_in_both_languages() -> None:
    assert len(bot.INTENTS) >= 10
    assert all(one.en and one.zh for one in bot.INTENTS)
    assert bot.handover_card("fees", "x", {"coin": "BTC"}, 1).count("\n") == 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我的提现", "zh"),
        ("入金がまだです", "ja"),
        ("출금 지연", "ko"),
        ("Где деньги", "ru"),
        ("¿Dónde está mi retiro?", "es"),
        ("Bonjour, mon retrait", "fr"),
        ("Tiền của tôi ở đâu ạ", "vi"),
        ("Çekim işlemim nerede, bilgi alabilir miyım", "tr"),
        ("where is it", "en"),
        ("", "en"),
    ],
)
def test_language_is_guessed_from_the_script(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("我的账户被盗了", "SEC"),
        ("withdraw stuck", "FND"),
        ("充值没到账", "DEP"),
        ("kyc rejected", "KYC"),
        ("你好", "USE"),
        ("p2p 卖家不放币", "P2P"),
    ],
)
def test_category_is_guessed_from_the_words(text: str, category: str) -> None:
    assert guess_category(text) == category


def test_first_line_is_chosen_by_language_and_legal_goes_to_its_desk() -> None:
    assert first_team("ja", "USE") == "frontline-cn"
    assert first_team("es", "USE") == "frontline-global"
    assert first_team("zh", "LEG") == "compliance"


def test_facts_are_read_out_of_the_words() -> None:
    facts = facts_in(f"Sent USDT on trc20, TXID {'ab' * 32}, order WD202608170042137755, error 40103")
    assert facts == {
        "coin": "USDT",
        "network": "trc20",
        "txid": "ab" * 32,
        "order_id": "WD202608170042137755",
        "error_code": "40103",
    }


def test_grammar_reads_every_key() -> None:
    want = parse(
        'phase:new,open owner:me team:mine sla:<30m cat:fnd prio:p1 tag:"two words" is:watched,unread lang:zh hello "a b"', ME
    )
    assert want == Criteria(
        phases=frozenset({"new", "open"}),
        owners=frozenset({"a1"}),
        teams=frozenset({"frontline-cn", "risk"}),
        due_in_ms=30 * MINUTE,
        categories=frozenset({"FND"}),
        priorities=frozenset({1}),
        tags=frozenset({"two words"}),
        watcher="a1",
        unread=True,
        languages=frozenset({"zh"}),
        text='hello "a b"',
    )


@pytest.mark.parametrize("q", ["-status:open", "colour:red", "sla:30m", "owner:"])
def test_grammar_refuses_what_it_does_not_know(q: str) -> None:
    if q == "owner:":
        assert parse(q, ME).text == q
        return
    with pytest.raises(BadQuery):
        parse(q, ME)


def test_links_in_the_words_are_no_keys() -> None:
    assert parse("https://x.example/a", ME).text == "https://x.example/a"


def test_membership_agrees_with_each_claim() -> None:
    one = ticket(owner="a1", team="risk", tags=["bug"], unread=2, watchers=["a1"])
    assert belongs(
        one, parse("owner:me team:mine tag:bug is:unread is:watched phase:new channel:chat lang:en cat:tec prio:p2", ME)
    )
    for q in (
        "owner:nobody",
        "team:x",
        "tag:vip",
        "is:promised",
        "phase:open",
        "channel:email",
        "lang:zh",
        "cat:use",
        "prio:p1",
        "status:open",
    ):
        assert not belongs(one, parse(q, ME)), q


def test_team_mine_without_teams_finds_nothing() -> None:
    loner = Agent(id="a9", login="l", name="L", role="l1", teams=[])
    assert not belongs(ticket(), parse("team:mine", loner))
