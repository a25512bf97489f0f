"""Bodies: saving the files of a conversation."""

from collections.abc import Iterable

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Effect
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.store.state import value_of


def files_of(context: Context) -> tuple[Attachment, ...]:
    """The files of the open conversation as far as it is loaded, newest first, then those its ticket itself holds."""
    entries, ticket = value_of(context.state.conversation.entries) or (), value_of(context.state.conversation.detail)
    said = (one for entry in reversed(entries) for one in entry.attachments)
    return tuple({one.id: one for one in (*said, *(ticket.attachments if ticket else ()))}.values())


def choice_of(file: Attachment) -> Choice:
    """A file in a list: its name, and what it is and how large before anything is fetched."""
    return Choice(file.id, file.name, " · ".join(filter(None, (file.media_type, file.says_size))))


def save_attachment(context: Context, args: Args) -> Iterable[Effect]:
    """Download one file by its id into the downloads folder; nothing opens or runs it."""
    ticket = context.state.conversation.ticket
    if ticket is None or not args:
        return
    if any(one.id == args[0] for one in files_of(context)):
        yield ef.SaveFile(ticket, args[0])
    else:
        yield ef.Tell(msg("No attachments here"))
