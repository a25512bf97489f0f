"""Who is asking: everything the customer pane shows."""

from typing import Any

import msgspec
from sqlalchemy import select
from starlette.responses import Response

from supportdesk_tui.server.desk.refusals import Missing
from supportdesk_tui.server.floor.hiding import hide_all, hide_line
from supportdesk_tui.server.floor.people import Customer, Promise
from supportdesk_tui.server.floor.words import STATUSES
from supportdesk_tui.server.http.call import Call, Endpoint, json_answer
from supportdesk_tui.server.http.mapping import moment, promise_out
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

CONTACTS = 10


def get_customer(call: Call) -> Response:
    """Identity, account, money in motion, recent contacts, flags, open promises."""
    columns, tickets = tables.customers.c, tables.tickets.c
    ref = call.path["customer"]
    with call.desk.database.reading() as connection:
        row = connection.execute(select(tables.customers).where(columns.id == ref)).mappings().first()
        if row is None:
            raise Missing(f"there is no customer {ref[:40]}")
        recent = connection.execute(
            select(tickets.id, tickets.number, tickets.subject, tickets.channel, tickets.status, tickets.updated_at)
            .where(tickets.customer == ref)
            .order_by(tickets.updated_at.desc())
            .limit(CONTACTS)
        ).all()
        kept = connection.execute(
            select(tables.promises, tickets.number)
            .join(tables.tickets, tickets.id == tables.promises.c.ticket)
            .where(tickets.customer == ref, tables.promises.c.state == "open")
            .order_by(tables.promises.c.due_at)
        ).mappings().all()  # fmt: skip
    contacts = [
        schema.ContactOut(
            ticket=one.id, number=one.number, subject=hide_line(one.subject), channel=one.channel, status=one.status,
            phase=STATUSES[one.status].phase, at=moment(one.updated_at),  # type: ignore[arg-type]  # words of the same table
        )
        for one in recent
    ]  # fmt: skip
    promises = [
        promise_out(
            Promise(**{name: value for name, value in one.items() if name != "number"}), call.desk.agents, one["number"]
        )
        for one in kept
    ]
    return json_answer(customer_out(Customer(**row), contacts, promises))


def customer_out(
    customer: Customer, contacts: list[schema.ContactOut], promises: list[schema.PromiseOut]
) -> schema.CustomerOut:
    """The customer as the wire says it; contact data is masked where it is stored in full."""
    known: dict[str, Any] = {
        "region": "", "time_zone": "", "phone": "", "joined_at": None, "preferred_channel": None, "do_not_contact": False,
        "kyc": [], "security": [], "account": [], "movements": [], "tags": [], "flags": [],
    }  # fmt: skip
    whole = {
        **known,
        **hide_all(customer.context),
        "id": customer.id,
        "name": hide_line(customer.name),
        "uid": customer.uid,
        "tier": customer.tier,
        "language": customer.language,
        "email": masked(customer.email),
        "contacts": contacts,
        "promises": promises,
    }
    return msgspec.convert(msgspec.to_builtins(whole), schema.CustomerOut)


def masked(email: str) -> str:
    """An address with only its first letters and its host, e.g. li***@mail.example."""
    name, at, host = email.partition("@")
    return f"{name[:2]}***@{host}" if at else ""


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/customers/{customer}",
        says="Who is asking",
        run=get_customer,
        out=schema.CustomerOut,
        refusals=(404,),
    ),
)
