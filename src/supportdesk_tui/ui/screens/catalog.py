"""Which dialog stands behind each name a command can open."""

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.commands import inline, macro_server
from supportdesk_tui.commands.effects import Choice, Dialog, Open, Pick
from supportdesk_tui.commands.links import choices, link_of
from supportdesk_tui.commands.macro_commands import library_of, preview
from supportdesk_tui.commands.sheet import palette, sections
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.i18n.catalog import _, current_locale
from supportdesk_tui.store.state import value_of
from supportdesk_tui.ui.browser import opener
from supportdesk_tui.ui.panes.conversation import entry_under
from supportdesk_tui.ui.screens.articles import ArticlesDialog
from supportdesk_tui.ui.screens.insert import InsertDialog
from supportdesk_tui.ui.screens.keys import KeysDialog
from supportdesk_tui.ui.screens.link import LinkDialog
from supportdesk_tui.ui.screens.outbox import OutboxDialog
from supportdesk_tui.ui.screens.pager import PagerDialog
from supportdesk_tui.ui.screens.picker import PickerDialog, PreviewPicker
from supportdesk_tui.ui.screens.reveal import RevealDialog, hiding_entry
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.words import follow_up as follow_up_words

if TYPE_CHECKING:
    from supportdesk_tui.ui.host import DeskHost
    from supportdesk_tui.ui.screens.dialog import Dialog as DialogScreen


def dialog_for(effect: Open, host: "DeskHost") -> "DialogScreen":
    """The dialog a command asked for."""
    match effect.dialog:
        case Dialog.PALETTE:
            return _palette(host)
        case Dialog.KEYS:
            return _keys(host)
        case Dialog.OUTBOX:
            return OutboxDialog(host.palette, host.store)
        case Dialog.MACROS:
            return _macros(host, is_theirs=bool(effect.args))
        case Dialog.THINGS:
            found = choices(host.context(), entry_under(host.desk.conversation))
            return PickerDialog(host.palette, Pick(msg("Attachments and links"), found, "conversation.thing"))
        case Dialog.LINK:
            return LinkDialog(host.palette, link_of(host.context(), effect.args[0]), opens=bool(opener(os.environ)))
        case Dialog.INSERT:
            return InsertDialog(host)
        case Dialog.ARTICLES:
            return ArticlesDialog(host, " ".join(effect.args))
        case Dialog.REVEAL:
            return RevealDialog(host, hiding_entry(host))
        case _:
            return _entry(host, *effect.args)


def _palette(host: "DeskHost") -> PickerDialog:
    """Every command by name; one that is off says why and, when chosen, says it again."""
    choices = tuple(
        Choice(
            line.command,
            _(line.title),
            _(line.blocked.reason, **dict(line.blocked.values)) if line.blocked else "  ".join(line.keys),
        )
        for line in palette(host.keymap, host.context())
    )
    return PickerDialog(host.palette, Pick(msg("What do you want to do?"), choices, ""))


def _keys(host: "DeskHost") -> KeysDialog:
    """The keys of the focused pane first, then everything else."""
    context = host.context()
    near = sections(host.keymap, context, pane=context.focus)
    far = [section for section in sections(host.keymap, context) if section.scope not in {one.scope for one in near}]
    return KeysDialog(host.palette, (*near, *far))


def _macros(host: "DeskHost", *, is_theirs: bool) -> PickerDialog:
    """Every macro, with what it would write for this ticket; or those alone that the backend keeps itself."""
    context = host.context()
    library = library_of(context)
    directory = context.state.session.directory
    ours = inline.choices_of(library, current_locale()[:2])
    theirs = tuple(replace(one, hint=_(one.hint)) for one in macro_server.choices(context))
    choices = theirs if is_theirs else ours + theirs

    def text_of(macro: str) -> str:
        asked = macro_server.macro_of(context, macro)
        if asked is not None:
            return (
                f"{asked.preview}\n\n{_('The server fills it in when you choose it; nothing happens there before you send.')}"
            )
        rendered = preview(context, library.macros[macro])
        if rendered is None:
            return ""
        then = " · ".join(follow_up_words(one, context.now, directory) for one in rendered.then)
        return "\n".join(part for part in (own_words(rendered.note), rendered.text, then and f"→ {then}") if part)

    return PreviewPicker(host.palette, Pick(msg("Macro"), choices, "macro.insert"), text_of)


def _entry(host: "DeskHost", entry: str = "") -> PagerDialog:
    """One entry whole: the one named, else the one under the mark."""
    entries = value_of(host.store.state.conversation.entries) or ()
    found = next((one for one in entries if one.id == EntryId(entry)), None) or entry_under(host.desk.conversation)
    if found is None:
        return PagerDialog(host.palette, _("Message"), _("There is nothing to show."))
    files = "".join(f"\n📎 {one.name} ({one.size:,} B)" for one in found.attachments)
    return PagerDialog(host.palette, f"{found.author} · {found.at:%Y-%m-%d %H:%M}", f"{found.body}{files}")
