"""Quoted mail: which lines of a message repeat an earlier one, so that a pane can fold them."""

import re

_ATTRIBUTION = re.compile(
    r"\s*(?:On\b.{5,}\bwrote|Le\b.{5,}\ba écrit|Am\b.{5,}\bschrieb\b.*|El\b.{5,}\bescribió|Em\b.{5,}\bescreveu"
    r"|.{4,}\bпис(?:ал|ала|али|ал\(а\))|.{4,}\bпишет|在.{3,}写道|.{3,}于.{3,}写道|.{4,}のメール|.{4,}님이 작성)\s*[:：]\s*"
)
_REST_MARKER = re.compile(
    r"\s*[-_—]{2,}\s*(?:Original Message|Forwarded message|原始邮件|原邮件|转发邮件|转发的邮件|元のメッセージ"
    r"|Исходное сообщение|Message d'origine|Mensaje original)\s*[-_—]{2,}\s*",
    re.IGNORECASE,
)
_HEADER_FROM = re.compile(r"\s*(?:From|发件人|寄件者|差出人|От|De|Von)\s*[:：]\s*\S")
_HEADER_NEXT = re.compile(
    r"\s*(?:Sent|Date|To|Subject|发送时间|日期|收件人|主题|送信日時|宛先|件名|Отправлено|Envoyé|Gesendet)\s*[:：]"
)
_LONGEST_MARKER = 300


def fold_quotes(text: str) -> list[range]:
    """Line numbers of each quoted stretch, its introducing line included; disjoint and in order."""
    rows = text.split("\n")
    found: list[range] = []
    at = 0
    while at < len(rows):
        end = _quote_end(rows, at)
        if end > at:
            found.append(range(at, end))
        at = max(end, at + 1)
    return found


def _quote_end(rows: list[str], at: int) -> int:
    """Where the quote that begins at a row ends; `at` itself when none begins there."""
    if rows[at].startswith(">"):
        return _marked_end(rows, at)
    if len(rows[at]) > _LONGEST_MARKER or not rows[at].strip():
        return at
    if _REST_MARKER.fullmatch(rows[at]):
        return len(rows)
    if _HEADER_FROM.match(rows[at]) and sum(bool(_HEADER_NEXT.match(row[:40])) for row in rows[at + 1 : at + 6]) >= 2:
        return len(rows)
    return _attributed_end(rows, at)


def _marked_end(rows: list[str], at: int) -> int:
    end = at
    while end < len(rows) and (rows[end].startswith(">") or (not rows[end].strip() and _next_is_marked(rows, end))):
        end += 1
    return end


def _next_is_marked(rows: list[str], at: int) -> bool:
    return at + 1 < len(rows) and rows[at + 1].startswith(">")


def _attributed_end(rows: list[str], at: int) -> int:
    """An attribution may be wrapped over two lines; it counts only when marked lines follow it."""
    is_next_whole = at + 1 < len(rows) and _ATTRIBUTION.fullmatch(rows[at + 1][:_LONGEST_MARKER])
    for length in (1,) if is_next_whole else (1, 2):
        head = " ".join(rows[at : at + length])
        if len(head) <= _LONGEST_MARKER and _ATTRIBUTION.fullmatch(head):
            start = at + length
            while start < len(rows) and not rows[start].strip():
                start += 1
            if start < len(rows) and rows[start].startswith(">"):
                return _marked_end(rows, start)
    return at
