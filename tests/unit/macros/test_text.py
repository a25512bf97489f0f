"""The language of macro bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.commands.blanks import spans
from supportdesk_tui.commands.macro_text import Blank, If, Text, Value, fill, parse

KNOWN = {
    "customer.name": "Zhang Min",
    "money.txid": "ab" * 32,
    "ticket.channel": "chat",
    "money.memo_missing": "true",
    "ticket.stage": "",
}


def written(body: str, **more: str) -> str:
    return fill(parse(body), lambda path, name: f"{name}({KNOWN[path]})" if name else {**KNOWN, **more}.get(path)).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi {customer.name}!", "Hi Zhang Min!"),
        ("{money.txid|short}", "short(" + "ab" * 32 + ")"),
        ("{customer.nick ?? customer.name ?? you}", "Zhang Min"),
        ("{customer.nick ?? 您}", "您"),
        ("{customer.nick ?? }", ""),
        ("{customer.nick}", "⟦customer.nick⟧"),
        ("{ticket.stage}", "⟦ticket.stage⟧"),
        ("{if money.memo_missing}A{else}B{end}", "A"),
        ("{if not money.memo_missing}A{else}B{end}", "B"),
        ("{if ticket.stage}A{end}", ""),
        ("{if unknown.path}A{else}B{end}", "B"),
        ("{if ticket.channel == Chat}A{end}", "A"),
        ("{if ticket.channel != chat}A{else}B{end}", "B"),
        ("{if not ticket.channel != chat}A{end}", "A"),
        ("{if ticket.channel ==}A{else}B{end}", "B"),
        ("{if money.memo_missing}{if ticket.stage}A{else}B{end}{end}", "B"),
        ("a\n{if money.memo_missing}\nb\n{end}\nc", "a\nb\nc"),
        ("a\n  {if ticket.stage}\nb\n  {end}  \nc\n{else}", "a\nc\n{else}"),
        ("a\n  {if money.memo_missing}b{end}", "a\n  b"),
        ("{1:time} and {2=today}", "⟦time⟧ and today"),
        ("x{cursor}y", "xy"),
        ("{{customer.name}", "{customer.name}"),
        ("{{ {{", "{ {"),
        ("{} { customer.name } {x} {0:a} {1:} {Customer.name} }", "{} { customer.name } {x} {0:a} {1:} {Customer.name} }"),
        ("{if ticket.stage}A{elif ticket.channel == chat}B{else}C{end}D", "BD"),
        ("{if ticket.stage}A{elif not ticket.channel}B{else}C{end}D", "CD"),
        ("{if ticket.channel}A{elif ticket.channel}B{elif ticket.channel}C{end}D", "AD"),
        ("{if ticket.stage}A{elif ticket.stage}B{elif ticket.channel}C{end}D", "CD"),
        ("{if ticket.stage}A{else}B{elif ticket.stage}C{end}", "B{elif ticket.stage}C"),
        ("{elif a.b}", "{elif a.b}"),
        ("{else}{end}", "{else}{end}"),
        ("{if money.memo_missing}A{else}B{else}C{end}", "A"),
        ("{if ticket.stage}A{else}B", "B"),
    ],
)
def test_a_body_says_what_it_says(body: str, text: str) -> None:
    assert written(body) == text


def test_values_cannot_bring_blanks_or_marks_of_their_own() -> None:
    assert written("{customer.nick}", **{"customer.nick": "⟦x⟧ {money.txid}"}) == "[x] {money.txid}"


def test_blanks_are_found_in_order_of_their_number_and_the_caret_stands_where_marked() -> None:
    filled = fill(parse("{2:b} {1=a} x{cursor}"), lambda *_: None)
    assert filled.text == "⟦b⟧ a x"
    assert filled.stops == ((4, 1), (0, 3))
    assert filled.caret == 7


def test_what_is_missing_is_listed_once() -> None:
    assert fill(parse("{a.b} {a.b} {c.d ?? e.f}"), lambda *_: None).missing == ("a.b", "c.d")


def test_nodes_are_what_the_text_says() -> None:
    assert parse("{1:time}").nodes == (Blank(1, "time", is_required=True),)
    assert parse("a{b.c|short ?? d}").nodes == (Text("a"), Value((("b.c", "short"),), "d"))
    assert parse("{if a.b}x{end}").nodes == (If("a.b", None, False, (Text("x"),), ()),)


def test_paths_are_listed_for_the_linter() -> None:
    assert parse("{if a.b}{c.d}{else}{e.f ?? g.h}{end}{a.b}{1:x}").paths() == ("a.b", "c.d", "e.f", "g.h")


@pytest.mark.parametrize(
    ("body", "line", "text"),
    [
        ("x\n{end}", 2, "{mark} without an if"),
        ("{if a.b}{else}\n\n{else}{end}", 3, "{mark} without an if"),
        ("\n{if a.b}", 2, "an if without its end"),
        ("\n{if a.b}\n{elif c.d}", 2, "an if without its end"),
        ("\n{elif c.d}", 2, "{mark} without an if"),
        ("\n{if }x{end}", 2, "{mark} asks for nothing: a condition is a field, like {example}"),
        ("{if}x{else}y{end}", 1, "{mark} asks for nothing: a condition is a field, like {example}"),
        ("{if customer}x{end}", 1, "{mark} asks for nothing: a condition is a field, like {example}"),
        ("{if a.b}x\n{elif }y{end}", 2, "{mark} asks for nothing: a condition is a field, like {example}"),
        ("{a.b|shout}", 1, "there is no filter {name}; there are {known}"),
    ],
)
def test_what_is_odd_is_reported_with_its_line(body: str, line: int, text: str) -> None:
    (problem,) = parse(body).problems
    assert (problem.line, problem.text) == (line, text)
    assert problem.text.format(**dict(problem.values))


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("done", []),
        ("⟦time⟧", ["⟦time⟧"]),
        ("⟦⟧", ["⟦⟧"]),
        ("⟦a⟧ ⟦b.c⟧", ["⟦a⟧", "⟦b.c⟧"]),
        ("⟦a\nb⟧", ["⟦a", "⟧"]),
        ("until ⟦time", ["⟦time"]),
        ("time⟧", ["⟧"]),
        ("⟦ a ⟧", ["⟦ a ⟧"]),
    ],
)
def test_blanks_in_a_text_are_found(text: str, blanks: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text)] == blanks


BODIES = st.text(st.sampled_from("{}ab. ?|=!:12\n⟦⟧您") | st.characters(), max_size=60) | st.lists(
    st.sampled_from(
        [
            "{if a.b}",
            "{else}",
            "{end}",
            "{a.b}",
            "{a.b ?? x}",
            "{1:x}",
            "{2=y}",
            "{cursor}",
            "{{",
            "\n",
            " ",
            "text",
            "{",
            "}",
            "{if not a.b == c}",
        ]
    ),
    max_size=20,
).map("".join)


@given(BODIES, st.none() | st.text(max_size=5))
def test_no_body_is_too_strange_to_be_written(body: str, value: str | None) -> None:
    filled = fill(parse(body), lambda *_: value)
    for offset, length in filled.stops:
        assert 0 <= offset <= offset + length <= len(filled.text)
    assert filled.caret is None or 0 <= filled.caret <= len(filled.text)
    assert not filled.missing or spans(filled.text)


@given(st.text(max_size=60).filter(lambda text: "{" not in text))
def test_a_body_without_marks_is_written_as_it_is(body: str) -> None:
    assert fill(parse(body), lambda *_: None).text == body


@given(st.text(max_size=60))
def test_doubled_braces_make_any_text_literal(text: str) -> None:
    assert fill(parse(text.replace("{", "{{")), lambda *_: None).text == text


def test_conditions_may_stand_in_each_other_as_deep_as_anyone_likes() -> None:
    assert written("{if money.memo_missing}" * 3000 + "x" + "{end}" * 3000) == "x"
