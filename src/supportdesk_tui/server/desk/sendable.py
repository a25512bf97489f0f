"""What nobody may send to anybody, whatever client and whatever kind of change carries it."""

from collections.abc import Iterator

from msgspec import Struct

from supportdesk_tui.server.desk.refusals import SecretInText
from supportdesk_tui.text import secrets
from supportdesk_tui.wire import schema


def sendable(said: Struct) -> None:
    """Refuse recovery phrases and private keys in any text an agent sends: replies, notes, summaries, promises, facts.

    Where only colleagues read, too: a note is indexed, exported and backed up, and who reads it can take the customer's money.
    """
    for field, text in _texts(said, ""):
        found = next((one for one in secrets.find(text) if one.kind in secrets.NEVER_SENT), None)
        if found is not None:
            raise SecretInText(f"a {found.kind.value.replace('_', ' ')} is never sent to anybody: mask it", field=field)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text of a body with where it stands, e.g. `then[0].summary`."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), f"{path}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(name, path)
            yield from _texts(one, f"{path}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _texts(one, f"{path}[{place}]")


def overrides_of(given: list[schema.OverrideIn]) -> tuple[dict[str, str], ...]:
    """Reasons given at the send gate, as the log keeps them."""
    return tuple({"finding": one.finding, "reason": one.reason} for one in given)
