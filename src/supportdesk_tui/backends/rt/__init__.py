"""Request Tracker 5 and 6, over REST 2."""
