"""What a queue query asks of products that are not ours; pure."""

from supportdesk_tui.domain.queue import QueueQuery


def words(text: str) -> list[tuple[str, bool]]:
    """The words of a search, those in quotes together: each with whether it stood in quotes."""
    parts = (
        (word, bool(number % 2))
        for number, part in enumerate(text.split('"'))
        for word in ([part.strip()] if number % 2 else part.split())
    )
    return [(word, is_phrase) for word, is_phrase in parts if word]


def unapplied(query: QueueQuery, **more: object) -> tuple[str, ...]:
    """Names of the terms of a query that only our own server knows (language, promises, read marks), and of `more`."""
    lost = {"lang": query.languages, "is:promised": query.promised, "is:unread": query.unread, **more}
    return tuple(name for name, is_asked in lost.items() if is_asked)
