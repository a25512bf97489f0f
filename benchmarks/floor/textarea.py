"""Textual TextArea, for typing:  textarea.py [LINES]"""

import sys

from textual.app import App
from textual.widgets import TextArea

N = int(sys.argv[1]) if len(sys.argv) > 1 else 0


class Demo(App):
    def compose(self):
        yield TextArea("READY\n" + "\n".join(f"line {i} of the draft" for i in range(N)))

    def on_mount(self):
        self.query_one(TextArea).focus()


if __name__ == "__main__":
    Demo().run()
