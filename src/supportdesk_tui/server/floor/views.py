"""The named queues of the view bar, in the order of the keys 1–9."""

VIEWS: tuple[tuple[str, str, str], ...] = (
    ("mine", "Mine", "owner:me phase:new,open,pending,on_hold"),
    ("unassigned", "Unassigned", "owner:nobody phase:new,open"),
    ("team", "Team", "team:mine phase:new,open,pending,on_hold"),
    ("risk", "At risk", "sla:<30m phase:new,open,on_hold"),
    ("promises", "Promises", "is:promised phase:new,open,pending,snoozed,on_hold"),
    ("waiting", "Waiting on customer", "phase:pending"),
    ("chats", "Chats", "channel:chat phase:new,open"),
    ("snoozed", "Snoozed", "phase:snoozed"),
    ("all", "All open", "phase:new,open,pending,on_hold"),
)
"""Id, title, query."""
