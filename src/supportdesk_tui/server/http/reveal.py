"""One hidden entry, shown: refused without a reason, written to the log, and kept by nobody on the way."""

from starlette.responses import Response

from supportdesk_tui.server.desk.revealed import reveal
from supportdesk_tui.server.http.call import Call, few_words, json_answer
from supportdesk_tui.wire import schema


def reveal_entry(call: Call) -> Response:
    """The words as they were written."""
    who, ref, asked = call.agent, (call.path["ticket"], call.path["entry"]), call.body
    shown = call.desk.transact(who.id, None, lambda tx: reveal(tx, who, ref, asked.reason))
    return json_answer(shown, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


ENDPOINTS = (
    few_words(
        "POST /tickets/{ticket}/entries/{entry}/reveal",
        "Show what is hidden in one entry, by id or seq; the log keeps who and why",
        reveal_entry,
        schema.RevealIn,
        out=schema.RevealOut,
        refusals=(403, 404),
    ),
)
