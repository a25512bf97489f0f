"""HTML mail becomes lines that a person can read and that nobody can abuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.text.html import HTML_LIMIT, html_to_text, link_host
from supportdesk_tui.text.safe import FORBIDDEN
from tests.hostile import HOSTILE


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Hello <b>there</b>,<br>friend</p><p>Bye</p>", "Hello there,\nfriend\n\nBye"),
        ("  lots \n of\t space ", "lots of space"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>one<li>two<ul><li>deep</ul></ul>", "• one\n• two\n  • deep"),
        ("<ol><li>one</li><li><p>two</p></li></ol>after", "1. one\n2. two\n\nafter"),
        ("<blockquote>q<blockquote>qq</blockquote></blockquote>", "> q\n>\n> > qq"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>A</td><td>B</td></tr><tr><td>1<td>2</table>", "A  B\n1  2"),
        ("a<hr>b", "a\n────────\nb"),
        ("<script>alert(1)</script><style>p{}</style><title>t</title>x", "x"),
        ('<a href="https://evil.example/x">your bank</a>', "your bank ‹evil.example›"),
        ('<a href="https://a.example/">https://a.example/</a>', "https://a.example/"),
        ('<a href="https://bank.example@evil.example/">bank.example</a>', "bank.example ‹evil.example›"),
        ('<a href="javascript:alert(1)">go</a>', "go ‹javascript:›"),
        ('<a href="mailto:a@b.example">write</a>', "write ‹a@b.example›"),
        ('<a href="https://аррӏе.example">apple</a>', "apple ‹xn--80ak6aa92e.example›"),
        ('<a href="http://[bad">x</a>', "x ‹bad link›"),
        ('<a href="#top">x</a>', "x"),
        ("&#27;[31m&lt;b&gt;", "␛[31m<b>"),
    ],
)
def test_markup_reads_as_lines(markup: str, text: str) -> None:
    assert html_to_text(markup).text == text


def test_pictures_are_named_and_tracking_pixels_are_not() -> None:
    read = html_to_text(
        '<img src="cid:7" alt="screen.png"><img src=x width=1 height=1><img src="/a/b/photo.jpg?x=1"><img src="data:x">'
    )
    assert read.images == ("screen.png", "photo.jpg", "?")
    assert read.text == "[image: screen.png][image: photo.jpg][image]"


def test_words_the_sender_hid_are_left_out_and_flagged() -> None:
    read = html_to_text(
        '<p>seen</p><div style="display: none">hidden</div><span hidden>too</span><p style="font-size:0.9em">small</p>'
    )
    assert read.text == "seen\n\nsmall"
    assert read.flags == ("hidden_text",)


@pytest.mark.parametrize(
    "piece", ["<div>", "<a ", "<!--", "<b>x", "<blockquote>x", "<table>", "<li><p>a", "<a href=x>y", "<ul><li>"]
)
def test_floods_of_tags_are_cut_and_end(piece: str) -> None:
    read = html_to_text(piece * (HTML_LIMIT // len(piece) + 10))
    assert "truncated" in read.flags


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_inside_markup_is_safe(name: str) -> None:
    read = html_to_text(f"<p title='{HOSTILE[name]}'>{HOSTILE[name]}</p><img alt='{HOSTILE[name]}'>")
    assert FORBIDDEN.search(read.text) is None
    assert all(FORBIDDEN.search(image) is None and "\n" not in image for image in read.images)


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<li>",
                "<ul>",
                "</ul>",
                "<a href=//x>",
                "</a>",
                "<blockquote>",
                "<pre>",
                "</",
                "&#0;",
                "x\n",
                "<td>",
            ]
        )
    )
)
def test_any_order_of_tags_gives_safe_lines(pieces: list[str]) -> None:
    assert FORBIDDEN.search(html_to_text("".join(pieces)).text) is None


def test_bytes_are_read_as_utf8() -> None:
    assert html_to_text("<p>提现</p>".encode()).text == "提现"


def test_a_relative_link_has_no_host() -> None:
    assert link_host("/somewhere") == ""
