"""Whether a reply is in the customer's language: by script, and for Latin letters by the commonest little words.

Unsure is silent: short texts, codes, addresses and names of products are no language at all.
"""

import re

_NOT_WORDS = re.compile(r"https?://\S+|(?<![^\s@])[^\s@]{1,80}@\S{1,200}|\b\w*\d\w*\b|\b[A-Z]{2,}\b|`[^`]*`|⟦[^⟧]*⟧")
_NAME = re.compile(r"\b[A-Z]\w*")
"""In a text of another script these are names of products and people."""
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("han", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")),
    ("kana", re.compile(r"[\u3040-\u30ff]")),
    ("hangul", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("greek", re.compile(r"[\u0370-\u03ff]")),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("thai", re.compile(r"[\u0e00-\u0e7f]")),
    ("devanagari", re.compile(r"[\u0900-\u097f]")),
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_HAN = _SCRIPTS[0][1]
_MARKS = '.,;:!?…"“”‘’()[]*_~-–—。，！？、；：'
_WEIGHT = {"han": 3, "kana": 2, "hangul": 2}
"""A character of these says as much as so many letters."""
_WRITTEN_IN = {
    **{"zh": {"han"}, "ja": {"han", "kana"}, "ko": {"hangul", "han"}, "el": {"greek"}, "he": {"hebrew"}, "th": {"thai"}},
    **{"ar": {"arabic"}, "fa": {"arabic"}, "ur": {"arabic"}, "hi": {"devanagari"}, "mr": {"devanagari"}},
    **{one: {"cyrillic"} for one in ("ru", "uk", "bg", "be", "kk", "mk", "mn")},
}
_SPOKEN = {"han": "zh", "kana": "ja", "hangul": "ko", "cyrillic": "ru", "greek": "el", "arabic": "ar", "hebrew": "he"}
_SPOKEN |= {"thai": "th", "devanagari": "hi"}
LITTLE_WORDS = {
    "en": "the and you your we is are have for with this that not will our it was from please can has been",
    "es": "el la los las que de y en un una por para con su usted está hemos nos es se lo como pero más tiene",
    "fr": "le la les des et vous votre nous est une un pour avec dans que qui pas sur ce cette avons être sont",
    "de": "der die das und ist nicht wir sie ihre ihr mit für ein eine auf haben den dem werden bitte auch wird",
    "pt": "o a os as que de e em um uma para com seu sua você não está por temos nos é se como mais foi",
    "it": "il la le gli che di e in un una per con suo sua non è abbiamo sono della del si come più questo",
    "nl": "de het een en is van u uw wij we niet met voor op dat deze hebben zijn wordt aan ook om bij",
    "pl": "i w na się nie jest do że to z jak dla przez proszę mamy są został po ale od oraz tego",
    "tr": "ve bir bu için ile olarak değil sizin size daha olan var çok gibi lütfen ancak kadar sonra ise biz",
    "vi": "và của là cho bạn không có được chúng tôi này với trong một đã các để vui lòng sẽ khi từ",
    "id": "dan yang di untuk dengan anda kami tidak ini itu akan dari pada adalah telah dapat atau juga ke sudah",
}
_LITTLE = {language: frozenset(words.split()) for language, words in LITTLE_WORDS.items()}
LETTERS = 36
"""Weighted letters below which a text is too short to judge by its letters alone."""
RUNNING = 3
"""Words that names, codes and paths do not look like and that make a text a sentence; one of them must be a little word …"""
SURELY_RUNNING = 4
"""… unless there are so many."""
HAN_SENTENCE = re.compile("[的了请請您你我是在不已吗嗎吧呢谢謝]")
"""What is in nearly every Chinese sentence, however short, and in few names."""
HAN_NAME = 8
"""Han characters that no name of a person or place has."""
WORDS = 8
"""Words below which Latin letters are not judged by little words."""


def other_language(text: str, wanted: str) -> str:
    """The language a text is in when that is surely not `wanted` (BCP 47 primary tags); empty when it is, or may be."""
    wanted = wanted.partition("-")[0].casefold()
    if not wanted:
        return ""
    plain = _NOT_WORDS.sub(" ", text)
    if any(pattern.search(plain) for script, pattern in _SCRIPTS if script in _WRITTEN_IN.get(wanted, ())):
        plain = _NAME.sub(" ", plain)
    counts = {script: len(pattern.findall(plain)) * _WEIGHT.get(script, 1) for script, pattern in _SCRIPTS}
    total = sum(counts.values())
    expected = _WRITTEN_IN.get(wanted, {"latin"})
    met = max(counts, key=lambda script: counts[script])
    if not total:
        return ""  # a script that is not among ours
    if counts["kana"] * 5 >= total:
        met = "kana"
    is_long = total >= LETTERS
    if met in expected and not is_long:
        return ""
    if met in expected:
        return "zh" if wanted == "ja" and met == "han" and not counts["kana"] else _by_little_words(plain, wanted, met)
    if counts[met] * 10 < total * 6 or not _is_sentence(plain, met, is_long=is_long, is_all=counts[met] == total):
        return ""
    if met != "latin":
        return _SPOKEN[met]
    best, hits = _best(plain, 3 if is_long else 1)
    return best if hits > 1 or best == "en" else "latin"


def _by_little_words(plain: str, wanted: str, met: str) -> str:
    if met != "latin" or wanted not in _LITTLE:
        return ""
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", plain)]
    best, hits = _best(plain)
    own = sum(word in _LITTLE[wanted] for word in words)
    return best if len(words) >= WORDS and best != wanted and hits >= 4 and hits >= 2 * own + 2 else ""


def _is_sentence(plain: str, script: str, *, is_long: bool, is_all: bool) -> bool:
    """Whether what is in another script than the customer's was said, and is not only a name, a code or an address."""
    if script == "han":
        signs = len(_HAN.findall(plain))
        return is_long or signs >= HAN_NAME or (signs > 1 and HAN_SENTENCE.search(plain) is not None)
    if is_long and script != "latin":
        return True
    running = _running(plain)
    little = [word for word in running if any(word.casefold() in known for known in _LITTLE.values())]
    others = [word for word in running if word == word.casefold() and word not in little]
    wanted = RUNNING if little or script != "latin" else SURELY_RUNNING
    return (is_all or is_long) and len(little) + len(others) >= wanted


def _running(plain: str) -> list[str]:
    """Words between blanks, without the marks around them and what follows an apostrophe; with marks inside it is none."""
    stripped = (piece.strip(_MARKS).replace("’", "'").partition("'")[0] for piece in plain.split())
    return [word for word in stripped if word.isalpha()]


def _best(plain: str, least: int = 3) -> tuple[str, int]:
    """The Latin language with the most little words in a text, and how many; empty when fewer than `least` are met."""
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", plain)]
    hits = {language: sum(word in little for word in words) for language, little in _LITTLE.items()}
    best = max(hits, key=lambda language: hits[language])
    return (best, hits[best]) if hits[best] >= least else ("", 0)
