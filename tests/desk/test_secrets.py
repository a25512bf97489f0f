"""What a customer should never have written: hidden on the screen and on every disk, shown for a reason, and gone again."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import REVEALED
from tests.desk.people import bodies, open_by_id
from tests.driver import AgentAtDesk, at_desk

CANARIES = {
    "phrase": "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "wif": "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    "card": "4111 1111 1111 1111",
    "code": "验证码 739184",
    "password": "password: Tr0ub4dor&3",
    "api": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "totp": "otpauth://totp/Hartlex:li?secret=JBSWY3DPEHPK3PXP",
    "resident": "11010519491231002X",
    "iban": "DE89 3704 0044 0532 0130 00",
}
NEEDLES = ("sausage", "5HueCGU8", "4111 1111", "739184", "Tr0ub4dor", "ghp_0123", "JBSWY3DP", "110105194912", "3704 0044")


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[ServerThread]:
    """A server with its database in a file that can be read afterwards."""
    with ServerThread(f"sqlite:///{tmp_path / 'server.db'}", tickets=60, seed=1) as running:
        yield running


async def write_in(server: ServerThread, body: str, **more: object) -> str:
    """A customer writes; the id of the ticket."""
    headers = {"Authorization": f"Bearer {server.inbound_token}"}
    message = {"channel": "email", "customer": "canary@mail.example", "body": body, **more}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{server.url}/api/v1/inbound", json=message, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


async def look_at(desk: AgentAtDesk, ticket: str) -> None:
    """Open a ticket by its id."""
    await open_by_id(desk, TicketId(ticket))
    await desk.until(lambda _: bodies(desk), "its words")


def places_of(folder: Path, *but: str) -> list[str]:
    """Files under a folder that hold a needle, in any of the encodings we write."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in but:
            data = path.read_bytes()
            found += [f"{path.name}: {one}" for one in NEEDLES if one.encode() in data or one.encode("utf-16-le") in data]
    return found


async def test_no_canary_reaches_screen_or_disk_or_log_whatever_way_it_comes(
    frail: ServerThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = tmp_path / "home"
    home.mkdir()
    ticket = await write_in(frail, "hello\n" + "\n\n".join(CANARIES.values()), subject=f"my card {CANARIES['card']}")
    async with at_desk(frail, home, login="mei.lin") as mei:
        await look_at(mei, ticket)
        await mei.sees(
            "▒▒ recovery phrase ▒▒", "▒▒ private key ▒▒", "▒▒ API key ▒▒", "▒▒ code ▒▒", "▒▒ IBAN ▒▒", "▒▒ ID number ▒▒"
        )
        pictures = [mei.text(), mei.app.export_screenshot()]
        await write_in(frail, f"again: {CANARIES['phrase']}", subject=mei.opened.number)
        await mei.until(lambda _: len(bodies(mei)) > 1, "the second message, over the feed")
        pictures += [mei.text(), mei.app.export_screenshot(), mei.app.title, repr(mei.state)]
        await mei.until(lambda _: mei.app.engine.busy == 0, "all of it on disk")  # type: ignore[attr-defined]  # the real engine
        await mei.press("r")
        await mei.type("hello")
        await mei.until(lambda _: mei.app.engine.busy == 0, "the draft on disk")  # type: ignore[attr-defined]  # the real engine
    shown = "\n".join(pictures)
    assert [one for one in NEEDLES if one in shown] == []
    assert places_of(home) == []
    assert [one for one in NEEDLES if one in caplog.text] == []
    assert places_of(tmp_path, "server.db", "server.db-wal") == []


async def test_u_asks_for_a_reason_shows_the_words_and_forgets_them(frail: ServerThread, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ticket = await write_in(frail, f"my words: {CANARIES['phrase']}")
    async with at_desk(frail, home, login="mei.lin") as mei:
        await look_at(mei, ticket)
        await mei.press("U")
        await mei.sees("Why do you need to see it?")
        await mei.press("enter")
        await mei.sees("A reason is needed")
        await mei.type("which")
        await mei.press("escape", "U")
        await mei.sees("Why do you need to see it? which")
        await mei.type(" wallet")
        await mei.press("enter")
        await mei.sees("sausage")
        assert not mei.state.forms, "the reason was given"
        assert mei.state.conversation.revealed is not None
        assert "sausage" not in "".join(bodies(mei))
        await mei.press("escape")
        await mei.until(lambda state: state.conversation.revealed is None, "forgotten")
        await mei.misses("sausage")
        assert "sausage" not in repr(mei.state)
        await mei.until(lambda _: mei.app.engine.busy == 0, "nothing under way")  # type: ignore[attr-defined]  # the real engine
    assert places_of(home) == []
    log = tables.events
    with frail.parts.desk.database.reading() as connection:
        (event,) = connection.execute(select(log).where(log.c.kind == REVEALED)).mappings().all()
    assert event["ticket"] == ticket
    assert frail.parts.desk.agents[event["actor"]].login == "mei.lin"
    assert "which wallet" in event["after"]
    assert "sausage" not in str(dict(event))


async def test_u_says_why_it_shows_nothing(frail: ServerThread, tmp_path: Path) -> None:
    plain = await write_in(frail, "nothing to hide here")
    secret = await write_in(frail, CANARIES["card"], customer="other@mail.example")
    async with at_desk(frail, tmp_path) as li:
        await look_at(li, plain)
        await li.press("U")
        await li.sees("Nothing is hidden in this conversation")
        await li.press("escape")
        await look_at(li, secret)
        await li.press("U")
        await li.sees("Your role may not do this")
    log = tables.events
    with frail.parts.desk.database.reading() as connection:
        assert connection.execute(select(log).where(log.c.kind == REVEALED)).first() is None
