"""What stands between "send" and sent: everything that may be wrong with a text, and what can be done about each.

`findings` is pure and runs once, when the agent sends; nothing here looks at a text while it is being typed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field

from supportdesk_tui.commands import gate_words as gw
from supportdesk_tui.commands.blanks import spans as blank_spans
from supportdesk_tui.commands.gate_language import other_language
from supportdesk_tui.commands.gate_rules import SECRETS, Kind, Policy, Remedy, advice_for, remedy_of, title_of
from supportdesk_tui.commands.opening import ANYWAY
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.people import Role
from supportdesk_tui.domain.ticket import DEFAULT_LIMIT
from supportdesk_tui.text import secrets

QUOTE = 60
"""Characters of an offending piece that are shown."""
QUOTES = 3
"""Offending pieces of one finding that are shown."""


class Fix(Struct, frozen=True):
    """The command that leads to where a finding is put right."""

    label: str
    """Marked with `msg`."""
    command: str
    args: tuple[str, ...] = ()


class Finding(Struct, frozen=True):
    """One thing that is wrong: its name, why, what was met, and what the agent may do about it."""

    kind: Kind
    why: str
    """Marked with `msg`."""
    values: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ()
    """The offending pieces, the first of them; of a secret only what it is and where it stands."""
    more: int = 0
    """How many pieces there are beside those."""
    fix: Fix | None = None
    remedy: Remedy = Remedy.REASON
    seq: int = 0
    """Newest entry it is about: what is said after that is another finding."""
    advice: str = ""
    """What to do instead, marked with `msg`."""

    @property
    def id(self) -> str:
        """Tells it from other findings; the same for as long as it is about the same thing."""
        return f"{self.kind.value}:{self.seq}"

    @property
    def title(self) -> str:
        """Its name, marked with `msg`."""
        return title_of(self.kind)


class Letter(Struct, frozen=True):
    """What is about to leave, and all it is judged by."""

    text: str
    is_note: bool = False
    is_told: bool = False
    """The customer's own words, written down by the agent: the customer reads them."""
    is_public: bool = False
    """Anybody can read the thread it goes to."""
    language: str = ""
    """The customer's; empty when unknown."""
    limit: int = DEFAULT_LIMIT
    """Longest text the channel takes, in characters."""
    has_files: bool = False
    has_promise: bool = False
    """A promise goes with it, or an open one stands on the ticket."""
    emptied: tuple[str, ...] = ()
    """Fields of its macro that were emptied, by the words before them."""
    lacking: tuple[str, ...] = ()
    """Facts that what happens on sending requires and nobody has filled in."""
    arrived: tuple[Entry, ...] = ()
    """What customer and colleagues said since writing began."""
    moved: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """What else became of the ticket since: messages marked with `msg`, and their values."""
    agents: tuple[str, ...] = ()
    """Names of colleagues."""
    customer_uid: str = ""
    link_hosts: tuple[str, ...] = ()
    """Hosts it may link to; empty allows all, because nobody has said which."""
    role: Role | None = None


_Check = Callable[[Letter, Policy], Iterator[Finding]]
NO_POLICY = Policy()


def findings(letter: Letter, policy: Policy = NO_POLICY) -> tuple[Finding, ...]:
    """Everything that should be looked at before the text leaves, the gravest first; nothing when all is well."""
    checks = _FOR_TOLD if letter.is_told else _FOR_NOTES if letter.is_note else _FOR_REPLIES
    found = [_judged(one, letter, policy) for check in checks for one in check(letter, policy)]
    return tuple(one for one in found if one.remedy is not Remedy.OFF)


def _judged(finding: Finding, letter: Letter, policy: Policy) -> Finding:
    from msgspec.structs import replace

    return replace(finding, remedy=remedy_of(finding.kind, letter.role, policy), advice=advice_for(finding.kind))


def select(span: tuple[int, int], label: str = msg("go to it")) -> Fix:
    """Mark a piece of the text in the composer."""
    return Fix(label, "composer.select", (str(span[0]), str(span[1] - span[0])))


def _with_pieces(finding: Finding, pieces: Iterable[str]) -> Finding:
    """The first few of them, each once and not too long, and how many there are beside those."""
    from msgspec.structs import replace

    every = tuple(dict.fromkeys(pieces))
    some = tuple(piece if len(piece) <= QUOTE else f"{piece[: QUOTE - 1]}…" for piece in every[:QUOTES])
    return replace(finding, quotes=some, more=len(every) - len(some))


def _pieces(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
    return (" ".join(text[start:end].split()) for start, end in spans)


def _of_words(kind: Kind, why: str, letter: Letter, spans: list[tuple[int, int]]) -> Iterator[Finding]:
    """One finding about words of the text; none when there are no such words."""
    if spans:
        yield _with_pieces(Finding(kind, why, fix=select(spans[0])), _pieces(letter.text, spans))


# --- what cannot be meant


def _blanks(letter: Letter, _: Policy) -> Iterator[Finding]:
    yield from _of_words(Kind.BLANK, msg("A place of the macro is not filled in."), letter, blank_spans(letter.text))


def _too_long(letter: Letter, _: Policy) -> Iterator[Finding]:
    over = len(letter.text) - letter.limit if letter.limit else 0
    if over > 0:
        why = msg("{count} characters more than this channel takes ({limit}).")
        values = (("count", str(over)), ("limit", str(letter.limit)))
        yield Finding(Kind.LENGTH, why, values, fix=select((letter.limit, len(letter.text)), msg("mark what is too much")))


def _empty(letter: Letter, _: Policy) -> Iterator[Finding]:
    if letter.emptied:
        why = msg("The macro says something here that was taken out; the sentence goes on without it.")
        at = letter.text.find(letter.emptied[0])
        fix = select((at, at + len(letter.emptied[0]))) if at >= 0 else None
        yield _with_pieces(Finding(Kind.EMPTY, why, fix=fix), letter.emptied)
    elif letter.lacking:
        why = msg("What happens on sending needs facts that are not there: {fields}.")
        yield Finding(
            Kind.EMPTY,
            why,
            (("fields", ", ".join(letter.lacking)),),
            fix=Fix(msg("back to the text"), "pane.focus", ("composer",)),
        )


# --- what must not be read


def _secrets(letter: Letter, _: Policy) -> Iterator[Finding]:
    found = secrets.find(letter.text)
    grave = [one for one in found if one.kind in secrets.NEVER_SENT]
    rest = [one for one in found if one.kind not in secrets.NEVER_SENT]
    if grave:
        yield _secret(Kind.UNSENDABLE, msg("Whoever has it has the money. It cannot leave this desk."), letter, grave)
    if rest and not letter.is_public:
        yield _secret(Kind.SECRET, msg("Every copy of it is one more that can leak."), letter, rest)


def _secret(kind: Kind, why: str, letter: Letter, found: list[secrets.Secret]) -> Finding:
    """Names what it is and its line, never itself."""
    lines = (f"{one.kind.value} · {letter.text.count(chr(10), 0, one.start) + 1}" for one in found)
    return _with_pieces(Finding(kind, why, fix=select((found[0].start, found[0].end))), lines)


def _public(letter: Letter, _: Policy) -> Iterator[Finding]:
    if not letter.is_public:
        return
    private = gw.personal(letter.text, letter.customer_uid, letter.link_hosts)
    private += [(one.start, one.end) for one in secrets.find(letter.text) if one.kind not in secrets.NEVER_SENT]
    if private:
        pieces = (gw.veiled(letter.text[start:end]) for start, end in sorted(private))
        why = msg("Everybody can read this thread, and this is about one person.")
        yield _with_pieces(Finding(Kind.PUBLIC, why, fix=select(min(private))), pieces)


# --- what the world did meanwhile


def _arrived(letter: Letter, _: Policy) -> Iterator[Finding]:
    if not letter.arrived:
        return
    last = letter.arrived[-1]
    by_agent = next((one for one in reversed(letter.arrived) if one.kind is EntryKind.AGENT), None)
    texts = tuple(f"{one.author}: {' '.join(str(one.body).split())}"[: QUOTE * 3] for one in letter.arrived[-QUOTES:])
    fix = Fix(msg("read it"), "composer.read")
    earlier = max(0, len(letter.arrived) - QUOTES)
    if by_agent is not None:
        why = msg("{name} has answered while you were writing.")
        yield Finding(Kind.REPLIED, why, (("name", str(by_agent.author)),), texts, earlier, fix, seq=last.seq)
    else:
        why = msg("{name} wrote while you were writing.")
        yield Finding(Kind.WROTE, why, (("name", str(last.author)),), texts, earlier, fix, seq=last.seq)


def _moved(letter: Letter, _: Policy) -> Iterator[Finding]:
    for why, values in letter.moved:
        yield Finding(Kind.CHANGED, why, values, fix=Fix(msg("look at the ticket"), "composer.read"))


# --- what is probably not meant


def _note_words(letter: Letter, policy: Policy) -> Iterator[Finding]:
    spans = gw.note_words(letter.text, letter.agents, policy)
    yield from _of_words(Kind.NOTE_WORDS, msg("These words are for colleagues; the customer will read them."), letter, spans)


def _language(letter: Letter, _: Policy) -> Iterator[Finding]:
    met = other_language(gw.own_words_of(letter.text), letter.language)
    if met:
        why = msg("The customer writes {wanted}, this is {met}.")
        back = Fix(msg("back to the text"), "pane.focus", ("composer",))
        yield Finding(Kind.LANGUAGE, why, (("wanted", letter.language), ("met", met)), fix=back)


def _file(letter: Letter, policy: Policy) -> Iterator[Finding]:
    if letter.has_files:
        return
    spans = gw.file_words(letter.text, policy)
    if spans:
        why = msg("The text speaks of a file, and none is attached.")
        finding = Finding(Kind.FILE, why, fix=Fix(msg("attach a file"), "composer.attach"))
        yield _with_pieces(finding, _pieces(letter.text, spans))


def _links(letter: Letter, _: Policy) -> Iterator[Finding]:
    if letter.link_hosts:
        spans = gw.foreign_links(letter.text, letter.link_hosts)
        yield from _of_words(Kind.LINK, msg("It leads to a host that is not one of ours."), letter, spans)


def _advice(letter: Letter, policy: Policy) -> Iterator[Finding]:
    spans = gw.advice_words(letter.text, policy)
    yield from _of_words(Kind.ADVICE, msg("It reads like advice on what to buy or sell; we give none."), letter, spans)


def _time(letter: Letter, policy: Policy) -> Iterator[Finding]:
    if letter.has_promise:
        return
    spans = gw.time_words(letter.text, policy)
    if spans:
        by = gw.when_of(letter.text[slice(*spans[0])])
        fix = Fix(msg("record the promise"), "composer.promise", (f"by={by}",) if by else ())
        why = msg("It names a time, and no promise is recorded: nobody will be reminded.")
        yield _with_pieces(Finding(Kind.TIME, why, fix=fix), _pieces(letter.text, spans))


_FOR_NOTES: tuple[_Check, ...] = (_secrets, _blanks, _too_long)
_FOR_TOLD: tuple[_Check, ...] = (*_FOR_NOTES, _note_words)
_FOR_REPLIES: tuple[_Check, ...] = (
    *(_secrets, _public, _blanks, _empty, _too_long, _arrived, _moved),
    *(_note_words, _language, _file, _links, _advice, _time),
)


class Answers(Struct, frozen=True):
    """What the agent has said about findings so far: by the finding's id, why it is sent all the same."""

    reasons: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, args: Iterable[str]) -> "Answers":
        """From the arguments of a command: `anyway:id=reason`."""
        pairs = (arg.removeprefix(ANYWAY).partition("=")[::2] for arg in args if arg.startswith(ANYWAY))
        return cls({name: reason.strip() for name, reason in pairs if reason.strip()})

    def covers(self, finding: Finding) -> bool:
        """Whether nothing is left to ask about a finding."""
        return finding.remedy is Remedy.REASON and finding.id in self.reasons


Say = Callable[[str, Iterable[tuple[str, str]]], str]
"""Turns a marked text and its values into a line of the reader's language."""


def said_quotes(finding: Finding, say: Say) -> tuple[str, ...]:
    """What was met, as it may be shown: pieces in quotation marks, secrets by their kind and line; then how many more."""
    rest = (say(msg("and {n} more"), (("n", str(finding.more)),)),) if finding.more else ()
    if finding.kind not in {Kind.SECRET, Kind.UNSENDABLE}:
        return (*(f"“{quote}”" for quote in finding.quotes), *rest)
    told = (quote.partition(" · ")[::2] for quote in finding.quotes)
    where = msg("{what} in line {line}")
    return (*(say(where, (("what", say(SECRETS[kind], ())), ("line", line))) for kind, line in told), *rest)


def anyway(given: Iterable[Finding], reason: str) -> tuple[str, ...]:
    """The arguments that say: these are sent all the same, for this reason."""
    return tuple(f"{ANYWAY}{one.id}={reason}" for one in given)
