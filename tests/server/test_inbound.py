"""Customers write: threads, reopening, the bot, and what time does by itself."""

from typing import Any

from supportdesk_tui.server.desk.passing import KEEP_KEYS_MS, pass_time
from supportdesk_tui.server.floor.words import DAY, HOUR
from supportdesk_tui.server.runner import ServerThread

from .conftest import Client, NewDatabase


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


def mail(agent: Client, who: str, body: str, **more: Any) -> Any:
    return agent.says(channel="email", customer=who, body=body, **more)


def test_thread_id_and_case_number_continue_the_ticket(agent: Client) -> None:
    who = "thread@x.example"
    first = mail(agent, who, "one", thread="<m1@x>")
    assert mail(agent, who, "two", thread="<m1@x>")["ticket"] == first["ticket"]
    assert mail(agent, who, "three", subject=f"Re: [{first['number']}] hello")["ticket"] == first["ticket"]
    assert mail(agent, who, "four")["created"]
    assert agent.row(first["ticket"])["unread"] == 3


def test_a_sender_as_mail_names_them_is_one_customer(agent: Client) -> None:
    first = agent.row(mail(agent, '"Wang Fang" <wang.fang@x.example>', "one")["ticket"])
    assert first["customer_name"] == "Wang Fang"
    for who in ("wang.fang@x.example", "<wang.fang@x.example>", "王芳 <wang.fang@x.example>"):
        assert agent.row(mail(agent, who, "two")["ticket"])["customer_id"] == first["customer_id"]
    assert agent.row(mail(agent, "<solo@x.example>", "three")["ticket"])["customer_name"] == "solo"


def test_number_of_somebody_else_opens_a_ticket_of_ones_own(agent: Client) -> None:
    first = mail(agent, "owner@x.example", "one")
    other = mail(agent, "stranger@x.example", "let me in", subject=first["number"])
    assert other["ticket"] != first["ticket"]


def test_answer_reopens_and_thanks_does_not(agent: Client) -> None:
    who = "thanks@x.example"
    ticket = mail(agent, who, "help", thread="t-thanks")["ticket"]
    agent.done(f"/tickets/{ticket}/replies", {"body": "so", "then": [{"type": "set_status", "status": "solved"}]})
    mail(agent, who, "谢谢!", thread="t-thanks")
    assert agent.row(ticket)["status"] == "solved"
    mail(agent, who, "it still fails", thread="t-thanks")
    row = agent.row(ticket)
    assert (row["status"], row["clock"]["kind"]) == ("open", "next")


def test_customer_word_ends_waiting_and_snooze(agent: Client) -> None:
    ticket = mail(agent, "wait@x.example", "help", thread="t-wait")["ticket"]
    for change in ({"type": "set_status", "status": "waiting_customer"}, {"type": "snooze", "until": None}):
        agent.done(f"/tickets/{ticket}/changes", change)
        mail(agent, "wait@x.example", "here I am", thread="t-wait")
        assert agent.row(ticket)["status"] == "open"


def test_several_words_in_a_row_are_one_turn(agent: Client) -> None:
    ticket = mail(agent, "turn@x.example", "one", thread="t-turn")["ticket"]
    agent.done(f"/tickets/{ticket}/replies", {"body": "answer"})
    mail(agent, "turn@x.example", "two", thread="t-turn")
    started = agent.row(ticket)["clock"]["started_at"]
    mail(agent, "turn@x.example", "three", thread="t-turn")
    assert agent.row(ticket)["clock"]["started_at"] == started


def test_bot_answers_chat_and_hands_over_with_a_card(agent: Client) -> None:
    who = "bot@x.example"
    ticket = agent.says(channel="chat", customer=who, body="what are the fees?", thread="t-bot")["ticket"]
    assert agent.row(ticket)["status"] == "bot"
    assert agent.row(ticket)["clock"]["kind"] == "none"
    assert [one["kind"] for one in agent.read(f"/tickets/{ticket}/entries")["items"]] == ["customer", "bot"]
    agent.says(channel="chat", customer=who, body="let me talk to a human, order WD12345678", thread="t-bot")
    whole = agent.read(f"/tickets/{ticket}")
    assert whole["row"]["status"] == "waiting_human"
    assert whole["row"]["clock"]["kind"] == "first"
    assert whole["handover"].count("\n") == 3
    assert "WD12345678" in whole["handover"]
    agent.says(channel="chat", customer=who, body="hello?", thread="t-bot")
    assert [one["kind"] for one in agent.read(f"/tickets/{ticket}/entries")["items"]].count("bot") == 2


def test_security_in_chat_goes_straight_to_a_human(agent: Client) -> None:
    ticket = agent.says(channel="chat", customer="sec@x.example", body="我的账户被盗了!")["ticket"]
    row = agent.row(ticket)
    assert (row["status"], row["category"], row["priority"], row["language"]) == ("new", "SEC", 1, "zh")


def test_known_customer_is_found_by_uid_and_mail(agent: Client) -> None:
    uid = agent.read("/customers/c20")["uid"]
    for who in (uid, "user20@mail.example", "c20"):
        assert agent.row(agent.says(channel="email", customer=who, body="x")["ticket"])["customer_id"] == "c20"


def test_unknown_category_is_refused(agent: Client, server: ServerThread) -> None:
    headers = {"Authorization": f"Bearer {server.inbound_token}"}
    answer = agent.http.post(
        "/inbound", json={"channel": "chat", "customer": "x", "body": "x", "category": "ZZZ"}, headers=headers
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "category")


def test_time_wakes_breaks_and_closes(new_database: NewDatabase) -> None:
    clock = Clock()
    with ServerThread(new_database(), tickets=5, clock=clock, ticking=False) as server:
        agent = Client(server, "li.wei")
        waking, owed, solved = agent.opened(), agent.opened(), agent.opened()
        agent.done(f"/tickets/{waking}/changes", {"type": "snooze", "until": "2027-01-15T10:00:00Z"})
        agent.done(f"/tickets/{owed}/changes", {"type": "make_promise", "text": "call", "due_at": "2027-01-15T10:00:00Z"})
        agent.done(f"/tickets/{solved}/changes", {"type": "set_status", "status": "solved"})
        pass_time(server.parts.desk)
        assert agent.row(waking)["status"] == "snoozed"
        clock.now += 2 * HOUR
        pass_time(server.parts.desk)
        clock.now += DAY * 3
        while pass_time(server.parts.desk):
            pass
        assert agent.row(waking)["status"] == "open"
        assert agent.read(f"/tickets/{owed}")["promises"][0]["state"] == "broken"
        assert agent.row(owed)["open_promises"] == 0
        assert agent.row(solved)["status"] == "closed"
        assert pass_time(server.parts.desk) == 0


def test_late_answer_opens_a_linked_ticket(new_database: NewDatabase) -> None:
    clock = Clock()
    with ServerThread(new_database(), tickets=5, clock=clock, ticking=False) as server:
        agent = Client(server, "li.wei")
        first = mail(agent, "late@x.example", "help", thread="t-late")
        agent.done(f"/tickets/{first['ticket']}/changes", {"type": "set_status", "status": "solved"})
        clock.now += 15 * DAY
        second = mail(agent, "late@x.example", "again", thread="t-late")
        assert second["created"]
        links = agent.read(f"/tickets/{second['ticket']}")["links"]
        assert [(one["id"], one["relation"]) for one in links] == [(first["ticket"], "related")]


def test_keys_are_forgotten_after_a_week_and_not_before(new_database: NewDatabase) -> None:
    clock = Clock()
    with ServerThread(new_database(), tickets=5, clock=clock, ticking=False) as server:
        client = Client(server, "li.wei")
        ticket = client.opened()
        client.done(f"/tickets/{ticket}/notes", {"body": "old"}, key="an-old-key")
        clock.now += KEEP_KEYS_MS - 1
        client.done(f"/tickets/{ticket}/notes", {"body": "new"}, key="a-new-key")
        pass_time(server.parts.desk)
        assert client.get("/changes/an-old-key").status_code == 200
        clock.now += 2
        pass_time(server.parts.desk)
        assert client.get("/changes/an-old-key").status_code == 404
        assert client.get("/changes/a-new-key").status_code == 200
        assert client.post(f"/tickets/{ticket}/notes", {"body": "new"}, key="a-new-key").headers["Idempotent-Replayed"]
