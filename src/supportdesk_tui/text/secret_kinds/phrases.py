"""Recovery phrases: 12 to 24 words of one BIP-39 list whose checksum is right.

A run of words that could be a phrase is found by a compiled pattern; word lists are read when there is such a run.
The checksum is BIP-39's: n words of 11 bits are 32/33 entropy and 1/33 the first bits of its SHA-256.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

SIZES = (24, 21, 18, 15, 12)
SHORTEST = 12
LONGEST_RUN = 400
"""A longer run of list words is no phrase; its first and last half of that many are still looked at."""
_NUMBERED_WITHIN = 50_000
"""Characters of the longest text in which numbers are put in order."""
_MOST_KNOWN = 20_000
"""Words of one text whose places are remembered."""
_LATIN = ("english", "spanish", "french", "italian", "portuguese", "czech", "turkish")
_BY_SCRIPT = (
    ("\u0370", _LATIN),
    ("\u0500", ("russian",)),
    ("\u1200", ("korean",)),
    ("\u1f00", _LATIN),
    ("\u3100", ("japanese",)),
    ("\ud7a4", ("korean",)),
)
"""First code point behind a script, and the lists written in it."""
_HAN_LISTS = ("chinese_simplified", "chinese_traditional")

_L = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u0400-\u04ff\u1100-\u11ff\u1e00-\u1eff\u3041-\u3096\u3099\u309a"
    "\uac00-\ud7a3"
)
_H = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


@cache
def _accents() -> re.Pattern[str]:
    return re.compile("[\u0300-\u036f]")


@cache
def _ascii_run() -> re.Pattern[str]:
    return re.compile(r"(?<![A-Za-z])[A-Za-z]{3,10}+(?:[^A-Za-z]{1,32}+[A-Za-z]{3,10}+(?![A-Za-z])){11,}+")


@cache
def _any_run() -> re.Pattern[str]:
    return re.compile(f"(?<![{_L}])[{_L}]{{2,14}}+(?:[^{_L}{_H}]{{1,32}}+[{_L}]{{2,14}}+(?![{_L}])){{11,}}+")


@cache
def _numbered_word() -> re.Pattern[str]:
    """A number and the next word: `1. abandon`, `Word 1: abandon`, `第1个：abandon`."""
    return re.compile(f"(?<![0-9])0?([1-9]|1[0-9]|2[0-4])(?![0-9])[^0-9{_L}]{{1,8}}?([{_L}]{{2,14}}|[{_H}])(?![{_L}{_H}])")


@cache
def _digit() -> re.Pattern[str]:
    return re.compile("[0-9]")


@cache
def _word() -> re.Pattern[str]:
    return re.compile(f"[{_L}]+")


@cache
def _spaced_han() -> re.Pattern[str]:
    return re.compile(f"(?<![{_H}])[{_H}](?:[^{_L}{_H}]{{1,16}}+[{_H}](?![{_H}])){{11,}}+")


_HAN_PAGES = bytes(ord("h") if 0x4E <= page <= 0x9F else ord(" ") for page in range(256))
"""For the high byte of a code unit of UTF-16: whether it is one of the Han characters the lists are made of."""
_LETTERS_ONLY = b" " * 35
"""Without Han between them: twelve words of two letters, and what parts them."""
_APART = b" h "
_FEWEST_APART = 5
"""Twelve Han characters that each stand alone hold this many such places that share nothing."""


_NAMED_IN_HAN = "助注恢种種密"
_NAMED_IN_LATIN = (b"nemonic", b"eed", b"ecovery", b"NEMONIC", b"EED", b"ECOVERY")
"""One of these is where a Chinese phrase is named."""


@cache
def _named_han() -> re.Pattern[str]:
    """The word for a recovery phrase, and behind it, within a sentence, a block of Han."""
    name = (
        "助记词|助記詞|注记词|助记码|恢复短语|恢復短語|恢复词|种子短语|種子短語|种子词|密语|(?i:mnemonic|seed|recovery phrase)"
    )
    glue = "[\\s、·•|/-]"
    return re.compile(
        f"(?:{name})(?:是|为|為|就是|如下|备份|备份是|[^{_H}]){{0,40}}?(?P<block>[{_H}](?:{glue}{{0,3}}+[{_H}]){{11,}}+)"
    )


@cache
def _block_before_name() -> re.Pattern[str]:
    return re.compile(
        f"(?<![{_H}])(?P<block>[{_H}]{{12,24}}+)[\\s，,。.（(：:]{{1,4}}(?:这|這|以上)?(?:就)?(?:是|为)?(?:我的|我)?(?:助记词|助記詞)"
    )


class WordList:
    """A BIP-39 list as hashes: which of 2,048 words a word is, in a tenth of the memory its words would take.

    Two words with one hash (1 in 2^52 a lookup) would count as the same one; the checksum then decides.
    """

    def __init__(self, words: Sequence[str]) -> None:
        order = sorted(range(len(words)), key=lambda at: hash(words[at]))
        self._hashes = array("q", (hash(words[at]) for at in order))
        self._order = array("H", order)

    def get(self, word: str) -> int | None:
        """The place of a word, in the form `_plain` makes; None when it is not in the list."""
        wanted = hash(word)
        at = bisect_left(self._hashes, wanted)
        return self._order[at] if at < len(self._hashes) and self._hashes[at] == wanted else None


_DAMAGED = "сно\ufffd\ufffdа"
"""A word of the package's Russian list as its file has it: снова, with one letter spoilt."""


@cache
def _list(language: str) -> WordList:
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("mnemonic")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package mnemonic, which has the word lists")
    path = Path(spec.origin).with_name("wordlist") / f"{language}.txt"
    return WordList([_plain(word.replace(_DAMAGED, "снова")) for word in path.read_text("utf-8").split()])


def _plain(word: str) -> str:
    """Lower case, decomposed, without accents, as BIP-39 lists are compared; Japanese voicing marks stay, ı and i are one."""
    if word.isascii():
        return word.lower()
    from unicodedata import normalize

    return _accents().sub("", normalize("NFKD", word.casefold())).replace("ı", "i")


def find_phrases(text: str) -> Iterator[tuple[int, int]]:
    """Where recovery phrases stand: whole runs of list words, because a chance hit may sit beside the real one."""
    if len(text) < SHORTEST:
        return
    known: dict[str, dict[str, int]] = {}
    if len(text) <= _NUMBERED_WITHIN and all(number in text for number in ("10", "11", "12")):
        yield from _numbered(text)
    if text.isascii():
        for run in _ascii_run().finditer(text):
            yield from _in_run(text, *run.span(), known)
        return
    pages = text.encode("utf-16-le", "surrogatepass")[1::2].translate(_HAN_PAGES)
    if _LETTERS_ONLY in pages:
        for run in _any_run().finditer(text):
            yield from _in_run(text, *run.span(), known)
    if pages.count(_APART) >= _FEWEST_APART:
        for run in _spaced_han().finditer(text):
            yield from _in_spaced_han(text, *run.span())
    if b"h" in pages and _may_name(text):
        yield from _named(text)


def _numbered(text: str) -> Iterator[tuple[int, int]]:
    """Phrases whose words are numbered and stand in another order, as in two columns, or with other words between."""
    lists: list[dict[int, re.Match[str]]] = []
    for found in _numbered_word().finditer(text):
        number = int(found[1])
        if number == 1 or not lists:
            lists.append({})
        lists[-1].setdefault(number, found)
    for words in lists:
        size = next((size for size in SIZES if all(number in words for number in range(1, size + 1))), 0)
        if size and _is_numbered_phrase([_plain(words[number][2]) for number in range(1, size + 1)]):
            places = [words[number] for number in range(1, size + 1)]
            yield min(one.start() for one in places), max(one.end() for one in places)


def _is_numbered_phrase(words: Sequence[str]) -> bool:
    first = words[0][:1]
    for language in _HAN_LISTS if _han().match(first) else _lists_of(first) if first else ():
        indices = [index for index in map(_list(language).get, words) if index is not None]
        if len(indices) == len(words) and is_phrase(indices):
            return True
    return False


def _may_name(text: str) -> bool:
    if any(char in text for char in _NAMED_IN_HAN):
        return True
    latin = text.encode("ascii", "ignore")
    return any(name in latin for name in _NAMED_IN_LATIN)


@cache
def _han() -> re.Pattern[str]:
    return re.compile(f"[{_H}]")


def _in_run(text: str, start: int, end: int, known: "dict[str, dict[str, int]]") -> Iterator[tuple[int, int]]:
    """Phrases of one run; `known` is what was looked up in this text before: a word's places in the lists that have it."""
    if len(known) > _MOST_KNOWN:
        known.clear()
    places = [word.span() for word in _word().finditer(text, start, end)]
    words = [_plain(text[a:b]) for a, b in places]
    for word in words:
        if word not in known:
            known[word] = _in_lists(word)
    for language, count in Counter(language for word in words for language in known[word]).items():
        if count >= SHORTEST:
            yield from _valid_runs(text, places, [known[word].get(language) for word in words])


def _in_lists(word: str) -> dict[str, int]:
    found = ((language, _list(language).get(word)) for language in (_lists_of(word[0]) if word else ()))
    return {language: at for language, at in found if at is not None}


def _in_spaced_han(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    places = [char.span() for char in _han().finditer(text, start, end)]
    for language in _HAN_LISTS:
        yield from _valid_runs(text, places, [_list(language).get(text[a]) for a, _ in places])


def _lists_of(char: str) -> tuple[str, ...]:
    return next((lists for behind, lists in _BY_SCRIPT if char < behind), ())


def _valid_runs(text: str, places: Sequence[tuple[int, int]], indices: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Stretches of at least twelve known words in which some window has a right checksum."""
    at = 0
    while at < len(indices):
        end = at
        while end < len(indices) and indices[end] is not None:
            end += 1
        run = [index for index in indices[at:end] if index is not None]
        if len(run) >= SHORTEST:
            start, stop = places[at][0], places[end - 1][1]
            if _holds_phrase(run, has_numbers=_digit().search(text, start, stop) is not None):
                yield start, stop
        at = end + 1


def _holds_phrase(run: list[int], *, has_numbers: bool) -> bool:
    if len(run) > LONGEST_RUN:
        half = LONGEST_RUN // 2
        return any(_holds_phrase(part, has_numbers=has_numbers) for part in (run[:half], run[-half:]))
    windows = (run[at : at + size] for size in SIZES if size <= len(run) for at in range(len(run) - size + 1))
    return any(is_phrase(window) and not (has_numbers and _is_column(window)) for window in windows)


def _is_column(window: Sequence[int]) -> bool:
    """Few words again and again, as `long` and `short` before the numbers of a table; no wallet draws them so."""
    return len(set(window)) * 5 <= len(window) * 3


def is_phrase(indices: Sequence[int]) -> bool:
    """Whether word indices, of 12, 15, 18, 21 or 24 words, end in the right checksum."""
    if len(indices) not in SIZES:
        return False
    bits = 0
    for index in indices:
        bits = bits << 11 | index
    from hashlib import sha256

    size = len(indices) * 11 // 33
    entropy = (bits >> size).to_bytes(size * 4, "big")
    return sha256(entropy).digest()[0] >> (8 - size) == bits & ((1 << size) - 1)


def _named(text: str) -> Iterator[tuple[int, int]]:
    """Chinese phrases written without spaces: common characters, so a name beside them and the exact length are needed."""
    for found in _named_han().finditer(text):
        exact = _is_whole(text, *found.span("block"))
        if exact:
            yield found.span("block")
        elif re.search(r"[:：\n]\s*$", text[found.start() : found.start("block")]):
            yield from _beginning(text, *found.span("block"))
    for found in _block_before_name().finditer(text):
        if _is_whole(text, *found.span("block")):
            yield found.span("block")


def _is_whole(text: str, start: int, end: int) -> bool:
    chars = _han().findall(text, start, end)
    if len(chars) not in SIZES:
        return False
    return any(_is_chinese(chars, language) for language in _HAN_LISTS)


def _is_chinese(chars: Sequence[str], language: str) -> bool:
    indices = [index for index in map(_list(language).get, chars) if index is not None]
    return len(indices) == len(chars) and is_phrase(indices)


def _beginning(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A phrase that other words follow without a break."""
    places = [char.span() for char in _han().finditer(text, start, end)][: SIZES[0]]
    chars = [text[a] for a, _ in places]
    for size in SIZES:
        if size <= len(chars) and any(_is_chinese(chars[:size], language) for language in _HAN_LISTS):
            yield start, places[size - 1][1]
            return
