"""API keys, tokens and authenticator secrets: by their own beginnings, or by the word before them."""

import re
from collections.abc import Iterator
from functools import cache


@cache
def _formed() -> re.Pattern[str]:
    return re.compile(
        r"(?<![A-Za-z0-9_])(?:(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])|gh[oprsu]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}"
        r"|glpat-[A-Za-z0-9_-]{20,64}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|sk-[A-Za-z0-9_-]{20,255}|xox[abprs]-[A-Za-z0-9-]{20,255}"
        r"|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}|whsec_[A-Za-z0-9+/=]{24,90}"
        r"|dop_v1_[a-f0-9]{64}|pypi-[A-Za-z0-9_-]{50,255}|hf_[A-Za-z0-9]{30,64}"
        r"|eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,2000})?|otpauth://[^\s\"'<>]{8,1000})"
    )


@cache
def _named() -> re.Pattern[str]:
    """A name of a key, something that says "is", and a value as long as a key with a digit in it; on lower case."""
    name = (
        "api[ _-]?key|api[ _-]?secret|secret[ _-]?key|access[ _-]?key|access[ _-]?token|auth[ _-]?token|client[ _-]?secret"
        "|bearer|api ?密钥|secret|密钥|秘钥|访问令牌|令牌"
    )
    return re.compile(
        f"(?:{name})(?:[ _]?id)?[\"']?(?:\\s?(?:is|was)|是|为)?[\\s:：=\"'`]{{1,4}}"
        r"(?=[a-z+/_.=-]{0,80}+[0-9])(?P<value>[a-z0-9+/_=.-]{16,256})(?![a-z0-9])"
    )


@cache
def _authenticator() -> re.Pattern[str]:
    """A name of an authenticator's secret and its base32, whole or in groups of four; on lower case."""
    name = "2fa|totp|otp|authenticator|谷歌验证|谷歌驗證|身份验证|验证器"
    return re.compile(
        f"(?:{name})[器码]?(?:[ -]?(?:secret|setup|backup|recovery|manual))?(?:[ -]?(?:key|code|seed|secret))?"
        r"(?:密钥|秘钥|备份|恢复)*(?:\s?(?:is|was)|是|为)?[\s:：=]{0,4}"
        r"(?P<value>(?:[a-z2-7]{16,64}|(?:[a-z2-7]{4}[ -]){3,15}[a-z2-7]{4})(?![a-z0-9]))"
    )


def find_formed(text: str) -> Iterator[tuple[int, int]]:
    """Keys that say themselves what they are."""
    return (found.span() for found in _formed().finditer(text))


def find_named(low: str) -> Iterator[tuple[int, int]]:
    """Keys that a word before them names; a public hash is none, unless it is called a secret."""
    for found in _named().finditer(low):
        if _PUBLIC.fullmatch(found["value"]) is None or "secret" in found[0]:
            yield found.span("value")


def find_authenticators(low: str) -> Iterator[tuple[int, int]]:
    """Secrets of authenticator apps; words are as long, so a digit is asked for."""
    for found in _authenticator().finditer(low):
        if _BASE32_DIGIT.search(found["value"]):
            yield found.span("value")


_PUBLIC = re.compile("0x[0-9a-f]+|[0-9a-f]{64}|[0-9]+")
_BASE32_DIGIT = re.compile("[2-7]")
