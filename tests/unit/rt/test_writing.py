"""Changes as requests for RT, and how a ticket shows that they happened."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest

from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import fields, speaking, writing
from supportdesk_tui.backends.rt.client import Rt
from supportdesk_tui.backends.rt.twins import Twins
from supportdesk_tui.backends.rt.words import Lens
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import Forbidden, Refused, Unsupported
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.text.secrets import admit
from tests import make

LENS = Lens(me=AgentId("alice"), queues={"4": "Billing"}, zone="Asia/Shanghai")
TICKET = TicketId("30")


def field(name: str, *values: str) -> dict[str, Any]:
    return {"CustomFields": [{"name": name, "values": list(values)}]}


@pytest.mark.parametrize(
    ("change", "body", "done"),
    [
        (changes.Assign(AgentId("bob")), {"Owner": "bob"}, {"Owner": {"id": "bob"}}),
        (changes.Assign(None), {"Owner": "Nobody"}, {"Owner": {"id": "Nobody"}}),
        (changes.Transfer(TeamId("4")), {"Queue": "Billing"}, {"Queue": {"id": "4"}}),
        (changes.SetStatus("on-hold"), {"Status": "on-hold"}, {"Status": "on-hold"}),
        (changes.SetPriority(Priority.P1), {"Priority": 90}, {"Priority": "90"}),
        (changes.Tag(add=("vip",), remove=("old",)), {"CustomFields": {"Tags": ["kept", "vip"]}}, field("Tags", "kept", "vip")),
        (changes.Watch(), {"AdminCc": ["bob", "alice", "group:28"]}, {"AdminCc": [{"id": "alice"}]}),
        (changes.Merge(TicketId("52")), {"MergeInto": 52}, {"id": 52}),
        (
            changes.Link(TicketId("7")),
            {"AddRefersTo": [7]},
            {"_hyperlinks": [{"ref": "refers-to", "type": "ticket", "id": "7"}]},
        ),
    ],
)
def test_change_is_put_and_seen(change: changes.Change, body: dict[str, Any], done: dict[str, Any]) -> None:
    row = Node({"id": "30", "AdminCc": [{"id": "bob"}, {"id": "28", "type": "group"}], **field("Tags", "kept", "old")})
    setting = writing.to_setting(change, row, LENS)
    assert setting.body == body
    assert setting.is_done(Node(done))
    assert not setting.is_done(row)


def test_what_rt_lacks_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        writing.to_setting(changes.Snooze(None), Node({}), LENS)


@pytest.mark.parametrize(
    ("kind", "many", "value", "sent", "read"),
    [
        ("DateTime", "1", "2026-12-24 18:00", "2026-12-24 18:00:00", ["2026-12-24T10:00:00Z"]),
        ("Date", "1", "2026-12-24", "2026-12-24", ["2026-12-24"]),
        ("Select", "1", "s1 OUTAGE", "s1 OUTAGE", ["S1 outage"]),
        ("Select", "1", "", None, []),
        ("Select", "0", "EU, Asia,EU", ["EU", "Asia"], ["Asia", "EU"]),
        ("Freeform", "0", "", [], []),
        ("Text", "1", "one\ntwo", "one\ntwo", ["one\r\ntwo"]),
    ],
)
def test_custom_field_is_written_as_its_kind_wants(kind: str, many: str, value: str, sent: object, read: list[str]) -> None:
    setting = fields.to_setting(changes.SetField("F", value), Node({"Type": kind, "MaxValues": many}), LENS)
    assert setting.body == {"CustomFields": {"F": sent}}
    assert setting.is_done(Node(field("F", *read)))
    assert not setting.is_done(Node(field("F", "1970-01-01T00:00:00Z")))


@pytest.mark.parametrize(("kind", "value"), [("DateTime", "tomorrow"), ("Image", "x.png")])
def test_value_rt_would_lose_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Refused) as raised:
        fields.to_setting(changes.SetField("F", value), Node({"Type": kind, "MaxValues": "1"}), LENS)
    assert raised.value.fields


@pytest.mark.parametrize("name", ["截图.png", "café.png", "plain.png"])
def test_file_goes_with_a_name_rt_can_store(name: str) -> None:
    call = writing.say(TICKET, changes.Reply("x"), [File(name, "image/png", b"\x89")])
    [sent] = json.loads(call.body or b"")["Attachments"]
    assert sent["FileName"].isascii()
    assert "\n" not in sent["FileName"]
    assert (sent["FileName"] == name) is name.isascii()
    assert base64.b64decode(sent["FileContent"]) == b"\x89"
    assert call.target == "/REST/2.0/ticket/30/correspond"


def test_words_alone_go_in_the_form_whose_answer_survives_every_language() -> None:
    call = writing.say(TICKET, changes.Note("你好"), ())
    assert call.target == "/REST/2.0/tickets/bulk/comment"
    assert json.loads(call.body or b"") == [{"id": 30, "Content": "你好", "ContentType": "text/plain"}]
    assert call.is_write
    assert not call.is_repeatable


@pytest.mark.parametrize(
    ("said", "links", "error"),
    [
        (changes.Reply(" \n"), (), Refused),
        (changes.Reply("x", cc=("not an address",)), (), Refused),
        (changes.Reply("x"), ("self", "comment"), Forbidden),
        (changes.Note("x"), ("self", "correspond"), Forbidden),
    ],
)
def test_words_this_agent_may_not_say_here_are_refused_before_they_leave(
    said: changes.Reply | changes.Note, links: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        speaking.check(Node({"_hyperlinks": [{"ref": one} for one in links]}), said)


def test_our_words_are_known_again_once_and_only_there() -> None:
    twins, me = Twins(), AgentId("alice")
    twins.expect(TICKET, changes.Reply("Hello"), ChangeKey("k1"), 10)
    old, ours, theirs, twice = (
        make.entry(id=str(seq), seq=seq, body="Hello", kind=EntryKind.AGENT, author_id=AgentId(who))
        for seq, who in ((9, "alice"), (11, "alice"), (12, "bob"), (13, "alice"))
    )
    named = twins.named(TICKET, [old, ours, theirs, twice], me)
    assert [entry.key for entry in named] == [None, "k1", None, None]
    assert twins.named(TicketId("31"), [ours], me)[0].key is None
    assert twins.named(TICKET, [twice, ours], me)[1].key == "k1"


def test_words_with_a_secret_are_known_to_be_ours_though_their_entry_hides_it() -> None:
    """Else the desk would say that RT had not taken them, and send them again."""
    said = changes.Reply("Your card 4111 1111 1111 1111\nis not ours.")
    entry = make.entry(id="11", seq=11, body=admit(said.body).text, kind=EntryKind.AGENT, author_id=LENS.me)
    assert "4111" not in entry.body
    twins, rt = Twins(), Rt("http://127.0.0.1:1", "token")
    rt.lens = LENS
    twins.expect(TICKET, said, ChangeKey("k1"), 10)
    assert twins.named(TICKET, [entry], LENS.me)[0].key == "k1"
    assert speaking.Speaking(rt, follow=_nothing).spoken([entry], said) == entry


async def _nothing(_ticket: TicketId, _change: changes.FollowUp, _since: datetime | None) -> None:
    """Nothing follows."""
