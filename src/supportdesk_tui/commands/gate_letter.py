"""What the send gate judges, gathered from the desk: the draft, the ticket, the customer, what was said meanwhile."""

import re
from collections.abc import Iterator

import msgspec

from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.facts import known_fact
from supportdesk_tui.commands.gate import Letter
from supportdesk_tui.commands.gate_rules import Policy
from supportdesk_tui.commands.macro_commands import library_of
from supportdesk_tui.commands.macro_text import Blank, Node, Text, Value
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Escalate, FollowUp, MakePromise, Reply, is_taken_over
from supportdesk_tui.domain.conversation import Entry, spoken_since
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.ticket import DEFAULT_LIMIT, Channel, Phase, TicketSummary
from supportdesk_tui.store.state import Draft, DraftMode, value_of
from supportdesk_tui.store.views import summary_of

POLICY = "gate"
"""The option of the context that holds the `[gate]` table as JSON."""
Said = tuple[str, tuple[tuple[str, str], ...]]
"""A message marked with `msg`, and its values."""
_OVER = frozenset({Phase.SOLVED, Phase.CLOSED})
_AROUND = 16
"""Characters before and after a field that tell whether it was emptied."""


def policy_of(context: Context) -> Policy:
    """What this desk has set itself."""
    text = context.options.get(POLICY, "")
    return msgspec.json.decode(text, type=Policy) if text else Policy()


def letter_of(context: Context, draft: Draft) -> Letter:
    """The draft of the open ticket and all it is judged by."""
    state = context.state
    summary, directory = summary_of(state), state.session.directory
    customer = value_of(state.conversation.customer)
    session = state.session.session
    is_note = draft.mode is DraftMode.NOTE
    return Letter(
        text=draft.body,
        is_note=is_note,
        is_public=summary is not None and is_public(summary),
        language=summary.language if summary else "",
        limit=limit_of(session, summary, is_note=is_note),
        has_files=bool(draft.attachments),
        has_promise=_has_promise(context, draft, summary),
        emptied=tuple(_emptied(context, draft, summary)) if summary else (),
        lacking=tuple(_lacking(context, draft.then)),
        arrived=() if is_note else arrived(context, draft),
        moved=tuple(_moved(context, draft, summary)) if summary else (),
        agents=tuple(str(one.name) for one in directory.agents),
        customer_uid=customer.customer.uid if customer else "",
        link_hosts=link_hosts(directory, policy_of(context)),
        role=session.agent.role if session else None,
    )


def _has_promise(context: Context, draft: Draft, summary: TicketSummary | None) -> bool:
    """A promise goes with it or stands on the ticket; a product that keeps none cannot be asked for one."""
    is_made = any(isinstance(one, MakePromise) for one in draft.then) or bool(summary and summary.open_promises)
    return is_made or not context.can(Capability.PROMISE)


def is_public(summary: TicketSummary) -> bool:
    """Whether anybody can read what is sent there."""
    return summary.public or summary.channel is Channel.FORUM


def limit_of(session: Session | None, summary: TicketSummary | None, *, is_note: bool) -> int:
    """Longest text the ticket's channel takes, in characters, 0 for no limit; notes have the common one."""
    channel = None if summary is None or is_note else summary.channel
    return session.longest(channel) if session is not None else DEFAULT_LIMIT


def link_hosts(directory: Directory, policy: Policy) -> tuple[str, ...]:
    """Hosts a reply may link to: the backend's and the agent's own; none where the backend names none."""
    return (*directory.link_hosts, *policy.link_hosts) if directory.link_hosts or policy.link_hosts else ()


def arrived(context: Context, draft: Draft) -> tuple[Entry, ...]:
    """What the customer and other agents said in public since writing began, oldest first."""
    entries = value_of(context.state.conversation.entries) or ()
    return spoken_since(entries, draft.base_seq, context.me) if draft.base_seq else ()


def held_letter(context: Context, reply: Reply) -> Letter:
    """A reply that passed and has not left: what the world did since; nothing else about it is asked again."""
    session, summary = context.state.session.session, summary_of(context.state)
    entries = value_of(context.state.conversation.entries) or ()
    return Letter(
        text="",
        arrived=spoken_since(entries, reply.seen, context.me) if reply.seen else (),
        moved=(_owned_by(summary),) if summary is not None and is_taken_over(summary, reply, context.me) else (),
        role=session.agent.role if session else None,
    )


def _owned_by(summary: TicketSummary) -> Said:
    owner = str(summary.owner or "")
    name = str(summary.owner_name or owner)
    return (msg("{name} has the ticket now."), (("name", name),)) if owner else (msg("Nobody has the ticket now."), ())


def _moved(context: Context, draft: Draft, summary: TicketSummary) -> Iterator[Said]:
    if not draft.base_status:
        return
    if str(summary.owner or "") not in {draft.base_owner, str(context.me or "")}:
        yield _owned_by(summary)
    if summary.status.name != draft.base_status and summary.status.phase in _OVER:
        yield msg("It is {status} now."), (("status", str(summary.status.title)),)


def _lacking(context: Context, then: tuple[FollowUp, ...]) -> Iterator[str]:
    """Facts a specialist team asks for that go neither with the text nor stand on the ticket."""
    targets = {one.team: one for one in context.state.session.directory.targets}
    for one in then:
        if isinstance(one, Escalate) and one.team in targets:
            given = {name for name, value in one.fields if value.strip()} | ({"summary"} if one.summary.strip() else set())
            yield from (n for n in targets[one.team].required if n not in given and not known_fact(context, n))


def _emptied(context: Context, draft: Draft, summary: TicketSummary) -> Iterator[str]:
    """Fields of the macro whose surroundings still stand in the text, with nothing between them."""
    macro = library_of(context).get(draft.macro) if draft.macro else None
    if macro is None:
        return
    _, template = macro.body(summary.language)
    for before, after in _surroundings(template.nodes):
        match = re.search(rf"{re.escape(before)}[ \t]*{re.escape(after) if after else '$'}", draft.body, re.MULTILINE)
        if match is not None:
            yield match.group()


def _surroundings(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    """Of each field that must say something: the words right before and after it, on its own line."""
    for before, node, after in zip(nodes, nodes[1:], (*nodes[2:], Text("\n")), strict=False):
        is_field = (isinstance(node, Value) and node.otherwise is None) or (isinstance(node, Blank) and node.is_required)
        if not is_field or not isinstance(before, Text) or not isinstance(after, Text):
            continue
        head = before.text.rpartition("\n")[2][-_AROUND:].rstrip(" ")
        tail = after.text.partition("\n")[0][:_AROUND].strip(" ")
        if len(head.strip()) >= 3:
            yield head, tail
