"""What sync tells the agent, in English; the app passes a translator."""

from collections.abc import Callable, Mapping


def msg(text: str) -> str:
    """Mark English text for translation; it is translated when it is said."""
    return text


Say = Callable[[str, Mapping[str, str]], str]
"""Turns a marked text and its values into a line in the agent's language."""


def plainly(text: str, values: Mapping[str, str]) -> str:
    """English, when nobody translates."""
    return text.format_map(values)


HELD_TOO_LONG = msg("its time to be sent passed long ago: send it with retry, or take it back")
WROTE_MEANWHILE = msg("{name} wrote meanwhile: your reply waits · ⟪ticket.reply⟫")
TAKEN_MEANWHILE = msg("{name} has the ticket now: your reply waits · ⟪ticket.reply⟫")
REPLIED_MEANWHILE = msg("{name} replied meanwhile: your reply waits · ⟪ticket.reply⟫")
NOT_FOUND = msg("the server does not show it: send it again with retry, or forget it")
UNSURE = msg("the connection broke while it was sent: not known whether it arrived")
UNREACHABLE = msg("server not reached, it will be tried again")
RATE_LIMITED = msg("the server asks to wait {seconds} s")
WAITS_FOR_SIGN_IN = msg("waits for sign-in")
DISK_REFUSED = msg("the disk refused it: {reason}")
CASES = msg("{n} tickets")
SOME_CASES = msg("{done} of {all} tickets")
NONE_DONE = msg("Nothing was changed: {n} tickets refused it · ⟪outbox.open⟫ shows each")
UNDO_ALL = msg("⟪desk.undo⟫ takes all back")
UNDO_SOME = msg("⟪desk.undo⟫ takes it back")
OTHER_ONE = msg("⟪outbox.open⟫ shows the other one")
OTHERS = msg("⟪outbox.open⟫ shows the {n} others")
DEED = msg("{cases} changed")
DEED_ASSIGNED = msg("{cases} assigned to {name}")
DEED_TAKEN = msg("{cases} taken")
DEED_UNASSIGNED = msg("{cases} are nobody's now")
DEED_MOVED = msg("{cases} moved to {team}")
DEED_STATUS = msg("{cases} set to {status}")
DEED_PRIORITY = msg("{cases} set to {priority}")
DEED_TAGGED = msg("{cases} tagged {text}")
DEED_UNTAGGED = msg("{cases}: tag {text} taken off")
DEED_SNOOZED_UNTIL_ANSWER = msg("{cases} snoozed until the customer answers")
DEED_SNOOZED = msg("{cases} snoozed")
DEED_WATCHED = msg("{cases} watched")
DEED_UNWATCHED = msg("{cases} no longer watched")
DEED_UNREAD = msg("{cases} unread again")
DEED_UNDONE = msg("Taken back: {what}")
DEED_UNSENT = msg("Taken back before it was sent: {what}")
FAULT = msg("this broke inside the desk: {what}. Your drafts are safe; see the log.")
CACHE_REBUILT = msg("The local copy was damaged and is read anew; the old file is {name}")
OUTBOX_SALVAGED = msg("The outbox file was damaged: {items} changes and {drafts} drafts were rescued, the old file is {name}")
UNREADABLE = msg("{count} stored changes or drafts cannot be read by this version; they stay on disk")
NOT_SAVED = msg("Not saved on disk: {reason}")
NOT_DELETED = msg("{path} could not be deleted: {reason}")
NOT_QUEUED = msg("Not sent, the disk refused it: {reason}. The draft is kept.")
SAVING_FILE = msg("Saving {name}: {size}, {kind}")
SAVING_MORE = msg("Saving {name}: {percent} % of {size}")
SAVED_FILE = msg("Saved as {path}")
NO_FILE = msg("There is no such attachment")
NOT_A_FILE = msg("There is no file {path}")
FILE_TOO_LARGE = msg("{path} is larger than {limit} MB")
ATTACHED = msg("Attached {path}")
BAD_ITEMS = msg("{count} items of the server's answer could not be read and are not shown")
FIRST_SELECTED = msg("Only the first {count} are selected")
OPENING = msg("Looking for {number}… Esc gives up")
COULD_NOT = msg("{what}: {reason}")
TAKEN_BACK = msg("Taken back")
STATE_MOVED = msg("Not taken back: you are {state} by now")
NOT_UNDONE = msg("Not taken back, {reason}. It stays as it is now: change it by hand if you must")
NOT_YET_KNOWN = msg("Not taken back: it may have arrived. The server is asked first")
PUT_BACK = msg("the server was put back to an earlier state: send it with retry, or take it back")
SERVER_PUT_BACK = msg(
    "The server was put back to an earlier state: all is read anew, {count} of your changes wait for your word"
)
SENT_BEFORE = msg("These words were sent a moment ago; what was added to them stays in the draft")
GONE = msg("It does not wait any more")
TOO_LATE = msg("Too late to take back: it is being sent")
NO_LINK = msg("No connection: {reason}")
NOT_PUSHED = msg("The server does not tell what is new ({reason}): the desk looks for it instead")
SIGN_IN = msg(
    "The token is not taken ({reason}): run supportdesk login in another terminal, then press ⟪desk.resync⟫. Nothing is lost."
)
NOT_CONNECTED = msg("not connected")
COPY_PART = msg("Kept here are the newest {count} live tickets; older ones are asked of the server when they are listed")
PART_SHOWN = msg("of the older live tickets only some are listed here: search finds the others")
ONLY_THERE = msg("only the server knows this list: it is read when there is a connection")
OFFLINE_RESULT = msg("{reason}: only tickets of the local copy are shown")
NOT_APPLIED = msg("the server could not apply: {terms}")
NEAR_BREACH = msg("{number} is due in {minutes} min")
MORE_NEAR = msg("{number} is due in {minutes} min · {more} more of yours soon after")
