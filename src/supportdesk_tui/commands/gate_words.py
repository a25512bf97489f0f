"""What the send gate looks for in the words themselves: phrases, times, files, links, personal data. Pure.

Every search gives (start, end) pairs in the text it was given. Quoted lines (`> …`) are somebody else's words: they are
searched for links and secrets, never for what the agent says.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from supportdesk_tui.commands.gate_rules import Policy

Span = tuple[int, int]

NOTE_WORDS = (
    *("internal", "internally", "do not tell the customer", "don't tell the customer", "tell the customer"),
    *("this customer", "the customer is", "the customer says", "the customer claims", "between us", "not for the customer"),
    *("for agents only", "handover note", "note to self", "fyi team", "todo"),
    *(
        "内部",
        "别告诉客户",
        "不要告诉客户",
        "别跟客户说",
        "不要跟客户说",
        "告知客户",
        "该客户",
        "这个客户",
        "此客户",
        "客户说",
        "客户称",
    ),
    *("仅供同事", "客服备注", "交接备注", "勿外传"),
)
NOT_NOTE_WORDS = (
    "internal transfer",
    "internal transaction",
    "internal wallet",
    "内部转账",
    "内部划转",
    "内部转入",
    "内部交易",
)
"""What the product is called, though a phrase above is part of it."""
ADVICE_WORDS = (
    *("you should buy", "you should sell", "you should hold", "i would buy", "i would sell", "i'd buy", "i'd sell"),
    *("i recommend buying", "i recommend selling", "we recommend buying", "we recommend selling", "good time to buy"),
    *("good time to sell", "buy the dip", "price will rise", "price will go up", "price will fall", "will go up", "will moon"),
    *("guaranteed return", "guaranteed profit", "guaranteed returns", "risk-free", "cannot lose", "can't lose"),
    *(
        "建议买入",
        "建议您买",
        "建议你买",
        "建议卖出",
        "建议您卖",
        "建议持有",
        "可以抄底",
        "抄底",
        "会涨",
        "必涨",
        "要涨",
        "会跌",
        "必跌",
    ),
    *("稳赚", "包赚", "保本", "稳赢", "现在买入", "赶紧买", "赶紧卖", "低买高卖", "无风险"),
)
FILE_WORDS = (
    *("attached", "see attachment", "see the attachment", "in the attachment", "see the screenshot", "see screenshot"),
    *("in the screenshot", "screenshot below", "enclosed"),
    *(
        "见附件",
        "附件中",
        "附件里",
        "附件是",
        "如附件",
        "附上",
        "已附",
        "如图",
        "见下图",
        "见截图",
        "截图如下",
        "如截图",
        "附截图",
        "截图见",
    ),
    *("请看截图", "参考截图", "截图所示", "这是截图", "截图已", "截图中", "截图里"),
)
_ASKS_FOR_FILE = re.compile(
    r"\b(?:you(?:'ve| have)?(?: already| kindly)? (?:sent|attached|uploaded|shared|enclosed)"
    r"|your (?:screenshot|attachment|file)"
    r"|send|upload|provide|share|attach|include|could you|can you|need|with the \w+ attached)\b"
    r"|提供|上传|发送|发一|发来|发给|发我|补充|需要|您的|您发|你发|请附|能否|截图给|即可|就可以|就行",
    re.IGNORECASE,
)

_WE_SEND = re.compile(
    r"\b(?:i|we)(?:'ll| will| am| are|'m|'re| have|'ve)?(?: also| just| now)?"
    r" (?:send|sending|sent|share|sharing|attach|include)\w*\b",
    re.IGNORECASE,
)
"""We speak of what we do ourselves."""

_NUMBER = (
    r"(?:\d+(?:\.\d+)?|a few|a couple of|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve"
    r"|twenty[- ]four|forty[- ]eight|half an)"
)
_UNIT = r"(?:min(?:ute)?s?|hours?|hrs?|h|(?:working |business )?days?|weeks?)"
_NEEDS = (
    r"(?:give (?:me|us)|(?:i|we) need|it takes (?:me|us)|(?:i|we|it|this|that|they)(?:'ll| will) (?:take|need))"
    r"(?: (?:about|around|at most|up to|another))*"
)
"""Before a length of time: it is ours to keep."""
_DAY = r"(?:tomorrow|tonight|today|(?:the )?end of (?:the )?(?:day|week)|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
TIME = re.compile(
    rf"\b(?:with)?in (?:the next |about |around |at most )?{_NUMBER}(?: ?(?:to|-|–) ?\d+)?[ -]?{_UNIT}\b"
    rf"|\b{_NEEDS} {_NUMBER}(?: ?(?:to|-|–) ?\d+)?[ -]?{_UNIT}\b"
    rf"|\bby {_DAY}\b|\bby \d{{1,2}}(?::\d{{2}}(?: ?[ap]m)?| ?[ap]m)\b|\b(?:later today|tomorrow|tonight)\b"
    r"|(?:(?<!\d)\d{1,4}|[一二两三四五六七八九十半]{1,3})\s*个?(?:半个?)?(?:分钟|小时|钟头|工作日|天|周|星期)(?:之内|以内|内)"
    r"|明天|后天|今晚|明早|明晚|今天(?:之内|以内|内|下班前)|下班前|本周内|(?:周|星期)[一二三四五六日天]之?前"
    r"|\d{1,2}\s*[:：]\s*\d{2}\s*之?前|\d{1,2}点半?之?前|(?:最晚|最迟|不晚于)\s*\d{1,2}(?:[:：]\d{2}|点半?)",
    re.IGNORECASE,
)
_PROMISES = re.compile(
    r"\b(?:i|we|they|our team|somebody|someone)(?:'ll| will| shall| am going to| are going to| expect| promise)\b"
    r"|\byou(?:'ll| will| should) (?:hear|get|receive|have|see)\b"
    r"|我们?(?:会|将|来|一定|保证|预计|再)|给您|答复您|回复您|通知您|联系您|为您|帮您",
    re.IGNORECASE,
)
_IS_NO_PROMISE = re.compile(
    r"\b(?:please|you can|you may|you could|if you|you need|you have to|you must|usually|normally|typically|generally|often"
    r"|ago|last|expires?|expired|valid for|were|was|took|take effect|takes effect|you find|just answer|just reply)\b"
    r"|生效|任何问题|直接在这里回复|请|您可以|你可以|如果您|如您|若您|需要您|一般|通常|正常情况|平时|有效|过期|之前|昨天|已经|已于",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?。！？；\n]|\.(?=\S))+[.!?。！？；]?")
_QUOTED = re.compile(r"^>.*$", re.MULTILINE)
_LINK = re.compile(
    r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,15}://)(?P<full>[^\s<>\"'）」】，。、]+)"
    r"|(?<![@\w.-])(?P<bare>(?:www\.)?(?:[\w-]+\.)+(?:com|net|org|io|cn|co|app|me|info|xyz|top|vip|cc|ru|site|online|example)"
    r"\b(?:[:/][^\s<>\"'）」】，。、]*)?)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,80}@(?P<host>[\w-]+(?:\.[\w-]+)+)")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d[\d ()-]{7,16}\d|1[3-9]\d{9})(?![\w.])")


def own_words_of(text: str) -> str:
    """The text with quoted lines blanked, every place where it was."""
    return _QUOTED.sub(lambda match: " " * len(match.group()), text) if ">" in text else text


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The agent's own sentences with their place."""
    for match in _SENTENCE.finditer(own_words_of(text)):
        if match.group().strip():
            yield match.start(), match.group()


@lru_cache(maxsize=32)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the phrases: Latin ones as whole words, the longest first."""
    parts = []
    for phrase in sorted({one.strip().casefold() for one in phrases if one.strip()}, key=len, reverse=True):
        words = r"\s+".join(map(re.escape, phrase.replace("’", "'").split())).replace("'", "['’]")
        head = r"\b" if phrase[0].isascii() and phrase[0].isalnum() else ""
        tail = r"\b" if phrase[-1].isascii() and phrase[-1].isalnum() else ""
        parts.append(f"{head}{words}{tail}")
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _phrases(name: str, ours: Sequence[str], policy: Policy) -> re.Pattern[str]:
    theirs: tuple[str, ...] = getattr(policy, name)
    return _pattern(theirs if name in policy.replace else (*ours, *theirs))


def _found(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [match.span() for match in pattern.finditer(text)]


def note_words(text: str, agents: Iterable[str], policy: Policy) -> list[Span]:
    """Words meant for colleagues, and colleagues called by @ and their name."""
    own = _pattern(NOT_NOTE_WORDS).sub(lambda match: " " * len(match.group()), own_words_of(text))
    spans = _found(_phrases("note_words", NOTE_WORDS, policy), own)
    names = tuple(f"@{form}" for name in agents for form in _called(name))
    return sorted(spans + (_found(_pattern(names), own) if names and "@" in own else []))


def _called(name: str) -> set[str]:
    """How a colleague is called after an @."""
    parts = name.casefold().split()
    return {" ".join(parts), ".".join(parts), "_".join(parts), "".join(parts), parts[0]} if parts else set()


def advice_words(text: str, policy: Policy) -> list[Span]:
    """Words that tell somebody what to buy or sell."""
    return _found(_phrases("advice_words", ADVICE_WORDS, policy), own_words_of(text))


def file_words(text: str, policy: Policy) -> list[Span]:
    """Words that speak of a file sent along; not those that ask the customer for one."""
    pattern = _phrases("file_words", FILE_WORDS, policy)
    return [
        (at + start, at + end)
        for at, sentence in sentences(text)
        if not _ASKS_FOR_FILE.search(_WE_SEND.sub("", pattern.sub("", sentence)))
        for start, end in _found(pattern, sentence)
    ]


def time_words(text: str, policy: Policy) -> list[Span]:
    """Times by which we say something will have happened; not those of rules, requests and the past."""
    more = _pattern(policy.time_words)
    patterns = [more] if "time_words" in policy.replace else [TIME, more]
    return [
        (at + start, at + end)
        for at, sentence in sentences(text)
        if _PROMISES.search(sentence) or not _IS_NO_PROMISE.search(sentence)
        for pattern in patterns
        for start, end in _found(pattern, sentence)
    ]


_WORTH = {
    **{"a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"},
    **{"eight": "8", "nine": "9", "ten": "10", "twelve": "12", "twenty-four": "24", "forty-eight": "48", "half an": "0.5"},
    **{"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9"},
    **{"十": "10", "半": "0.5", "十二": "12", "二十四": "24", "四十八": "48"},
}
_LENGTH = re.compile(
    rf"(?P<number>{_NUMBER}|[一二两三四五六七八九十半]+)(?: ?(?:to|-|–) ?(?P<most>\d+))?[ -]?\s*个?(?P<unit>[a-z ]+|\D+)", re.I
)
_UNITS = (("min", "m"), ("分", "m"), ("h", "h"), ("小时", "h"), ("钟头", "h"), ("week", "w"), ("周", "w"), ("星期", "w"))


def when_of(phrase: str) -> str:
    """A time phrase as the promise form takes it: `2h`, `tomorrow`, `18:00`; empty when it says nothing exact."""
    said = phrase.casefold().removesuffix("之前").removesuffix("前").strip()
    said = re.sub(r"^(?:最晚|最迟|不晚于)\s*", "", said)
    said = re.sub(r"^(?:within|in|by) (?:the next |about |around |at most |the )?", "", said)
    match = _LENGTH.fullmatch(re.sub(rf"^{_NEEDS} ", "", said))
    if match is None:
        return {"later today": "tonight", "end of the day": "end of day"}.get(said, said)
    number = match["most"] or match["number"].replace(" ", "-").replace("half-an", "half an")
    number = number if number[0].isdigit() else _WORTH.get(number, "")
    unit = next((short for word, short in _UNITS if match["unit"].strip().startswith(word)), "d")
    return f"{number}{unit}" if number else ""


# --- links and people


def _host(match: re.Match[str]) -> str:
    """The host a link really leads to, without user, port and path."""
    rest = match["full"] or match["bare"] or ""
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].rstrip(".").casefold()


def _is_ours(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def foreign_links(text: str, hosts: Iterable[str]) -> list[Span]:
    """Links to hosts that are not among ours, nor below one of them."""
    allowed = tuple(host.casefold().strip(".") for host in hosts)
    return [match.span() for match in _LINK.finditer(text) if not _is_ours(_host(match), allowed)]


def personal(text: str, uid: str, hosts: Iterable[str]) -> list[Span]:
    """Mail addresses but our own, phone numbers, and the customer's number."""
    ours = tuple(hosts)
    spans = [match.span() for match in _MAIL.finditer(text) if not _is_ours(match["host"].casefold(), ours)]
    spans += _found(_PHONE, text)
    return spans + (_found(re.compile(re.escape(uid)), text) if len(uid) >= 5 else [])


def veiled(piece: str) -> str:
    """Enough of a private piece to know it again."""
    return f"{piece[:2]}…" if len(piece) > 4 else "…"
