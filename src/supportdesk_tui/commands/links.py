"""Bodies: what a message holds beside its words: files and links. A link is looked at before anything is opened."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.attachments import choice_of, files_of
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Dialog, Effect
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.store.state import value_of

if TYPE_CHECKING:
    from supportdesk_tui.text.links import Link

MOST = 100
"""Links offered of one conversation."""


def own_hosts(context: Context) -> tuple[str, ...]:
    """Hosts that are ours: what a fraud would like to be taken for."""
    return context.state.session.directory.link_hosts


def links_of(context: Context) -> "tuple[Link, ...]":
    """The links of the open conversation, newest message first, each address once."""
    from supportdesk_tui.text.links import find

    found: dict[str, Link] = {}
    for entry in reversed(value_of(context.state.conversation.entries) or ()):
        for link in find(str(entry.body), own_hosts(context)):
            found.setdefault(link.text, link)
    return tuple(found.values())[:MOST]


def choices(context: Context, entry: Entry | None) -> tuple[Choice, ...]:
    """Files and links to choose from, those of the message under the mark first."""
    from supportdesk_tui.text.links import find

    near = [f"file {one.id}" for one in entry.attachments] if entry else []
    near += [f"link {one.text}" for one in find(str(entry.body))] if entry else []
    files = (choice_of(one) for one in files_of(context))
    every = [Choice(f"file {one.value}", one.label, one.hint) for one in files]
    every += [Choice(f"link {one.text}", one.text, _said(one)) for one in links_of(context)]
    by_value = {one.value: one for one in every}
    first = [by_value.pop(value) for value in near if value in by_value]
    return (*first, *by_value.values())


def _said(link: "Link") -> str:
    host = link.host or f"{link.scheme}:"
    return f"⚠ {host}" if link.concerns else host


def things(context: Context, _: Args) -> Iterable[Effect]:
    """Show the files and links of this conversation."""
    if choices(context, None):
        yield ef.Open(Dialog.THINGS)
    else:
        yield ef.Tell(msg("No attachment and no link here"))


def thing(_: Context, args: Args) -> Iterable[Effect]:
    """Save the file, or show where the link leads: `file f1`, `link https://…`."""
    kind, _space, value = args[0].partition(" ")
    if kind == "file":
        yield ef.RunCommand("conversation.save_attachment", (value,))
    else:
        yield ef.Open(Dialog.LINK, (value,))


def link_of(context: Context, text: str) -> "Link":
    """A link of the open conversation by its words, with what its message said about it."""
    from supportdesk_tui.text.links import examine

    return next((one for one in links_of(context) if one.text == text), None) or examine(text, own_hosts(context))


def open_link(context: Context, args: Args) -> Iterable[Effect]:
    """Open a link that was looked at; one that must not be opened is only named."""
    link = link_of(context, args[0])
    if link.is_blocked:
        yield ef.Tell(msg("This link is never opened from here"))
    else:
        yield ef.OpenLink(link.url)


def copy_link(context: Context, args: Args) -> Iterable[Effect]:
    """Put a link on the clipboard as it really is."""
    yield ef.Copy(link_of(context, args[0]).url, msg("link"))
