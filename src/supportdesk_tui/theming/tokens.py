"""The semantic tokens a theme fills; panes and style sheets name these and never a colour."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

ATTRIBUTES = frozenset({"bold", "dim", "italic", "underline", "reverse", "strike"})
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
TERMINAL_COLOURS = frozenset(("default", *_NAMES, *(f"bright_{name}" for name in _NAMES)))


class Surfaces(Struct, frozen=True):
    """Backgrounds; each is one colour in Rich's spelling (`#rrggbb`, `default`, `bright_black`)."""

    background: str
    """Between and behind everything."""
    bar: str
    """Views on top, status and key hints below."""
    queue: str
    conversation: str
    customer: str
    composer: str
    note_background: str
    """An internal note, edge to edge, and the composer while it writes one."""
    cursor: str
    """The row under the cursor in the focused pane."""
    cursor_blurred: str
    """The row under the cursor elsewhere."""
    selected: str
    """Rows picked with `x`."""
    selection: str
    """Marked text in the composer."""
    chip: str
    """A filter, tag or badge."""
    menu: str
    """Leader menus, pickers, the palette, dialogs."""
    menu_cursor: str
    match: str
    """Where a search hit."""
    field: str
    """A tab stop still to be filled in."""
    banner: str
    """One line that says something is wrong."""


class Ink(Struct, frozen=True):
    """Foregrounds; each is a colour with attributes before it in Rich's spelling (`bold #rrggbb`)."""

    text_high: str
    """What must be seen first: the subject under the cursor, a title."""
    text: str
    text_low: str
    """Chrome: labels, times, hints, rules."""
    accent: str
    """Focus, and nothing else."""
    cursor_text: str
    """The subject on the cursor row."""
    customer_text: str
    """The customer's words: the most contrast on the screen."""
    agent_text: str
    bot_text: str
    note_text: str
    system_text: str
    customer_mark: str
    """Gutter letter and name."""
    agent_mark: str
    bot_mark: str
    note_mark: str
    system_mark: str
    quote: str
    """Quoted and folded text."""
    link: str
    reply_border: str
    note_border: str
    rule: str
    """Thin lines; needs no contrast of its own."""
    clock_calm: str
    clock_soon: str
    clock_near: str
    clock_late: str
    clock_paused: str
    link_ok: str
    """The connection is live."""
    link_slow: str
    link_off: str
    danger: str
    """Harm, and nothing else."""
    warning: str
    success: str
    unread: str
    presence: str
    """Somebody else looks or writes."""
    chip_text: str
    key: str
    """The key in a hint."""
    key_off: str
    """A hint that does not work here."""
    match_text: str
    field_text: str
    banner_text: str
    menu_text: str
    placeholder: str


SURFACE_NAMES = Surfaces.__struct_fields__
INK_NAMES = Ink.__struct_fields__


class Palette(Mapping[str, str]):
    """A theme as the line API wants it: Rich styles by token, surfaces as `on #rrggbb`, inks as `bold #rrggbb`."""

    __slots__ = ("dark", "ink", "name", "surface")

    def __init__(self, name: str, *, dark: bool, surface: Surfaces, ink: Ink) -> None:
        self.name, self.dark, self.surface, self.ink = name, dark, surface, ink

    def __getitem__(self, token: str) -> str:
        if token in INK_NAMES:
            style: str = getattr(self.ink, token)
            return style
        if token in SURFACE_NAMES:
            return f"on {getattr(self.surface, token)}"
        raise KeyError(token)

    def __iter__(self) -> Iterator[str]:
        return iter((*SURFACE_NAMES, *INK_NAMES))

    def __len__(self) -> int:
        return len(SURFACE_NAMES) + len(INK_NAMES)

    @staticmethod
    def on(ink: str, surface: str) -> str:
        """One style of a foreground and a background: `palette.on(palette.ink.note_text, palette.surface.note_background)`."""
        return f"{ink} on {surface}"


def colour_of(style: str) -> str:
    """The colour in a style string, without its attributes."""
    return style.rpartition(" ")[2]


def textual_colour(style: str) -> str:
    """The colour of a style as Textual's style sheets spell it."""
    colour = colour_of(style)
    return colour if colour.startswith("#") else f"ansi_{colour}"
