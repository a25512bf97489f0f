"""Queues, search, paging, one ticket, customers, articles, files."""

import re
from typing import Any

import pytest
from sqlalchemy import event, select

from supportdesk_tui.server.floor.query import Criteria
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import pages, tables

from .conftest import Client, NewDatabase, plan_of


def all_rows(client: Client, **params: Any) -> list[Any]:
    """Every page of a query."""
    rows: list[Any] = []
    after = ""
    while True:
        page = client.read("/tickets", **params, **({"after": after} if after else {}))
        rows += page["items"]
        if page["after"] is None:
            return rows
        after = page["after"]


@pytest.mark.parametrize("sort", ["clock", "updated", "created", "priority"])
@pytest.mark.parametrize(
    "q", ["", "phase:new,open", "owner:me", "team:frontline-cn,frontline-global", "is:promised", "channel:chat,email"]
)
def test_small_pages_give_the_same_as_one_big_page(agent: Client, q: str, sort: str) -> None:
    whole = agent.read("/tickets", q=q, sort=sort, limit=500)
    assert whole["after"] is None
    pages = all_rows(agent, q=q, sort=sort, limit=7)
    assert [one["id"] for one in pages] == [one["id"] for one in whole["items"]]
    assert len({one["id"] for one in pages}) == len(pages) == whole["total"]
    assert pages


def test_clock_order_is_next_deadline_first_and_paused_last(agent: Client) -> None:
    rows = all_rows(agent, q="phase:new,open,pending", sort="clock", limit=50)
    running = [one["clock"]["due_at"] for one in rows if one["clock"]["due_at"] and not one["clock"]["paused"]]
    assert running == sorted(running)
    resting = [one["clock"]["paused"] or one["clock"]["due_at"] is None for one in rows]
    assert resting == sorted(resting)
    assert any(resting)


CLAIMS: list[tuple[str, Any]] = [
    ("phase:new,open", lambda row: row["phase"] in {"new", "open"}),
    ("status:waiting_customer", lambda row: row["status"] == "waiting_customer"),
    ("owner:me", lambda row: row["owner"] == "a1"),
    ("owner:nobody", lambda row: row["owner"] is None),
    ("owner:a2,nobody", lambda row: row["owner"] in {"a2", None}),
    ("team:mine", lambda row: row["team"] == "frontline-cn"),
    ("lang:zh", lambda row: row["language"] == "zh"),
    ("cat:fnd", lambda row: row["category"] == "FND"),
    ("prio:p1,p2", lambda row: row["priority"] <= 2),
    ("channel:chat", lambda row: row["channel"] == "chat"),
    ("is:promised", lambda row: row["open_promises"] > 0),
    ("is:unread", lambda row: row["unread"] > 0),
    ("tag:vip", lambda row: "vip" in row["tags"]),
    ("phase:new,open lang:en prio:p2", lambda row: row["language"] == "en" and row["priority"] == 2),
]


@pytest.mark.parametrize(("q", "claim"), CLAIMS, ids=[one[0] for one in CLAIMS])
def test_query_returns_exactly_the_tickets_that_fit(agent: Client, q: str, claim: Any) -> None:
    everything = {one["id"]: one for one in all_rows(agent, limit=500)}
    found = {one["id"] for one in all_rows(agent, q=q, limit=500)}
    expected = {name for name, row in everything.items() if claim(row)}
    if q.startswith("phase:new,open lang"):
        expected = {name for name in expected if everything[name]["phase"] in {"new", "open"}}
    assert found == expected
    assert found


def test_late_and_soon_follow_the_clock(agent: Client) -> None:
    now = agent.read("/health")["at"]
    late = all_rows(agent, q="sla:late", limit=500)
    assert late
    assert all(one["clock"]["due_at"] <= now for one in late)
    soon = all_rows(agent, q="sla:<2h", limit=500)
    assert {one["id"] for one in late} < {one["id"] for one in soon}


@pytest.mark.parametrize(
    "q", ["-owner:me", "stauts:open", "phase:sleeping", "sla:soon", "prio:p9", "is:late", "channel:fax", "owner:,"]
)
def test_query_that_cannot_be_read_is_422_on_q(agent: Client, q: str) -> None:
    answer = agent.get("/tickets", q=q)
    assert (answer.status_code, answer.json()["field"]) == (422, "q")


@pytest.mark.parametrize(
    "params",
    [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"limit": "١"}, {"after": "junk"}, {"after": "AAAA"}, {"sort": "mood"}],
)
def test_bad_paging_is_422_on_its_field(agent: Client, params: dict[str, Any]) -> None:
    answer = agent.get("/tickets", **params)
    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(params)))


@pytest.mark.parametrize(
    ("written", "query", "hit"),
    [
        ("我想申请退款,谢谢", "退款", True),
        ("我想申请退款,谢谢", "申请退款", True),
        ("我想申请退款,谢谢", "退申", False),
        ("我想申请退款,谢谢", "谢", True),
        ("入金が反映されません", "反映", True),
        ("출금이 지연됩니다", "출금", True),
        ("Withdrawal of Zürich café order", "zurich", True),
        ("Withdrawal of Zürich café order", "withdr", True),
        ("Withdrawal of Zürich café order", '"café order"', True),
        ("Withdrawal of Zürich café order", '"order café"', False),
        ("USDT提现TXID is 9f8e7d", "提现 9f8e7d", True),
        ("全角ＡＢＣ１２３码", "abc123", True),
    ],
)
def test_search_finds_chinese_and_latin(agent: Client, written: str, query: str, hit: bool) -> None:
    ticket = agent.opened(written)
    found = {one["id"] for one in all_rows(agent, q=query, limit=500)}
    assert (ticket in found) == hit


def test_search_finds_number_customer_and_notes_and_filters_apply(agent: Client) -> None:
    ticket = agent.opened("nothing special")
    agent.done(f"/tickets/{ticket}/notes", {"body": "xylophone evidence"})
    number = agent.row(ticket)["number"]
    assert [one["id"] for one in all_rows(agent, q=f'"{number}"')] == [ticket]
    assert [one["id"] for one in all_rows(agent, q="xylophone phase:new")] == [ticket]
    assert all_rows(agent, q="xylophone phase:solved") == []


@pytest.mark.parametrize(
    "q", ['"', "*", "a AND", "NEAR(", "(((", "\x00", "' OR 1=1", "^", "{}", "https://x.example/a?b", '""', "a" * 1900]
)
def test_search_syntax_in_the_words_does_no_harm(agent: Client, q: str) -> None:
    assert agent.get("/tickets", q=q).status_code == 200


def test_views_are_nine_in_the_order_of_the_keys(agent: Client) -> None:
    views = agent.read("/views")
    assert [one["title"] for one in views] == [
        "Mine", "Unassigned", "Team", "At risk", "Promises", "Waiting on customer", "Chats", "Snoozed", "All open",
    ]  # fmt: skip
    assert all(one["count"] == len(all_rows(agent, q=one["q"], limit=500)) for one in views)
    assert all(one["count"] > 0 for one in views)


def test_entries_page_backwards_without_loss(agent: Client, server: ServerThread) -> None:
    with server.engine.begin() as connection:
        query = select(tables.tickets.c.id).where(tables.tickets.c.entry_count >= 60)
        ticket = connection.execute(query).scalars().first()
    assert ticket
    page = agent.read(f"/tickets/{ticket}/entries", limit=25)
    bodies = [one["seq"] for one in page["items"]]
    while page["before"] is not None:
        page = agent.read(f"/tickets/{ticket}/entries", limit=25, before=page["before"])
        bodies = [one["seq"] for one in page["items"]] + bodies
    assert len(bodies) == 60
    assert bodies == sorted(set(bodies))


def test_number_finds_the_ticket_as_its_id_does(agent: Client) -> None:
    ticket = agent.opened()
    number = agent.row(ticket)["number"]
    assert agent.row(number)["id"] == ticket
    assert agent.get("/tickets/HX-000000-999999").status_code == 404
    assert agent.get("/tickets/%00").status_code == 404


def test_customer_pane_has_everything_and_masks_contact(agent: Client) -> None:
    customer = agent.read("/customers/c20")
    assert {one["name"] for one in customer["kyc"]} >= {"level", "status"}
    assert {one["name"] for one in customer["security"]} >= {"two_factor", "withdrawal_hold"}
    assert customer["email"].startswith("us***@")
    assert customer["uid"].isdigit()
    assert len(customer["uid"]) == 18
    ticket = agent.done("/tickets", {"customer": "c20", "channel": "phone", "category": "USE", "subject": "s", "body": "b"})[
        "ticket"
    ]
    agent.change(ticket, "make_promise", text="call", due_at="2099-01-01T00:00:00Z")
    after = agent.read("/customers/c20")
    assert after["contacts"][0]["ticket"] == ticket
    assert after["promises"][-1]["text"] == "call"
    assert agent.get("/customers/nobody").status_code == 404


def test_articles_are_found_in_both_languages_and_with_a_typo(agent: Client, server: ServerThread) -> None:
    assert agent.read("/articles", text="提现", locale="zh-CN")[0]["language"] == "zh"
    assert "withdrawal" in agent.read("/articles", text="withdrawal pending", locale="en")[0]["title"].lower()
    assert agent.read("/articles", text="withdrawel")
    assert agent.read("/articles", text="zebra crossing") == []
    with server.engine.begin() as connection:
        assert "zebra crossing" in connection.execute(select(tables.gaps.c.text)).scalars().all()


def test_file_goes_up_and_down_and_hangs_on_a_reply(agent: Client, colleague: Client) -> None:
    ticket, content = agent.opened(), bytes(range(256)) * 10
    answer = agent.http.post(
        "/attachments", params={"name": "截图.png", "ticket": ticket}, content=content, headers={"Content-Type": "image/png"}
    )
    file = answer.json()
    assert (file["size"], file["media_type"]) == (2560, "image/png")
    agent.done(f"/tickets/{ticket}/replies", {"body": "see file", "attachments": [file["id"]]})
    entry = colleague.read(f"/tickets/{ticket}/entries")["items"][-1]
    assert entry["attachments"][0]["name"] == "截图.png"
    down = colleague.get(f"/attachments/{file['id']}")
    assert down.content == content
    assert down.headers["Content-Disposition"].startswith("attachment")
    assert down.headers["X-Content-Type-Options"] == "nosniff"
    assert colleague.post(f"/tickets/{ticket}/replies", {"body": "mine now", "attachments": [file["id"]]}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "begin"),
    [
        ({}, 0),
        ({"Range": "bytes=100-"}, 100),
        ({"Range": "bytes=100-", "If-Range": "the tag"}, 100),
        ({"Range": "bytes=255-", "If-Range": "the tag"}, 255),
        ({"Range": "bytes=100-", "If-Range": '"another"'}, 0),
        ({"Range": "bytes=100-", "If-Range": "Sun, 22 Nov 2026 07:00:00 GMT"}, 0),
        ({"Range": "bytes=0-"}, 0),
        ({"Range": "bytes=256-"}, 0),
        ({"Range": "bytes=99999999999999999999-"}, 0),
        ({"Range": "bytes=1-5"}, 0),
        ({"Range": "bytes=-5"}, 0),
        ({"Range": "bytes=1-,2-"}, 0),
        ({"Range": "lines=1-"}, 0),
    ],
)
def test_file_is_given_from_a_byte_on_while_it_is_the_same_file(agent: Client, asked: dict[str, str], begin: int) -> None:
    content = bytes(range(256))
    file = agent.http.post("/attachments", params={"name": "a"}, content=content, headers={"Content-Type": "a/b"}).json()
    path = f"/attachments/{file['id']}"
    tag = agent.http.get(path).headers["ETag"]
    headers = {name: tag if value == "the tag" else value for name, value in asked.items()}
    part = agent.http.get(path, headers=headers)
    assert part.content == content[begin:]
    assert part.status_code == (206 if begin else 200)
    assert part.headers.get("Content-Range") == (f"bytes {begin}-255/256" if begin else None)
    assert part.headers["ETag"] == tag
    assert part.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["", "../etc/passwd", "a/b", "a\\b", "..", "x" * 256, "a\x00b"])
def test_file_name_with_a_path_is_refused(agent: Client, name: str) -> None:
    answer = agent.http.post("/attachments", params={"name": name}, content=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


def test_too_large_bodies_are_413(agent: Client) -> None:
    ticket = agent.opened()
    file = agent.http.post("/attachments", params={"name": "a"}, content=b"x" * 10_000_001, headers={"Content-Type": "a/b"})
    assert (file.status_code, file.json()["code"]) == (413, "too_large")
    pieces = (b"x" * 100_000 for _ in range(11))
    note = agent.http.post(f"/tickets/{ticket}/notes", content=pieces, headers={"Idempotency-Key": agent.new_key()})
    assert note.status_code == 413


def test_every_answer_has_request_id_and_date(agent: Client) -> None:
    for path in ("/health", "/nowhere", "/tickets/t999999", "/openapi.json"):
        answer = agent.get(path)
        assert len(answer.headers["X-Request-Id"]) == 16
        assert "Date" in answer.headers
    refused = agent.get("/tickets/t999999")
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"]


def test_wrong_method_and_wrong_path_have_the_error_shape(agent: Client) -> None:
    wrong = agent.http.patch("/tickets/t1")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method")
    assert "GET" in wrong.headers["Allow"]
    assert agent.get("/nowhere").json()["code"] == "not_found"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[" * 100_000, b'{"body": NaN}', b'{"body": "\xff"}', b'{"body": "\\ud800"}', b"null", b'"x"', b'{"body": 1}'],
)
def test_malformed_body_is_400_or_422_never_500(agent: Client, raw: bytes) -> None:
    answer = agent.http.post(f"/tickets/{agent.opened()}/notes", content=raw, headers={"Idempotency-Key": agent.new_key()})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"bad_request", "invalid"}


def test_failure_of_ours_is_500_in_the_same_shape_and_says_nothing_of_the_data(
    new_database: NewDatabase, capfd: pytest.CaptureFixture[str]
) -> None:
    with ServerThread(new_database(), tickets=5) as broken:
        with broken.parts.database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE kb_gaps")
        answer = Client(broken, "li.wei").get("/articles", text="zebra-qwertz")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    logged = capfd.readouterr().err
    assert answer.json()["request_id"] in logged
    assert "zebra-qwertz" not in logged


@pytest.mark.parametrize("owner", ["a3", "nobody"])
def test_load_of_an_agent_is_counted_from_the_index(server: ServerThread, owner: str) -> None:
    want = Criteria(owners=frozenset({owner}), phases=frozenset({"new", "open", "pending", "on_hold", "snoozed"}))
    asked: list[tuple[str, Any]] = []
    with server.parts.database.reading() as connection:
        keep = lambda _c, _k, statement, values, _x, _m: asked.append((statement, values))  # noqa: E731  a local name for one expression
        event.listen(connection, "before_cursor_execute", keep)
        counted = pages.count(connection, want, 0)
        plan = plan_of(connection, *asked[0])
    with server.engine.begin() as connection:
        columns = tables.tickets.c
        owned = columns.owner.is_(None) if owner == "nobody" else columns.owner == owner
        rows = connection.execute(select(columns.n).where(owned, columns.band < 2)).all()
    assert re.search(r"COVERING INDEX ix_tickets_owner|Index (Only )?Scan (using|on) ix_tickets_owner", plan), plan
    assert counted == len(rows) > 0
