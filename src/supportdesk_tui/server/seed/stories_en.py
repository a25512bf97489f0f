"""Conversations in English."""

from supportdesk_tui.server.seed.thread import Thread

THREADS = (
    Thread("FND", ("{coin} withdrawal pending for {hours} hours", "Where is my {coin}?"),
      ("Hi, I withdrew {amount} {coin} on {network} {hours} hours ago and it still says processing. Order {order}.",),
      (("Thank you for the order number. It is in review because of the new device; I have asked for it to be looked at.",),
       ("How long does a review take? I need this today.",), ("At most two hours from now. I will write to you here.",), ("Ok. Please keep me posted.",)),
      "Order {order}: review since {hours} h, no risk flag."),
)  # fmt: skip
