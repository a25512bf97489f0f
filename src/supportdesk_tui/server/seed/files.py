"""The few files customers send: real bytes, the same for everybody who sends one of the kind."""

import re
import struct
import zlib
from dataclasses import dataclass


def _picture(width: int, height: int, shade: int) -> bytes:
    """A plain grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes([shade + (row * 40) // height]) * width for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True)
class StockFile:
    """A file as it is kept and as an entry names it."""

    name: str
    media_type: str
    content: bytes

    @property
    def id(self) -> str:
        """The same for everybody."""
        return f"f-{zlib.crc32(self.name.encode()):08x}"

    def described(self) -> dict[str, str | int | bool]:
        """What an entry says of it."""
        return {"id": self.id, "name": self.name, "media_type": self.media_type, "size": len(self.content)}


_LOG = "\n".join(f"2026-08-17T09:{n // 60:02d}:{n % 60:02d}Z WARN ws ping={n % 7 * 31}ms gap={n % 5}" for n in range(400))
_CSV = "time,order,status\n" + "\n".join(f"09:{n:02d},OD{n:010d},filled" for n in range(60))
FILES = {
    one.name: one
    for one in (
        StockFile("screenshot.png", "image/png", _picture(540, 1170, 180)),
        StockFile("bank-receipt.png", "image/png", _picture(900, 1200, 200)),
        StockFile("withdrawal-page.png", "image/png", _picture(1080, 720, 160)),
        StockFile("passport-new.png", "image/png", _picture(1200, 850, 140)),
        StockFile("statements.csv", "text/csv", _CSV.encode()),
        StockFile("app.log", "text/plain", _LOG.encode()),
    )
}
_SENT = (
    ("bank-receipt.png", re.compile(r"回单(在附件|上传了)|receipt attached|Receipt attached|^Uploaded\.$|comprobante|Adjunto|Чек во вложении")),
    ("passport-new.png", re.compile(r"重新提交了|^已上传。$|Uploaded again|再提出しました|다시 올렸|Ya la subí|Yükledim|C'est fait")),
    ("statements.csv", re.compile(r"三个月的流水|statements attached")),
    ("screenshot.png", re.compile(r"截图(发|已上传)|Attached\. Same|^Uploaded\. |Screenshot attached")),
)  # fmt: skip


def files_with(body: str) -> tuple[str, ...]:
    """The files a customer says to have sent."""
    return next(((name,) for name, said in _SENT if said.search(body)), ())
