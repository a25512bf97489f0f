"""Where a link leads, before anything is opened: scheme, real host, who registered it, and what is odd about it."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.spec import msg
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.text.links import Concern, Link
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel, safe
from supportdesk_tui.ui.text import wrap

WORDS = {
    Concern.NOT_WEB: msg("This is no web page: it is never opened from here."),
    Concern.NO_HOST: msg("No browser would find a host in it: it is never opened from here."),
    Concern.HIDDEN: msg("The words show another host than the one it leads to: it is never opened from here."),
    Concern.USERINFO: msg("What stands before the @ is not the host, it only looks like one."),
    Concern.ADDRESS: msg("The host is a number: no company sends its customers to one."),
    Concern.PORT: msg("It leads to an unusual port."),
    Concern.MIXED: msg("The name mixes letters of several scripts, so that it looks like another name."),
    Concern.LOOKS_LIKE: msg("It looks like {like}, and it is not."),
    Concern.INSECURE: msg("http: what is sent there can be read and changed on the way."),
}


class LinkDialog(Dialog):
    """Enter opens what nothing is odd about; anything else needs the o key, and some links are never opened."""

    def __init__(self, palette: Palette, link: Link, *, opens: bool) -> None:
        """`opens`: there is a browser on the machine the person sits at."""
        super().__init__(palette)
        self._link = link
        self._opens = opens

    def title_text(self) -> str:
        """What is asked."""
        return _("Where this link leads")

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What can be done with it."""
        copy = ("c", _("copy"))
        if self._link.is_blocked:
            return (copy, ("Esc", _("back")))
        if not self._opens:
            return (("Enter" if not self._link.concerns else "c", _("copy: no browser here")), ("Esc", _("back")))
        return (("o" if self._link.concerns else "Enter", _("open")), copy, ("Esc", _("back")))

    def press(self, event: events.Key) -> Done | None:
        """Open, copy or leave."""
        link = self._link
        if event.key == "c":
            return Done("link.copy", (link.text,))
        is_open_key = event.key == "o" or (event.key == "enter" and not link.concerns)
        if is_open_key and not link.is_blocked:
            return Done("link.open" if self._opens else "link.copy", (link.text,))
        return LEFT if event.key in {"q", "h", "left"} else None

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The parts, the whole address, the concerns."""
        link = self._link
        lines = []
        for label, value, ink in (
            (_("leads to"), link.host or "–", "text_high"),
            (_("registered"), link.domain or "–", "menu_text"),
            (_("by"), link.scheme, "menu_text" if link.scheme == "https" else "warning"),
        ):
            parts = list(wrap(safe(value), width - 18))
            lines.append(panel.line().add(f"  {label}").to(16).add(parts[0], ink, bold=ink == "text_high").strip())
            lines += [panel.line().to(16).add(part, ink).strip() for part in parts[1:]]
        lines.append(panel.line().strip())
        lines += [panel.line().add(f"  {part}", "text_low").strip() for part in list(wrap(safe(link.url), width - 4))[:4]]
        lines.append(panel.line().strip())
        for concern in link.concerns:
            ink = "danger" if link.is_blocked or concern is not Concern.INSECURE else "warning"
            for place, part in enumerate(wrap(_(WORDS[concern], like=link.like), width - 6)):
                mark = panel.paint.glyphs.warn if not place else " "
                lines.append(panel.line().add(f"  {mark} {part}", ink).strip())
        return lines
