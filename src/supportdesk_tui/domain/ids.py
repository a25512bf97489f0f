"""The ids of things, each its own type so that they cannot be mixed up."""

from typing import NewType

TicketId = NewType("TicketId", str)
"""The backend's own ticket id; the human case number is `TicketSummary.number`."""
EntryId = NewType("EntryId", str)
AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
CustomerId = NewType("CustomerId", str)
AttachmentId = NewType("AttachmentId", str)
ViewId = NewType("ViewId", str)
ChangeKey = NewType("ChangeKey", str)
"""Made on the client before the network is touched; the server answers the same key with the same answer."""
FeedMark = NewType("FeedMark", str)
"""Where in the feed we are; what `Last-Event-ID` carries."""
Cursor = NewType("Cursor", str)
"""Opaque: where the next page begins."""
