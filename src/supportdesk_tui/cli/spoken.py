"""Replies and notes from the shell: what was seen before, the gate, the outbox; no text is lost on the way."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec.structs import replace

from supportdesk_tui.cli.gating import passed
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.send import Sending
from supportdesk_tui.cli.session import Desk, Place, at_backend, place_of, settings_of
from supportdesk_tui.cli.writing import say
from supportdesk_tui.config.paths import make_private
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.durable import write_text
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import OutboxItem


def say_words(profile: str | None, number: str, words: Reply | Note, body: str | None, reason: str, *, as_json: bool) -> None:
    """Send a reply or note through the gate, and print what became of it.

    `body` None opens the editor, after the ticket was read. A reply's `seen` is the newest entry its writer had read; 0 for
    what is the newest when the ticket is read.
    """
    is_edited = body is None
    if is_edited and not is_at_terminal():
        raise Stopped(
            _("no text was given"), code=ExitCode.WRONG_USE, next_step=_("Give it as an argument, or - for standard input.")
        )
    gate, kept = settings_of(profile).gate, Kept(place_of(profile))

    async def send(desk: Desk) -> OutboxItem:
        begun = await _newest(desk, number) if is_edited else 0
        written = replace(words, body=_text_of(body, number, words))
        if is_edited:
            kept.keep(number, written.body)
        row = (await desk.backend.get_ticket(TicketId(number))).summary
        desk.directory = await desk.backend.get_directory()
        entries = (await desk.backend.list_entries(row.id, None)).items if isinstance(words, Reply) else ()
        known, since = _knowing(written, entries, begun, str(row.owner or ""))
        change = await passed(desk, row, known, reason, gate, (entries, since))
        return await Sending(desk.backend, desk.session, desk.outbox_folder).apply(row, change, on_disk=kept.is_safe)

    try:
        item = at_backend(profile, send)
    finally:
        kept.tell()
    say(item, as_json=as_json)


def _knowing(words: Reply | Note, entries: Sequence[Entry], begun: int, owner: str) -> tuple[Reply | Note, int]:
    """A reply that says what its writer knows by now, and the entry after which everything is news."""
    if not isinstance(words, Reply) or not entries:
        return words, 0
    newest = entries[-1].seq
    return replace(words, seen=newest, seen_owner=owner), min(words.seen or begun or newest, newest)


async def _newest(desk: Desk, number: str) -> int:
    """The newest entry of a ticket; stops before anything is written where there is no such ticket or no way to it."""
    row = (await desk.backend.get_ticket(TicketId(number))).summary
    entries = (await desk.backend.list_entries(row.id, None)).items
    return entries[-1].seq if entries else 0


def _text_of(body: str | None, number: str, words: Reply | Note) -> str:
    """The words: as given, from standard input, or from the editor."""
    what = _("reply to the customer") if isinstance(words, Reply) else _("internal note")
    text = _from_editor(number, what) if body is None else sys.stdin.read() if body == "-" else body
    if not text.strip():
        raise Stopped(_("nothing was written, so nothing is sent"), code=ExitCode.WRONG_USE)
    return text.strip("\n")


def is_at_terminal() -> bool:
    """Whether somebody is there who could write in an editor."""
    return sys.stdin.isatty()


def _from_editor(number: str, what: str) -> str:
    cut = _("# ---- {number}: {what}. Everything from this line on is left out.", number=number, what=what)
    written = click.edit(f"\n{cut}\n", env={"SUPPORTDESK_TOKEN": ""} if "SUPPORTDESK_TOKEN" in os.environ else None)
    return (written or "").partition(cut)[0]


class Kept:
    """A text of the editor in a file of its own, from the moment it is written until the outbox has it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._path: Path | None = None

    def keep(self, number: str, text: str) -> None:
        """Put it on the disk, where only its writer can read it."""
        folder = make_private(make_private(self._place.paths.state) / "unsent")
        name = "".join(one for one in number if one.isalnum() or one in "-_")[:40]
        self._path = folder / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
        self._path.touch(0o600)
        write_text(self._path, text + "\n")

    def is_safe(self) -> None:
        """The outbox has it: the file is not needed any more."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def tell(self) -> None:
        """Say where it is, if it did not leave."""
        if self._path is not None:
            click.echo(_("What you wrote is kept in {path}", path=self._path), err=True)
