"""A customer writes, on any channel: the ticket it belongs to, what wakes up, what the bot says."""

import re

from sqlalchemy import or_, select

from supportdesk_tui.server.desk.linked import link_rows
from supportdesk_tui.server.desk.refusals import Refusal
from supportdesk_tui.server.desk.spoken import fresh_ticket
from supportdesk_tui.server.desk.transaction import BOT_NAME, Also, Transaction, copy_of, day_of, load_ticket
from supportdesk_tui.server.floor import bot
from supportdesk_tui.server.floor.facts import facts_in
from supportdesk_tui.server.floor.hiding import hide
from supportdesk_tui.server.floor.people import Customer, Words
from supportdesk_tui.server.floor.routing import first_team, guess_category, guess_language
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import CATEGORIES, DAY
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

CASE_NUMBER = re.compile(r"\bHX-\d{6}-\d{6,}\b")
THANKS = re.compile(
    r"^\W*(ok(ay)?|thanks?( you)?( so much| a lot)?|thx|谢谢(你|您|啦)?|多谢|好的"
    r"|спасибо|gracias|merci|ありがとう\w*|감사\w*)\W*$",
    re.I,
)
_MAILBOX = re.compile(r'"?(?P<name>[^<>"]*?)"?\s*<(?P<address>[^<>\s]+@[^<>\s]+)>')
"""A sender as mail names them (RFC 5322, 3.4)."""
REOPEN_MS = 14 * DAY
BOT_CHANNELS = frozenset({"chat", "inapp"})


def receive(tx: Transaction, said: schema.InboundIn) -> schema.InboundOut:
    """Put a customer's message where it belongs."""
    if said.category and said.category not in CATEGORIES:
        raise Refusal(f"there is no category {said.category}", field="category")
    customer, is_new = _customer(tx, said)
    ticket = _continued(tx, said, customer)
    if ticket is not None and ticket.phase in {"solved", "closed"} and not _reopens(tx, ticket):
        return _open(tx, said, customer, is_new=is_new, earlier=ticket)
    if ticket is None:
        return _open(tx, said, customer, is_new=is_new)
    return _continue(tx, said, ticket)


def _customer(tx: Transaction, said: schema.InboundIn) -> tuple[Customer, bool]:
    columns = tables.customers.c
    mailbox = _MAILBOX.fullmatch(said.customer)
    who = mailbox["address"] if mailbox else said.customer
    clause = or_(columns.id == who, columns.uid == who, columns.email == who)
    row = tx.connection.execute(select(tables.customers).where(clause).limit(1)).mappings().first()
    if row is not None:
        return Customer(**row), False
    language = said.language or guess_language(said.body)
    email = who if "@" in who else ""
    new_id = f"c-in-{tx.next_event}"
    uid = who if who.isdigit() else ""
    name = (mailbox["name"] if mailbox else "") or (who.split("@")[0] if email else who)
    return Customer(id=new_id, uid=uid, email=email, name=name, language=language, context={}), True


def _continued(tx: Transaction, said: schema.InboundIn, customer: Customer) -> Ticket | None:
    columns = tables.tickets.c
    number = CASE_NUMBER.search(said.subject)
    ticket = load_ticket(tx.connection, columns.number == number.group()) if number else None
    if ticket is None and said.thread:
        row = (
            tx.connection.execute(
                select(tables.tickets)
                .where(columns.thread == said.thread, columns.thread != "")
                .order_by(columns.n.desc())
                .limit(1)
            )
            .mappings()
            .first()
        )
        ticket = Ticket(**row) if row else None
    for _ in range(20):
        if ticket is None or ticket.merged_into is None:
            break
        ticket = load_ticket(tx.connection, columns.id == ticket.merged_into)
    same_thread = ticket is not None and said.thread != "" and ticket.thread == said.thread
    if ticket is not None and ticket.customer != customer.id and not same_thread:
        return None
    return ticket


def _reopens(tx: Transaction, ticket: Ticket) -> bool:
    return ticket.status == "solved" and ticket.solved_at is not None and tx.now - ticket.solved_at <= REOPEN_MS


def _open(
    tx: Transaction, said: schema.InboundIn, customer: Customer, *, is_new: bool, earlier: Ticket | None = None
) -> schema.InboundOut:
    category = said.category or guess_category(f"{said.subject}\n{said.body}")
    plain = _without_secrets(said.body)
    first_line = plain.strip().splitlines()[0][:120] if plain.strip() else "(no text)"
    ticket = fresh_ticket(tx, customer, channel=said.channel, category=category, subject=said.subject or first_line)
    ticket.language = said.language or guess_language(said.body)
    ticket.team = first_team(ticket.language, category)
    ticket.thread, ticket.public = said.thread, said.public
    ticket.fields = facts_in(plain)
    entry = _customer_words(tx, ticket, said)
    if said.channel in BOT_CHANNELS and category not in bot.NEVER_FOR_THE_BOT:
        ticket.status = "bot"
    also = Also(entry=entry, customer=customer if is_new else None)
    tx.new_ticket(ticket, day_of(tx.now), kind="ticket.opened", also=also, says=f"{customer.name} wrote")
    if earlier is not None:
        before = copy_of(ticket)
        tx.record("ticket.linked", before, ticket, also=Also(links=link_rows(ticket.id, earlier.id, "related", "related")))
    if ticket.status == "bot":
        _bot_turn(tx, ticket, said.body)
    return schema.InboundOut(ticket=ticket.id, number=ticket.number, entry=entry.id, created=True)


def _continue(tx: Transaction, said: schema.InboundIn, ticket: Ticket) -> schema.InboundOut:
    before = copy_of(ticket)
    entry = _customer_words(tx, ticket, said)
    if ticket.status == "solved" and THANKS.match(said.body.strip()):
        ticket.turn_at = before.turn_at
    elif ticket.status in {"solved", "waiting_customer", "snoozed"}:
        ticket.status, ticket.snoozed_until, ticket.resume_status = "open", None, ""
        ticket.stage = "diagnosing" if ticket.stage == "resolved" else ticket.stage
    ticket.fields = {**facts_in(_without_secrets(said.body)), **{name: value for name, value in ticket.fields.items() if value}}
    tells = ticket.owner
    tx.record("customer.wrote", before, ticket, also=Also(entry=entry), says=f"{ticket.customer_name} wrote", tells=tells)
    if ticket.status == "bot":
        _bot_turn(tx, ticket, said.body)
    return schema.InboundOut(ticket=ticket.id, number=ticket.number, entry=entry.id, created=False)


def _without_secrets(body: str) -> str:
    """What may be copied from a message to other places: a part of a secret is not known for one any more."""
    text, kinds = hide(body)
    return text.replace("▒▒", "…") if kinds else body


def _customer_words(tx: Transaction, ticket: Ticket, said: schema.InboundIn) -> Words:
    ticket.unread += 1
    ticket.turn_at = ticket.turn_at if ticket.turn_at is not None else tx.now
    return tx.words(
        ticket, "customer", said.body, (ticket.customer_name, None), language=said.language or guess_language(said.body)
    )


def _bot_turn(tx: Transaction, ticket: Ticket, text: str) -> None:
    before = copy_of(ticket)
    turn = bot.answer(text, ticket.language, ticket.bot_misses, ticket.category)
    entry = tx.words(ticket, "bot", turn.says, (BOT_NAME, None), language="zh" if ticket.language == "zh" else "en")
    if turn.hands_over:
        ticket.status, ticket.opened_at = "waiting_human", tx.now
        ticket.handover = bot.handover_card(turn.intent, turn.says, ticket.fields, ticket.bot_misses)
    elif not turn.intent:
        ticket.bot_misses += 1
    says = "the bot handed over" if turn.hands_over else "the bot answered"
    tx.record("bot.handed_over" if turn.hands_over else "bot.answered", before, ticket, also=Also(entry=entry), says=says)
