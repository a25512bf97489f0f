"""Showing what is hidden: one entry to one agent, with a reason that stays in the log."""

from typing import Any

from sqlalchemy import select

from supportdesk_tui.server.desk.apply import allow
from supportdesk_tui.server.desk.refusals import Missing, Refusal
from supportdesk_tui.server.desk.transaction import Transaction
from supportdesk_tui.server.floor.hiding import hide
from supportdesk_tui.server.floor.people import Agent, Words
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import REVEALED, REVEALS
from supportdesk_tui.wire import schema


def reveal(tx: Transaction, who: Agent, ref: tuple[str, str], reason: str) -> schema.RevealOut:
    """The words of the entry `(ticket, entry)` as written; the log says who saw them and why, and never the words."""
    allow(who, "reveal")
    if not reason.strip():
        raise Refusal("say why you need to see it", field="reason")
    ticket, entry = tx.ticket(ref[0]), _entry(tx, ref[1])
    if entry is None or entry.ticket not in {ticket.id, *_merged_into(tx, ticket.id)}:
        raise Missing(f"there is no entry {ref[1][:40]} on this ticket")
    names = [str(one["name"]) for one in entry.attachments]
    kinds = list(dict.fromkeys(str(kind) for text in (entry.body, *names) for kind in hide(text)[1]))
    if not kinds:
        raise Refusal("nothing is hidden in this entry")
    seen = {"entry": entry.id, "reason": hide(reason.strip())[0], "kinds": kinds}
    tx.record_audit(REVEALED, ticket.id, {REVEALS: {entry.id: seen}}, says=f"{who.name} looked at a hidden secret")
    return schema.RevealOut(entry=entry.id, body=entry.body, files=names, masked=kinds)


def _entry(tx: Transaction, ref: str) -> Words | None:
    columns = tables.entries.c
    clause = columns.seq == int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 16 else columns.id == ref
    row: Any = tx.connection.execute(select(tables.entries).where(clause)).mappings().first()
    return Words(**row) if row else None


def _merged_into(tx: Transaction, ticket: str) -> list[str]:
    columns = tables.tickets.c
    return list(tx.connection.execute(select(columns.id).where(columns.merged_into == ticket)).scalars())
