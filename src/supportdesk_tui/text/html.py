"""HTML mail to lines: bounded in size and work, never fetched from, never drawn as markup."""

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from supportdesk_tui.text.safe import SafeText, sanitize_line, sanitize_with_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

HTML_LIMIT = 131_072
"""Characters of markup that are read; the rest is cut and flagged."""
_IMAGES = 50
_DEPTH = 8
"""Quote marks drawn at most in front of a line."""
_TAGS = 8_000
"""Opening tags read at most."""
_TAG = re.compile("<[a-zA-Z]")
_NESTING = 400
"""Elements inside each other that are followed; real mail stays under a hundred."""
_SKIPPED = frozenset(
    [
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "svg",
        "math",
        "object",
        "iframe",
        "audio",
        "video",
        "canvas",
        "select",
        "textarea",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "header",
        "li",
        "main",
        "nav",
        "section",
        "tr",
    ]
)
_PARAGRAPHS = frozenset(["blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"])
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])", re.IGNORECASE
)
_SPACE = re.compile(r"[ \t\r\n\f]+")


class HtmlText(NamedTuple):
    """What a person reads of an HTML body."""

    text: SafeText
    flags: tuple[str, ...]
    """As of the sanitiser, and `hidden_text` where the sender hid words."""
    images: tuple[SafeText, ...]
    """Names of the pictures shown in the text as `[image: name]`."""


def html_to_text(markup: str | bytes) -> HtmlText:
    """Read HTML as lines: links as `text ‹host›`, lists with marks, quotes with `> `; works without recursion."""
    from selectolax.lexbor import LexborHTMLParser

    source = markup.decode("utf-8", "replace") if isinstance(markup, bytes) else markup
    tree = LexborHTMLParser(source[: _bound(source)].encode("utf-8", "replace").decode("utf-8", "replace"))
    writer = _Writer()
    is_cut = tree.root is not None and _walk(tree.root, writer)
    safe = sanitize_with_flags(writer.finish())
    flags = list(safe.flags)
    if writer.has_hidden:
        flags.append("hidden_text")
    if is_cut or len(source) > _bound(source):
        flags.append("truncated")
    return HtmlText(safe.text, tuple(dict.fromkeys(flags)), tuple(sanitize_line(name, 80) for name in writer.images))


def _bound(source: str) -> int:
    """Where to stop reading: parsing costs the square of the depth, so tags are counted as well as characters."""
    tags = islice(_TAG.finditer(source, 0, HTML_LIMIT), _TAGS, None)
    return next((tag.start() for tag in tags), HTML_LIMIT)


def _walk(root: "LexborNode", writer: "_Writer") -> bool:
    """Visit every node in reading order; says whether some were too deep to visit."""
    stack: list[tuple[LexborNode, int, bool]] = [(root, 0, True)]
    is_cut = False
    while stack:
        node, depth, is_entering = stack.pop()
        tag = node.tag or ""
        if not is_entering:
            writer.leave(tag, node)
        elif tag == "-text":
            writer.words(node.text_content or "")
        elif depth > _NESTING:
            is_cut = True
        elif tag not in _SKIPPED and not tag.startswith(("-", "!", "_")) and not writer.hides(node):
            writer.enter(tag, node)
            stack.append((node, depth, False))
            stack.extend(reversed([(child, depth + 1, True) for child in _children(node)]))
    return is_cut


def _children(node: "LexborNode") -> "Iterator[LexborNode]":
    child = node.child
    while child is not None:
        yield child
        child = child.next


class _Writer:
    """Collects lines; knows how deep in quotes and lists it is."""

    def __init__(self) -> None:
        self.images: list[str] = []
        self.has_hidden = False
        self._lines: list[str] = []
        self._now: list[str] = []
        self._quotes = 0
        self._lists: list[int | None] = []
        self._mark = ""
        self._pre = 0
        self._links: list[int] = []

    def hides(self, node: "LexborNode") -> bool:
        """Whether the sender hid this element from readers."""
        attributes = node.attributes
        if "hidden" not in attributes and not _HIDDEN_STYLE.search((attributes.get("style") or "")[:500]):
            return False
        self.has_hidden = True
        return True

    def words(self, text: str) -> None:
        """Add running text, white space folded as a browser does."""
        if self._pre:
            first, *others = text.split("\n")
            self._now.append(first)
            for line in others:
                self._break()
                self._now.append(line)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self._now or self._now[-1].endswith(" ")):
            text = text[1:]
        if text:
            self._now.append(text)

    def enter(self, tag: str, node: "LexborNode") -> None:
        """An element begins."""
        if tag in _PARAGRAPHS:
            self._paragraph(is_nested_list=tag in {"ol", "ul"} and bool(self._lists))
        elif tag in _BLOCKS:
            self._end_line()
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._end_line()
            self._lines.append(self._prefix() + "────────")
        else:
            self._begin(tag, node)

    def _begin(self, tag: str, node: "LexborNode") -> None:
        match tag:
            case "blockquote":
                self._quotes += 1
            case "ol" | "ul":
                self._lists.append(0 if tag == "ol" else None)
            case "li":
                self._mark = self._item_mark()
            case "pre":
                self._pre += 1
            case "td" | "th":
                if self._now and not self._now[-1].endswith("  "):
                    self._now.append("  ")
            case "a":
                self._links.append(len(self._now))
            case "img":
                self._image(node)

    def leave(self, tag: str, node: "LexborNode") -> None:
        """An element ends."""
        if tag == "a":
            self._link(node.attributes.get("href") or "", self._links.pop())
        if tag in {"ol", "ul"}:
            self._end_line()
            self._mark = ""
        if tag in _PARAGRAPHS:
            self._paragraph(is_nested_list=tag in {"ol", "ul"} and len(self._lists) > 1)
        elif tag in _BLOCKS:
            self._end_line()
        if tag == "blockquote":
            self._quotes -= 1
        elif tag in {"ol", "ul"}:
            self._lists.pop()
        elif tag == "pre":
            self._pre -= 1

    def finish(self) -> str:
        """Everything written, without blank lines at either end."""
        self._end_line()
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        return "\n".join(self._lines).strip("\n")

    def _prefix(self) -> str:
        return "> " * min(self._quotes, _DEPTH)

    def _item_mark(self) -> str:
        indent = "  " * min(max(len(self._lists) - 1, 0), _DEPTH)
        if not self._lists or self._lists[-1] is None:
            return indent + "• "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

    def _break(self) -> None:
        line = "".join(self._now)
        self._now.clear()
        self._links = [0] * len(self._links)
        mark, self._mark = self._mark, "  " * len(self._lists) if self._lists else ""
        self._lines.append((self._prefix() + mark + (line if self._pre else line.strip())).rstrip())

    def _end_line(self) -> None:
        if any(part.strip() for part in self._now):
            self._break()
        self._now.clear()
        self._links = [0] * len(self._links)

    def _paragraph(self, *, is_nested_list: bool) -> None:
        self._end_line()
        if self._lines and self._lines[-1].strip("> ") and not is_nested_list and not self._mark:
            self._lines.append(self._prefix().rstrip())

    def _link(self, href: str, start: int) -> None:
        host = link_host(href)
        if host and host.casefold() not in "".join(self._now[start:]).casefold():
            self._now.append(f" ‹{host}›")

    def _image(self, node: "LexborNode") -> None:
        attributes = node.attributes
        if {attributes.get("width"), attributes.get("height")} & {"0", "1"} or len(self.images) >= _IMAGES:
            return
        source = attributes.get("src") or ""
        name = attributes.get("alt") or ("" if source.startswith("data:") else source.rpartition("/")[2].partition("?")[0])
        self.images.append(name[:80] or "?")
        self._now.append(f"[image: {name[:80]}]" if name else "[image]")


def link_host(href: str) -> str:
    """Where a link leads, as a person must see it: the ASCII host, or the scheme when it is not the web."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(href.strip()[:2_000])
        host = parts.hostname or ""
        if parts.scheme in {"http", "https"}:
            return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return "bad link"
    if parts.scheme == "mailto":
        return parts.path[:80]
    return f"{parts.scheme}:" if parts.scheme and parts.scheme != "cid" else ""
