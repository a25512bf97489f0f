"""Private keys: PEM, WIF and extended keys with their checksums, 64 hex digits that are called a key, keystore files."""

import re
from collections.abc import Iterator
from functools import cache

_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {char: at for at, char in enumerate(_B58)}
_KEYSTORE_CHARS = 4_000
"""How far from its cipher text a keystore's braces are looked for."""
_KEYSTORES = 200
"""Most keystores looked for in one text."""
_NEAR = 80
"""How far before hex digits, in characters, the word that makes them a key may stand."""
_NAMES = (
    "private[ _-]?key|priv[ _-]?key|secret key|signing key|seed|私钥|私鑰|密钥|秘密鍵|개인 ?키|clave privada|clé privée|приватн"
)
_HASHES = "tx ?id|tx|hash|transaction|block|address|signature|public key|哈希|交易|地址|区块|公钥|单号"


@cache
def _pem() -> re.Pattern[str]:
    return re.compile(
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,8000}+(?:-----END [A-Z0-9 ]{0,40}-----)?"
    )


@cache
def _base58() -> re.Pattern[str]:
    b58 = "[1-9A-HJ-NP-Za-km-z]"
    return re.compile(
        f"(?<![A-Za-z0-9])(?:[5KL9c](?:\n?{b58}){{50,51}}|6P(?:\n?{b58}){{56}}|[xyztuvXYZUV]prv(?:\n?{b58}){{107,108}})(?![A-Za-z0-9])"
    )


@cache
def _hex() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?(?:\n?[0-9a-fA-F]){64}(?![0-9A-Za-z])")


@cache
def _long() -> re.Pattern[str]:
    """Keys of chains without a checksum we know: as long as a key and called one; Solana's 64 bytes, Sui's own prefix."""
    return re.compile("(?<![A-Za-z0-9])(?:[1-9A-HJ-NP-Za-km-z]{85,90}|suiprivkey1[0-9a-z]{50,70}|S[A-Z2-7]{55})(?![A-Za-z0-9])")


@cache
def _words() -> re.Pattern[str]:
    return re.compile(f"(?P<name>{_NAMES})|(?P<hash>{_HASHES})", re.IGNORECASE)


def find_pem(text: str) -> Iterator[tuple[int, int]]:
    """Keys between BEGIN and END, or what there is of them."""
    return (found.span() for found in _pem().finditer(text))


def find_base58(text: str) -> Iterator[tuple[int, int]]:
    """WIF, BIP-38 and extended private keys with a right checksum."""
    return (found.span() for found in _base58().finditer(text) if is_base58check(found[0].replace("\n", "")))


def is_base58check(text: str) -> bool:
    """Whether base58 text ends in the first four bytes of its double SHA-256."""
    from hashlib import sha256

    value = 0
    for char in text:
        value = value * 58 + _DIGITS[char]
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    body, check = data[:-4], data[-4:]
    return sha256(sha256(body).digest()).digest()[:4] == check


def find_named(text: str) -> Iterator[tuple[int, int]]:
    """Digits as long as a key whose last telling word before them says key, not hash or address."""
    for pattern in (_hex(), _long()):
        for found in pattern.finditer(text):
            near = text[max(0, found.start() - _NEAR) : found.start()]
            said = [word.lastgroup for word in _words().finditer(near)]
            if said[-1:] == ["name"] or found[0].startswith("suiprivkey1"):
                yield found.span()


def find_keystores(text: str) -> Iterator[tuple[int, int]]:
    """Ethereum keystore files: the braces around a cipher text and its key derivation; no more than a folder of them."""
    behind = 0
    for _ in range(_KEYSTORES):
        at = text.find('"ciphertext"', behind)
        if at < 0:
            return
        start, end = _braces(text, at, behind)
        if '"kdf' in text[start:end]:
            yield start, end
            behind = end
        else:
            behind = at + 1


def _braces(text: str, at: int, behind: int) -> tuple[int, int]:
    """The outermost object around a place, as far as it can be seen."""
    first = text.find("{", max(behind, at - _KEYSTORE_CHARS), at)
    start = at if first < 0 else first
    depth = 0
    stop = min(len(text), at + _KEYSTORE_CHARS)
    for place in range(start, stop):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth <= 0 and place > at:
            return start, place + 1
    return start, stop
