"""Links in what a stranger wrote: where they really lead, and what about them should make a person stop. Pure; fetches nothing.

Hosts are compared as browsers resolve them: UTS 46 (idna), `inet_aton` forms of an IPv4 address, a backslash as a slash
(WHATWG URL). The registrable domain comes from the public-suffix list that ships with `publicsuffixlist`.
"""

import re
import socket
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

LONGEST = 2_000
"""Characters of a link; what is longer is no link a person was meant to read."""
MOST = 200
"""Links found in one text."""
_LINK = re.compile(
    r"(?<![A-Za-z0-9_@])(?:(?:[a-z][a-z0-9+.-]{1,20}://|(?:javascript|data|vbscript|file|mailto|tel|sms):(?=\S)|www\.)"
    r"[^\s<>\"‹›«»「」『』（）【】《》，。；！？、]{1,2000})",
    re.IGNORECASE,
)
_TARGET = re.compile(r"[)\].,;:]*\s?‹([^‹›\s]{1,300})›")
_TAIL = ".,;:!?'\"*_~"
_USUAL_PORTS = {"http": 80, "https": 443}
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
"""Scripts that one name may mix (UTS 39, highly restrictive)."""
_LOOKS = str.maketrans("аеорсухіјѕһԁӏԛԝвнкмтοανρτυικμηεω0135$|", "aeopcyxijshdlqwbhkmtoavptuikmnewolessl")
"""Characters that pass for a Latin letter (from UTS 39's confusables, those that make host names)."""


class Concern(StrEnum):
    """Why a person should look twice."""

    NOT_WEB = "not_web"
    """Another scheme than http and https: never opened."""
    NO_HOST = "no_host"
    """No name a browser would go to."""
    HIDDEN = "hidden"
    """The words show one host, the link behind them leads to another."""
    USERINFO = "userinfo"
    """Something before an `@` that only looks like the host."""
    ADDRESS = "address"
    """A number in place of a name: IPv4 in any notation, or IPv6."""
    PORT = "port"
    MIXED = "mixed"
    """Letters of several scripts in one name."""
    LOOKS_LIKE = "looks_like"
    """Nearly one of our own hosts, and not it."""
    INSECURE = "insecure"
    """http: what is sent can be read on the way."""


BLOCKING = frozenset({Concern.NOT_WEB, Concern.NO_HOST, Concern.HIDDEN})
"""With these a link is never opened."""


class Link(Struct, frozen=True):
    """A link, taken apart."""

    text: str
    """As it was written."""
    url: str
    """What would be opened: the host in ASCII."""
    scheme: str
    host: str
    """The real one, in ASCII; an IPv4 address in its usual notation."""
    domain: str
    """The part somebody registered; the host itself where there is none."""
    concerns: tuple[Concern, ...] = ()
    like: str = ""
    """The host of ours it nearly is."""
    start: int = 0
    end: int = 0
    """Where it stands in the text searched."""

    @property
    def is_blocked(self) -> bool:
        """Whether it is never opened."""
        return not BLOCKING.isdisjoint(self.concerns)


def find(text: str, own: Iterable[str] = ()) -> tuple[Link, ...]:
    """The links of a text, in order; `own` are the hosts we use ourselves."""
    hosts = tuple(own)
    found = []
    for match in _LINK.finditer(text):
        raw = _trimmed(match[0])
        target = _TARGET.match(text, match.start() + len(raw))
        found.append(examine(raw, hosts, target=target[1] if target else "", start=match.start()))
        if len(found) == MOST:
            break
    return tuple(found)


def examine(raw: str, own: Iterable[str] = (), *, target: str = "", start: int = 0) -> Link:
    """What a link is and what is odd about it; `target` is the host an HTML message hid behind these words."""
    written = raw if re.match(r"[a-z][a-z0-9+.-]*:", raw, re.IGNORECASE) else f"https://{raw}"
    scheme, rest = written.partition(":")[0].lower(), written.partition(":")[2]
    end = start + len(raw)
    if scheme not in _USUAL_PORTS:
        return Link(raw, raw, scheme, "", "", (Concern.NOT_WEB,), start=start, end=end)
    authority, slash, path = rest.replace("\\", "/").lstrip("/").partition("/")
    authority, mark, query = _split_off(authority)
    try:
        parts = urlsplit(f"{scheme}://{authority}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return Link(raw, raw, scheme, "", "", (Concern.NO_HOST,), start=start, end=end)
    host = _ascii_host(name)
    if not host or (target and not _same_site(target, host)):
        reason = Concern.HIDDEN if host else Concern.NO_HOST
        shown = target.casefold() if host else ""
        return Link(raw, raw, scheme, shown, domain_of(shown) if shown else "", (reason,), start=start, end=end)
    like = _nearly(host, own)
    concerns = [
        *([Concern.USERINFO] if "@" in authority else []),
        *([Concern.ADDRESS] if _is_address(host) else []),
        *([Concern.PORT] if port not in {None, _USUAL_PORTS[scheme]} else []),
        *([Concern.MIXED] if _is_mixed(host) else []),
        *([Concern.LOOKS_LIKE] if like else []),
        *([Concern.INSECURE] if scheme == "http" else []),
    ]
    place = f"[{host}]" if ":" in host else host
    number = f":{port}" if port not in {None, _USUAL_PORTS[scheme]} else ""
    url = f"{scheme}://{place}{number}{mark}{query}{slash}{path}"
    return Link(raw, url, scheme, host, domain_of(host), tuple(concerns), like, start, end)


def domain_of(host: str) -> str:
    """The registrable part of an ASCII host; the host where the list has none (addresses, bare suffixes)."""
    return host if _is_address(host) else (_suffixes().privatesuffix(host) or host)


@cache
def _suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _trimmed(raw: str) -> str:
    """Without the punctuation of the sentence around it; a bracket stays when it was opened inside."""
    raw = raw[:LONGEST]
    while raw:
        if raw[-1] in _TAIL or (raw[-1] in ")]}" and raw.count(raw[-1]) > raw.count("([{"[")]}".index(raw[-1])])):
            raw = raw[:-1]
        else:
            break
    return raw


def _split_off(authority: str) -> tuple[str, str, str]:
    """The authority, and what a `?` or `#` right behind it begins."""
    at = min((authority.find(mark) for mark in "?#" if mark in authority), default=-1)
    return (authority, "", "") if at < 0 else (authority[:at], authority[at], authority[at + 1 :])


def _ascii_host(name: str) -> str:
    """A host as the net knows it; empty when no browser would go there."""
    if ":" in name:
        try:
            return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, name))
        except OSError:
            return ""
    import idna

    try:
        host = idna.encode(name, uts46=True, transitional=False).decode("ascii") if name else ""
    except idna.IDNAError:
        host = name if re.fullmatch(r"[a-z0-9_.-]{1,253}", name) else ""
    host = host.strip(".")
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if re.fullmatch(r"[0-9a-fx.]+", host) else host
    except OSError:
        return host


def _is_address(host: str) -> bool:
    return ":" in host or bool(re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", host))


def _readable(host: str) -> str:
    """The host in the letters a person sees."""
    import idna

    try:
        return idna.decode(host) if "xn--" in host else host
    except idna.IDNAError:
        return host


def _is_mixed(host: str) -> bool:
    for label in _readable(host).split("."):
        scripts = {unicodedata.name(one, "?").split()[0].split("-")[0] for one in label if one.isalpha()}
        if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
            return True
    return False


def _nearly(host: str, own: Iterable[str]) -> str:
    """The host of ours that this one could be taken for; empty when it is ours or like none of them."""
    domain = domain_of(host)
    ours: dict[str, list[str]] = {}
    for one in own:
        ours.setdefault(domain_of(one.casefold()), []).append(one.casefold())
    if domain in ours:
        return ""
    label = _skeleton(_readable(domain).partition(".")[0])
    for mine, hosts in ours.items():
        name = _skeleton(mine.partition(".")[0])
        # A subdomain or a part of a name may say our name, and end somewhere else.
        words = re.split(r"[.-]", _skeleton(_readable(host)))
        if label == name or name in words or (len(name) > 4 and _is_one_edit(label, name)):
            return _nearest(host, hosts)
    return ""


def _nearest(host: str, hosts: list[str]) -> str:
    """Of our hosts under one domain the one a reader would take this for."""
    from difflib import SequenceMatcher

    seen = _skeleton(_readable(host))
    return max(hosts, key=lambda one: SequenceMatcher(None, seen, _skeleton(one), autojunk=False).ratio())


def _skeleton(name: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    return plain.translate(_LOOKS).replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("i", "l")


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one letter was changed, left out, doubled or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, rest_of_other = one[at:], other[at:]
    swapped = rest[:2] == rest_of_other[:2][::-1] and rest[2:] == rest_of_other[2:]
    return swapped or rest[1:] == rest_of_other[1:] or rest[1:] == rest_of_other or rest == rest_of_other[1:]


def _same_site(target: str, host: str) -> bool:
    """Whether the host an HTML message names is the one its words show, or belongs to the same owner."""
    real = _ascii_host(target.casefold())
    return real == host or (bool(real) and domain_of(real) == domain_of(host))
