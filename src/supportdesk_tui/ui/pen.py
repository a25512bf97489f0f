"""How one frame is written: looks as terminal codes, and a pen that knows where the cursor is and how it draws."""

from typing import Final, Self

_OFF: Final = {
    **{"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"},
    **{"21": "24", "51": "54", "52": "54", "53": "55"},
}


class Look:
    """How a cell is drawn, as the codes a terminal wants; one object per distinct look, compared by identity."""

    __slots__ = ("_changes", "bg", "blank", "codes", "fg")
    blank: Self
    """The look of a blank drawn this way: no ink, so nothing but what shows without ink."""

    def __init__(self, codes: tuple[str, ...], fg: str, bg: str) -> None:
        self.codes, self.fg, self.bg = codes, fg, bg
        self._changes: dict[Look, str] = {}

    @property
    def is_erasable(self) -> bool:
        """Whether erasing draws the same as writing blanks."""
        return not self.codes

    def change(self, to: "Look") -> str:
        """The shortest sequence that turns this look into another."""
        if to is self:
            return ""
        if (known := self._changes.get(to)) is None:
            known = self._changes[to] = self._shortest(to)
        return known

    def _shortest(self, to: "Look") -> str:
        whole = ";".join(code for code in ("0", *to.codes, to.fg, to.bg) if code)
        off = {_OFF[code] for code in self.codes if code not in to.codes}
        parts = sorted(off) + [code for code in to.codes if code not in self.codes or _OFF[code] in off]
        if to.fg != self.fg:
            parts.append(to.fg or "39")
        if to.bg != self.bg:
            parts.append(to.bg or "49")
        best = min(";".join(parts), whole, key=len)
        return "\x1b[m" if best == "0" else f"\x1b[{best}m"


class Pen:
    """Collects the writes of one frame and knows where the cursor is and how it draws."""

    def __init__(self, plain: Look, *, erases: bool) -> None:
        self._out: list[str] = []
        self._plain = plain
        self._look: Look | None = None
        self._x: int | None = None
        self._y: int | None = None
        self.erases = erases
        """Whether erasing paints the background colour on this terminal."""

    def forget(self) -> None:
        """Take nothing about the terminal for granted."""
        self._look = self._x = self._y = None

    def forget_column(self) -> None:
        """The cursor may stand on or behind the last column: terminals differ."""
        self._x = None

    def take(self) -> str:
        """Everything written since the last call."""
        text = "".join(self._out)
        self._out.clear()
        return text

    def move(self, x: int, y: int) -> None:
        """Put the cursor on a cell by the shortest sequence."""
        if self._x == x and self._y == y:
            return
        step = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"
        if self._y == y:
            if x == 0:
                step = "\r"
            elif self._x is not None:
                ahead = x - self._x
                short = (f"\x1b[{ahead}C" if ahead > 1 else "\x1b[C") if ahead > 0 else "\b" * -ahead
                step = min(short, step, key=len)
        self._out.append(step)
        self._x, self._y = x, y

    def wear(self, look: Look) -> None:
        """Draw with a look from here on."""
        if self._look is look:
            return
        if self._look is None:
            self._out.append("\x1b[m")
            self._look = self._plain
        self._out.append(self._look.change(look))
        self._look = look

    def blanks(self, look: Look, count: int) -> None:
        """Write blanks; ink that does not show on them is left as it is."""
        if self._look is None or self._look.blank is not look:
            self.wear(look)
        self._out.append(" " * count)
        self._advance(count)

    def text(self, look: Look, text: str, width: int) -> None:
        """Write text that takes `width` cells on every terminal."""
        self.wear(look)
        self._out.append(text)
        self._advance(width)

    def unsure(self, look: Look, cluster: str, width: int) -> None:
        """Write a cluster that terminals measure differently: its cells are cleared first, the cursor placed after."""
        x, y = self._x, self._y
        self.blanks(look.blank, width)
        self._x = None
        if x is not None and y is not None:
            self.move(x, y)
        self.wear(look)
        self._out.append(cluster)
        self._x = None

    def erase(self, look: Look, count: int, *, to_end: bool) -> None:
        """Make cells blank without moving the cursor."""
        if self._look is None or self._look.blank is not look:
            self.wear(look)
        self._out.append("\x1b[K" if to_end else f"\x1b[{count}X")

    def clear(self, look: Look) -> None:
        """Make the whole screen blank."""
        self.wear(look)
        self._out.append("\x1b[2J")

    def _advance(self, count: int) -> None:
        if self._x is not None:
            self._x += count
