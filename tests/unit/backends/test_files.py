"""Files both ways, over real sockets: a broken download goes on with the same file or not at all; what is sent is whole."""

import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.backends import files
from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.files import File, download, held, named, read
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.errors import BackendError, BadPayload, Refused, StorageError, Unreachable
from supportdesk_tui.domain.ids import AttachmentId, TicketId
from tests.contract.rawserver import Answer, RawServer, raw_server, said

BODY = bytes(range(256)) * 40
CUT = 6000
GOT = len(BODY) - CUT
SIZE = len(BODY)
CALL = Call(operation="fetch the file", method="GET", route="/f/{file}", values={"file": "1"})
TAG = 'ETag: "v1"\r\n'


def first(headers: str = TAG, body: bytes = BODY) -> Answer:
    """The whole file, cut on the way."""
    return said(body, headers=headers, cut=CUT)


def rest(begin: int = GOT, headers: str = TAG, *, said_of: str = "", cut: int = 0) -> Answer:
    """What is missing from a byte on, and what the answer says that it is."""
    place = f"Content-Range: {said_of or f'bytes {begin}-{SIZE - 1}/{SIZE}'}\r\n"
    return said(BODY[begin:], status="206 Partial Content", headers=place + headers, cut=cut)


@asynccontextmanager
async def fetching(*script: Answer, attempts: int = 3) -> AsyncIterator[tuple[RawServer, AsyncIterator[bytes]]]:
    """A download from a server that answers as the script says."""
    async with raw_server(*script) as server:
        limits = Limits(deadline_s=20.0, read_s=10.0, backoff_s=0.01, attempts=attempts)
        http = Http(server.url, "token", read_refusal=lambda _body: Said(), limits=limits)
        try:
            yield server, download(http, CALL, SIZE)
        finally:
            await http.close()


def asked(server: RawServer) -> Sequence[dict[str, str]]:
    """The headers of every request, by lower-case name."""
    heads = (head.splitlines()[1:] for head in server.heads)
    return [{name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)} for lines in heads]


async def test_cut_download_goes_on_where_it_stopped() -> None:
    async with fetching(first(), rest(cut=100), rest(SIZE - 100)) as (server, pieces):
        assert b"".join([piece async for piece in pieces]) == BODY
        whole, *parts = asked(server)
        assert "range" not in whole
        assert [one["range"] for one in parts] == [f"bytes={GOT}-", f"bytes={SIZE - 100}-"]
        assert {one["if-range"] for one in parts} == {'"v1"'}
        assert {one["accept-encoding"] for one in parts} == {"identity"}


async def test_server_that_begins_again_with_the_same_file_gives_no_byte_twice() -> None:
    async with fetching(first(), said(BODY, headers=TAG)) as (_, pieces):
        assert b"".join([piece async for piece in pieces]) == BODY


@pytest.mark.parametrize(
    "second",
    [
        said(BODY[::-1], headers='ETag: "v2"\r\n'),
        said(BODY[::-1], headers=""),
        rest(headers='ETag: "v2"\r\n'),
        rest(GOT + 1),
        rest(said_of=f"bytes {GOT - 1}-{SIZE - 1}/{SIZE}"),
        rest(said_of=f"bytes {GOT}-{SIZE - 1}/{SIZE + 1}"),
        rest(said_of="nothing"),
        rest(headers="Content-Encoding: gzip\r\n" + TAG),
        said(BODY, status="206 Partial Content", headers='Content-Type: multipart/byteranges; boundary="x"\r\n' + TAG),
        said(b"{}", status="416 Range Not Satisfiable", headers=f"Content-Range: bytes */{GOT}\r\n"),
        said(b"{}", status="404 Not Found"),
    ],
    ids=["changed", "no name", "part changed", "later", "earlier", "grown", "no place", "packed", "parts", "416", "gone"],
)
async def test_bytes_of_another_file_are_never_put_behind(second: Answer) -> None:
    got = b""
    async with fetching(first(), second) as (server, pieces):
        with pytest.raises(BackendError):
            async for piece in pieces:
                got += piece
        assert len(server.heads) == 2
    assert got == BODY[:GOT]


@pytest.mark.parametrize(
    "begun",
    [
        first(headers=""),
        first(headers='ETag: W/"v1"\r\n'),
        first(headers="ETag: v1\r\n"),
        said(gzip.compress(BODY, mtime=0), headers="Content-Encoding: gzip\r\n" + TAG, cut=20),
        said(BODY, headers=TAG, cut=SIZE),
    ],
    ids=["no name", "weak name", "bad name", "packed", "no byte"],
)
async def test_download_that_cannot_be_continued_ends_with_the_break(begun: Answer) -> None:
    async with fetching(begun, rest()) as (server, pieces):
        with pytest.raises(Unreachable):
            _ = [piece async for piece in pieces]
        assert len(server.heads) == 1


async def test_line_that_breaks_without_a_byte_again_and_again_is_given_up() -> None:
    async with fetching(first(), rest(cut=CUT)) as (server, pieces):
        with pytest.raises(Unreachable):
            _ = [piece async for piece in pieces]
        assert len(server.heads) == 3


async def test_rest_is_never_longer_than_what_was_announced() -> None:
    long = said(
        BODY[GOT:] + b"x", status="206 Partial Content", headers=f"Content-Range: bytes {GOT}-{SIZE - 1}/{SIZE}\r\n{TAG}"
    )
    got = b""
    async with fetching(first(), long) as (_, pieces):
        with pytest.raises(BadPayload):
            async for piece in pieces:
                got += piece
    assert len(got) <= SIZE


async def test_download_that_is_late_is_not_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    async with fetching(first(), rest()) as (server, pieces):
        monkeypatch.setattr(files, "TIME_S", -1.0)
        with pytest.raises(Unreachable, match="too slow"):
            _ = [piece async for piece in pieces]
        assert len(server.heads) == 1


# --- files of ours


async def test_file_of_ours_is_named_and_read_when_the_message_goes_out(tmp_path: Path) -> None:
    path = tmp_path / "回单;1.pdf"
    path.write_bytes(b"%PDF")
    file = LocalFile(path, "application/pdf", TicketId("1"))
    one = await named(file, 4)
    path.write_bytes(b"%PDF more")
    assert await held([one]) == [File("回单;1.pdf", "application/pdf", b"%PDF more")]
    assert await read(file, 9, "attach the file") == b"%PDF more"


async def test_file_that_is_too_large_or_gone_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(3 * 1024 * 1024))
    file = LocalFile(path, "a/b", TicketId("1"))
    with pytest.raises(Refused, match="larger than 2 MB"):
        await named(file, 2 * 1024 * 1024)
    with pytest.raises(Refused, match="larger than 2 MB"):
        await read(file, 2 * 1024 * 1024, "attach the file")
    one = await named(file, 3 * 1024 * 1024)
    path.unlink()
    for work in (held([one]), named(file, 9), read(file, 9, "attach the file")):
        with pytest.raises(StorageError, match=r"a\.bin"):
            await work
    with pytest.raises(Refused, match="not known"):
        await held([AttachmentId("f-1")])
