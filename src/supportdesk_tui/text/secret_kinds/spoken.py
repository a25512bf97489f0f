"""Passwords, PINs and one-time codes: ordinary words and digits, known only by what is said before or behind them."""

import re
from collections.abc import Iterator
from functools import cache

_NOT_CODES = frozenset({
    "error", "status", "postal", "post", "zip", "country", "area", "promo", "promotion", "coupon", "referral", "invite",
    "invitation", "response", "swift", "sort", "source", "exit", "return", "http", "currency", "branch", "bank", "reason",
    "dial", "dialling", "product", "discount", "voucher", "bic",
})  # fmt: skip
"""Words that make the code behind them a public one."""
_OF_A_CARD = ("cv", "security", "安全码", "安全碼")
_WORD_BEFORE = re.compile("([a-z]+)[ _-]$")
_PAIR = re.compile(r"\b[a-z_.]{2,24}=[^\s=]")
_NOT_PASSWORDS = re.compile(
    r"(?i)reset|required|changed?|forgot(?:ten)?|invalid|incorrect|wrong|error|help|please|expired|missing|problem|issue|none|n/?a"
)


@cache
def _code() -> re.Pattern[str]:
    """A name of a code, a few words that lead on, four to eight digits."""
    name = (
        "verification codes?|security codes?|auth(?:entication|enticator)? codes?|login codes?|confirmation codes?|sms codes?"
        "|email codes?|one[- ]time (?:codes?|password|passcode|pin)|2fa(?: codes?)?|otp(?: codes?)?|passcodes?|access codes?"
        "|pin(?: codes?| number)?|cvv2?|cvc2?|cvn2?|(?:google )?authenticator(?: codes?)?|codes?"
    )
    leads = (
        r"[\s:：=#\"'“”‘’「」*()\[\]-]|is|was|are|i (?:got|received|have)|you sent(?: me)?|on (?:it|the back)|of|my|card|for"
    )
    return re.compile(
        f"(?:{name})(?![a-z])(?:{leads}){{1,8}}?(?P<value>[0-9]{{3,8}}|[0-9]{{3}}[ -][0-9]{{3}})"
        "(?![0-9a-z]|[.,:/-][0-9]|%| ?[0-9]{3,})"
    )


@cache
def _code_han() -> re.Pattern[str]:
    name = (
        "验证码|驗證碼|校验码|校驗碼|动态码|动态密码|動態密碼|短信码|安全码|安全碼|识别码|谷歌码|确认码|驗証碼|pin码|pin碼|口令"
    )
    leads = "[\\s:：=“”\"'「」【】（(]|是|为|為|如下|我收到的?|收到的?|给你|发你|cvv|pin码?"
    return re.compile(
        f"(?:{name})(?:{leads}){{0,8}}?(?P<value>[0-9]{{3}}[ -][0-9]{{3}}|[0-9]{{3,8}})(?![0-9A-Za-z.]|[:/-][0-9])"
    )


@cache
def _code_first() -> re.Pattern[str]:
    english = "(?:is|as) (?:your|my|the)(?: [a-z-]{2,16}){0,3} (?:code|otp|pin|passcode)(?![a-z])"
    chinese = "(?:是|为|作为)?(?:您|你|我)?的?(?:登录|登陆|短信|动态|本次)?(?:验证码|驗證碼|动态码|校验码)"
    return re.compile(f"(?<![0-9a-z.:/-])(?P<value>[0-9]{{4,8}})(?:[\\s）)】,，]{{0,3}}{english}|[（(【\\s]{{0,2}}{chinese})")


@cache
def _password() -> re.Pattern[str]:
    name = (
        "passwords?|passwd|passcode|passphrase|pass word|pwd|(?:登录|登陆|支付|资金|交易|账户|账号|邮箱|钱包|原|新|旧)?密码"
        "|密碼|口令|пароль|contraseña|contrasena|mot de passe|パスワード|비밀번호"
    )
    lead = r"\s?[:：=]\s?|\s(?:is|was)(?: ?[:：])? |(?:就?是|为|為)[:：]? ?"
    return re.compile(f"(?:{name})(?: to [a-z]+| for [a-z ]{{1,24}}?)?[\"'”]?(?P<lead>{lead})[\"'“`]?(?P<value>[!-~]{{4,64}})")


def lower(text: str) -> str:
    """Lower case in the same length, so that places stay places."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


def find_codes(text: str, low: str) -> Iterator[tuple[int, int]]:
    """Everything of this family; `low` is the text from `lower`."""
    for found in _code().finditer(low):
        is_code = _is_long_enough(found) and _is_secret_code(low, found.start()) and not _is_logged(low, found)
        if is_code and _is_word_start(low, found.start()):
            yield found.span("value")
    for pattern in (_code_han(), _code_first()):
        for found in pattern.finditer(low):
            if _is_long_enough(found):
                yield found.span("value")
    for found in _password().finditer(low):
        value = text[found.start("value") : found.end("value")].rstrip(".,;:!?\"'`)")
        end = found.start("value") + len(value)
        if len(value) >= 4 and _is_word_start(low, found.start()) and _is_password(value, text, found["lead"], end):
            yield found.start("value"), end


def _is_word_start(low: str, at: int) -> bool:
    return at == 0 or not (low[at - 1].isascii() and low[at - 1].isalnum())


def _is_long_enough(found: re.Match[str]) -> bool:
    """Three digits are a code of a card only, and an amount behind what a code is for."""
    if len(found["value"]) > 3:
        return True
    lead = found[0][: found.start("value") - found.start()].rstrip()
    return any(word in lead for word in _OF_A_CARD) and not lead.endswith((" for", " of"))


def _is_secret_code(low: str, at: int) -> bool:
    before = _WORD_BEFORE.search(low, max(0, at - 16), at)
    return before is None or before[1] not in _NOT_CODES


def _is_logged(low: str, found: re.Match[str]) -> bool:
    """`code=1006` among other `name=value`: what a program wrote into its log, shorter than the codes people are sent."""
    if not found[0].startswith("code=") or len(found["value"]) > 5:
        return False
    line = low[low.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
    return len(_PAIR.findall(line)) > 1


def _is_password(value: str, text: str, lead: str, end: int) -> bool:
    """A value that is no ordinary word, or the only thing said on the line behind a colon."""
    if _NOT_PASSWORDS.match(value) or "//" in value:
        return False
    if re.search("[0-9]", value) or (re.search("[^A-Za-z'/.,-]", value) and not value.startswith(("*", "▒"))):
        return True
    if re.search("[a-z][A-Z]", value):
        return True
    return lead.strip()[-1:] in {":", "：", "="} and text[end : end + 2].strip(" .;,\"'") in {"", "\n"} and len(value) >= 6
