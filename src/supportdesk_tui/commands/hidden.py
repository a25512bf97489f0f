"""Bodies: seeing what is hidden in a message."""

from collections.abc import Iterable

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.spec import Args, Blocked, msg
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import value_of


def needs_hidden(context: Context) -> Blocked | None:
    """Something is hidden in what is loaded of this conversation."""
    if any(entry.masked for entry in value_of(context.state.conversation.entries) or ()):
        return None
    return Blocked(msg("Nothing is hidden in this conversation"))


def reveal(_: Context, args: Args) -> Iterable[Effect]:
    """Ask for a reason, then show the entry under the mark, else the newest that hides something."""
    yield ef.Open(ef.Dialog.REVEAL, args)


def reveal_for(context: Context, args: Args) -> Iterable[Effect]:
    """Ask the backend, with the reason; args are the entry and the reason."""
    ticket = context.state.conversation.ticket
    if ticket is not None and len(args) == 2 and args[1].strip():
        yield ef.Emit(ev.RevealAsked(EntryId(args[0])))
        yield ef.Reveal(ticket, EntryId(args[0]), args[1].strip())


def reveal_end(_: Context, __: Args) -> Iterable[Effect]:
    """Forget what was shown."""
    yield ef.Emit(ev.RevealEnded())
