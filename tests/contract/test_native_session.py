"""Signing in to and out of the embedded server, and what only its API has."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supportdesk_tui.backends.catalog import SPECS, Connection
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import Conflict, SignInNeeded
from supportdesk_tui.domain.feed import Gap
from supportdesk_tui.domain.ids import FeedMark
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.server.runner import ServerThread, open_parts
from supportdesk_tui.server.seed.exchange import seed_database
from supportdesk_tui.sync.sending import new_key
from supportdesk_tui.text.safe import sanitize_line
from tests.contract.relay import relay_to

NATIVE = SPECS["native"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose agents have a password."""
    folder: Path = tmp_path_factory.mktemp("desk")
    db_url = f"sqlite:///{folder / 'desk.db'}"
    parts = open_parts(db_url)
    seed_database(parts.database.engine, tickets=3, seed=1, now=datetime.now(UTC), password="correct horse 电池")
    parts.database.close()
    with ServerThread(db_url, ticking=False) as server:
        yield server.url


async def test_password_becomes_a_token_that_works_until_it_is_revoked(url: str) -> None:
    assert NATIVE.sign_in is not None
    assert NATIVE.sign_out is not None
    token = await NATIVE.sign_in(Connection(url, ""), "li.wei", "correct horse 电池", "laptop")
    desk = NATIVE.factory(Connection(url, token))
    assert (await desk.open()).agent.name == "Li Wei"
    await NATIVE.sign_out(Connection(url, token))
    with pytest.raises(SignInNeeded):
        await desk.list_views()
    await desk.close()


async def test_wrong_password_is_refused(url: str) -> None:
    assert NATIVE.sign_in is not None
    with pytest.raises(SignInNeeded):
        await NATIVE.sign_in(Connection(url, ""), "li.wei", "wrong", "")


async def test_file_whose_line_breaks_comes_whole_and_no_byte_of_it_twice(url: str, tmp_path: Path) -> None:
    path, size = tmp_path / "proof.bin", 200_000
    path.write_bytes(bytes(number % 251 for number in range(size)))
    assert NATIVE.sign_in is not None
    token = await NATIVE.sign_in(Connection(url, ""), "li.wei", "correct horse 电池", "laptop")
    async with relay_to(url) as relay:
        relay.cut_after = [size // 2, size // 4, 1000]
        relay.cut_only = b"GET /api/v1/attachments/"
        desk = NativeBackend(relay.url, token, limits=Limits(backoff_s=0.01))
        mine = await desk.list_tickets(QueueQuery(), None)
        file = await desk.write_attachment(LocalFile(path, "application/octet-stream", mine.items[0].id))
        attachment = Attachment(file, sanitize_line("proof.bin"), "application/octet-stream", size)
        await desk.close()
        desk = NativeBackend(relay.url, token, limits=Limits(backoff_s=0.01))
        assert b"".join([piece async for piece in desk.read_attachment(attachment)]) == path.read_bytes()
        await desk.close()
        assert relay.cut_after == []


def test_connection_never_shows_its_token() -> None:
    assert "s3cret" not in repr(Connection("https://desk.example", "s3cret"))


async def test_a_write_says_how_much_was_heard_so_that_a_server_put_back_refuses_it(url: str) -> None:
    """In the moment between its return and the first word of its event stream, too."""
    assert NATIVE.sign_in is not None
    token = await NATIVE.sign_in(Connection(url, ""), "li.wei", "correct horse 电池", "laptop")
    desk = NativeBackend(url, token)
    ticket = (await desk.list_tickets(QueueQuery(), None)).items[0].id
    assert (await desk.apply(ticket, Note("nothing heard yet"), new_key())).entry
    feed = desk.feed(FeedMark("999999"))
    with pytest.raises(Conflict, match="put back"):
        await desk.apply(ticket, Note("written for another state"), new_key())
    async for notice in feed:
        if isinstance(notice, Gap):
            break
    await feed.aclose()
    assert (await desk.apply(ticket, Note("read anew"), new_key())).entry
    await desk.close()
