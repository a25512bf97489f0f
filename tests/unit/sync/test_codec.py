"""What lies on our disk comes back as it was, and never as something worse."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.domain import changes
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    Create,
    Escalate,
    MakePromise,
    Merge,
    Note,
    Reply,
    SetPriority,
    Snooze,
    Tag,
    Undo,
)
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.queue import Owner, QueueQuery
from supportdesk_tui.domain.ticket import Channel, Phase, Priority
from supportdesk_tui.sync import codec
from supportdesk_tui.sync.salvage import frame, unframe
from supportdesk_tui.text.safe import SafeText
from tests import make

EXAMPLES: list[Change] = [
    Reply(
        "你好", (SetPriority(Priority.P1), Tag(("a",), ("b",)), Snooze(make.NOW)), (AttachmentId("f"),), ("cc@x",), "zh", "m1"
    ),
    Note("internal", (Escalate(TeamId("w"), "why", (("txid", "0x1"),)),), mentions=(AgentId("a2"),)),
    Assign(None),
    Assign(AgentId("a2"), only_if_unowned=True),
    MakePromise("by tomorrow", make.NOW + timedelta(days=1)),
    Merge(TicketId("t2")),
    Create("c1", Channel.EMAIL, "FND", "s", "b"),
    Undo(ChangeKey("k")),
]


@pytest.mark.parametrize("change", EXAMPLES, ids=lambda change: type(change).__name__)
def test_change_comes_back_as_it_was(change: Change) -> None:
    record = unframe(frame({"change": codec.change_to_plain(change)}))
    assert record is not None
    assert codec.change_from_plain(record["change"]) == change


st.register_type_strategy(datetime, st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)))


@given(st.one_of([st.from_type(kind) for kind in get_args(changes.Change)]))
def test_every_kind_of_change_can_be_stored(change: Change) -> None:
    record = unframe(frame({"change": codec.change_to_plain(change)}))
    assert record is not None
    assert codec.change_from_plain(record["change"]) == change


@pytest.mark.parametrize(
    "plain", [{}, {"kind": "Reply"}, {"kind": "Reply", "body": 7}, {"kind": "Nonsense", "body": "x"}, {"kind": "Tag", "add": 3}]
)
def test_damaged_change_is_an_error_of_ours(plain: dict[str, Any]) -> None:
    with pytest.raises(StorageError):
        codec.change_from_plain(plain)


def test_row_changed_behind_our_back_is_made_safe_again() -> None:
    row = make.summary(1, subject=SafeText("\x1b]52;c;evil\x07 \u202e"))
    read = codec.unpack_row(codec.pack_row(row))
    assert isinstance(read.subject, SafeText)
    assert "\x1b" not in read.subject
    assert "\u202e" not in read.subject
    assert replace(read, subject=row.subject) == row


@given(
    st.builds(
        QueueQuery,
        phases=st.frozensets(st.sampled_from(Phase)),
        owner=st.sampled_from([*Owner, AgentId("a9")]),
        priorities=st.frozensets(st.sampled_from(Priority)),
        tags=st.frozensets(st.text(max_size=4), max_size=3),
        due_within=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)),
        unread=st.booleans(),
        text=st.text(max_size=10),
    )
)
def test_query_comes_back_as_it_was(query: QueueQuery) -> None:
    view = make.view(query=query)
    (read,) = codec.load_views(codec.dump_views((view,)))
    assert read == view
    assert codec.query_key(query) == codec.query_key(read.query)


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_frame_is_whole_or_nothing(noise: bytes, place: int, value: int) -> None:
    blob = frame({"record": "draft", "rev": 1})
    assert unframe(noise + blob, len(noise)) == {"record": "draft", "rev": 1}
    broken = bytearray(blob)
    broken[place % len(blob)] = value
    assert unframe(bytes(broken)) in (None, {"record": "draft", "rev": 1})
    assert unframe(noise) is None
