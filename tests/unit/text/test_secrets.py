"""Secrets are found however they are written, and nothing else is."""

import hashlib
import random
import unicodedata
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.text import secrets
from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.text.secret_kinds import keys, numbers, phrases
from supportdesk_tui.text.secrets import MARKS, Kind, admit, admit_line, find, in_words, mask, restore
from supportdesk_tui.ui.text import HIDDEN, shown, shown_line

LANGUAGES = (
    "english", "spanish", "french", "italian", "portuguese", "czech", "japanese", "korean", "chinese_simplified",
    "chinese_traditional", "russian", "turkish",
)  # fmt: skip
SIZES = (12, 15, 18, 21, 24)
CHINESE = ("chinese_simplified", "chinese_traditional")


@cache
def words_of(language: str) -> tuple[str, ...]:
    """A BIP-39 list, read by the test itself; one letter of the file is spoilt."""
    spec = find_spec("mnemonic")
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).with_name("wordlist").joinpath(f"{language}.txt").read_text("utf-8")
    return tuple(text.replace("сно\ufffd\ufffdа", "снова").split())


def phrase(language: str, size: int, *, seed: int = 0, wrong: int = 0) -> list[str]:
    """A phrase made as BIP-39 says, of random bits; `wrong` spoils the checksum."""
    check = size * 11 // 33
    entropy = random.Random(f"{language} {size} {seed}").randbytes(check * 4)
    first = hashlib.sha256(entropy).digest()[0] >> (8 - check)
    bits = int.from_bytes(entropy, "big") << check | first ^ wrong
    return [words_of(language)[bits >> 11 * at & 2047] for at in reversed(range(size))]


def kinds(text: str) -> set[Kind]:
    """What is found in a text as it enters the desk."""
    return {one.kind for one in find(sanitize(text))}


def hidden(text: str) -> str:
    """The text as it is shown."""
    return str(mask(sanitize(text))[0])


# --- recovery phrases


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_phrase_of_every_list_and_length_is_hidden_whole(language: str, size: int) -> None:
    for seed in range(3):
        words = phrase(language, size, seed=seed)
        said = f"<< {' '.join(words)} >> ok?"
        assert hidden(said) == f"<< {MARKS[Kind.RECOVERY_PHRASE]} >> ok?", words
        assert find(said)[0].kind in secrets.NEVER_SENT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_phrase_with_a_wrong_checksum_is_words(language: str, size: int) -> None:
    words = phrase(language, size, wrong=1)
    windows = [words[at : at + n] for n in SIZES if n < size for at in range(size - n + 1)]
    if not any(is_valid(language, window) for window in windows):
        assert kinds(" ".join(words)) == set()


def is_valid(language: str, words: list[str]) -> bool:
    """BIP-39's checksum, written a second time."""
    bits = "".join(f"{words_of(language).index(word):011b}" for word in words)
    size = len(words) * 11 // 33
    entropy = int(bits[:-size], 2).to_bytes(size * 4, "big")
    return f"{hashlib.sha256(entropy).digest()[0]:08b}"[:size] == bits[-size:]


@pytest.mark.parametrize(
    "written",
    [
        ", ".join,
        "\n".join,
        lambda words: "\n".join(f"{n}. {word}" for n, word in enumerate(words, 1)),
        lambda words: " ".join(f"{n}) {word}" for n, word in enumerate(words, 1)),
        lambda words: " ".join(words).upper(),
        lambda words: "\n> ".join(" ".join(words[at : at + 4]) for at in range(0, 12, 4)),
        lambda words: str(words).replace("'", '"'),
        "\u3000".join,
        "\u200b \u200b".join,
        lambda words: unicodedata.normalize("NFKD", " ".join(words)),
        lambda words: unicodedata.normalize("NFC", " ".join(words)),
        lambda words: "seed phrase: " + " ".join(words) + " thank you",
    ],
)
@pytest.mark.parametrize("language", ["english", "french", "spanish", "japanese", "korean"])
def test_phrase_is_found_however_it_is_written(written: "object", language: str) -> None:
    words = phrase(language, 12, seed=7)
    said = written(words)  # type: ignore[operator]  # one of the functions above
    assert kinds(said) == {Kind.RECOVERY_PHRASE}
    assert all(word not in hidden(said).split() for word in words[1:])


@pytest.mark.parametrize("language", CHINESE)
def test_chinese_phrase_needs_a_name_or_single_characters(language: str) -> None:
    chars = phrase(language, 12, seed=3)
    run = "".join(chars)
    for said in (
        " ".join(chars),
        "，".join(chars),
        f"我的助记词：{run}",
        f"助记词是：\n{run}",
        f"{run}，这是我的助记词",
        f"mnemonic: {run}",
    ):
        assert Kind.RECOVERY_PHRASE in kinds(said), said
        assert run not in hidden(said)
    assert kinds(f"你好，{run}") == set()
    assert Kind.RECOVERY_PHRASE in kinds(f"助记词：{run}请帮我看看")


def test_prose_about_recovery_phrases_is_prose() -> None:
    for said in (
        "我的助记词丢了，怎么办，请问你们能不能帮我找回来，我什么都不知道",
        "助记词是什么？请不要把助记词告诉任何人，也不要告诉客服人员",
        "I lost my seed phrase, can you help me find my twelve words again please, I have nothing else",
        "Never share your recovery phrase with anybody, not even with the support team of this exchange",
    ):
        assert kinds(said) == set(), said


def test_two_thousand_common_characters_are_no_phrase() -> None:
    chars = list(words_of("chinese_simplified")[:2000])
    for seed in range(5):
        random.Random(seed).shuffle(chars)
        assert kinds("".join(chars)) == set()
        rows = "\n".join("".join(chars[at : at + 23]) + "，" for at in range(0, 2000, 23))
        assert kinds(rows) == set()


def test_a_flood_of_list_words_costs_no_more_than_its_length() -> None:
    flood = "abandon " * 100_000
    assert find(flood) == ()
    real = flood + " ".join(phrase("english", 12)) + " ."
    assert {one.kind for one in find(real)} == {Kind.RECOVERY_PHRASE}
    assert phrases.is_phrase([0] * 13) is False


# --- keys

KEY = "5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
XPRV = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
PRIVATE = (
    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
    "6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg",
    XPRV,
    XPRV[:60] + "\n" + XPRV[60:],
    "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGqc2\nabcdefghij=\n-----END EC PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ",
    f"-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,AB\n\n{KEY}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG - x\n\n{KEY}\n-----END PGP PRIVATE KEY BLOCK-----",
    f"private key: {KEY}",
    f"我的私钥是 0x{KEY}",
    '{"version":3,"crypto":{"ciphertext":"aa","kdf":"scrypt","kdfparams":{"n":2}}}',
    "suiprivkey1qzdlfxn2qa2lj5uprl8pyhexs02sg2wrhdy7qaq50cqgnffw4c2477kg9h3",
)
NOT_PRIVATE = (
    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK",
    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
    f"txid {KEY}",
    f"0x{KEY}",
    f"I never shared my private key. TXID: {KEY}",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
    "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
    '{"ciphertext": "aa"}',
)


@pytest.mark.parametrize("said", PRIVATE)
def test_private_key_is_hidden(said: str) -> None:
    assert kinds(f"look: {said} .") == {Kind.PRIVATE_KEY}
    assert KEY not in hidden(said)


@pytest.mark.parametrize("said", NOT_PRIVATE)
def test_public_things_of_the_same_shape_survive(said: str) -> None:
    assert hidden(f"look: {said} .") == str(sanitize(f"look: {said} ."))


@given(
    st.binary(min_size=32, max_size=32), st.sampled_from(["", "0x", "tx ", "hash: ", "交易哈希：", "see https://x.example/tx/"])
)
def test_no_transaction_hash_is_taken_for_a_key(data: bytes, before: str) -> None:
    assert find(before + data.hex()) == ()
    assert keys.is_base58check("1" * 30) is False


# --- numbers

CARDS = (
    "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555 5555 5555 4444", "3782 822463 10005",
    "6011111111111117",
    "3530111333300000", "30569309025904", "6221260000000000", "４１１１１１１１１１１１１１１１", "4111 1111\n1111 1111",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "٤١١١١١١١١١١١١١١١", "4222222222222",
    "4111\xa01111\xa01111\xa01111", "4111\u202f1111\u202f1111\u202f1111", "4111\u20131111\u20131111\u20131111",
)  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
def test_card_is_hidden(card: str) -> None:
    assert hidden(f"card {card}, thanks") == f"card {MARKS[Kind.CARD]}, thanks"


def test_cards_of_a_table_with_commas_are_hidden_and_thousands_are_no_card() -> None:
    mark = MARKS[Kind.CARD]
    assert hidden("Ann,4111111111111111,12/29\n4,5555555555554444,3") == f"Ann,{mark},12/29\n4,{mark},3"
    assert hidden("No.4111111111111111") == f"No.{mark}"
    assert hidden("1,4111 1111 1111 1111") == "1,4111 1111 1111 1111"


@given(st.integers(10**12, 10**19 - 1))
def test_order_number_that_fails_luhn_or_has_no_issuer_survives(number: int) -> None:
    digits = str(number)
    total = sum(sum(divmod(int(char) * (1 + at % 2), 10)) for at, char in enumerate(reversed(digits)))
    if total % 10 or digits[0] not in "23456":
        assert Kind.CARD not in {one.kind for one in find(f"order {digits}")}
    assert numbers.is_card("0" * 16) is False


@pytest.mark.parametrize(
    "said",
    [
        "WD20261122044400123456",
        "HX-261122-000017",
        "2026-11-22 10:00:00",
        "0.4111111111111111",
        "UID 412345678901234567",
        "+49 170 1234567",
        "820000 2026-11-13 1500",
        "73\n820000\n2026–11–21\n1500",
        "I never got the security code for 500 USDT",
    ],
)
def test_order_numbers_times_amounts_and_telephones_survive(said: str) -> None:
    assert find(said) == ()


def test_resident_id_needs_a_birthday_and_its_check_character() -> None:
    assert kinds("身份证 11010519491231002X") == {Kind.RESIDENT_ID}
    assert kinds("身份证 １１０１０５１９４９１２３１００２Ｘ") == {Kind.RESIDENT_ID}
    assert kinds("110105 19491231 002x") == {Kind.RESIDENT_ID}
    assert kinds("1101 0519 4912 3100 2X") == {Kind.RESIDENT_ID}
    assert kinds("110105194912310\n02X") == {Kind.RESIDENT_ID}
    assert hidden("2022 110105 19491231 002X") == f"2022 {MARKS[Kind.RESIDENT_ID]}"
    assert hidden("22 1101 0519 4912 3100 2X") == f"22 {MARKS[Kind.RESIDENT_ID]}"
    assert kinds("110105194912310021") == set()
    assert kinds("110105194913310020") == set()


def test_iban_needs_its_length_and_remainder() -> None:
    assert hidden("to DE89 3704 0044 0532 0130 00 please") == f"to {MARKS[Kind.IBAN]} please"
    assert kinds("GB82WEST12345698765432") == kinds("GB82\xa0WEST\xa01234\xa05698\xa07654\xa032") == {Kind.IBAN}
    assert kinds("fr14 2004 1010 0505 0001 3m02 606 and more") == {Kind.IBAN}
    assert kinds("DE88 3704 0044 0532 0130 00") == set()
    assert kinds("XX89370400440532013000") == set()


# --- what a word names


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("your code is 482913", "482913"), ("OTP: 123 456", "123 456"), ("验证码:123 456", "123 456"),
        ("安全码737", "737"), ("482913 is your Google verification code", "482913"),
        ("code=4821", "4821"), ("attempt=1 code=482913", "482913"),
        ("cvv 737", "737"), ("PIN code 4821", "4821"), ("验证码是 482913", "482913"), ("【Hartlex】482913（验证码）", "482913"),
        ("验证码：４８２９１３", "４８２９１３"), ("我的密码是abc12345", "abc12345"), ("password: hunter2", "hunter2"),
        ("Password is Tr0ub4dor&3.", "Tr0ub4dor&3"), ("pwd=sunshine", "sunshine"),
        ("password: CorrectHorse now", "CorrectHorse"),
        ("Zwei Worte: пароль: secret99", "secret99"), ("İ code 482913", "482913"),
    ],
)  # fmt: skip
def test_code_or_password_is_hidden_and_its_name_stays(said: str, value: str) -> None:
    assert hidden(said) == said.replace(value, MARKS[Kind.CODE])


@pytest.mark.parametrize(
    "said",
    [
        "error code 500123", "postal code 100000", "promo code 482913", "the password reset does not work", "password: reset",
        "password is wrong", "密码错误，请问怎么办", "验证码收不到，等了 30 分钟", "密码修改于2024年",
        "code of conduct 2024", "barcode 482913", "ERROR ws.feed attempt=3 code=1006 pair=BTC/USDT", "x\nlevel=3 code=1006\ny",
        "password: https://x.example/reset", "password: required by the form", "my pin is stuck", "code 12",
    ],
)  # fmt: skip
def test_talk_about_codes_and_passwords_survives(said: str) -> None:
    assert find(said) == ()


@pytest.mark.parametrize(
    "said",
    [
        "AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "sk_live_0123456789abcdefXYZ",
        "AIza" + "Sy0123456789" * 2 + "abcdefghijk",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "otpauth://totp/Hartlex:li?secret=JBSWY3DPEHPK3PXP",
        "api key: 8f14e45fceea167a5a36dedd4bea2543", "API密钥：8f14e45fceea167a5a36dedd",
        "my 2FA key JBSWY3DPEHPK3PXP", "TOTP: jbsw y3dp ehpk 3pxp",
    ],
)  # fmt: skip
def test_api_key_token_and_authenticator_secret_are_hidden(said: str) -> None:
    assert kinds(f"here {said} ok") == {Kind.API_KEY}


@pytest.mark.parametrize(
    "said",
    [
        "the secret ingredient is patience",
        f"api key 0x{KEY}",
        "authenticator application broken",
        "token 0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
    ],
)
def test_talk_about_keys_survives(said: str) -> None:
    assert find(said) == ()


# --- the whole


@given(st.lists(st.sampled_from(("and", "the", "is", "of", "a", *words_of("english")[::40])), max_size=60))
def test_prose_of_list_words_with_stop_words_is_no_alarm(words: list[str]) -> None:
    broken = [word for at, one in enumerate(words) for word in ((one, "of") if at % 11 == 10 else (one,))]
    assert find(" ".join(broken)) == ()


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_masked_text_is_in_order_disjoint_and_masked_once(raw: str) -> None:
    text = sanitize(raw)
    found = find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    once, _ = mask(text)
    assert mask(once)[0] == once


def test_masking_twice_changes_nothing_for_every_kind() -> None:
    said = sanitize(f"{PRIVATE[0]} {CARDS[0]} {' '.join(phrase('english', 12))}. code is 482913 DE89370400440532013000 {XPRV}")
    once, met = mask(said)
    assert mask(once) == (once, ())
    assert set(met) == {Kind.PRIVATE_KEY, Kind.CARD, Kind.RECOVERY_PHRASE, Kind.CODE, Kind.IBAN}


def test_overlapping_secrets_are_one() -> None:
    (one,) = find(f"password: {PRIVATE[0]}x1")[:1] or (None,)
    assert one is not None
    assert len(find(f"api key: {PRIVATE[0]}")) == 1


def test_a_stranger_cannot_write_the_mark_and_the_server_can() -> None:
    forged = f"see {MARKS[Kind.CODE]} here"
    assert "▒" not in admit(forged).text
    assert "▒" not in sanitize(forged)
    kept = admit(forged + " 4111111111111111", keeps_marks=True)
    assert kept.text == f"see {MARKS[Kind.CODE]} here {MARKS[Kind.CARD]}"
    assert kept.kinds == (Kind.CODE, Kind.CARD)
    assert "▒" not in admit("▒▒ something else ▒▒ ▓░", keeps_marks=True).text
    assert admit_line(f"{MARKS[Kind.CODE]} " + "x" * 500, keeps_marks=True).endswith("…")
    assert restore(forged) == forged
    assert restore("▒▒ x") == "## x"
    assert restore("plain") == restore("plain", is_line=True) == "plain"
    assert restore(f"a\n{MARKS[Kind.CODE]}", is_line=True) == f"a{MARKS[Kind.CODE]}"


def test_marks_are_said_in_the_agents_language_and_every_mark_can_be() -> None:
    text = restore(f"a {MARKS[Kind.CODE]} b {MARKS[Kind.CARD]}")
    words = {"▒▒ code ▒▒": "▒▒ 验证码 ▒▒", "▒▒ card number ▒▒": "银行卡号"}
    assert in_words(text, lambda mark: words[mark]) == "a ▒▒ 验证码 ▒▒ b ▒▒ 银行卡号 ▒▒"
    assert in_words(sanitize("plain"), str.upper) == "plain"
    assert tuple(map(str, MARKS.values())) == HIDDEN


def test_text_put_together_for_the_screen_keeps_its_marks() -> None:
    assert shown(f"{MARKS[Kind.CODE]}\nx") == f"{MARKS[Kind.CODE]}\nx"
    assert shown_line(f"HX-1 {MARKS[Kind.CODE]}") == f"HX-1 {MARKS[Kind.CODE]}"
