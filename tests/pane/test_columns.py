"""The columns of the queue: which there are at each width, what a category and an owner are called in them."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from supportdesk_tui import splash
from supportdesk_tui.domain.directory import Category
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.queue import Owner, QueueQuery
from supportdesk_tui.i18n.catalog import SOURCE, set_locale
from supportdesk_tui.server.floor import words
from supportdesk_tui.store.views import QueueView
from supportdesk_tui.text.safe import SafeText
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.text import cells
from supportdesk_tui.ui.vocabulary import SHORT_CATEGORIES
from supportdesk_tui.ui.widgets.paint import Paint
from supportdesk_tui.ui.widgets.talk_head import TalkHead
from supportdesk_tui.ui.widgets.ticket_row import LEAST, Columns, category_names, columns_for, initials
from tests.pane import data
from tests.pane.harness import DARK, misfits, showing, texts

OURS = tuple(Category(one.code, SafeText(one.title)) for one in words.CATEGORIES.values())
THEIRS = (Category("3", SafeText("Website")), Category("12", SafeText("Questions about billing and invoices")))
MEI = AgentId("mei")


@pytest.fixture(autouse=True)
def speaks_english_after() -> Iterator[None]:
    yield
    set_locale(SOURCE)


async def rows(width: int, view: QueueView) -> list[str]:
    """The rows of a queue at a width."""
    pane = QueuePane(DARK)
    async with showing(pane, width, 12) as (_app, pilot):
        pane.show(view, data.NOW)
        await pilot.pause()
        assert misfits(pane) == []
        return texts(pane)[1:]


def busy(**changes: object) -> QueueView:
    """A queue with a row that has everything to tell, second from the top: selected, Mei Lin's, me writing, Ana reading."""
    view = data.queue(6, categories=OURS)
    row = replace(view.rows[1], owner=MEI, owner_name=SafeText("Mei Lin"), unread=3)
    return replace(
        view,
        rows=(view.rows[0], row, *view.rows[2:]),
        selected=frozenset({row.id}),
        presence={row.id: {AgentId("ana"): ("Ana Ruiz", Activity.VIEWING)}},
        drafts=frozenset({row.id}),
        **changes,
    )


@pytest.mark.parametrize(("locale", "word"), [("en", "tech"), ("zh_CN", "技术")])
@pytest.mark.parametrize("owner", list(Owner))
async def test_one_pane_of_eighty_columns_shows_every_column(locale: str, word: str, owner: Owner) -> None:
    set_locale(locale)
    row = (await rows(80, busy(query=QueueQuery(owner=owner))))[1]
    told = ["✓", "12", word, "✉", "004214", "P3", "O. Petrova", "App shows a blank", "ru", "ML", "¶◎", "●3"]
    at = [row.find(one) for one in told]
    assert -1 not in at, row
    assert at == sorted(at)


@pytest.mark.parametrize("words_wide", [0, 5, 8, 12])
@pytest.mark.parametrize("is_spread", [True, False])
@pytest.mark.parametrize("has_codes", [True, False])
def test_a_wider_list_never_shows_less(words_wide: int, is_spread: bool, has_codes: bool) -> None:
    def shown(columns: Columns) -> set[str]:
        return {name for name in columns.__struct_fields__ if getattr(columns, name)}

    before = columns_for(20, words_wide, has_codes=has_codes, is_spread=is_spread)
    for width in range(21, 300):
        columns = columns_for(width, words_wide, has_codes=has_codes, is_spread=is_spread)
        assert shown(before) <= shown(columns), width
        assert columns.customer >= min(10, width - 17), width
        assert not columns.subject or columns.subject >= 15, width
        before = columns
    assert columns_for(36).number
    assert columns_for(40).number


@pytest.mark.parametrize("owner", [Owner.ME, Owner.NOBODY, MEI])
def test_where_the_view_says_whose_its_tickets_are_the_room_is_for_the_subject(owner: Owner | AgentId) -> None:
    assert columns_for(60).owner
    alone = columns_for(60, is_spread=False)
    assert not alone.owner
    assert alone.subject > columns_for(60).subject


def test_a_row_beside_two_panes_has_its_channel_also_where_a_wall_takes_a_column() -> None:
    assert columns_for(splash.QUEUE_TIGHT - 1).channel
    assert columns_for(splash.QUEUE_TIGHT - 1).customer >= LEAST


async def test_rows_of_many_owners_tell_them_apart_in_three_columns() -> None:
    view = busy()
    rows_now = await rows(60, view)
    assert " me " in rows_now[0]
    assert " ML " in rows_now[1]
    assert " – " in (await rows(60, data.queue(6)))[1]
    assert " me " not in (await rows(60, replace(view, query=QueueQuery(owner=Owner.ME))))[0]


async def test_an_owner_this_version_cannot_read_is_not_told_as_nobody() -> None:
    row = replace(data.summary(), owner=None, owner_name=SafeText(""), unknown=(("owner", SafeText("night crew")),))
    assert " NC " in (await rows(60, data.queue(1, rows=(row,))))[0]
    assert " night c… " in (await rows(90, data.queue(1, rows=(row,))))[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mei Lin", "ML"),
        ("Ana Maria Ruiz", "AR"),
        ("mei.lin@example.com", "MC"),
        ("li", "li"),
        ("Buoy", "Bu"),
        ("陈静", "陈"),
        ("佐藤ゆき", "佐"),
        ("É. Dupont", "ÉD"),
        ("x 🙂", "X "),
        ("", "  "),
        (" . ", "  "),
    ],
)
def test_initials_are_two_columns_whatever_a_name_is(name: str, said: str) -> None:
    assert cells(initials(name)) == 2
    assert initials(name) == said


async def test_categories_of_ours_are_words_where_there_is_room_and_codes_where_not() -> None:
    view = data.queue(6, categories=OURS)
    assert " FND " in (await rows(60, view))[0]
    assert " funds " in (await rows(72, view))[0]
    set_locale("zh_CN")
    assert " 资金 " in (await rows(40, view))[0]
    assert " FND " in (await rows(38, view))[0]


async def test_categories_of_others_are_named_as_they_are_there() -> None:
    plain = data.queue(2)
    mine = tuple(replace(row, category=code) for row, code in zip(plain.rows, ("3", "12"), strict=True))
    view = replace(plain, rows=mine, categories=THEIRS)
    shown = await rows(80, view)
    assert " Website " in shown[0]
    assert " Questions … " in shown[1]
    assert columns_for(46, category_names(THEIRS, SOURCE).columns, has_codes=False).category == 0, "a bare 12 tells nothing"
    unknown = replace(view, rows=(replace(mine[0], category="Elsewhere"),))
    assert " Elsewhere " in (await rows(80, unknown))[0]


def test_every_category_of_the_server_has_a_short_word_in_both_languages() -> None:
    assert [one.title for one in words.CATEGORIES.values() if one.title not in SHORT_CATEGORIES] == []
    assert category_names(OURS, SOURCE).columns == 8
    set_locale("zh_CN")
    chinese = category_names(OURS, "zh_CN")
    assert chinese.columns == 5
    assert len(set(chinese.words.values())) == len(OURS)


def test_the_head_of_a_conversation_calls_the_category_by_its_word() -> None:
    def facts(categories: tuple[Category, ...]) -> str:
        return TalkHead(Paint(DARK), 80).lines(data.conversation(categories=categories), data.NOW, "")[1].text.strip()

    assert facts(OURS).startswith("funds · P2")
    assert facts(()).startswith("FND · P2")
    set_locale("zh_CN")
    assert facts(OURS).startswith("资金 · P2")


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_the_owner_in_the_head_is_never_cut_for_what_is_told_elsewhere(locale: str) -> None:
    set_locale(locale)
    nobodys = replace(data.summary(), owner=None, status=data.WAITING, category="DEP")

    def facts(width: int) -> str:
        view = data.conversation(categories=OURS, summary=nobodys)
        return TalkHead(Paint(DARK), width).lines(view, data.NOW, "")[1].text

    assert len(facts(80).split(" · ")) == 6
    for width in range(44, 80):
        assert facts(width).rstrip().endswith({"en": "nobody's", "zh_CN": "无人负责"}[locale]), width
        assert facts(width).endswith(" ")
        assert " P2 " in facts(width)


async def test_a_wide_list_says_who_else_is_on_a_ticket() -> None:
    assert "◎ Ana Ruiz" in (await rows(120, busy()))[1]
    assert "HX-260817-004214 P3 O. Petrova" in (await rows(120, busy()))[1]


@pytest.mark.parametrize(("locale", "status"), [("en", "open"), ("zh_CN", "处理中")])
async def test_a_very_wide_list_says_how_a_ticket_stands_and_whole_names(locale: str, status: str) -> None:
    set_locale(locale)
    view = busy()
    view = replace(view, rows=(replace(view.rows[1], owner_name=SafeText("Дмитрий Волков")), *view.rows[1:]))
    row = (await rows(150, view))[0]
    at = [row.find(one) for one in ("App shows a blank screen after the", f" {status} ", " ru ", " Дмитрий Волков ")]
    assert -1 not in at, row
    assert at == sorted(at)
