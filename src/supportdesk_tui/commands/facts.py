"""What is known about the open ticket, by field name: for escalation forms and macros."""

from supportdesk_tui.commands.context import Context
from supportdesk_tui.domain.people import CustomerContext, MoneyDirection, Movement
from supportdesk_tui.domain.ticket import Ticket
from supportdesk_tui.store.state import value_of

_MONEY_NAMES = {
    "coin": "coin",
    "network": "network",
    "amount": "amount",
    "txid": "txid",
    "address": "address",
    "order": "id",
    "order_id": "id",
    "withdrawal_id": "id",
    "state": "state",
}


def meant(
    ticket: Ticket, customer: CustomerContext | None, direction: MoneyDirection | None = None, *, in_motion: bool = False
) -> Movement | None:
    """The movement the ticket is about: named by number or TXID, else of the coin it names, else the likeliest.

    With `in_motion` only one that is still on its way; None where the one the ticket names has come to its end.
    """
    if customer is None:
        return None
    said = {one.name: str(one.value).lower() for one in ticket.fields if one.value}
    words = " ".join((str(ticket.summary.subject).lower(), *said.values()))
    moves = [one for one in customer.movements if direction in {None, one.direction}]
    moving = [one for one in moves if one.is_moving]
    if moving:
        moves = [one for one in moves if one.state != "failed"]
    named = [one for one in moves if one.id.lower() in words or (one.txid and str(one.txid).lower() in words)]
    same_coin = [one for one in moves if one.coin and one.coin.lower() == said.get("coin")]
    likely = (
        named or [one for one in same_coin if one.is_moving] or [one for one in moves if one.is_moving] or same_coin or moves
    )
    found = max(likely, key=lambda one: (one.is_moving, one.state != "failed", one.at), default=None)
    return None if in_motion and found is not None and not found.is_moving else found


def known_fact(context: Context, name: str) -> str:
    """A field's value from the ticket's own fields, else from money in motion or the customer; empty when unknown."""
    current, conversation = context.current, context.state.conversation
    if current is None or conversation.ticket != current.id:
        return ""
    detail, customer = value_of(conversation.detail), value_of(conversation.customer)
    for field in detail.fields if detail else ():
        if field.name == name and field.value:
            return str(field.value)
    money = meant(detail or Ticket(current), customer)
    if money is not None and name in _MONEY_NAMES:
        return str(getattr(money, _MONEY_NAMES[name]))
    if customer is not None and name == "uid":
        return customer.customer.uid
    return ""
