"""The help centre, searched in Chinese and Latin."""

from functools import lru_cache

from sqlalchemy import insert, select
from starlette.responses import Response

from supportdesk_tui.server.floor.hiding import hide
from supportdesk_tui.server.floor.words import LINK_HOSTS
from supportdesk_tui.server.http.call import Call, Endpoint, Param, json_answer, need
from supportdesk_tui.server.http.mapping import maybe
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.search import tokens
from supportdesk_tui.wire import schema

MAX_ARTICLES = 20


def search(call: Call) -> Response:
    """The best-fitting articles; a search that finds nothing is kept as a gap of the help centre."""
    need(call, "articles")
    words, locale = call.query("text")[:200].strip(), call.query("locale")[:20].split("-")[0].lower()
    with call.desk.database.reading() as connection:
        rows = connection.execute(select(tables.articles).order_by(tables.articles.c.id)).all()
    wanted = set(tokens(words))
    ranked: list[tuple[float, schema.ArticleOut]] = []
    for row in rows:
        title, body = _words_of(row.title), _words_of(row.body)
        hits = sum(2.0 if one in title else 1.0 if one in body else _near(one, title | body) for one in wanted)
        if hits or not wanted:
            bonus = 0.5 if locale and row.language == locale else 0.0
            ranked.append((hits + bonus, _out(row)))
    if wanted and not ranked:
        gap = {"at": call.desk.clock(), "agent": call.agent.id, "text": hide(words)[0]}
        call.desk.database.write(lambda connection: connection.execute(insert(tables.gaps), [gap]))
    ranked.sort(key=lambda one: (-one[0], one[1].id))
    return json_answer([article for _, article in ranked[:MAX_ARTICLES]])


@lru_cache(maxsize=8_000)
def _words_of(text: str) -> frozenset[str]:
    """The words of a title or body; articles are read far more often than written."""
    return frozenset(tokens(text))


def _near(word: str, known: frozenset[str]) -> float:
    """Half a hit for the beginning of a word, or a word with one letter wrong."""
    if len(word) < 4 or not word.isascii():
        return 0.0
    return 0.5 if any(one.startswith(word) or _one_letter_off(word, one) for one in known if one.isascii()) else 0.0


def _one_letter_off(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1 or left[0] != right[0]:
        return False
    same = 0
    while same < min(len(left), len(right)) and left[same] == right[same]:
        same += 1
    return left[same + 1 :] in {right[same + 1 :], right[same:]} or left[same:] == right[same + 1 :]


def _out(row: object) -> schema.ArticleOut:
    columns = tables.articles.c
    value = {column.name: getattr(row, column.name) for column in columns}
    return schema.ArticleOut(
        id=value["id"],
        title=value["title"],
        url=f"https://{LINK_HOSTS[1]}/{value['language']}/{value['id']}",
        body=value["body"],
        language=value["language"],
        reviewed_at=maybe(value["reviewed_at"]),
        review_due_at=maybe(value["review_due_at"]),
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/articles",
        says="Search the help centre",
        run=search,
        out=list[schema.ArticleOut],
        params=(Param("text", {"type": "string"}), Param("locale", {"type": "string"})),
    ),
)
