"""What a command may ask for; performed by the app, the ui or `sync.engine`."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from supportdesk_tui.domain.changes import Change
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import ChangeKey, EntryId, TicketId
from supportdesk_tui.store.events import Event
from supportdesk_tui.store.kept import form_key
from supportdesk_tui.store.state import Level

if TYPE_CHECKING:
    from supportdesk_tui.commands.gate import Finding


class Emit(Struct, frozen=True):
    """Dispatch an event."""

    event: Event


class Apply(Struct, frozen=True):
    """Put a change into the outbox; more than one ticket makes it a bulk change."""

    tickets: tuple[TicketId, ...]
    change: Change
    expected: int | None = None
    hold: bool = False
    """Wait the hold time first, so that it can be taken back."""
    clears_draft: TicketId | None = None
    """The draft this change was made from: dropped once the outbox has it on disk."""
    clears_form: str = ""
    """The form its words were typed into, by its key: dropped likewise."""
    replaces: ChangeKey | None = None
    """The waiting change this one stands in for: dropped once the outbox has this one on disk."""


class TakeBack(Struct, frozen=True):
    """Take back a held or queued change; its text returns to the draft."""

    key: ChangeKey


class Retry(Struct, frozen=True):
    """Try a refused or unknown change again (unknown ones are verified first)."""

    key: ChangeKey


class Forget(Struct, frozen=True):
    """Drop a refused change from the outbox."""

    key: ChangeKey


class LoadKind(StrEnum):
    """What `Load` can fetch. Lanes: a newer load of the same kind replaces an older one."""

    QUEUE = "queue"
    """The window of rows around the cursor, for state.queue.query and filter."""
    TICKET = "ticket"
    """Detail, entries and customer of `ticket`: cache first, then the backend."""
    OLDER = "older"
    """Entries before the oldest loaded one."""
    SEARCH = "search"
    """Ask the backend for state.queue.query (not the cache)."""
    VIEWS = "views"
    ARTICLES = "articles"
    """Knowledge base, `text`."""
    RESYNC = "resync"
    """Read everything again."""
    SELECT_ALL = "select_all"
    """All ids of the query into the selection."""
    MACRO = "macro"
    """What a macro of the backend's own, its id in `text`, would write on `ticket`."""
    NUMBER = "number"
    """Open a ticket by its case number, `text`."""


class Load(Struct, frozen=True):
    """Fetch something; the answer comes as events."""

    kind: LoadKind
    ticket: TicketId | None = None
    text: str = ""
    cursor: int | None = None
    """Queue: the index the window must hold, e.g. the last row for End."""


class Attend(Struct, frozen=True):
    """Tell others what we do on a ticket."""

    ticket: TicketId | None
    activity: str


class Reveal(Struct, frozen=True):
    """Ask to see what is hidden in an entry; the backend keeps the reason."""

    ticket: TicketId
    entry: EntryId
    reason: str


class SaveFile(Struct, frozen=True):
    """Download an attachment into the downloads folder."""

    ticket: TicketId
    attachment: str


class AttachFile(Struct, frozen=True):
    """Upload a file from the agent's disk and put it on the draft of `ticket`."""

    ticket: TicketId
    path: str


class Tell(Struct, frozen=True):
    """One line for the agent: a message marked with `msg`, and its named values."""

    text: str
    values: tuple[tuple[str, str], ...] = ()
    level: Level = Level.INFO


class Dialog(StrEnum):
    """Screens and dialogs the ui knows."""

    PALETTE = "palette"
    KEYS = "keys"
    OUTBOX = "outbox"
    MACROS = "macros"
    """Fuzzy pick with preview."""
    ARTICLES = "articles"
    INSERT = "insert"
    """What was sent before, macros and articles, to put at the caret."""
    THINGS = "things"
    """Attachments and links of a message."""
    LINK = "link"
    """Where a link leads, before it is opened."""
    REVEAL = "reveal"
    """What is hidden in an entry, after a reason."""
    ENTRY = "entry"
    """One long entry, whole."""


class Open(Struct, frozen=True):
    """Show a dialog; `args` are its business."""

    dialog: Dialog
    args: tuple[str, ...] = ()


class Choice(Struct, frozen=True):
    """One line of a picker."""

    value: str
    label: str
    hint: str = ""
    also: str = ""
    """What it is found by as well, unseen."""


class Pick(Struct, frozen=True):
    """Let the agent choose one of a list by typing; then run `command` with `args` and the chosen value."""

    title: str
    choices: tuple[Choice, ...]
    command: str
    args: tuple[str, ...] = ()
    free: bool = False
    """What was typed is a valid answer too (a new tag, a case number)."""
    bad_items: int = 0
    """Items of the backend's lists that could not be read: some choice may be missing."""
    count: int = 1
    """How many tickets the choice is about."""
    about: str = ""
    """The case number where it is about one."""


class FormField(Struct, frozen=True):
    """One line to fill in."""

    name: str
    label: str
    value: str = ""
    required: bool = False
    hint: str = ""


class Form(Struct, frozen=True):
    """Ask for fields; then run `command` with `args` and the values as `name=value`. Required ones cannot be left empty.

    What is typed is kept as a draft of the form (`store.kept`) until it is sent.
    """

    title: str
    fields: tuple[FormField, ...]
    command: str
    args: tuple[str, ...] = ()
    explain: str = ""
    tickets: tuple[TicketId, ...] = ()
    """What it is about; none for a new ticket."""
    is_again: bool = False
    """Shown once more with what was typed in its fields."""
    opener: str = ""
    """The command that shows it, where that is not `command`."""

    @property
    def key(self) -> str:
        """The name its draft is kept by."""
        return form_key(self.command, self.args, self.tickets)


class Prompt(Struct, frozen=True):
    """One input line at the bottom (search, filter); runs `command` with the text on Enter, and on every key when `live`."""

    title: str
    command: str
    value: str = ""
    live: bool = False
    cancel: str = ""
    """Command run on Esc."""


class Confirm(Struct, frozen=True):
    """Ask yes or no in words before running `command`."""

    question: str
    values: tuple[tuple[str, str], ...]
    command: str
    args: tuple[str, ...] = ()


class RunCommand(Struct, frozen=True):
    """Run another command."""

    command: str
    args: tuple[str, ...] = ()


class ShowFindings(Struct, frozen=True):
    """Show what the send gate found; `answered` is what the agent has said about other findings (see `gate.anyway`)."""

    findings: "tuple[Finding, ...]"
    answered: tuple[str, ...] = ()
    command: str = "composer.send"
    """What is run again with the agent's reason."""
    back: RunCommand | None = None
    """Where the text is, if it does not stand in the composer."""


class ShowConflict(Struct, frozen=True):
    """Show what others said and what the agent wrote, side by side, and let the agent decide."""

    theirs: tuple[Entry, ...]
    mine: str
    edit: RunCommand
    send: RunCommand | None
    """The agent's reason is put behind the last argument; None when it may not be sent all the same."""
    discard: RunCommand
    asks_reason: bool = True
    by_itself: bool = False
    """Nobody pressed a key for it: it never stands over another dialog."""
    also: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """What else became of the ticket: messages marked with `msg`, and their values."""
    reason: str = ""
    """Why it waits, as it was told; shown where nothing else says it."""


class ComposerAct(StrEnum):
    """What only the editor widget can do."""

    INSERT = "insert"
    """Insert `text` at the caret, with tab stops marked as `macros.STOP…`; keeps what is typed."""
    EDITOR = "editor"
    """Open $EDITOR on the draft."""
    NEXT_STOP = "next_stop"
    PREVIOUS_STOP = "previous_stop"
    CLEAR = "clear"
    SELECT = "select"
    """Mark the first of `stops`."""


class Compose(Struct, frozen=True):
    """Something for the editor widget."""

    act: ComposerAct
    text: str = ""
    stops: tuple[tuple[int, int], ...] = ()
    """INSERT: (offset, length) of the tab stops in `text`, in order; the first one is selected."""
    caret: int | None = None
    """INSERT: offset of the caret when there is no stop."""


class PaneAct(StrEnum):
    """What only a pane can do."""

    SCROLL_LINE = "scroll_line"
    SCROLL_PAGE = "scroll_page"
    SCROLL_HOME = "scroll_home"
    SCROLL_END = "scroll_end"
    NEXT_ENTRY = "next_entry"
    FIND = "find"
    FIND_NEXT = "find_next"
    FOLD = "fold"
    OPEN_FULL = "open_full"


class Move(Struct, frozen=True):
    """Scroll or search in the focused pane; `by` is signed."""

    act: PaneAct
    by: int = 1
    text: str = ""


class Copy(Struct, frozen=True):
    """Put text on the clipboard and say so."""

    text: str
    what: str


class OpenLink(Struct, frozen=True):
    """Show a page in the browser of this machine; where there is none, copy its address."""

    url: str


class Redraw(Struct, frozen=True):
    """Paint everything again."""


class SetTheme(Struct, frozen=True):
    """Use another theme from now on."""

    name: str


class SetLocale(Struct, frozen=True):
    """Speak another language from now on."""

    name: str


class Quit(Struct, frozen=True):
    """Leave the desk; drafts and outbox are on disk."""


class Later(Struct, frozen=True):
    """Run a command at a time, e.g. the end of a hold; for reminders."""

    at: datetime
    command: str
    args: tuple[str, ...] = ()


Effect: TypeAlias = (
    Emit
    | Apply
    | TakeBack
    | Retry
    | Forget
    | Load
    | Attend
    | Reveal
    | SaveFile
    | AttachFile
    | Tell
    | Open
    | Pick
    | Form
    | Prompt
    | Confirm
    | ShowFindings
    | ShowConflict
    | Compose
    | Move
    | Copy
    | OpenLink
    | Redraw
    | SetTheme
    | SetLocale
    | RunCommand
    | Quit
    | Later
)
