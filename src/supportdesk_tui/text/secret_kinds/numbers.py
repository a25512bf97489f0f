"""Numbers with a check digit: payment cards, Chinese resident ids, IBAN."""

import re
from collections.abc import Iterator
from functools import cache

_GROUPS = frozenset({(4, 6, 5), (4, 6, 4), (6, 13), (6, 10), (6, 12), (8, 8)})
"""How issuers write card numbers beside equal groups."""
_FIRST = frozenset("234568")
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Luhn: twice a digit, and the sum of the digits of that."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643: the weights of the first 17 digits, modulo 11."""
_CHECKS = "10X98765432"
_BIRTHDAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_DAY = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
"""A day as tables have it, between two numbers of theirs."""


@cache
def _digit_groups() -> re.Pattern[str]:
    # Not behind a decimal point, nor within the groups of a large number; a field of a table may begin behind a comma.
    return re.compile(
        r"(?<![0-9A-Za-z])(?<![0-9]\.)(?:(?<![0-9],)|(?=[0-9]{13}))[0-9]++(?:(?:[ -]|[ ]?\n)[0-9]++)*+(?![0-9A-Za-z])"
    )


@cache
def _issuers() -> re.Pattern[str]:
    """IIN ranges and their lengths, ISO/IEC 7812: Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Mir, Maestro."""
    return re.compile(
        r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}"
        r"|3[47]\d{13}|(?:30[0-5]|309|36\d|3[89]\d)\d{11,16}|35(?:2[89]|[3-8]\d)\d{12,15}"
        r"|(?:6011|65\d\d|64[4-9]\d|62\d\d|81\d\d|508\d|60\d\d)\d{12,15}"
        r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12,15}"
    )


@cache
def _resident() -> re.Pattern[str]:
    # Looked ahead for, so that a number before an id does not take its digits away.
    gap = "(?:[ -]|[ ]?\n)?"
    return re.compile(
        f"(?<![0-9A-Za-z])(?=([1-8](?:{gap}[0-9]){{5}}{gap}(?:1{gap}9|2{gap}0)(?:{gap}[0-9]){{9}}{gap}[0-9Xx])(?![0-9A-Za-z]))"
    )


@cache
def _iban() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![0-9A-Za-z])")


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """13 to 19 digits of a known issuer that pass Luhn, in the groups cards are written in."""
    for found in _digit_groups().finditer(text):
        run = found[0]
        groups = [group.span() for group in re.finditer("[0-9]+", run)]
        at = 0
        while at < len(groups):
            size = _card_at(run, groups, at)
            if size:
                yield found.start() + groups[at][0], found.start() + groups[at + size - 1][1]
            at += size or 1


def _card_at(text: str, groups: list[tuple[int, int]], at: int) -> int:
    """How many groups from here are one card; 0 when none are."""
    digits = ""
    sizes: tuple[int, ...] = ()
    best = 0
    start, end = groups[at]
    if text[start] not in _FIRST or (end - start < 4 and len(groups) > 19):
        return 0
    for size, (start, end) in enumerate(groups[at : at + 19], 1):
        digits += text[start:end]
        sizes = (*sizes, end - start)
        if len(digits) > 19:
            break
        if len(digits) >= 13 and _is_grouped(sizes, text[groups[at][1] : start], len(groups)) and is_card(digits):
            best = size
    return best


def _is_grouped(sizes: tuple[int, ...], between: str, groups: int) -> bool:
    """Whether cards are written so; single digits and pairs only where nothing else stands beside them."""
    if len(sizes) == 1 or sizes in _GROUPS:
        return True
    if len(sizes) == 2 and "\n" in between:
        return True
    first = sizes[0]
    return set(sizes[:-1]) == {first} and sizes[-1] <= first <= 8 and (first >= 4 or len(sizes) == groups)


def is_card(digits: str) -> bool:
    """A length and beginning some issuer uses, and the Luhn check digit (ISO/IEC 7812-1)."""
    if len(set(digits)) == 1 or _issuers().fullmatch(digits) is None:
        return False
    return (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0


def find_resident_ids(text: str) -> Iterator[tuple[int, int]]:
    """18 characters with a birthday inside, which is no day of its own, and the mod 11-2 check character."""
    for found in _resident().finditer(text):
        if is_resident_id(re.sub("[ \n-]", "", found[1])) and _DAY.search(found[1]) is None:
            yield found.span(1)


def is_resident_id(text: str) -> bool:
    """A birthday and the check character of GB 11643-1999 (ISO 7064 mod 11-2)."""
    if _BIRTHDAY.match(text, 6) is None:
        return False
    total = sum(int(char) * weight for char, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == text[17].upper()


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Country, check digits, account: ISO 13616 with remainder 1 modulo 97; words behind it are let go again."""
    for found in _iban().finditer(text):
        end = found.end()
        while end - found.start() >= 15:
            if is_iban(re.sub("[ -]", "", text[found.start() : end])):
                yield found.start(), end
                break
            cut = max(text.rfind(" ", found.start(), end), text.rfind("-", found.start(), end))
            if cut < 0:
                break
            end = cut


_IBAN_SIZES = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 "
    "SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
"""Country and length, from the SWIFT IBAN registry."""


@cache
def _iban_sizes() -> dict[str, int]:
    return {one[:2]: int(one[2:]) for one in _IBAN_SIZES.split()}


def is_iban(text: str) -> bool:
    """The length of its country and remainder 1 modulo 97 (ISO 7064)."""
    text = text.upper()
    if _iban_sizes().get(text[:2]) != len(text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1
