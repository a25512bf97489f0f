"""The one way of a key: to the dialog on top, the open prompt, a command, or the composer; strictly in order.

Keys typed ahead over a slow line must not overtake each other, so no key is forwarded to a widget's own queue. While a
ticket is being looked for by its number they wait for it: done at once they would be done to the ticket before.
"""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from textual import events

from supportdesk_tui.commands.keymap import CHAINS, BadChoice, CloseMenu, KeyRouter, NoMatch, Run
from supportdesk_tui.commands.spec import Scope, msg
from supportdesk_tui.store.events import MenuClosed, NumberMissed, Told
from supportdesk_tui.store.state import DeskState, Level, Pane
from supportdesk_tui.ui.inline import InlinePicker
from supportdesk_tui.ui.perform import Performer

if TYPE_CHECKING:
    from supportdesk_tui.ui.host import DeskHost
    from supportdesk_tui.ui.screens.dialog import Dialog, Done

READ_S = 1.0
"""A notice younger than this survives a key: it cannot have been read."""

UNSEEN_S = 0.1
"""However many keys are waiting, what they did is seen this often."""
FRAME_S = 0.02
"""Long enough for a frame to get out between two keys of a flood."""


class KeyPump:
    """Takes every key and paste of the terminal."""

    def __init__(self, host: "DeskHost", performer: Performer) -> None:
        self._host = host
        self._performer = performer
        self.router = KeyRouter(host.keymap)
        self.inline = InlinePicker(host)
        self._seen_at = 0.0
        self._ahead: list[events.Key | events.Paste] = []
        """Typed for a ticket that is being looked for."""
        host.store.subscribe(self._found)

    async def take(self, event: events.Key | events.Paste) -> None:
        """Do what a key or a paste means."""
        await (self.key(event) if isinstance(event, events.Key) else self.paste(event))

    async def key(self, event: events.Key) -> None:
        """Do what a key means, or keep it for the ticket it is meant for."""
        if not self._waits(event):
            await self._do(event)

    def _waits(self, event: events.Key | events.Paste) -> bool:
        """Whether a key is for a ticket that is not there yet; leaving does not wait, and Esc alone gives up."""
        opening = self._host.store.state.view.opening
        if not (opening or self._ahead):
            return False
        if isinstance(event, events.Key) and not self._ahead and event.key == "escape":
            self._host.store.dispatch(NumberMissed(opening), Told(None))
        elif isinstance(event, events.Key) and self.router.keymap.command(event.key, (Scope.APP,)) == "desk.quit":
            return False
        else:
            self._ahead.append(event)
        return True

    def _found(self, state: DeskState) -> None:
        if self._ahead and not state.view.opening:
            self._host.app.call_later(self._catch_up)

    async def _catch_up(self) -> None:
        """Do what was typed ahead now that the ticket is open; what was typed for one that is not is not done at all."""
        view = self._host.store.state.view
        if self._ahead and view.missed and not view.opening:
            text = msg("{number} was not opened: nothing of the {count} keys typed for it was done")
            self._performer.tell(text, Level.WARN, number=view.missed, count=str(len(self._ahead)))
            self._ahead.clear()
        while self._ahead and not self._host.store.state.view.opening:
            event = self._ahead.pop(0)
            await (self._do(event) if isinstance(event, events.Key) else self._paste(event))

    async def _do(self, event: events.Key) -> None:
        """Do what a key means on the desk as it is drawn, and draw it."""
        if not self._host.bridge.can_wait:
            self._host.bridge.flush()
        self._clear_notice()
        dialog = self._dialog()
        if dialog is not None:
            await self.finish(dialog, dialog.take_key(event))
        elif self._host.desk.prompt.is_open:
            await self._host.desk.prompt.take_key(event)
        elif not await self.inline.take_key(event):
            await self._desk_key(event)
            await self.inline.look(event)
        await self._draw()

    def _dialog(self) -> "Dialog | None":
        """What stands over the desk and takes its keys; what it is made of is loaded with the first one."""
        screen = self._host.app.screen
        if screen is self._host.desk:
            return None
        from supportdesk_tui.ui.screens.dialog import Dialog

        return screen if isinstance(screen, Dialog) else None

    async def _draw(self) -> None:
        """Draw at once; but of moves of the cursor typed ahead only where they end, which the bridge has scheduled already."""
        bridge = self._host.bridge
        is_behind = self._host.app.message_queue_size > bridge.is_scheduled
        if not (is_behind and bridge.can_wait):
            bridge.draw()
        if not is_behind:
            self._seen_at = monotonic()
        elif monotonic() - self._seen_at > UNSEEN_S:
            await asyncio.sleep(FRAME_S)
            self._seen_at = monotonic()

    async def finish(self, dialog: "Dialog", done: "Done | None") -> None:
        """Take a finished dialog away and run what it answered with."""
        if done is None:
            return
        if dialog is self._host.app.screen:
            self._host.app.pop_screen()
        if done.command:
            await self._host.run_command(done.command, done.args)

    async def paste(self, event: events.Paste) -> None:
        """Put pasted text in, or keep it for the ticket it is meant for."""
        if not self._waits(event):
            await self._paste(event)

    async def _paste(self, event: events.Paste) -> None:
        """Pasted text is text wherever text can be typed, and nothing anywhere else."""
        dialog = self._dialog()
        if dialog is not None:
            dialog.take_paste(event.text)
        elif self._host.desk.prompt.is_open:
            await self._host.desk.prompt.take_paste(event.text)
        elif self._host.store.state.view.focus is Pane.COMPOSER:
            if not await self._host.desk.composer.take_paste(event.text):
                self._performer.tell(msg("The paste was too long: only its beginning is in the text"), Level.WARN)
        else:
            text = msg("Pasted text goes into a reply or note: press ⟪ticket.reply⟫ or ⟪ticket.note⟫ first")
            self._performer.tell(text, Level.WARN)
        self._host.bridge.flush()

    async def _desk_key(self, event: events.Key) -> None:
        store = self._host.store
        view = store.state.view
        pressed = self.router.press(event.key, event.character, CHAINS[view.focus], view.menu)
        match pressed:
            case Run(command=command, args=args, closes_menu=closes_menu):
                if closes_menu:
                    store.dispatch(MenuClosed())
                await self._host.run_command(command, args)
            case CloseMenu():
                store.dispatch(MenuClosed())
            case BadChoice(reason=reason) if reason:
                store.dispatch(MenuClosed())
                self._performer.tell(reason, Level.WARN)
            case BadChoice(key=key, possible=possible):
                store.dispatch(MenuClosed())
                text = msg("{key} is not a choice here: {possible}")
                self._performer.tell(text, Level.WARN, key=key, possible=" ".join(possible))
            case NoMatch() if view.focus is Pane.COMPOSER:
                await self._host.desk.composer.take_key(event)

    def _clear_notice(self) -> None:
        notice = self._host.store.state.view.notice
        if notice is None:
            return
        now = self._host.context().now
        if notice.at is None or (now - notice.at).total_seconds() >= READ_S:
            self._host.store.dispatch(Told(None, now))
