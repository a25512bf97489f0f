"""Where a new ticket goes, and what its language and category are when nobody said."""

import re
import unicodedata

CATEGORY_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "SEC",
        (
            "hacked",
            "freeze my account",
            "another country",
            "stolen",
            "phishing",
            "被盗",
            "盗号",
            "冻结我的账户",
            "12 words",
            "钓鱼",
        ),
    ),
    ("EMG", ("cancel my order now", "wrong order", "cannot cancel", "紧急撤单", "撤单", "下错单")),
    ("P2P", ("p2p", "放币", "付款凭证")),
    ("DEP", ("deposit", "not credited", "充值", "memo", "wrong network", "депозит", "入金", "입금", "depósito")),
    ("FND", ("withdraw", "提现", "到账", "вывод", "出金", "출금", "retiro", "retrait", "refund", "退款")),
    ("KYC", ("kyc", "verification", "passport", "认证", "护照", "верификац", "本人確認")),
    ("ACC", ("2fa", "password", "login", "log in", "authenticator", "登录", "密码", "谷歌验证", "пароль", "ログイン")),
    ("TRD", ("liquidat", "margin", "强平", "平仓", "爆仓", "order", "订单", "ликвид")),
    ("API", ("api", "signature", "rate limit", "websocket", "接口", "签名")),
    ("FIA", ("card", "bank", "银行", "法币", "sepa", "iban")),
    ("FRZ", ("restricted", "frozen", "appeal", "申诉", "风控", "限制")),
    ("EAR", ("staking", "earn", "理财", "apy")),
    ("PRO", ("promo", "campaign", "rebate", "活动", "返佣", "奖励")),
    ("CMP", ("complaint", "complain", "投诉", "жалоба")),
    ("TEC", ("crash", "error", "bug", "black screen", "闪退", "报错", "打不开")),
)

SCRIPTS: tuple[tuple[str, str], ...] = (
    ("HIRAGANA", "ja"),
    ("KATAKANA", "ja"),
    ("HANGUL", "ko"),
    ("CYRILLIC", "ru"),
    ("CJK", "zh"),
)
LATIN_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("vi", re.compile(r"[ăđơưạảấầẩậắằẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")),
    ("tr", re.compile(r"[ığş]")),
    ("es", re.compile(r"[¿¡ñ]|\b(hola|por favor|gracias|retiro|cuenta|no puedo)\b")),
    ("fr", re.compile(r"[œ]|\b(bonjour|s'il vous|merci|retrait|compte|je ne)\b")),
)
EAST = frozenset({"zh", "ja", "ko", "vi"})


def guess_category(text: str) -> str:
    """The category the words point at; how-to when none do."""
    lowered = text.casefold()
    return next((code for code, words in CATEGORY_WORDS if any(word in lowered for word in words)), "USE")


def guess_language(text: str) -> str:
    """The language the script and a few telling words point at; English when none do."""
    counts: dict[str, int] = {}
    for char in text[:400]:
        if char.isascii():
            continue
        name = unicodedata.name(char, "")
        language = next((code for script, code in SCRIPTS if name.startswith(script)), "")
        if language:
            counts[language] = counts.get(language, 0) + 1
    if "ja" in counts:
        return "ja"
    if counts:
        return max(counts, key=lambda code: counts[code])
    lowered = text.casefold()
    return next((code for code, hint in LATIN_HINTS if hint.search(lowered)), "en")


def first_team(language: str, category: str) -> str:
    """The first-line team that answers this language; legal matters go to their named desk."""
    if category == "LEG":
        return "compliance"
    return "frontline-cn" if language in EAST else "frontline-global"
