"""What is typed into a dialog, kept as a draft: in the store at every key, and on the disk as soon as any draft."""

from collections.abc import Callable, Mapping

from supportdesk_tui.commands.effects import Form, FormField
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.events import FormSent, FormTyped
from supportdesk_tui.store.kept import FormDraft, Texts
from supportdesk_tui.ui.host import DeskHost

REASON = "reason"


def form_keeper(host: DeskHost, form: Form) -> "Keeper":
    """Keeps what is typed into a form."""
    return Keeper(host, form, form.opener or form.command)


def reason_keeper(host: DeskHost, command: str, title: str, about: str = "") -> "Keeper":
    """Keeps the one line somebody is asked for before a command does what it does, to `about` of the ticket that is chosen."""
    context = host.context()
    opened = context.state.conversation.ticket
    tickets = context.targets or ((opened,) if opened is not None else ())
    args = (REASON, about) if about else (REASON,)
    return Keeper(host, Form(title, (FormField(REASON, title),), command, args, tickets=tickets))


def elsewhere() -> str:
    """Why what is typed is not sent now."""
    return _("Another ticket is chosen now: leave, and what is typed is kept for its own ticket")


class Keeper:
    """The draft of one form, for as long as its dialog stands."""

    def __init__(self, host: DeskHost, form: Form, opener: str = "") -> None:
        """`opener` is the command that shows it again; empty where only its ticket can be opened."""
        self._host = host
        self._form = form
        self._opener = opener
        self._first = {field.name: field.value for field in form.fields}
        """What the form starts with when nothing was kept."""
        self._found = self.kept
        self.is_old = self._found is not None and not form.is_again
        """What stands in the form was typed an earlier time."""

    @property
    def kept(self) -> FormDraft | None:
        """The draft as it is now."""
        return self._host.store.state.forms.get(self._form.key)

    def texts(self) -> dict[str, str]:
        """What stands in the fields at first: what was kept, else what the form starts with."""
        kept = {} if self._found is None or self._form.is_again else dict(self._found.texts)
        return {name: kept.get(name, first) for name, first in self._first.items()}

    def said(self) -> str:
        """What to say of it beside the title; nothing while all is as usual."""
        kept = self.kept
        if kept is not None and kept.is_refused:
            return _("not saved: the disk refuses")
        if not self.is_old or self._found is None:
            return ""
        return _("kept from {time}", time=when.moment(self._found.at, self._host.context().now))

    def keep(self, texts: Mapping[str, str]) -> None:
        """Keep what stands in the fields now; fields that nobody has typed into start afresh the next time."""
        kept = self.kept
        before, other = (dict(kept.texts), kept.other) if kept is not None else ({}, ())
        is_untouched = before.keys() <= texts.keys() and all(text == self._first[name] for name, text in texts.items())
        if is_untouched and not self._form.is_again:
            before, texts = {}, {}
        elif self._form.tickets:
            texts = {name: text for name, text in texts.items() if name in before or text != self._first[name]}
        changed = tuple({**before, **texts}.items())
        if changed != (kept.texts if kept is not None else ()):
            self._host.store.dispatch(FormTyped(self._draft(changed, other)))

    def _draft(self, texts: Texts, other: Texts) -> FormDraft:
        form, context = self._form, self._host.context()
        ticket: TicketId | None = form.tickets[0] if form.tickets else None
        row = context.current
        return FormDraft(
            key=form.key,
            title=form.title,
            texts=texts,
            at=context.now,
            other=other,
            ticket=ticket,
            count=len(form.tickets),
            tickets=form.tickets if len(form.tickets) > 1 else (),
            number=str(row.number) if row is not None and row.id == ticket else "",
            opener=self._opener,
            args=form.args,
            is_saved=False,
        )

    def swap_word(self) -> str:
        """What `swap` would do; nothing when there is nothing to change to."""
        kept = self.kept
        if kept is None:
            return ""
        return _("the other text") if kept.other else _("start anew")

    def swap(self) -> dict[str, str] | None:
        """Start anew, or have back what stood there before; both are kept. None when there is nothing to change to."""
        kept = self.kept
        back = dict(kept.other) if kept is not None else {}
        if kept is None or not (kept.texts or back):
            return None
        self._host.store.dispatch(FormTyped(self._draft(tuple(back.items()), kept.texts)))
        self.is_old = False
        return {name: back.get(name, first) for name, first in self._first.items()}

    def sent(self) -> None:
        """What was typed went out by another way than a change of its own."""
        kept = self.kept
        if kept is not None:
            self._host.store.dispatch(FormSent(kept))

    def is_elsewhere(self) -> bool:
        """The desk has moved on to other tickets than those the form is about: what is typed must not go to them."""
        about, context = self._form.tickets, self._host.context()
        return bool(about) and (context.targets or (context.state.conversation.ticket,)) != about

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call back when the disk has refused what is typed, or takes it again; returns what ends it."""
        seen = [False]

        def look(_: object) -> None:
            kept = self.kept
            is_refused = kept is not None and kept.is_refused
            if is_refused is not seen[0]:
                seen[0] = is_refused
                changed()

        return self._host.store.subscribe(look)
