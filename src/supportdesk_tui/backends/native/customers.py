"""Who is asking: wire to domain, pure and total, as in `mapping`."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from supportdesk_tui.backends.native import mapping
from supportdesk_tui.backends.native.reading import misread
from supportdesk_tui.domain.clocks import to_utc
from supportdesk_tui.domain.ids import CustomerId, TicketId
from supportdesk_tui.domain.people import (
    Contact,
    Customer,
    CustomerContext,
    Fact,
    MoneyDirection,
    Movement,
    RiskFlag,
)
from supportdesk_tui.domain.ticket import Channel
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.wire import schema as wire


def to_customer(out: wire.CustomerOut, lens: mapping.Lens, bad_items: int = 0) -> CustomerContext:
    """Who is asking; money we cannot read is said to be there, as is how much else could not be read."""
    movements = [movement for movement in map(_movement, out.movements) if movement is not None]
    unreadable = len(out.movements) - len(movements)
    missing = (Fact("unreadable_movements", sanitize_line(str(unreadable)), warn=True),) if unreadable else ()
    return CustomerContext(
        customer=Customer(
            id=CustomerId(out.id),
            name=mapping.said_line(out.name),
            uid=sanitize_line(out.uid),
            tier=sanitize_line(out.tier),
            language=sanitize_line(out.language),
            region=sanitize_line(out.region),
            time_zone=sanitize_line(out.time_zone),
            email=sanitize_line(out.email),
            phone=sanitize_line(out.phone),
            joined_at=mapping.utc_or_none(out.joined_at),
            preferred_channel=mapping.known(Channel, out.preferred_channel, Channel.OTHER) if out.preferred_channel else None,
            do_not_contact=out.do_not_contact,
        ),
        kyc=_facts(out.kyc),
        security=_facts(out.security),
        account=(*_facts(out.account), *missing),
        movements=tuple(movements),
        contacts=tuple(_contact(one, lens) for one in out.contacts),
        tags=mapping.lines_of(out.tags),
        flags=tuple(
            RiskFlag(sanitize_line(one.name), sanitize_line(one.source), mapping.utc_or_none(one.expires_at))
            for one in out.flags
        ),
        promises=tuple(mapping.to_promise(one) for one in out.promises),
        bad_items=bad_items + unreadable + len(misread(out)),
    )


def _facts(facts: Iterable[wire.FactOut]) -> tuple[Fact, ...]:
    return tuple(Fact(sanitize_line(one.name), mapping.said_line(one.value), one.warn) for one in facts)


def _contact(out: wire.ContactOut, lens: mapping.Lens) -> Contact:
    return Contact(
        ticket=TicketId(out.ticket),
        number=sanitize_line(out.number),
        subject=mapping.said_line(out.subject),
        channel=mapping.known(Channel, out.channel, Channel.OTHER),
        status=mapping.to_status(out.status, out.phase, lens),
        at=to_utc(out.at),
    )


def _movement(out: wire.MovementOut) -> Movement | None:
    try:
        amount = Decimal(out.amount)
    except InvalidOperation:
        return None
    if not amount.is_finite() or out.direction not in MoneyDirection._value2member_map_:
        return None
    return Movement(
        id=out.id,
        direction=MoneyDirection(out.direction),
        coin=sanitize_line(out.coin),
        network=sanitize_line(out.network),
        amount=amount,
        state=sanitize_line(out.state),
        confirmations=out.confirmations,
        needed=out.needed,
        txid=sanitize_line(out.txid),
        address=sanitize_line(out.address),
        at=to_utc(out.at),
        memo_missing=out.memo_missing,
    )
