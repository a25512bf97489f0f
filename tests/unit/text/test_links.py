"""Where links really lead: what browsers make of them, and what should make a person stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.text.links import Concern, domain_of, examine, find

OWN = ("help.harbor.example", "status.harbor.example")
C = Concern


@pytest.mark.parametrize(
    ("raw", "host", "domain", "concerns"),
    [
        ("https://help.harbor.example/fees?x=1#a", "help.harbor.example", "harbor.example", ()),
        ("www.shop.co.uk/a", "www.shop.co.uk", "shop.co.uk", ()),
        ("http://docs.example.com", "docs.example.com", "example.com", (C.INSECURE,)),
        ("https://harbor.example@evil.test/login", "evil.test", "evil.test", (C.USERINFO,)),
        ("https://harbor.example\\@evil.test", "harbor.example", "harbor.example", ()),
        ("https://127.0.0.1/x", "127.0.0.1", "127.0.0.1", (C.ADDRESS,)),
        ("https://2130706433/x", "127.0.0.1", "127.0.0.1", (C.ADDRESS,)),
        ("https://0x7f000001/x", "127.0.0.1", "127.0.0.1", (C.ADDRESS,)),
        ("https://0177.0.0.1/x", "127.0.0.1", "127.0.0.1", (C.ADDRESS,)),
        ("https://127.1/x", "127.0.0.1", "127.0.0.1", (C.ADDRESS,)),
        ("https://[::1]:443/x", "::1", "::1", (C.ADDRESS,)),
        ("https://docs.example.com:8443/x", "docs.example.com", "example.com", (C.PORT,)),
        ("https://bücher.example/x", "xn--bcher-kva.example", "xn--bcher-kva.example", ()),
        ("https://ｈｅｌｐ.harbor.example", "help.harbor.example", "harbor.example", ()),
        ("https://例子.example/x", "xn--fsqu00a.example", "xn--fsqu00a.example", ()),
        ("https://hаrbor.example", "xn--hrbor-4ve.example", "xn--hrbor-4ve.example", (C.MIXED, C.LOOKS_LIKE)),
        ("https://harb0r.test", "harb0r.test", "harb0r.test", (C.LOOKS_LIKE,)),
        ("https://harobr.test", "harobr.test", "harobr.test", (C.LOOKS_LIKE,)),
        ("https://harbor-login.test", "harbor-login.test", "harbor-login.test", (C.LOOKS_LIKE,)),
        ("https://help.harbor.example.evil.test", "help.harbor.example.evil.test", "evil.test", (C.LOOKS_LIKE,)),
        ("javascript:alert(1)", "", "", (C.NOT_WEB,)),
        ("data:text/html,x", "", "", (C.NOT_WEB,)),
        ("file:///etc/passwd", "", "", (C.NOT_WEB,)),
        ("ssh://host/x", "", "", (C.NOT_WEB,)),
        ("https:///x", "x", "x", ()),
        ("https://[::zz]/x", "", "", (C.NO_HOST,)),
    ],
)
def test_a_link_says_where_it_leads_and_what_is_odd(raw: str, host: str, domain: str, concerns: tuple[Concern, ...]) -> None:
    link = examine(raw, OWN)
    assert (link.host, link.domain, link.concerns) == (host, domain, concerns)
    assert link.is_blocked == (not host)


@pytest.mark.parametrize(
    ("host", "like"),
    [
        ("harb0r.test", "harbor.example"),
        ("status.harb0r.example", "status.harbor.example"),
        ("hel9.harbr.example", "help.harbor.example"),
    ],
)
@pytest.mark.parametrize("own", [("harbor.example", *OWN), (*OWN, "harbor.example")])
def test_the_nearest_of_our_hosts_is_named(host: str, like: str, own: tuple[str, ...]) -> None:
    assert examine(f"https://{host}/login", own).like == like


def test_links_are_found_without_the_punctuation_around_them() -> None:
    text = (
        "See (https://a.example/x_(y)), www.b.example. 请看https://c.example/路径。Or mail a@www.example; javascript: is a word"
    )
    assert [one.text for one in find(text)] == ["https://a.example/x_(y)", "www.b.example", "https://c.example/路径"]
    assert all(text[one.start : one.end] == one.text for one in find(text))


def test_a_target_hidden_behind_other_words_blocks_the_link() -> None:
    (link,) = find("Go to https://harbor.example/login ‹evil.test› now", OWN)
    assert (link.host, link.concerns, link.is_blocked) == ("evil.test", (C.HIDDEN,), True)
    (same,) = find("Go to https://harbor.example/login ‹click.harbor.example› now", OWN)
    assert same.concerns == ()


def test_the_opened_address_is_the_one_that_was_shown() -> None:
    assert examine("https://user:pw@bücher.example:8443/a?b#c").url == "https://xn--bcher-kva.example:8443/a?b#c"
    assert examine("HTTPS://EXAMPLE.COM?x=1").url == "https://example.com?x=1"


def test_bare_suffixes_and_addresses_are_their_own_domain() -> None:
    assert domain_of("co.uk") == "co.uk"
    assert domain_of("10.0.0.1") == "10.0.0.1"


@given(st.text(max_size=300))
def test_no_text_breaks_the_search_and_nothing_odd_is_opened(text: str) -> None:
    for link in find(f"x https://{text} y", OWN):
        assert link.is_blocked or link.host.isascii()
        assert link.is_blocked or link.url.startswith(("https://", "http://"))
