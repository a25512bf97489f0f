"""What opens a detector of secrets: nothing slips past it, and nothing is loaded before it opens."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from unicodedata import normalize

import pytest

from supportdesk_tui.text import secrets
from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.text.secret_kinds import phrases
from supportdesk_tui.text.secrets import MARKS, Kind, admit, admit_line, find
from tests.unit.text.test_secrets import LANGUAGES, hidden, kinds, phrase, words_of

BEFORE = ("a", "of", "the", "deposit", "withdrawals", "abcdefghijkl", "confirmations", "abcdefghijklmnopqrst")
NAMED = ("ПАРОЛЬ: Qwe12345", "пароль: Qwe12345", "密码：Qwe12345", "パスワード: Qwe12345", "비밀번호: Qwe12345")


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("between", [" ", ", ", "\n", " - 1. "])
def test_phrase_is_found_behind_words_of_every_length(before: str, between: str) -> None:
    words = phrase("english", 12, seed=5)
    assert Kind.RECOVERY_PHRASE in kinds(f"{before} {before} {between.join(words)} {before}")


@pytest.mark.parametrize("said", NAMED)
def test_word_for_a_password_counts_in_every_script_and_case(said: str) -> None:
    assert kinds(said) == {Kind.CODE}


def test_word_list_knows_its_words_and_no_others() -> None:
    for language in LANGUAGES:
        known = phrases._list(language)
        plain = [phrases._plain(word) for word in words_of(language)]
        assert [known.get(word) for word in plain] == list(range(2048))
        assert [known.get(f"{word}q") for word in plain if f"{word}q" not in plain] == [None] * 2048


def test_module_loads_no_detector_before_there_is_something_to_look_for() -> None:
    script = (
        "import sys; from supportdesk_tui.text import secrets; from supportdesk_tui.text.safe import sanitize\n"
        "secrets.admit('Where is my deposit? It has been three hours.')\n"
        "print([name for name in sys.modules if name == 'hashlib' or ('secret_kinds.' in name and not name.endswith('.kind'))])"
    )
    source = str(Path(secrets.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": source}
    )
    assert done.stdout.strip() == "[]"


def test_phrase_that_is_called_a_password_is_still_a_phrase_nobody_may_send() -> None:
    numbered = " ".join(f"{n}.{word}" for n, word in enumerate(phrase("english", 12), 1))
    assert [one.kind for one in find(sanitize(f"password: {numbered}"))] == [Kind.RECOVERY_PHRASE]
    assert hidden(f"password: {numbered} ok") == f"password: {MARKS[Kind.RECOVERY_PHRASE]} ok"


def test_card_over_two_lines_is_one_and_twenty_digits_are_none() -> None:
    assert kinds("4111111111\n111111") == {Kind.CARD}
    assert kinds("4111111111 1111111111") == set()


def test_keystore_that_breaks_off_is_hidden_and_a_heap_of_them_ends_the_search() -> None:
    broken = '{"crypto":{"ciphertext":"ab12","kdf":"scrypt"'
    assert hidden(f"see {broken}") == f"see {MARKS[Kind.PRIVATE_KEY]}"
    heap = '{"ciphertext":"x","kdf":1} ' * 201
    assert len(find(sanitize(heap))) == 200


def test_shortest_phrase_there_can_be_is_found_between_han() -> None:
    whole = [normalize("NFC", word) for word in words_of("korean")]
    short = [at for at, word in enumerate(whole) if len(word) == 2]
    last = next(at for at in short if phrases.is_phrase([*short[:11], at]))
    words = [whole[at] for at in (*short[:11], last)]
    assert len(" ".join(words)) == 35
    assert hidden(f"我{' '.join(words)}好") == f"我{MARKS[Kind.RECOVERY_PHRASE]}好"


@pytest.mark.parametrize("between", ["，", "、\n", " 1. ", "🙂", "䷀", "\u3000", "1２3"])
@pytest.mark.parametrize("language", ["chinese_simplified", "chinese_traditional"])
def test_phrase_of_single_characters_is_found_whatever_parts_them(language: str, between: str) -> None:
    written = between.join(phrase(language, 12, seed=3))
    for text in (written, f"您好，{written}，谢谢", f"{'您好' * 500}\n{written}\n{'多谢' * 500}"):
        assert [text[one.start : one.end] for one in find(text)] == [written]


@pytest.mark.parametrize(
    "name",
    [
        *("助记词", "助記詞", "注记词", "助记码", "恢复短语", "恢復短語", "恢复词", "种子短语", "種子短語", "种子词", "密语"),
        *("mnemonic", "MNEMONIC", "Mnemonic", "seed", "Seed", "SEED", "recovery phrase", "Recovery Phrase", "RECOVERY PHRASE"),
    ],
)
def test_every_name_of_a_phrase_opens_the_gate_for_one_without_spaces(name: str) -> None:
    written = "".join(phrase("chinese_simplified", 12, seed=4))
    assert hidden(f"{name}：{written}") == f"{name}：{MARKS[Kind.RECOVERY_PHRASE]}"


def test_name_of_a_code_is_found_among_han_and_not_in_what_han_parts() -> None:
    assert kinds("我的pin码是4821，谢谢") == {Kind.CODE}
    assert kinds("密码在这里pas但是s没有4821") == set()


@pytest.mark.parametrize("language", ["russian", "korean", "japanese", "english"])
def test_accent_that_belongs_to_nothing_hides_no_phrase(language: str) -> None:
    written = "䷀".join(phrase(language, 12, seed=6))
    assert hidden(f"里\u0301{written}").endswith(MARKS[Kind.RECOVERY_PHRASE])


def test_secret_that_reaches_over_the_end_of_a_field_is_hidden_before_it_is_cut() -> None:
    """The row of a list has room for a part of a phrase, and a part has no checksum."""
    for at in range(0, 200, 7):
        words = " ".join(phrase("english", 24, seed=at))
        line = admit_line("so " * (at // 3) + words)
        assert not any(" ".join(words.split()[a : a + 3]) in line for a in range(22)), line
        assert len(line) <= 200
    card = admit("a" * 190 + " 4111 1111 1111 1111 " + "b" * 200, limit=200)
    assert (card.text, card.flags, card.kinds) == ("a" * 190 + " ", ("truncated",), (Kind.CARD,))


def test_mark_of_our_own_server_is_not_cut_in_two_either() -> None:
    told = admit("a" * 190 + f" {MARKS[Kind.CARD]} {MARKS[Kind.CODE]}", limit=200, keeps_marks=True)
    assert (told.text, told.flags) == ("a" * 190 + " …", ("truncated",))


def _two_columns(words: list[str]) -> str:
    half = len(words) // 2
    return "\n".join(f"{at + 1:>2}. {words[at]:<20}{at + half + 1:>2}. {words[at + half]}" for at in range(half))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "written",
    [
        _two_columns,
        lambda words: "\n".join(f"Word {at}: {word}" for at, word in enumerate(words, 1)),
        lambda words: "；".join(f"第{at}个：{word}" for at, word in enumerate(words, 1)),
        lambda words: "\n".join(f"| {at:>3} | {word:<12} |" for at, word in enumerate(words, 1)),
    ],
)
def test_numbers_tell_the_order_of_the_words(written: Callable[[list[str]], str], language: str) -> None:
    for size in (12, 24):
        assert kinds(f"my wallet\n{written(phrase(language, size))}\nthanks") == {Kind.RECOVERY_PHRASE}


def test_numbered_lists_of_other_words_are_no_phrase() -> None:
    steps = ("open", "wait", "press", "choose", "enter", "close", "again", "lemon", "abandon", "zoo", "able", "about")
    assert kinds("\n".join(f"{at}. {word}" for at, word in enumerate(steps, 1))) == set()
    assert kinds("\n".join(f"{at}. {word} it then" for at, word in enumerate(phrase("english", 12)[:11], 1)) + " 12") == set()


@pytest.mark.parametrize("kinds_of_row", [("long", "short"), ("trade", "fee", "deposit", "transfer", "reward", "bonus")])
def test_a_table_of_trades_is_no_phrase_though_all_its_words_are_of_a_list(kinds_of_row: tuple[str, ...]) -> None:
    """A checksum of four bits is right in every sixteenth row."""
    for seed in range(60):
        drawn = Random(seed)
        rows = (f"{drawn.choice(kinds_of_row)} 0.5{at:02} 67123.50 2026-11-{at:02}" for at in range(1, 25))
        assert kinds("\n".join(rows)) == set()


def test_words_of_a_phrase_sent_one_by_one_are_hidden_with_the_times_between_them() -> None:
    for size in (12, 24):
        said = "\n".join(f"2026-11-22 10:21:{at:02} {word}" for at, word in enumerate(phrase("english", size, seed=4)))
        assert kinds(said) == {Kind.RECOVERY_PHRASE}


@pytest.mark.parametrize("rare", ["\ufa6c", "\ufad7", "\ufa0e"])
def test_han_of_no_script_of_a_list_numbers_no_phrase(rare: str) -> None:
    """Some of it is written, when it is taken apart, with characters behind every list's."""
    assert kinds("\n".join(f"{at}. {char}" for at, char in enumerate(f"{rare}的一是在不了有和人这中", 1))) == set()


def test_words_that_other_keyboards_write_otherwise_are_the_same() -> None:
    assert phrases._list("turkish").get(phrases._plain("ISI")) == phrases._list("turkish").get(phrases._plain("ısı"))
    assert phrases._list("russian").get("снова") == words_of("russian").index("снова")
