"""Buoy / 小浮标, the first answer in chat: a handful of intents, and a human whenever one is asked for."""

import re
from dataclasses import dataclass

HUMAN = re.compile(
    r"转人工|人工|真人|\b(human|agent|real person|operator)\b|оператор|человек|オペレーター|有人|상담원|agente|humano", re.I
)
MISSES_BEFORE_HUMAN = 2
NEVER_FOR_THE_BOT = frozenset({"SEC", "EMG", "CMP", "LEG", "FRZ"})
"""Categories a human must see at once."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing the bot can answer."""

    name: str
    pattern: re.Pattern[str]
    en: str
    zh: str


def _intent(name: str, pattern: str, en: str, zh: str) -> Intent:
    return Intent(name, re.compile(pattern, re.I), en, zh)


INTENTS = (
    _intent("withdrawal_status", r"withdraw\w* (status|pending|stuck)|提现.*(多久|进度|没到)",
            "Withdrawals show each step under Assets > History. A TXID means it has left us.",
            "提现进度可在「资产-历史记录」查看,出现哈希即表示已从本平台发出。"),
    _intent("deposit_missing", r"deposit.*(missing|not)|充值.*(没到|未到|不到)",
            "Please send the TXID and network; without a memo the deposit needs a manual credit.",
            "请提供交易哈希和网络;漏填Memo的充值需要人工入账。"),
    _intent("fees", r"\bfees?\b|手续费", "Spot fees start at 0.10 %; your tier is under Account > Fees.", "现货手续费0.10%起,等级见「账户-费率」。"),
    _intent("kyc_time", r"kyc|verif|认证.*多久", "Identity checks take up to 24 hours.", "身份认证一般24小时内完成。"),
    _intent("reset_2fa", r"2fa|authenticator|谷歌验证|验证器", "Lost two-factor: use 'Security > Reset'; it needs a selfie.", "验证器丢失请在「安全-重置」提交自拍。"),
    _intent("password", r"password|密码", "Reset your password on the sign-in page; withdrawals then wait 24 h.", "请在登录页重置密码,重置后24小时内不可提现。"),
    _intent("limits", r"limit|限额|额度", "Daily limits follow your KYC level.", "每日额度取决于认证等级。"),
    _intent("networks", r"trc20|erc20|network|网络", "Sender and receiver must use the same network.", "转出与转入须使用同一网络。"),
    _intent("maintenance", r"maintenance|维护", "Planned maintenance is on status.harbor-exchange.example.", "维护公告见 status.harbor-exchange.example。"),
    _intent("phishing", r"is this (really )?you|really you|官方.*(吗|真)", "We never ask for your recovery phrase.", "我们绝不会索要助记词。"),
    _intent("api_limit", r"rate limit|429|频率", "REST allows 20 requests a second for each key.", "REST接口每个Key每秒20次。"),
    _intent("earn", r"staking|earn|理财", "Redemption of flexible products is instant.", "活期理财可随时赎回。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BotTurn:
    """What the bot does with a message: says something, or hands over."""

    says: str
    hands_over: bool
    intent: str = ""


def answer(text: str, language: str, misses: int, category: str) -> BotTurn:
    """The bot's turn; a wish for a human, a grave matter or the second miss always hands over."""
    zh = language == "zh"
    intent = next((one for one in INTENTS if one.pattern.search(text)), None)
    if HUMAN.search(text) or category in NEVER_FOR_THE_BOT or (intent is None and misses + 1 >= MISSES_BEFORE_HUMAN):
        return BotTurn(
            "正在为您转接人工客服,请稍候。" if zh else "I am getting a colleague for you.", True, intent.name if intent else ""
        )
    if intent is None:
        return BotTurn(
            "抱歉没有听懂,请换种说法,或回复「转人工」。" if zh else "Sorry, I did not get that. Say 'human' for a colleague.",
            False,
        )
    return BotTurn(intent.zh if zh else intent.en, False, intent.name)


def handover_card(intent: str, said: str, facts: dict[str, str], misses: int) -> str:
    """The four lines an agent reads first: intent, what the bot said, facts, misses."""
    known = ", ".join(f"{name}={value}" for name, value in facts.items()) or "none"
    return f"Intent: {intent or 'unknown'}\nBot said: {said}\nFacts: {known}\nMisses: {misses}"
