"""Half characters in an answer: each becomes a replacement character, nothing else changes."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.surrogates import decode_whole

ANYTHING = msgspec.json.Decoder()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'["a\ud83d"]', ["a\ufffd"]),
        (r'["\ude0cb", "ok"]', ["\ufffdb", "ok"]),
        (r'["\ud83d\ude0c"]', ["\U0001f60c"]),
        (r'["\ud83d\ud83d\ude0c"]', ["\ufffd\U0001f60c"]),
        (r'["\\ud83d \uD83Dx"]', [r"\ud83d" + " \ufffdx"]),
        (r'["\ud83d\n"]', ["\ufffd\n"]),
    ],
)
def test_half_characters_do_not_spoil_an_answer(written: str, read: list[str]) -> None:
    assert decode_whole(ANYTHING, written.encode()) == read


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=()), max_size=20)))
def test_every_text_json_can_write_is_read(texts: list[str]) -> None:
    read = decode_whole(ANYTHING, json.dumps(texts).encode())
    whole = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
    assert len(read) == len(whole)
    if not any("\ufffd" in text for text in whole):
        assert read == texts


@pytest.mark.parametrize("broken", [b"[", b'["\\ud83d"', b'{"a": }'])
def test_what_is_no_json_stays_an_error(broken: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_whole(ANYTHING, broken)
