"""A secret a customer wrote comes hidden from every backend, and as written only when asked for with a reason."""

import pytest

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.errors import Forbidden
from tests.contract.floor import Floor

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


async def test_secret_is_hidden_in_the_conversation_and_revealed_for_a_reason(floor: Floor) -> None:
    if Capability.REVEAL in floor.lacks:
        pytest.skip(floor.lacks[Capability.REVEAL])
    ticket = await floor.customer_writes(f"my words: {PHRASE}", subject="hello")
    for login in (floor.me, floor.other):
        desk = floor.backend(login)
        session = await desk.open()
        entry = next(one for one in (await desk.list_entries(ticket, None)).items if "my words" in one.body)
        assert "sausage" not in entry.body
        assert "▒▒ recovery phrase ▒▒" in entry.body
        assert entry.masked == ("recovery_phrase",)
        if Capability.REVEAL in session.capabilities:
            assert PHRASE in await desk.reveal(ticket, entry.id, "the customer asks which words they sent")
        else:
            with pytest.raises(Forbidden):
                await desk.reveal(ticket, entry.id, "curious")
        await desk.close()
