"""Intents, drafts and forms as they lie on the disk: plain values, and how they are read back."""

import json
from datetime import datetime
from typing import Any

from msgspec import Struct

from supportdesk_tui.domain.changes import Outcome
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, TicketId
from supportdesk_tui.store.kept import FormDraft, Texts
from supportdesk_tui.store.state import Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync import codec


class Clears(Struct, frozen=True):
    """What an intent was made from and stands in for from now on: the draft of a ticket, a form by its key."""

    draft: TicketId | None = None
    form: str = ""
    keeps: Draft | None = None
    """What stays of the draft: words that came to stand beside those that are sent."""


NOTHING = Clears()


def from_item(item: OutboxItem) -> dict[str, Any]:
    """A change as it is written down."""
    return {**_plain(item), "change": codec.change_to_plain(item.change)}


def to_item(plain: dict[str, Any]) -> OutboxItem:
    """A change as it was written down; KeyError, ValueError or TypeError where this release cannot read it."""
    return OutboxItem(
        key=ChangeKey(plain["key"]),
        tickets=tuple(TicketId(one) for one in plain["tickets"]),
        change=codec.change_from_plain(plain["change"]),
        phase=OutboxPhase(plain["phase"]),
        created_at=datetime.fromisoformat(plain["created_at"]),
        held_until=datetime.fromisoformat(plain["held_until"]) if plain["held_until"] else None,
        attempts=int(plain["attempts"]),
        reason=str(plain["reason"]),
        number=str(plain["number"]),
        expected=plain["expected"],
        undoes=plain["undoes"],
        needs_word=bool(plain.get("needs_word")),
        numbers=tuple((TicketId(ticket), str(number)) for ticket, number in plain.get("numbers", ())),
        outcomes=tuple(map(_to_outcome, plain.get("outcomes", ()))),
        form=to_form(plain["form"]) if plain.get("form") else None,
    )


def _to_outcome(plain: dict[str, Any]) -> Outcome:
    return Outcome(TicketId(plain["ticket"]), bool(plain["done"]), str(plain["reason"]), plain["version"])


def from_draft(draft: Draft) -> dict[str, Any]:
    """A draft as it is written down."""
    return {**_plain(draft), "then": [codec.change_to_plain(one) for one in draft.then]}


def to_draft(plain: dict[str, Any]) -> Draft:
    """A draft as it was written down; KeyError, ValueError or TypeError where this release cannot read it."""
    return Draft(
        ticket=TicketId(plain["ticket"]),
        mode=DraftMode(plain["mode"]),
        body=str(plain["body"]),
        then=tuple(codec.change_from_plain(one) for one in plain["then"]),  # type: ignore[misc]  # only follow-ups were written
        macro=str(plain["macro"]),
        language_note=str(plain["language_note"]),
        attachments=tuple((AttachmentId(one), str(name)) for one, name in plain["attachments"]),
        then_next=bool(plain["then_next"]),
        base_seq=int(plain["base_seq"]),
        base_owner=str(plain.get("base_owner", "")),
        base_status=str(plain.get("base_status", "")),
        number=str(plain.get("number", "")),
        cc=tuple(map(str, plain.get("cc", ()))),
    )


def from_form(form: FormDraft) -> dict[str, Any]:
    """A form that is half filled in, as it is written down."""
    return _plain(form)


def to_form(plain: dict[str, Any]) -> FormDraft:
    """A form as it was written down; KeyError, ValueError or TypeError where this release cannot read it."""
    return FormDraft(
        key=str(plain["key"]),
        title=str(plain["title"]),
        texts=_texts(plain["texts"]),
        at=datetime.fromisoformat(plain["at"]),
        other=_texts(plain["other"]),
        ticket=TicketId(plain["ticket"]) if plain["ticket"] else None,
        count=int(plain["count"]),
        tickets=tuple(map(TicketId, plain.get("tickets", ()))),
        number=str(plain["number"]),
        opener=str(plain["opener"]),
        args=tuple(map(str, plain["args"])),
    )


def _texts(plain: list[Any]) -> Texts:
    return tuple((str(name), str(text)) for name, text in plain)


def _plain(value: OutboxItem | Draft | FormDraft) -> dict[str, Any]:
    skipped = {"change", "then"}
    names = [name for name in value.__struct_fields__ if name not in skipped]
    plain: dict[str, Any] = json.loads(codec.dump({name: getattr(value, name) for name in names}))
    return plain
