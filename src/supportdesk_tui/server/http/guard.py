"""What a request meets before its route: an address that may ask, an address line and a coding the server takes."""

from starlette.types import ASGIApp, Receive, Scope, Send

from supportdesk_tui.server.desk.refusals import LongUrl, Refusal, Unreadable
from supportdesk_tui.server.http.limits import MAX_URL, Limits, Rates
from supportdesk_tui.server.http.refused import answer_refusal


class Guard:
    """Refuses what costs nothing to refuse."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.addresses = Rates(limits.address_rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] == "http":
            try:
                self._check(scope)
            except Refusal as refusal:
                await answer_refusal(scope, refusal, {})(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        client = scope.get("client")
        self.addresses.take(client[0] if client else "")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL:
            raise LongUrl(f"at most {MAX_URL} bytes of path and query")
        for name, value in scope["headers"]:
            if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
                raise Unreadable("send the body as it is, without Content-Encoding", field="Content-Encoding")
