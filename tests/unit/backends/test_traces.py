"""Finding what a change of ours left behind."""

from datetime import timedelta

import pytest

from supportdesk_tui.backends.calls import Said
from supportdesk_tui.backends.http import Http
from supportdesk_tui.backends.traces import SKEW, as_shown, earliest, same_words
from supportdesk_tui.text.secrets import admit
from tests import make


def test_words_are_the_same_whatever_a_server_does_to_their_white_space() -> None:
    assert same_words("one\n\n two ", "one\r\ntwo")
    assert not same_words("one", "one two")


@pytest.mark.parametrize("written", ["my card: 4111 1111 1111 1111", "one\x1b[31m\ntwo", "plain"])
def test_words_of_ours_are_known_again_on_an_entry_that_hides_their_secrets(written: str) -> None:
    entry = admit(written.replace("\n", "\r\n")).text
    assert same_words(as_shown(written), entry)


async def test_change_is_looked_for_from_its_time_on_the_clock_of_the_server() -> None:
    http = Http("https://desk.example", "token", read_refusal=lambda _body: Said())
    http.clock_offset = timedelta(hours=1)
    assert earliest(make.NOW, http) == make.NOW + timedelta(hours=1) - SKEW
    await http.close()
