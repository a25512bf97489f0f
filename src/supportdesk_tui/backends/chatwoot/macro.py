"""Canned responses and macros of Chatwoot: what there is, and what one would write and do on a conversation."""

import re
from collections.abc import Callable

from supportdesk_tui.backends.chatwoot.words import PHASES, PRIORITIES, Lens
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.changes import FollowUp
from supportdesk_tui.domain.directory import MacroText, ServerMacro
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize
from supportdesk_tui.text.secrets import admit_line

CANNED, MACRO = "canned-", "macro-"
_PLACE = re.compile(r"\{\{\s*([a-z_.\w-]{1,100})\s*\}\}", re.IGNORECASE)
_NAMED = {
    "send_message": "reply",
    "add_private_note": "note",
    "add_label": "add label",
    "remove_label": "remove label",
    "assign_team": "assign team",
    "assign_agent": "assign agent",
    "remove_assigned_agent": "unassign",
    "remove_assigned_team": "remove the team",
    "mute_conversation": "mute the contact",
    "change_status": "set status",
    "resolve_conversation": "resolve",
    "snooze_conversation": "snooze",
    "change_priority": "set priority",
    "send_email_transcript": "mail the transcript",
    "send_attachment": "send a file",
    "send_webhook_event": "call a webhook",
}


def listed(canned: list[Node], macros: list[Node]) -> tuple[ServerMacro, ...]:
    """Canned responses first, by their short code; then macros by name, told by what they do."""
    texts = [
        ServerMacro(f"{CANNED}{one.text('id')}", one.line("short_code"), one.line("content", limit=120))
        for one in canned
        if one.text("id")
    ]
    deeds = [
        ServerMacro(
            f"{MACRO}{one.text('id')}",
            one.line("name"),
            admit_line(", ".join(_told(deed) for deed in one.each("actions")), 120),
        )
        for one in macros
        if one.text("id")
    ]
    return (*texts, *deeds)


def _told(deed: Node) -> str:
    name = deed.text("action_name")
    values = " ".join(filter(None, (one.text() for one in deed.each("action_params"))))
    return f"{_NAMED.get(name, name)} {values}".strip()


def filled(text: str, row: Node, lens: Lens) -> SafeText:
    """A canned text as the server would fill it in. What is not known here stays for the server to fill in on sending."""
    known = _values(row, lens)

    def value(found: re.Match[str]) -> str:
        name = found[1].casefold()
        if name in known:
            return _harmless(known[name])
        for prefix, path in (("contact.custom_attribute.", ("meta", "sender")), ("conversation.custom_attribute.", ())):
            if name.startswith(prefix):
                return _harmless(row.text(*path, "custom_attributes", found[1][len(prefix) :]))
        return found[0]

    return sanitize(_PLACE.sub(value, text))


def _harmless(value: str) -> str:
    """A value that the server will not take for a template: a customer may be called anything."""
    return value.replace("{{", "{ {").replace("{%", "{ %")


def _values(row: Node, lens: Lens) -> dict[str, str]:
    contact = row.at("meta", "sender")
    name = " ".join(part.capitalize() for part in contact.text("name").split())
    first, _, last = name.partition(" ")
    mine, _, rest = lens.my_name.partition(" ")
    inbox = lens.inboxes.get(row.text("inbox_id"))
    return {
        "contact.name": name,
        "contact.first_name": first,
        "contact.last_name": last.rpartition(" ")[2],
        "contact.email": contact.text("email"),
        "contact.phone_number": contact.text("phone_number"),
        "agent.name": lens.my_name,
        "agent.first_name": mine,
        "agent.last_name": rest.rpartition(" ")[2],
        "agent.email": lens.my_email,
        "conversation.id": row.text("id"),
        "conversation.display_id": row.text("id"),
        "inbox.name": inbox.name if inbox else "",
    }


def read(macro: Node, row: Node, lens: Lens) -> MacroText:
    """What a macro would write and do: one text (the reply before a note), changes that follow it, and what is left out."""
    deeds = macro.each("actions")
    said = [deed for deed in deeds if deed.text("action_name") in {"send_message", "add_private_note"}]
    main = next((deed for deed in said if deed.text("action_name") == "send_message"), said[0] if said else None)
    then: list[FollowUp] = []
    left: list[SafeText] = []
    for deed in deeds:
        if main is not None and deed.value is main.value:
            continue
        follow_ups = _follow_ups(deed, lens)
        then += follow_ups
        if not follow_ups:
            left.append(admit_line(_told(deed), 200))
    body = filled(main.text("action_params", 0), row, lens) if main else NO_TEXT
    return MacroText(body, main is not None and main.text("action_name") != "send_message", tuple(then), tuple(left))


def _follow_ups(deed: Node, lens: Lens) -> list[FollowUp]:
    values = [one.text() for one in deed.each("action_params") if one.text()]
    make = _DEEDS.get(deed.text("action_name"))
    return make(values, lens) if make else []


def _agent(values: list[str], lens: Lens) -> list[FollowUp]:
    wanted = lens.me if values[:1] == ["self"] else AgentId(values[0]) if values else None
    return [changes.Assign(wanted)] if wanted in lens.agents or wanted == lens.me else []


_DEEDS: dict[str, Callable[[list[str], Lens], list[FollowUp]]] = {
    "add_label": lambda values, _: [changes.Tag(add=tuple(values))] if values else [],
    "remove_label": lambda values, _: [changes.Tag(remove=tuple(values))] if values else [],
    "assign_team": lambda values, lens: [changes.Transfer(TeamId(one)) for one in values[:1] if one in lens.teams],
    "assign_agent": _agent,
    "remove_assigned_agent": lambda _, __: [changes.Assign(None)],
    "change_status": lambda values, _: [changes.SetStatus(one) for one in values[:1] if one in PHASES],
    "resolve_conversation": lambda _, __: [changes.SetStatus("resolved")],
    "snooze_conversation": lambda _, __: [changes.Snooze(None)],
    "change_priority": lambda values, _: [changes.SetPriority(PRIORITIES[one]) for one in values[:1] if one in PRIORITIES],
}
