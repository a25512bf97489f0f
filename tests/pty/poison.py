"""A server whose every word is hostile: stands before the real one and puts texts of `tests.hostile` into what it answers.

Whatever a backend sanitises on its own, a client must not rely on it. Ids, times, numbers and names the program decides
by (status, channel, kind, …) pass as they are; everything a person reads does not.
"""

import http.client
import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.hostile import HOSTILE

READ_BY_PEOPLE: Final = frozenset(
    {
        *("subject", "body", "name", "customer_name", "owner_name", "author", "title", "text", "tier", "says", "tells"),
        *("reason", "value", "source", "region", "team_name", "email", "phone", "txid", "address", "message", "server"),
        *("summary", "network", "coin", "state_title", "uid", "media_type", "advice", "label"),
    }
)
"""Fields whose strings are replaced, wherever they stand; and every string in a list under `tags`."""
TAIL: Final = " pwned-{}"
"""Follows each hostile text, so that a test can see it arrived."""
STATUSES_LEFT: Final = frozenset({"statuses"})
"""Parts of an answer the program decides by name with."""
PASSED_HEADERS: Final = ("Content-Type", "Retry-After", "ETag", "Date")


def poisoned(value: Any, texts: Iterator[str], key: str = "", fields: frozenset[str] = READ_BY_PEOPLE | {"tags"}) -> Any:
    """A JSON value with every readable string replaced by the next hostile one."""
    if isinstance(value, dict):
        return {name: one if name in STATUSES_LEFT else poisoned(one, texts, name, fields) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one, texts, key, fields) for one in value]
    if isinstance(value, str) and key in fields:
        return next(texts)
    return value


class PoisonedServer:
    """The relay on loopback; use as a context manager."""

    def __init__(
        self, url: str, texts: Iterable[str] = HOSTILE.values(), fields: frozenset[str] = READ_BY_PEOPLE | {"tags"}
    ) -> None:
        """Stand before a server and put texts, in turn, into these fields of what it says."""
        self.refuses = ""
        """Paths that contain this are answered with an error full of hostile words."""
        self._target = urlsplit(url)
        self._texts = (text + TAIL.format(n) for n, text in enumerate(itertools.cycle(texts)))
        self._fields = fields
        self._lock = threading.Lock()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            """Passes a request on and an answer back, poisoned."""

            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                relay.pass_on(self)

            def __getattr__(self, name: str) -> object:
                """Every other method the same way."""
                if name.startswith("do_"):
                    return self.do_GET
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, name="poison", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def poison(self, data: bytes) -> bytes:
        """A JSON document, poisoned; anything else as it is."""
        try:
            value = json.loads(data)
        except ValueError:
            return data
        with self._lock:
            return json.dumps(poisoned(value, self._texts, fields=self._fields)).encode()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """One request to the real server, its answer back."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        request.close_connection = True
        if self.refuses and self.refuses in request.path:
            self._refuse(request)
            return
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "accept-encoding"}}
        try:
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            if answer.headers.get_content_type() == "text/event-stream":
                self._stream(request, answer)
            else:
                self._answer(request, answer.status, answer.headers.items(), self.poison(answer.read()))
        except OSError:
            request.close_connection = True
        finally:
            connection.close()

    def _answer(self, request: BaseHTTPRequestHandler, status: int, headers: Any, data: bytes) -> None:
        request.send_response(status, "hostile \x9b31m reason")
        for name, value in headers:
            if name in PASSED_HEADERS or name.lower().startswith("x-"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(data)

    def _refuse(self, request: BaseHTTPRequestHandler) -> None:
        said = {"error": {"code": "forbidden", "message": "x", "field": "", "request_id": "r\x1b[2Jpwned"}, "message": "x"}
        headers = [("Content-Type", "application/json"), ("X-Request-Id", "r\x1b]2;pwned\x07")]
        self._answer(request, 422, headers, self.poison(json.dumps(said).encode()))

    def _stream(self, request: BaseHTTPRequestHandler, answer: http.client.HTTPResponse) -> None:
        request.send_response(answer.status)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        while line := answer.readline():
            if line.startswith(b"data:"):
                line = b"data: " + self.poison(line[5:].strip()) + b"\n"
            request.wfile.write(line)
            request.wfile.flush()
