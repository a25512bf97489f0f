"""The floor: the smallest Textual app there is."""

from textual.app import App
from textual.widgets import Static


class Hello(App):
    def compose(self):
        yield Static("READY hello")


if __name__ == "__main__":
    Hello().run()
