"""Three panes, as the project will have them: queue | conversation + reply | customer.

triage.py [ROWS] [lines|static|widgets|markdown] [nofooter]     how the conversation is drawn
"""

import sys

import vlist
from rich.segment import Segment
from rich.style import Style
from rows import row
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Static, TextArea

MODE = sys.argv[2] if len(sys.argv) > 2 else "lines"
TEXT = Style.parse("#e0e0e0 on #121212")
HEAD = Style.parse("bold #ffd75f on #121212")
MESSAGES = 20


def messages(i: int) -> list[tuple[str, str]]:
    r = row(i)
    out = []
    for k in range(MESSAGES):
        who = r[4] if k % 2 == 0 else "agent@example.com"
        body = f"BODY-MARK {r[0]} message {k}\n\nHello, this is about {r[3]}. " + "It still does not work for us. " * (
            2 + k % 5
        )
        out.append((f"{who}  {k}h ago", body + "\n\n- first point\n- second point\n"))
    return out


class Lines(ScrollView, can_focus=True):
    """The conversation wrapped once per open, drawn line by line."""

    def show(self, i: int) -> None:
        import textwrap

        width = max(20, self.size.width)
        out = []
        for head, body in messages(i):
            out.append(Strip([Segment(head.ljust(width), HEAD)], width))
            for para in body.splitlines():
                for one in textwrap.wrap(para, width) or [""]:
                    out.append(Strip([Segment(one.ljust(width), TEXT)], width))
        self.lines = out
        self.virtual_size = Size(width, len(out))
        self.scroll_to(y=0, animate=False)
        self.refresh()

    lines: list = []

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        return self.lines[y] if y < len(self.lines) else Strip.blank(self.size.width, TEXT)


class Queue(vlist.VList):
    BINDINGS = [Binding("enter", "app.open", "Open"), Binding("r", "app.reply", "Reply")]


class Triage(App):
    CSS = """
    Queue { width: 70; } #mid { width: 1fr; } #customer { width: 36; padding: 0 1; }
    #reply { height: 10; } #conv { height: 1fr; }
    """
    BINDINGS = [Binding("escape", "back", "Back"), Binding("ctrl+q", "quit", "Quit")]

    def compose(self):
        with Horizontal():
            yield Queue(vlist.N)
            with Vertical(id="mid"):
                if MODE == "lines":
                    yield Lines(id="conv")
                elif MODE == "markdown":
                    from textual.widgets import Markdown

                    with VerticalScroll(id="conv"):
                        yield Markdown("")
                elif MODE == "static":
                    with VerticalScroll(id="conv"):
                        yield Static("", id="text", markup=False)
                else:
                    yield VerticalScroll(id="conv")
                yield TextArea(id="reply")
            yield Static("", id="customer", markup=False)
        if "nofooter" not in sys.argv:
            yield Footer()

    def on_mount(self):
        self.query_one(Queue).focus()

    async def action_open(self):
        i = self.query_one(Queue).cursor
        conv = self.query_one("#conv")
        if MODE == "lines":
            conv.show(i)
        elif MODE == "static":
            self.query_one("#text", Static).update("\n".join(h + "\n" + b for h, b in messages(i)))
            conv.scroll_to(y=0, animate=False)
        elif MODE == "markdown":
            from textual.widgets import Markdown

            await self.query_one(Markdown).update("\n".join(f"### {h}\n\n{b}" for h, b in messages(i)))
            conv.scroll_to(y=0, animate=False)
        else:
            async with conv.batch():
                await conv.remove_children()
                await conv.mount_all(Static(h + "\n" + b, markup=False) for h, b in messages(i))
        self.query_one("#customer", Static).update(
            "\n".join(f"{k}: {v}" for k, v in zip(("ID", "Status", "Prio", "Subject", "From", "Age"), row(i)))
        )

    def action_reply(self):
        self.query_one(TextArea).focus()

    async def action_back(self):
        if self.focused is not self.query_one(Queue):
            self.query_one(Queue).focus()
            return
        if MODE == "lines":
            c = self.query_one(Lines)
            c.lines = []
            c.refresh()
        elif MODE == "static":
            self.query_one("#text", Static).update("")
        elif MODE == "markdown":
            from textual.widgets import Markdown

            await self.query_one(Markdown).update("")
        else:
            await self.query_one("#conv").remove_children()


if __name__ == "__main__":
    Triage().run()
