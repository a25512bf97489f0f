"""Customers who write while one works: soon, not too often, about what they asked, and in answer to what they are told."""

from itertools import islice

from sqlalchemy import select

from supportdesk_tui.server.child import parties_of
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.seed.chatter import ANSWERS, NUDGES
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.traffic import Answered, Party, Traffic, script
from tests.server.conftest import Client

PACE_S = 8.0
PARTIES = [
    Party("c1", "HX-260817-000001", "zh", "FND", is_mine=True, ticket="t1"),
    Party("c2", "HX-260817-000002", "en", "API", ticket="t2"),
    Party("c3", "HX-260817-000003", "ja", "DEP", ticket="t3"),
]


def test_own_customer_writes_within_twenty_seconds_and_an_urgent_one_soon_after() -> None:
    first, second, *_ = islice(script(1, PARTIES), 2)
    assert first.wait * PACE_S < 20
    assert first.message.customer == "c1"
    assert first.message.body in NUDGES["zh"]["FND"]
    assert second.message.category in {"SEC", "EMG", "KYC", "ACC", "TEC", "USE"}


def test_a_message_comes_every_eight_to_fifteen_seconds_on_average() -> None:
    written = list(islice(script(3, PARTIES), 400))
    assert 8 <= sum(one.wait for one in written) * PACE_S / len(written) <= 15


def test_nobody_repeats_words_while_others_are_left() -> None:
    mine = [PARTIES[0]]
    wordings = {*NUDGES["zh"]["FND"], *NUDGES["zh"][""]}
    bodies = [one.message.body for one in islice(script(2, mine), 60) if one.message.body in wordings]
    assert len(set(bodies[: len(wordings)])) == len(bodies[: len(wordings)])


def test_parties_begin_with_the_agents_own() -> None:
    with ServerThread(tickets=60) as server:
        parties = parties_of(server, "a1")
    own = [one.is_mine for one in parties]
    assert own == sorted(own, reverse=True)
    assert sum(own) >= 8


def test_a_customer_answers_the_agent_who_answered() -> None:
    with ServerThread(tickets=60) as server:
        parties = parties_of(server, "a1")
        answered = Answered(server.engine, parties)
        assert answered() == []
        agent = Client(server, "li.wei")
        agent.done(f"/tickets/{parties[0].ticket}/replies", {"body": "审核已经通过,今晚8点前会发出,请您放心。"})
        traffic = Traffic(server.url, server.inbound_token, 1, parties, pace_s=0.0, limit=1, answered=answered)
        traffic.run()
        with server.engine.begin() as connection:
            columns = tables.entries.c
            query = select(columns.kind, columns.body).where(columns.ticket == parties[0].ticket).order_by(columns.seq.desc())
            last = connection.execute(query.limit(1)).one()
        assert last.kind == "customer"
        assert last.body in ANSWERS["zh"]
        assert answered() == []
