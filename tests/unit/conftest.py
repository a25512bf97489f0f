"""Properties are about what holds, not about how fast this machine is."""

from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.load_profile("desk")
