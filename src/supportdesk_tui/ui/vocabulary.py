"""What our own server says in English, in the agent's language: titles word for word, sentences by their shape.

Anything else, and everything while English is spoken, is shown as it came.
"""

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from string import Formatter

from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import SOURCE, _, current_locale, msg

LONGEST = 600
"""Characters of the longest text whose shape is looked at."""
OWN_WORDS = frozenset({"cases", "deed", "field", "news", "reason", "role", "skill", "state", "status", "team", "verb", "what"})
"""Places of a sentence that hold words of the server again, not names or numbers."""

VIEWS = (
    *(msg("Mine"), msg("Unassigned"), msg("Team"), msg("At risk"), msg("Promises"), msg("Waiting on customer")),
    *(msg("Chats"), msg("Snoozed"), msg("All open")),
)
STATUSES = (
    *(msg("New"), msg("With the bot"), msg("Asked for a human"), msg("Open"), msg("Waiting on a colleague")),
    *(msg("Waiting on third party"), msg("Solved"), msg("Closed"), msg("Merged"), msg("Spam")),
)
TEAMS = (
    *(msg("Frontline-CN"), msg("Frontline-Global"), msg("Wallet-Ops"), msg("Risk"), msg("Security Response")),
    *(msg("KYC Review"), msg("Derivatives"), msg("Derivatives desk"), msg("Fiat & Finance"), msg("Compliance")),
    *(msg("Compliance / Legal"), msg("QA"), msg("Duty Managers"), msg("Duty Manager")),
)
CATEGORIES = (
    *(msg("How-to"), msg("Technical fault"), msg("Funds"), msg("Deposit not credited"), msg("Account compromised")),
    *(msg("Account restricted"), msg("Identity verification"), msg("Login and two-factor"), msg("Orders and liquidation")),
    *(msg("Trade emergency"), msg("P2P dispute"), msg("Card and bank"), msg("API and keys"), msg("Earn and staking")),
    *(msg("Promotion and rebate"), msg("Complaint"), msg("Suggestion"), msg("Law enforcement")),
)
SHORT_CATEGORIES = {
    "How-to": msg("usage"),
    "Technical fault": msg("tech"),
    "Funds": msg("funds"),
    "Deposit not credited": msg("deposit"),
    "Account compromised": msg("hacked"),
    "Account restricted": msg("locked"),
    "Identity verification": msg("kyc"),
    "Login and two-factor": msg("login"),
    "Orders and liquidation": msg("trading"),
    "Trade emergency": msg("urgent"),
    "P2P dispute": msg("p2p"),
    "Card and bank": msg("fiat"),
    "API and keys": msg("api"),
    "Earn and staking": msg("earn"),
    "Promotion and rebate": msg("promo"),
    "Complaint": msg("compl."),
    "Suggestion": msg("idea"),
    "Law enforcement": msg("legal"),
}
"""Categories by their title as a row of a queue calls them, in seven columns at most."""
REASONS = (
    *(msg("answered"), msg("fixed"), msg("duplicate"), msg("third_party_delay"), msg("chain_congestion")),
    *(msg("reported_upstream"), msg("out_of_scope"), msg("customer_error"), msg("refused_by_policy"), msg("no_reply")),
    *(msg("fraud_confirmed"), msg("community_answered")),
)
FIELDS = (
    *(msg("product"), msg("platform"), msg("device"), msg("app_version"), msg("time"), msg("error_code"), msg("coin")),
    *(msg("amount"), msg("network"), msg("address"), msg("txid"), msg("memo"), msg("last_seen_ok"), msg("unknown_activity")),
    *(msg("restriction_code"), msg("documents"), msg("document_type"), msg("rejection_code"), msg("method_lost")),
    *(msg("backup"), msg("pair"), msg("order_id"), msg("side"), msg("payment_proof"), msg("bank_ref"), msg("name_match")),
    *(msg("endpoint"), msg("request_id"), msg("campaign"), msg("case_number")),
    *(msg("Order number"), msg("App version"), msg("Error code"), msg("Request id"), msg("Bank reference")),
    *(msg("Memo / tag"), msg("Unknown activity"), msg("Restriction code"), msg("Document type"), msg("Network")),
)
FACTS = (
    *(msg("approved"), msg("pending"), msg("rejected"), msg("expired"), msg("none"), msg("on"), msg("off"), msg("set")),
    *(msg("not set"), msg("no"), msg("yes"), msg("passkey"), msg("app"), msg("risk engine"), msg("carrier signal")),
    *(msg("card processor"), msg("Regular"), msg("Institution"), msg("agent")),
)
SKILLS = (
    *(msg("general"), msg("tech"), msg("wallet"), msg("finance"), msg("security"), msg("risk"), msg("compliance"), msg("kyc")),
    *(msg("derivatives"), msg("p2p"), msg("api"), msg("marketing"), msg("lead")),
)
ROLES = (msg("trainee"), msg("specialist"), msg("auditor"), msg("duty_manager"), msg("admin"))
VERBS = (msg("reply"), msg("note"), msg("assign"), msg("transfer"), msg("escalate"), msg("merge"), msg("bulk"))
STATES = (msg("wrap_up"), msg("break"))
SHAPES = (
    # what was done
    msg("took it off its owner"),
    msg("took it from {name}"),
    msg("took it"),
    msg("assigned it to {name}"),
    msg("moved it to {team}: {text}"),
    msg("moved it to {team}"),
    msg("set status {status} ({reason})"),
    msg("set status {status}"),
    msg("set priority {level}"),
    msg("took off the tag {tag} and tagged {text}"),
    msg("took off the tag {text}"),
    msg("tagged {text}"),
    msg("filled {field}"),
    msg("snoozed it until the customer writes"),
    msg("snoozed it until {time}"),
    msg("started watching"),
    msg("watches it"),
    msg("stopped watching"),
    msg("marked it unread"),
    msg("read it"),
    msg("took back: {deed}"),
    msg("took back the last change"),
    msg("took back what came with it"),
    msg("escalated to {team} as {case}: {text}"),
    msg("escalated to {team} as {case}"),
    msg("returned the task: {text}"),
    msg("returned the task"),
    msg("returned {case}"),
    msg("merged {case} into this"),
    msg("merged it into {case}"),
    msg("linked it to {case}"),
    msg("promise missed: {text}"),
    msg("promised by {time}: {text}"),
    msg("kept the promise: {text}"),
    msg("{case} is back from its snooze"),
    msg("{case} closed after three days"),
    msg("opened {case}"),
    msg("opened it"),
    msg("replied"),
    msg("noted"),
    msg("mentioned you"),
    msg("you were mentioned"),
    msg("assigned to you by {name}"),
    msg("assigned to you"),
    # why news are looked for
    msg("its socket cannot be opened: {reason}"),
    msg("its socket does not hold: {reason}"),
    msg("Chatwoot refused the subscription"),
    msg("Chatwoot gave no token for its socket"),
    msg("no subscription within {n} s"),
    msg("no socket where one was asked for ({text})"),
    msg("wrote"),
    msg("undid: {deed}"),
    # what is undone
    msg("assign {cases} to {name}"),
    msg("move {cases} to {team}"),
    msg("set {cases} to {status}"),
    msg("tag {cases} {text}"),
    msg("take the tag {text} off {cases}"),
    msg("change the tags of {cases}: {text}"),
    msg("fill {field} of {cases}"),
    msg("mark {cases} read"),
    msg("mark {cases} unread"),
    msg("escalate {cases} to {team}"),
    msg("return {cases} to its owner"),
    msg("merge {cases} into {case}"),
    msg("link {cases} to {case}"),
    msg("promise on {cases}"),
    msg("settle the promise on {cases}"),
    msg("the undoing of: {deed}"),
    msg("promise on"),
    msg("settle the promise on"),
    msg("unassign"),
    msg("unwatch"),
    msg("take"),
    msg("{n} tickets"),
    msg("{n} ticket"),
    # why not
    msg("your role ({role}) may not {verb} tickets"),
    msg("your role ({role}) may not {verb}"),
    msg("{name} has it"),
    msg("{name} wrote meanwhile"),
    msg("{name} replied meanwhile"),
    msg("{name} has the ticket now"),
    msg("the server was put back to an earlier state"),
    msg("a {what} is never sent to anybody: mask it"),
    msg("{case} moved on: {news}"),
    msg("it changed since"),
    msg("it was merged already"),
    msg("what was said cannot be taken back"),
    msg("a solved ticket needs no snooze"),
    msg("a solved ticket is reopened before it is escalated"),
    msg("a task is handed back, not escalated again"),
    msg("the task was handed back already"),
    msg("a ticket cannot be merged into itself"),
    msg("a ticket cannot be linked to itself"),
    msg("that time is over already"),
    msg("a promise is due in the future"),
    msg("{case} belongs to another customer"),
    msg("{case} was itself merged into another"),
    msg("it is linked to {case} already"),
    msg("{team} needs: {field}"),
    msg("ConnectError: {text}"),
    msg("ConnectTimeout: {text}"),
    msg("ReadTimeout: {text}"),
    msg("ReadError: {text}"),
    msg("WriteError: {text}"),
    msg("RemoteProtocolError: {text}"),
    msg("the server's name was not found in time"),
    msg("the server's name is not known"),
    # why somebody, or some ticket
    msg("load {load}"),
    msg("{language}+{skill} {rank}"),
    msg("{skill} {rank}"),
    msg("{n}m late"),
    msg("{n}m left"),
    msg("yours"),
    msg("promise"),
    msg("{n} h ago"),
    msg("rejected {case}"),
    msg("no {wanted} text, using {language}"),
    msg("there is no ticket {case}"),
    # what is wrong in the settings and in a theme
    msg("expected one of {text}"),
    msg("expected a whole number from {least} to {most}"),
    msg("expected true or false"),
    msg("expected one line of text"),
    msg("expected an address like https://desk.example.com"),
    msg("expected https: over http your token could be read on the way"),
    msg("expected a list of a program and its arguments, like {example}"),
    msg("expected a list of ids, like {example}"),
    msg("expected a list of words or phrases, like {example}"),
    msg("expected names of {text}"),
    msg("expected a list of host names without https://, like {example}"),
    msg("expected a table {text}"),
    msg("expected a table"),
    msg("expected {text} for {name}"),
    msg("expected a key like {example}, or a list of keys"),
    msg("expected a name of letters, digits, - and _"),
    msg("expected a colour like #a1b2c3 or a terminal colour like bright_cyan"),
    msg("expected a colour without attributes"),
    msg("expected text"),
    msg("unknown attribute {name}"),
    msg("a secret never belongs in this file: use token_command, or run supportdesk login"),
    msg("unknown setting, ignored"),
    msg("unknown name, ignored"),
    msg("no such theme, using {name}"),
    msg("is larger than a settings file can be"),
    msg("is not UTF-8 text"),
    msg("is nested too deeply"),
    msg("column {n}: {text}"),
    msg("cannot be read: {text}"),
    msg("no profile {name}"),
    msg("there are none yet"),
    msg("got a list"),
    msg("got a table"),
    msg("got {value}"),
    msg("using the default theme's"),
    msg("using the default theme"),
    msg("using nothing"),
    msg("using {name}"),
    msg("its keys stay as they are"),
    msg("the file is ignored"),
    msg("ignored"),
    # where a token is looked for
    msg("{name} is not set"),
    msg("has it"),
    msg("has none"),
    msg("had none"),
    msg("forgotten"),
    msg("kept"),
    msg("kept in memory for twelve hours"),
    msg("nowhere to keep it: keyring {reason}"),
    msg("kernel keys: {reason}"),
    msg("is empty"),
    msg("does not look like a token"),
    msg("not available"),
    msg("not available: {text}"),
    msg("cannot be started: {text}"),
    msg("gave no answer in {n} seconds"),
    msg("ended with status {n}"),
    msg("is not a plain file"),
    msg("belongs to somebody else"),
    msg("not read"),
    msg("may be read by others (mode {mode}, needs 0600)"),
    # where the desk cannot be drawn
    msg("The desk needs a terminal on standard input and output. `supportdesk tickets` works without one."),
    msg("The terminal says it is {text} (TERM). Set TERM to what it really is."),
    msg("The locale uses {name}; the desk needs UTF-8, for example LANG=C.UTF-8."),
)
"""Sentences of the server and of the domain, of the settings and of the key stores; `{places}` hold what changes."""
_NARROW = {
    "case": r"\S+",
    "cases": r"\d+ tickets?|\S+",
    "n": r"\d+",
    "load": r"\d+/\d+",
    "level": r"P\d",
    "deed": r".+",
    "language": r"[a-z]{2}",
    "skill": "|".join(SKILLS),
    "rank": r"\d",
}
_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\b")
"""A moment as our server writes it into the log."""
_NUMBERED = re.compile(r"(?P<number>[A-Za-z#]*-?[\w-]*\d+|\d+ ×): (?P<rest>.+)", re.DOTALL)


def own_words(text: str) -> str:
    """A text of the server in the agent's language, where we know it."""
    if not text or len(text) > LONGEST:
        return text
    said = text if current_locale() == SOURCE else _drawn(current_locale(), text)
    return _MOMENT.sub(_here, said) if " UTC" in said else said


def _here(match: re.Match[str]) -> str:
    """A moment of the server in the agent's zone, as times are drawn everywhere."""
    try:
        at = datetime.strptime(match[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return match[0]
    return when.moment(at, datetime.now(UTC))


def category_word(title: str) -> str:
    """What a category is called where there is little room: a word of ours where we know its title, else the title."""
    return _(SHORT_CATEGORIES[title]) if title in SHORT_CATEGORIES else own_words(title)


@lru_cache(maxsize=1024)
def _drawn(locale: str, text: str) -> str:
    if "; " in text and _(text) == text:
        return "; ".join(map(own_words, text.split("; ")))
    whole = _shaped(text)
    if whole is not None:
        return whole
    if (match := _NUMBERED.fullmatch(text)) and (rest := _shaped(match["rest"])) is not None:
        return _("{what}: {reason}", what=match["number"], reason=rest)
    parts = text.split(", ")
    return ", ".join(map(own_words, parts)) if len(parts) > 1 else text


def _shaped(text: str) -> str | None:
    known = _(text)
    if known != text:
        return known
    for shape, words in _shapes():
        if words in text and (match := _shape(shape).fullmatch(text)):
            found = {name: value for name, value in match.groupdict().items() if name != "who"}
            values = {name: own_words(value) if name in OWN_WORDS else value for name, value in found.items()}
            said = _(shape, **values) if values else _(shape)
            return f"{match['who']} {said}" if match["who"] else said
    return None


@cache
def _shapes() -> tuple[tuple[str, str], ...]:
    """Every shape with its longest words: few texts hold them, and only for those the shape is made a pattern."""
    from supportdesk_tui.ui.refusals import REFUSALS

    parsed = ((shape, Formatter().parse(shape)) for shape in (*SHAPES, *REFUSALS))
    return tuple((shape, max((literal for literal, *_place in parts), key=len)) for shape, parts in parsed)


@cache
def _shape(shape: str) -> re.Pattern[str]:
    return re.compile(_who(shape) + _pattern(shape), re.DOTALL)


def _who(shape: str) -> str:
    """A name may stand before a deed, not before a sentence that begins with a name of its own."""
    return "(?P<who>)" if shape.startswith("{") else "(?:(?P<who>[^:,]{1,60}?) )?"


def _pattern(shape: str) -> str:
    parts = []
    for literal, name, _spec, _conversion in Formatter().parse(shape):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P<{name}>{_NARROW.get(name, '.+?')})")
    return "".join(parts)
