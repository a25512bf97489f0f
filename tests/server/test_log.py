"""The log is the truth: everything else can be made from it again."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import rebuild_projections

from .conftest import Client, NewDatabase, index_of

DERIVED = (tables.ticket_tags, tables.ticket_watchers)


def dump(connection: Connection) -> dict[str, list[Any]]:
    """Every projection, row by row, and the search index word by word."""
    found: dict[str, list[Any]] = {}
    for table in (*tables.PROJECTIONS.values(), *DERIVED):
        found[table.name] = [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
    found["search"] = index_of(connection)
    return found


def busy_shift(agent: Client, colleague: Client) -> None:
    """Everything an agent can do, once."""
    ticket, other, key = agent.opened("提现没有到账"), agent.opened(), agent.new_key()
    for change in (
        {"type": "assign", "agent": "a1"},
        {"type": "tag", "add": ["a", "b"]},
        {"type": "tag", "remove": ["a"]},
        {"type": "watch", "on": True},
        {"type": "watch", "on": False},
        {"type": "set_field", "name": "txid", "value": "x"},
        {"type": "make_promise", "text": "p", "due_at": "2099-01-01T00:00:00Z"},
        {"type": "link", "to": other},
        {"type": "escalate", "team": "compliance", "summary": "s"},
        {"type": "snooze", "until": None},
    ):
        agent.done(f"/tickets/{ticket}/changes", change)
    promise = agent.read(f"/tickets/{ticket}")["promises"][0]["id"]
    agent.done(f"/tickets/{ticket}/changes", {"type": "settle_promise", "promise": promise})
    agent.done("/changes", {"tickets": [ticket, other], "change": {"type": "tag", "add": ["bulk"]}}, key=key)
    agent.done(f"/changes/{key}/undo")
    colleague.done(f"/tickets/{ticket}/replies", {"body": "已处理", "then": [{"type": "set_status", "status": "solved"}]})
    agent.says(channel="email", customer="new-customer@x.example", body="merci", thread="th-1")
    agent.says(channel="email", customer="new-customer@x.example", body="encore", thread="th-1")
    colleague.http.put("/agents/me/state", json={"state": "break"})


def test_projections_rebuilt_from_the_log_are_identical(agent: Client, colleague: Client, server: ServerThread) -> None:
    busy_shift(agent, colleague)
    with server.parts.database.writing() as connection:
        before = dump(connection)
        replayed = rebuild_projections(connection)
        after = dump(connection)
    assert replayed > 150
    assert before["search"]
    for name, rows in before.items():
        assert rows == after[name], name


def test_rebuild_notices_a_projection_that_was_tampered_with(server: ServerThread) -> None:
    with server.parts.database.writing() as connection:
        connection.execute(tables.tickets.update().where(tables.tickets.c.id == "t3").values(subject="tampered"))
        before = dump(connection)
        rebuild_projections(connection)
        assert dump(connection)["tickets"] != before["tickets"]


def test_every_change_is_in_the_log_with_before_and_after(agent: Client, server: ServerThread) -> None:
    ticket = agent.opened()
    agent.change(ticket, "set_priority", priority=1)
    log = Client(server, "noor.haddad").read(f"/tickets/{ticket}/log")
    last = log[-1]
    assert (last["actor"], last["kind"], last["after"]["priority"]) == ("Li Wei", "ticket.priority", 1)
    assert last["before"]["priority"] != 1
    assert [one["seq"] for one in log] == sorted(one["seq"] for one in log)
    assert log[0]["before"] is None


def test_sequence_has_no_holes(server: ServerThread) -> None:
    with server.engine.begin() as connection:
        seqs = connection.execute(select(tables.events.c.seq).order_by(tables.events.c.seq)).scalars().all()
    assert seqs == list(range(1, len(seqs) + 1))


def test_counts_kept_in_memory_equal_counts_from_the_table(agent: Client, colleague: Client, server: ServerThread) -> None:
    agent.read("/views")
    busy_shift(agent, colleague)
    kept = {one["id"]: one["count"] for one in agent.read("/views")}
    fresh = {}
    for view in agent.read("/views"):
        page = agent.read("/tickets", q=view["q"], limit=500)
        fresh[view["id"]] = len(page["items"])
        assert page["total"] == len(page["items"])
    assert kept == fresh
    assert sum(kept.values()) > 20


def test_database_reopened_holds_everything(tmp_path: Any, new_database: NewDatabase) -> None:
    url = new_database() or f"sqlite:///{tmp_path / 'desk.db'}"
    with ServerThread(url, tickets=20) as first:
        client = Client(first, "li.wei")
        ticket, key = client.opened(), client.new_key()
        applied = client.done(f"/tickets/{ticket}/replies", {"body": "kept"}, key=key)
    with ServerThread(url, tickets=20) as second:
        client = Client(second, "li.wei")
        assert client.read(f"/tickets/{ticket}/entries")["items"][-1]["body"] == "kept"
        again = client.post(f"/tickets/{ticket}/replies", {"body": "kept"}, key=key)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == applied


def test_log_survives_as_readable_json(server: ServerThread) -> None:
    with server.engine.begin() as connection:
        rows = connection.execute(select(tables.events.c.before, tables.events.c.after)).all()
    for before, after in rows:
        assert set(msgspec.json.decode(before)) == set(msgspec.json.decode(after))


def test_only_the_writer_writes_while_readers_read(server: ServerThread) -> None:
    with server.parts.database.reading() as reader:
        seen = reader.execute(select(tables.tickets.c.subject).where(tables.tickets.c.id == "t5")).scalar_one()
        with server.parts.database.writing() as writer:
            writer.execute(tables.tickets.update().where(tables.tickets.c.id == "t5").values(unread=7))
        again = reader.execute(
            select(tables.tickets.c.subject, tables.tickets.c.unread).where(tables.tickets.c.id == "t5")
        ).one()
    assert again.subject == seen
    assert again.unread != 7
