"""The search grammar: what is typed, what is sent, what is shown as chips."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.domain.grammar import CHOICES, KEYS, ProblemKind, Term, parse, render, terms, without
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Channel, Phase, Priority

VALUE = st.text(alphabet=st.characters(exclude_characters='"＂“”„', exclude_categories=["Cs"]), min_size=1, max_size=12)
QUERIES = st.builds(
    QueueQuery,
    phases=st.frozensets(st.sampled_from(Phase)),
    statuses=st.frozensets(VALUE, max_size=3),
    owner=st.one_of(st.sampled_from(Owner), st.from_regex(r"\A[a-z]{2}-[0-9]{1,4}\Z").map(AgentId)),
    teams=st.frozensets(VALUE.map(TeamId), max_size=3),
    channels=st.frozensets(st.sampled_from(Channel)),
    languages=st.frozensets(st.sampled_from(["en", "zh", "pt-br"])),
    categories=st.frozensets(VALUE, max_size=3),
    priorities=st.frozensets(st.sampled_from(Priority)),
    tags=st.frozensets(VALUE, max_size=3),
    due_within=st.one_of(st.none(), st.integers(0, 90_000).map(lambda minutes: timedelta(minutes=minutes))),
    watched=st.booleans(),
    promised=st.booleans(),
    unread=st.booleans(),
    text=st.text(max_size=40).map(lambda text: parse(text).query.text),
    sort=st.sampled_from(SortKey),
)


@given(QUERIES)
def test_query_written_and_read_is_the_same_query(query: QueueQuery) -> None:
    parsed = parse(render(query), sort=query.sort)
    assert parsed.problems == ()
    assert parsed.query == query


@given(st.text(max_size=60))
def test_any_line_is_read_and_what_is_understood_is_stable(line: str) -> None:
    query = parse(line).query
    again = parse(render(query))
    assert again.problems == ()
    assert again.query == query


@given(QUERIES)
def test_taking_out_every_term_leaves_the_empty_query(query: QueueQuery) -> None:
    for term in terms(query):
        shorter = without(query, term)
        assert term not in terms(shorter)
        query = shorter
    assert query == QueueQuery(sort=query.sort)


def test_every_key_is_read_into_its_field() -> None:
    line = (
        "phase:new,open status:waiting_customer channel:chat owner:me team:mine,t2 lang:ZH cat:FND prio:p1,2 "
        'tag:vip,"two words" sla:<90m is:watched,promised is:unread stuck "cold wallet" TX9'
    )
    assert parse(line).problems == ()
    assert parse(line, sort=SortKey.UPDATED).query == QueueQuery(
        phases=frozenset({Phase.NEW, Phase.OPEN}),
        statuses=frozenset({"waiting_customer"}),
        owner=Owner.ME,
        teams=frozenset({MY_TEAMS, TeamId("t2")}),
        channels=frozenset({Channel.CHAT}),
        languages=frozenset({"zh"}),
        categories=frozenset({"FND"}),
        priorities=frozenset({Priority.P1, Priority.P2}),
        tags=frozenset({"vip", "two words"}),
        due_within=timedelta(minutes=90),
        watched=True,
        promised=True,
        unread=True,
        text='stuck "cold wallet" TX9',
        sort=SortKey.UPDATED,
    )


def test_full_width_punctuation_means_the_same() -> None:
    assert parse("phase：new，open　sla：＜2h　“两个 词”　退款") == parse('phase:new,open sla:<2h "两个 词" 退款')


@pytest.mark.parametrize(
    ("written", "minutes"), [("late", 0), ("<30m", 30), ("30m", 30), ("<2H", 120), ("<1d", 1440), ("LATE", 0)]
)
def test_deadline_words(written: str, minutes: int) -> None:
    assert parse(f"sla:{written}").query.due_within == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("within", "word"),
    [
        (timedelta(), "late"),
        (timedelta(minutes=-5), "late"),
        (timedelta(seconds=61), "<2m"),
        (timedelta(minutes=45), "<45m"),
        (timedelta(days=1), "<24h"),
        (timedelta(minutes=100_001), "<1667h"),
        (timedelta(days=5000), "<5000d"),
        (timedelta.max, "<99999d"),
    ],
)
def test_deadline_is_written_in_the_largest_unit_that_fits(within: timedelta, word: str) -> None:
    assert render(QueueQuery(due_within=within)) == f"sla:{word}"


@pytest.mark.parametrize(
    ("line", "kind", "nearest"),
    [
        ("stat:open", ProblemKind.UNKNOWN_KEY, "status"),
        ("language:en", ProblemKind.UNKNOWN_KEY, "lang"),
        ("prioity:p1", ProblemKind.UNKNOWN_KEY, "prio"),
        ("zzzzzz:1", ProblemKind.UNKNOWN_KEY, ""),
        ("phase:opened", ProblemKind.BAD_VALUE, "open"),
        ("channel:emial", ProblemKind.BAD_VALUE, "email"),
        ("prio:p7", ProblemKind.BAD_VALUE, "p4"),
        ("sla:soon", ProblemKind.BAD_VALUE, ""),
        ("sla:<30mm", ProblemKind.BAD_VALUE, "<30m"),
        ("sla:<999999h", ProblemKind.BAD_VALUE, ""),
        ("is:unred", ProblemKind.BAD_VALUE, "unread"),
        ("status:", ProblemKind.NO_VALUE, ""),
        ('status:""', ProblemKind.NO_VALUE, ""),
        ("-phase:open", ProblemKind.NEGATED, ""),
        ("-refund", ProblemKind.NEGATED, ""),
        ('tag:"open', ProblemKind.OPEN_QUOTE, ""),
        ('"open', ProblemKind.OPEN_QUOTE, ""),
        ("owner:me,nobody", ProblemKind.ONE_VALUE, ""),
    ],
)
def test_problem_names_the_term_and_what_was_probably_meant(line: str, kind: ProblemKind, nearest: str) -> None:
    [problem] = parse(f"is:watched {line}").problems
    assert (problem.kind, problem.nearest) == (kind, nearest)
    assert problem.term == line
    assert problem.at == len("is:watched ")
    assert parse(f"is:watched {line}").query.watched


def test_bad_value_does_not_take_the_good_ones_with_it() -> None:
    parsed = parse("phase:opn,new")
    assert parsed.query.phases == {Phase.NEW}
    assert [(problem.key, problem.value) for problem in parsed.problems] == [("phase", "opn")]


def test_owner_said_twice_alike_is_no_problem() -> None:
    assert parse("owner:me owner:ME").problems == ()
    assert parse("owner:me owner:agent-7").query.owner == "agent-7"


@pytest.mark.parametrize("line", ["https://example.com/a?b=c", "12:30", "<script>", "a,b", "退款：没到账"])
def test_text_that_looks_like_grammar_is_searched_as_text(line: str) -> None:
    parsed = parse(line)
    assert parsed.problems == ()
    assert parsed.query.text == f'"{line}"'


def test_unclosed_phrase_is_still_searched() -> None:
    assert parse('"cold wallet').query.text == '"cold wallet"'
    assert parse('"  ').query.text == ""


def test_free_text_set_by_hand_never_becomes_a_term() -> None:
    assert render(QueueQuery(text='status:open "x')) == '"status:open" x'


def test_quoted_values_are_terms_of_their_own() -> None:
    assert render(QueueQuery(tags=frozenset({"a", "b", "two words"}), text="x")) == 'tag:a,b tag:"two words" x'


@pytest.mark.parametrize("line", ["sla:<99999m", "sla:<99999h", "sla:<99999d", "sla:<100000m"])
def test_any_deadline_that_can_be_said_is_said_back(line: str) -> None:
    query = parse(line).query
    assert parse(render(query)).query == query


def test_quote_marks_inside_a_value_are_left_out() -> None:
    assert render(QueueQuery(tags=frozenset({'5" disk'}))) == 'tag:"5 disk"'


def test_chips_are_in_a_fixed_order_and_removable() -> None:
    query = parse('退款 is:unread phase:open,new owner:nobody "cold wallet"', sort=SortKey.CREATED).query
    chips = terms(query)
    assert chips == (
        Term("phase", "new"),
        Term("phase", "open"),
        Term("owner", "nobody"),
        Term("is", "unread"),
        Term("", "退款"),
        Term("", "cold wallet"),
    )
    assert [str(chip) for chip in chips][-3:] == ["is:unread", "退款", '"cold wallet"']
    assert without(query, chips[0]) == parse('phase:open owner:nobody is:unread 退款 "cold wallet"', sort=SortKey.CREATED).query


def test_listed_choices_are_all_accepted() -> None:
    assert set(CHOICES) <= set(KEYS)
    for key, values in CHOICES.items():
        for value in values:
            assert parse(f"{key}:{value}").problems == ()
