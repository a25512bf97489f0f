"""Where conversations are asked for at the fake Chatwoot, and new ones."""

from supportdesk_tui.domain.ids import TicketId
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.chatwoot_world import Row

LIST = r"/api/v1/accounts/1/conversations"
ONE = LIST + r"/\d+"


def opened(fake: FakeChatwoot, words: str = "Hello") -> tuple[TicketId, Row]:
    """A new conversation, and what the server keeps of it."""
    number = fake.customer_writes(words)
    return TicketId(str(number)), fake.world.conversations[number]
