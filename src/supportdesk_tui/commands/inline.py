"""What is found while one writes: `::` a macro, `??` an article, `@` a colleague in a note; and all of it behind one key."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from msgspec import Struct

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands import macro_server
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Compose, ComposerAct, Dialog, Effect
from supportdesk_tui.commands.macro_commands import library_of
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.assign import load_of
from supportdesk_tui.domain.directory import Article
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.store.state import DraftMode, value_of

if TYPE_CHECKING:
    from supportdesk_tui.commands.macros import MacroLibrary

LONGEST = 40
"""Characters of a question asked in the text; a longer one is prose."""
TITLE = 160
"""Characters of a sent text that stand for it in a list."""
_ASCII = str.maketrans({"：": ":", "？": "?", "＠": "@"})


class Trigger(StrEnum):
    """What opens the small picker at the caret; an input method's full-width twins count as well."""

    MACRO = "::"
    ARTICLE = "??"
    MENTION = "@"


class Kind(StrEnum):
    """Where a text to insert comes from."""

    SENT = "sent"
    MACRO = "macro"
    ARTICLE = "article"


class Asked(Struct, frozen=True):
    """A trigger in the line being written, where it begins, and what was typed behind it."""

    trigger: Trigger
    start: int
    query: str


def begun(before: str, mode: DraftMode) -> Trigger | None:
    """The trigger that the text before the caret has just ended with; colleagues are only named in notes."""
    plain = before.translate(_ASCII)
    for trigger in (Trigger.MACRO, Trigger.ARTICLE):
        if plain.endswith(trigger) and not plain.endswith(trigger + trigger[0]):
            return trigger
    is_word = len(plain) > 1 and plain[-2].isalnum()
    return Trigger.MENTION if plain.endswith("@") and mode is DraftMode.NOTE and not is_word else None


def asked(before: str, start: int, trigger: Trigger) -> Asked | None:
    """What stands behind a trigger now; None once it is gone or what follows is prose."""
    plain = before[start:].translate(_ASCII)
    query = before[start + len(trigger) :]
    is_prose = query[:1].isspace() or len(query) > LONGEST or query.endswith("  ")
    if not plain.startswith(trigger) or is_prose:
        return None
    return Asked(trigger, start, query)


def choices(context: Context, trigger: Trigger) -> tuple[Choice, ...]:
    """What a trigger offers, before what was typed narrows it."""
    match trigger:
        case Trigger.MACRO:
            return _macros(context)
        case Trigger.ARTICLE:
            return _articles(context)
        case Trigger.MENTION:
            agents = context.state.session.directory.agents
            return tuple(Choice(one.id, str(one.name), load_of(one)) for one in agents if one.id != context.me)


def everything(context: Context) -> tuple[Choice, ...]:
    """Texts sent before, newest first, then macros; their values say what they are."""
    sent = (
        Choice(f"{Kind.SENT} {place}", " ".join(text.split())[:TITLE], msg("sent by you"))
        for place, text in enumerate(context.state.habits.sent)
    )
    return (*sent, *(_named(Kind.MACRO, one) for one in _macros(context)))


def found_articles(context: Context) -> tuple[Choice, ...]:
    """Articles the knowledge base found for what was typed last."""
    return tuple(_named(Kind.ARTICLE, one) for one in _articles(context))


def _named(kind: Kind, choice: Choice) -> Choice:
    return Choice(f"{kind} {choice.value}", choice.label, choice.hint, choice.also)


def _macros(context: Context) -> tuple[Choice, ...]:
    library, language = library_of(context), context.options.get("locale", "en")[:2]
    return (*choices_of(library, language), *macro_server.choices(context))


def choices_of(library: "MacroLibrary", language: str) -> tuple[Choice, ...]:
    """Our macros as lines of a picker: found by title and id, by either language and by what their category is called."""
    also = {one.key: (one.key, *one.titles.values()) for one in library.categories}
    return tuple(
        Choice(
            one.id,
            one.title(language),
            f"; {' '.join(one.id)}",
            " ".join((one.id, *one.titles.values(), *also.get(one.category, ()), PurePath(one.path).stem)),
        )
        for one in library.macros.values()
    )


def _articles(context: Context) -> tuple[Choice, ...]:
    found = value_of(context.state.found.articles) or ()
    return tuple(Choice(str(one.id), str(one.title), one.language) for one in found)


def article_of(context: Context, article: str) -> Article | None:
    """One of the articles found last."""
    return next((one for one in value_of(context.state.found.articles) or () if str(one.id) == article), None)


def insert(context: Context, args: Args) -> Iterable[Effect]:
    """Put what was chosen at the caret: its kind and its name, as `sent 0`, `macro wp`, `article a7`, `@ a2`."""
    kind, _, name = args[0].partition(" ")
    sent = context.state.habits.sent
    if kind == Kind.MACRO:
        yield ef.RunCommand("macro.insert", (name,))
    elif kind == Kind.SENT and int(name) < len(sent):
        yield Compose(ComposerAct.INSERT, sent[int(name)])
    elif kind == Trigger.MENTION:
        agent = context.state.session.directory.agent(AgentId(name))
        yield Compose(ComposerAct.INSERT, f"@{agent.name} " if agent else f"@{name} ")
    elif (article := article_of(context, name)) is not None:
        yield Compose(ComposerAct.INSERT, str(article.body))


def recall(_: Context, __: Args) -> Iterable[Effect]:
    """Find a text sent before, a macro or an article, and put it at the caret."""
    yield ef.Open(Dialog.INSERT)
