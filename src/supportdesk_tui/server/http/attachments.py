"""Files up and down; a file is never served as something a browser would run."""

import re
import secrets
from hashlib import sha256
from urllib.parse import quote

from sqlalchemy import insert, select
from starlette.datastructures import Headers
from starlette.responses import Response

from supportdesk_tui.server.desk.refusals import Missing, Refusal
from supportdesk_tui.server.desk.transaction import load_ticket
from supportdesk_tui.server.http.call import Call, Endpoint, Param, json_answer, need
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
_REST = re.compile(r"bytes=([0-9]{1,15})-", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")


def upload(call: Call) -> Response:
    """Keep a file; its id then goes into a reply or note."""
    need(call, "attach")
    name, ticket = call.query("name"), call.query("ticket")
    media_type = call.request.headers.get("Content-Type", "application/octet-stream").split(";")[0].strip().lower()
    if not name or len(name) > 255 or _UNSAFE.search(name) or name in {".", ".."}:
        raise Refusal("name is a file name without a path, at most 255 characters", field="name")
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise Refusal("Content-Type is no media type", field="Content-Type")
    if not call.raw:
        raise Refusal("the file is empty", field="")
    if ticket:
        with call.desk.database.reading() as connection:
            if load_ticket(connection, tables.tickets.c.id == ticket) is None:
                raise Missing(f"there is no ticket {ticket[:40]}")
    file_id = f"f-{secrets.token_hex(8)}"
    row = {
        "id": file_id, "name": name, "media_type": media_type, "size": len(call.raw),
        "ticket": ticket or None, "agent": call.agent.id, "content": call.raw,
    }  # fmt: skip
    call.desk.database.write(lambda connection: connection.execute(insert(tables.attachments), [row]))
    return json_answer(schema.AttachmentOut(id=file_id, name=name, media_type=media_type, size=len(call.raw)))


def download(call: Call) -> Response:
    """The bytes of a file."""
    columns = tables.attachments.c
    with call.desk.database.reading() as connection:
        row = connection.execute(select(tables.attachments).where(columns.id == call.path["attachment"])).first()
    if row is None:
        raise Missing("there is no such file")
    tag, size = f'"{sha256(row.content).hexdigest()[:32]}"', len(row.content)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
        "Content-Security-Policy": "sandbox",
    }
    begin = _wanted(call.request.headers, tag)
    if not 0 < begin < size:
        return Response(row.content, 200, headers, row.media_type)
    headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
    return Response(row.content[begin:], 206, headers, row.media_type)


def _wanted(asked: Headers, tag: str) -> int:
    """From which byte on a file is wanted; 0 for all of it, as for any other part of it (RFC 9110, 14.2: a range may be
    passed over) and for a part of what the file was."""
    found = _REST.fullmatch(asked.get("Range", ""))
    return int(found[1]) if found and asked.get("If-Range", tag) == tag else 0


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/attachments",
        says="Keep a file",
        run=upload,
        body=bytes,
        out=schema.AttachmentOut,
        params=(
            Param("name", {"type": "string", "minLength": 1, "maxLength": 255}, required=True),
            Param("ticket", {"type": "string"}),
        ),
        refusals=(403, 404),
    ),
    Endpoint(
        method="GET",
        path="/attachments/{attachment}",
        says="The bytes of a file",
        run=download,
        out=bytes,
        refusals=(404,),
        in_parts=True,
    ),
)
