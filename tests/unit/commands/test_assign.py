"""Who fits a ticket best, and which ticket comes next."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.domain.assign import best_fit, next_best
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, AgentState
from supportdesk_tui.domain.sla import NO_CLOCK
from supportdesk_tui.domain.ticket import Phase, Priority, Status
from tests import make
from tests.unit.commands.desk import NOW, STATUSES

TICKET = make.summary(1, owner=None, category="FND", language="zh")


def agent(n: int, **changes: object) -> Agent:
    plain = make.agent(n, languages=(), skills=(), teams=(), state=AgentState.AVAILABLE, load=3, capacity=6)
    return replace(plain, **changes)


def test_language_and_skill_come_first_and_are_named() -> None:
    suited, other = agent(2, languages=("zh",), skills=(("wallet", 2), ("finance", 1))), agent(3, load=0)
    first, second = best_fit(TICKET, (other, suited), None)
    assert first.agent == suited
    assert first.why == "zh+wallet 2, load 3/6"
    assert second.why == "load 0/6"


def test_of_equals_the_one_with_less_work_comes_first() -> None:
    assert [fit.agent.id for fit in best_fit(TICKET, (agent(2, load=5), agent(3, load=1)))] == ["a3", "a2"]


def test_the_team_of_the_ticket_counts() -> None:
    team = replace(TICKET, team=TeamId("frontline-cn"))
    assert best_fit(team, (agent(2), agent(3, teams=(TeamId("frontline-cn"),))))[0].agent.id == "a3"


def test_owner_and_we_ourselves_are_left_out() -> None:
    owned = replace(TICKET, owner=AgentId("a2"))
    assert [fit.agent.id for fit in best_fit(owned, (agent(1), agent(2), agent(3)), AgentId("a1"))] == ["a3"]


def test_somebody_away_says_so() -> None:
    (fit,) = best_fit(TICKET, (agent(2, state=AgentState.BREAK),))
    assert fit.why == "load 3/6, break"
    assert not fit.can_take


@given(
    st.lists(
        st.builds(
            lambda n, state, load, zh: agent(n, state=state, load=load, languages=("zh",) if zh else ()),
            st.integers(2, 99),
            st.sampled_from(AgentState),
            st.integers(0, 8),
            st.booleans(),
        ),
        max_size=8,
        unique_by=lambda one: one.id,
    )
)
def test_nobody_offline_or_full_ever_stands_above_one_who_can(agents: list[Agent]) -> None:
    fits = best_fit(TICKET, agents)
    able = [fit.can_take for fit in fits]
    assert able == sorted(able, reverse=True)
    assert all(
        fit.agent.state is not AgentState.OFFLINE and fit.agent.load < fit.agent.capacity for fit in fits if fit.can_take
    )
    assert fits == best_fit(TICKET, list(reversed(agents)))


# --- next best


def test_the_late_one_comes_first_and_says_so() -> None:
    late = make.summary(1, clock=replace(make.summary(1).clock, due_at=NOW - timedelta(minutes=5)))
    calm = make.summary(2, clock=replace(make.summary(2).clock, due_at=NOW + timedelta(hours=9)))
    choice = next_best((calm, late), make.agent(), NOW)
    assert choice is not None
    row, why = choice
    assert row == late
    assert why.startswith("5m late, P")
    assert "yours" in why


def test_priority_promise_language_and_skill_are_reasons() -> None:
    row = make.summary(1, owner=None, clock=NO_CLOCK, priority=Priority.P1, open_promises=1, language="zh", category="KYC")
    me = make.agent(languages=("zh",), skills=(("kyc", 3),))
    assert next_best((row,), me, NOW) == (row, "P1, zh, kyc 3, promise")


def test_without_knowing_who_we_are_only_free_tickets_count() -> None:
    free, owned = make.summary(1, owner=None), make.summary(2)
    choice = next_best((owned, free), None, NOW)
    assert choice is not None
    assert choice[0] == free


def test_what_waits_for_others_or_belongs_to_others_is_no_candidate() -> None:
    waiting = make.summary(1, status=STATUSES[3])
    other = make.summary(2, owner=AgentId("a9"))
    done = make.summary(3, status=Status("solved", Phase.SOLVED, STATUSES[7].title))
    assert next_best((waiting, other, done), make.agent(), NOW) is None


def test_a_paused_clock_comes_last() -> None:
    paused = make.summary(1, clock=replace(make.summary(1).clock, paused=True))
    running = make.summary(2, clock=replace(make.summary(2).clock, due_at=NOW + timedelta(hours=8)))
    choice = next_best((paused, running), make.agent(), NOW)
    assert choice is not None
    assert choice[0] == running


def test_a_language_we_do_not_speak_is_no_reason() -> None:
    row = make.summary(1, owner=None, clock=NO_CLOCK, language="tr")
    choice = next_best((row,), make.agent(languages=("zh",), skills=()), NOW)
    assert choice is not None
    assert "tr" not in choice[1]
