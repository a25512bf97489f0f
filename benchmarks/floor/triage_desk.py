"""Three panes as in triage.py, on our driver and behind our skeleton: what those two give, without the desk.

triage_desk.py [ROWS] [lines|static|widgets|markdown] [nofooter]
"""

from supportdesk_tui import splash

if splash.is_wanted([]):
    splash.paint()

from triage import Triage  # noqa: E402

from supportdesk_tui.ui.driver import DeskDriver  # noqa: E402

if __name__ == "__main__":
    Triage(driver_class=DeskDriver).run()
