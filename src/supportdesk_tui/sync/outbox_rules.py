"""The rules of the outbox that need no disk and no server: what may go now, what waits, what a draft gets back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.domain.changes import MarkRead, Note, Reply, SetAgentState, Undo, Watch, is_taken_over
from supportdesk_tui.domain.conversation import Entry, EntryKind, spoken_since
from supportdesk_tui.domain.ids import AgentId, ChangeKey
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store.state import Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.clock import Clock

ASK_AFTER = timedelta(minutes=10)
"""A held change this much past its time (asleep, switched off) is not sent without asking."""
LONGEST_HOLD_S = 120.0
"""The longest hold there is; what is left of one after a restart is never more, whatever the wall clock says."""
_ASTRAY = timedelta(seconds=1)
SAYS = {EntryKind.CUSTOMER: words.WROTE_MEANWHILE, EntryKind.AGENT: words.REPLIED_MEANWHILE}
"""Who speaks makes a reply wait, and what is said of it."""
OPEN = frozenset({OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.UNKNOWN})


class Moment(Struct, frozen=True):
    """Time and what keeps a change from going now."""

    now: datetime
    monotonic: float
    not_before: Mapping[ChangeKey, float]
    """Monotonic seconds before which a change is not touched."""
    resting: Collection[ChangeKey]
    """Being worked on, or waiting for the agent's word."""


def is_overdue(item: OutboxItem, now: datetime) -> bool:
    """Held, and its time passed so long ago that the agent must be asked."""
    return item.phase is OutboxPhase.HELD and item.held_until is not None and now - item.held_until > ASK_AFTER


def count_down(item: OutboxItem, clock: Clock) -> dict[ChangeKey, float]:
    """Until when a held change waits, by the clock that nobody sets: not early when the wall clock goes ahead, nor long."""
    if item.held_until is None:
        return {}
    left_s = (item.held_until - clock.now()).total_seconds()
    return {item.key: clock.monotonic() + min(left_s, LONGEST_HOLD_S)}


def dated(item: OutboxItem, clock: Clock, not_before: Mapping[ChangeKey, float]) -> OutboxItem:
    """A held change, its end dated anew where the wall clock was set back meanwhile."""
    end = clock.now() + timedelta(seconds=max(0.0, not_before.get(item.key, 0.0) - clock.monotonic()))
    is_astray = item.held_until is not None and item.held_until - end > _ASTRAY
    return replace(item, held_until=end) if is_astray else item


def is_in_question(item: OutboxItem) -> bool:
    """Only the agent can say what becomes of it: refused, unknown, or held without a time."""
    is_waiting = item.phase is OutboxPhase.HELD and item.held_until is None
    return is_waiting or item.phase in {OutboxPhase.REFUSED, OutboxPhase.UNKNOWN}


def news(reply: Reply, row: TicketSummary, entries: Iterable[Entry], me: AgentId) -> tuple[str, str] | None:
    """What the writer of a reply did not know when it was sent: why it waits, marked for translation, and who did it."""
    spoken = spoken_since(entries, reply.seen, me) if reply.seen else ()
    if spoken:
        return SAYS[spoken[-1].kind], str(spoken[-1].author)
    if is_taken_over(row, reply, me):
        return words.TAKEN_MEANWHILE, str(row.owner_name or row.owner)
    return None


def is_leaving(item: OutboxItem) -> bool:
    """Nothing of it has left, and nobody needs to be asked before it does."""
    return item.phase is OutboxPhase.QUEUED or (item.phase is OutboxPhase.HELD and item.held_until is not None)


def asking(item: OutboxItem, reason: str) -> OutboxItem:
    """A change that goes nowhere before the agent has said so, also after a restart; one that is settled stays as it is."""
    if item.phase is OutboxPhase.UNKNOWN:
        return replace(item, needs_word=True, reason=reason)
    if item.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED}:
        return replace(item, phase=OutboxPhase.HELD, held_until=None, reason=reason)
    return item


def is_worth_asking(item: OutboxItem) -> bool:
    """Would go out or be looked for by itself, and is more than a mark of where the agent is and what they have read."""
    return item.phase in OPEN and not isinstance(item.change, MarkRead | Watch | SetAgentState)


def is_due(item: OutboxItem, moment: Moment) -> bool:
    """Nothing about the change itself makes it wait."""
    if item.key in moment.resting or moment.not_before.get(item.key, 0.0) > moment.monotonic:
        return False
    if item.phase is OutboxPhase.HELD:
        return item.held_until is not None and item.held_until <= moment.now and not is_overdue(item, moment.now)
    return item.phase in {OutboxPhase.QUEUED, OutboxPhase.UNKNOWN}


def ready(items: Iterable[OutboxItem], moment: Moment) -> list[OutboxItem]:
    """What can be sent or looked for now: at most one change a ticket, in the order they were made."""
    on_way: set[str] = set()
    held: set[str] = set()
    keys_on_way: set[ChangeKey] = set()
    found: list[OutboxItem] = []
    for item in items:
        if item.phase not in OPEN:
            continue
        lanes = set(map(str, item.tickets)) or {""}
        waits = bool(lanes & on_way) or (isinstance(item.change, Undo) and item.change.key in keys_on_way)
        is_behind_held = bool(lanes & held) and not _passes_held(item)
        if not waits and not is_behind_held and is_due(item, moment):
            found.append(item)
            on_way |= lanes
        elif item.phase is OutboxPhase.HELD or (is_behind_held and not waits):
            held |= lanes
        else:
            on_way |= lanes
        keys_on_way.add(item.key)
    return found


def _passes_held(item: OutboxItem) -> bool:
    return isinstance(item.change, Undo | MarkRead | Watch)


def taking_back(items: Iterable[OutboxItem], taken: OutboxItem) -> list[OutboxItem]:
    """What waits to take a change back."""
    return [
        one for one in items if one.phase is OutboxPhase.QUEUED and isinstance(one.change, Undo) and one.change.key == taken.key
    ]


def next_delay(items: Iterable[OutboxItem], moment: Moment) -> float | None:
    """Seconds until something may become due by time alone; None when only news can change that."""
    delays: list[float] = []
    for item in items:
        if item.phase not in OPEN or item.key in moment.resting:
            continue
        wait = moment.not_before.get(item.key, 0.0) - moment.monotonic
        if item.phase is OutboxPhase.HELD:
            if item.held_until is None:
                continue
            wait = max(wait, (item.held_until - moment.now).total_seconds())
        if wait > 0:
            delays.append(wait)
    return min(delays) + 0.005 if delays else None


def restored_draft(item: OutboxItem, draft: Draft | None) -> Draft | None:
    """A draft with the words of a change that is taken back, in front of what was typed since; None when it had no words."""
    if not isinstance(item.change, Reply | Note) or not item.tickets:
        return None
    said = item.change.body
    mode = DraftMode.REPLY if isinstance(item.change, Reply) else DraftMode.NOTE
    macro, cc = (item.change.macro, item.change.cc) if isinstance(item.change, Reply) else ("", ())
    if draft is None or draft.is_empty:
        attachments = tuple((one, str(one)) for one in item.change.attachments)
        return Draft(item.tickets[0], mode, said, item.change.then, macro, attachments=attachments, cc=cc, is_saved=True)
    if draft.mode is not mode:
        mode = DraftMode.NOTE
    cc = tuple(dict.fromkeys((*cc, *draft.cc)))
    return replace(draft, mode=mode, body=f"{said}\n\n{draft.body}", then=item.change.then + draft.then, cc=cc)


def rest_of(sent: Draft, now: Draft | None) -> Draft:
    """What stays of a draft that was sent as it stood at `sent`; all of it if it was rewritten.

    That is what was typed behind it since, and words of a change taken back, which stand in front of it.
    """
    if now is None:
        return Draft(sent.ticket)
    before, found, behind = f"\n\n{now.body}".partition(f"\n\n{sent.body}")
    if not found:
        return now
    then = tuple(one for one in now.then if one not in sent.then)
    files = tuple(one for one in now.attachments if one not in sent.attachments)
    rest = "\n\n".join(filter(None, (before.lstrip(), behind.lstrip())))
    mode = now.mode if rest or then or files else now.wanted or now.mode
    cc = tuple(one for one in now.cc if one not in sent.cc)
    return Draft(sent.ticket, mode, rest, then, attachments=files, cc=cc, is_saved=False)


def joined_drafts(newer: Draft, older: Draft) -> Draft:
    """Two drafts of one ticket as one that nothing is missing from; words for colleagues never become public by it."""
    has_note = any(draft.mode is DraftMode.NOTE and draft.body.strip() for draft in (newer, older))
    return replace(
        newer,
        mode=DraftMode.NOTE if has_note else newer.mode,
        body=_joined_texts(newer.body.strip() and newer.body, older.body.strip() and older.body),
        then=tuple(dict.fromkeys((*newer.then, *older.then))),
        attachments=tuple(dict.fromkeys((*newer.attachments, *older.attachments))),
        cc=tuple(dict.fromkeys((*newer.cc, *older.cc))),
    )


def _joined_texts(newer: str, older: str) -> str:
    """Both, but what stands in the other already only once."""
    if not older or f"\n{older}" in f"\n{newer}":
        return newer
    if not newer or f"\n\n{newer}\n\n" in f"\n\n{older}\n\n":
        return older
    return f"{newer}\n\n{older}"


def follow_version(items: Iterable[OutboxItem], sent: OutboxItem, version: int) -> list[OutboxItem]:
    """Later changes of ours on the ticket expect the version that our own change made."""
    moved = []
    for item in items:
        if item.key == sent.key or item.phase not in {OutboxPhase.HELD, OutboxPhase.QUEUED} or item.expected is None:
            continue
        is_ours = item.expected == (sent.expected if sent.expected is not None else version - 1)
        if set(item.tickets) & set(sent.tickets) and is_ours:
            moved.append(replace(item, expected=version))
    return moved
