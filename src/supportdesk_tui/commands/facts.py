"""What is known about the open ticket, by field name: for escalation forms and macros."""

from supportdesk_tui.commands.context import Context
from supportdesk_tui.domain.people import CustomerContext, MoneyDirection, Movement
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


def movement(customer: CustomerContext | None, direction: MoneyDirection | None = None) -> Movement | None:
    """The movement most likely meant: the newest still on its way, else the newest."""
    moves = [one for one in customer.movements if direction in {None, one.direction}] if customer else []
    return max(moves, key=lambda one: (one.is_moving, one.at), default=None)


def known_fact(context: Context, name: str) -> str:
    """A field's value from the ticket's own fields, else from money in motion or the customer; empty when unknown."""
    current, conversation = context.current, context.state.conversation
    if current is None or conversation.ticket != current.id:
        return ""
    detail, customer = value_of(conversation.detail), value_of(conversation.customer)
    for field in detail.fields if detail else ():
        if field.name == name and field.value:
            return str(field.value)
    money = movement(customer)
    if money is not None and name in _MONEY_NAMES:
        return str(getattr(money, _MONEY_NAMES[name]))
    if customer is not None and name == "uid":
        return customer.customer.uid
    return ""
