"""What Zammad leaves to its clients: filling in text modules, and saying what a macro would do."""

from datetime import UTC, datetime, timedelta

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import macros
from supportdesk_tui.domain.changes import Assign, SetField, SetPriority, SetStatus, Snooze, Tag, Transfer
from supportdesk_tui.domain.directory import MacroText
from supportdesk_tui.domain.ids import TeamId
from supportdesk_tui.domain.ticket import Priority
from tests.unit.zammad.samples import lens

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WHOLE = Node(
    {
        "ticket_id": 5,
        "assets": {
            "Ticket": {
                "5": {
                    "id": 5,
                    "number": "93005",
                    "title": "A & B",
                    "customer_id": 7,
                    "owner_id": 1,
                    "group_id": 2,
                    "state_id": 2,
                }
            },
            "User": {
                "7": {"id": 7, "firstname": "Zoë <b>", "lastname": "王", "vip": True},
                "3": {"id": 3, "firstname": "Chris"},
            },
        },
    }
)


def module(content: str) -> tuple[str, tuple[str, ...]]:
    filled = macros.from_module(Node({"content": content}), WHOLE, lens())
    return filled.body, filled.left_out


def test_places_are_filled_from_the_ticket_and_nothing_of_them_is_taken_for_markup() -> None:
    body, left = module(
        "<div>Hello #{ticket.customer.firstname} #{ticket.customer.lastname},</div><div>re #{ticket.title}</div>"
    )
    assert body == "Hello Zoë <b> 王,\nre A & B"
    assert left == ()


def test_places_of_agent_group_state_and_number_are_known() -> None:
    assert module("#{user.firstname}/#{ticket.number}/#{ticket.group.name}/#{ticket.state.name}/#{ticket.owner.firstname}|")[
        0
    ] == ("Chris/93005/2nd Level/open/|")


def test_place_nobody_can_fill_is_left_empty_and_said() -> None:
    body, left = module("from #{config.fqdn}#{ticket.customer.shoe_size}!")
    assert body == "from !"
    assert [one.partition("}")[0] for one in left] == ["#{config.fqdn", "#{ticket.customer.shoe_size"]


def macro(perform: dict[str, object], **more: object) -> MacroText:
    return macros.from_macro(Node({"id": 1, "perform": perform, **more}), WHOLE, lens(), NOW)


def test_macro_of_the_documentation_says_what_follows() -> None:
    text = macro(
        {
            "ticket.state_id": {"value": 4},
            "ticket.tags": {"operator": "add", "value": "spam, junk"},
            "ticket.owner_id": {"pre_condition": "current_user.id", "value": ""},
            "article.note": {"body": "for #{ticket.customer.lastname}", "internal": "true", "subject": "x"},
        }
    )
    assert text.then == (SetStatus("closed"), Tag(add=("spam", "junk")), Assign(lens().me))
    assert (text.body, text.is_note, text.left_out) == ("for 王", True, ())


def test_other_steps_of_macros() -> None:
    text = macro(
        {
            "ticket.group_id": {"value": "2"},
            "ticket.priority_id": {"value": "3"},
            "ticket.owner_id": {"pre_condition": "not_set", "value": ""},
            "ticket.tags": {"operator": "remove", "value": "vip"},
            "ticket.order_no": {"value": "A-7"},
        }
    )
    assert text.then == (
        Transfer(TeamId("2")),
        SetPriority(Priority.P1),
        Assign(None),
        Tag(remove=("vip",)),
        SetField("order_no", "A-7"),
    )


def test_reminder_with_its_time_is_a_snooze() -> None:
    text = macro(
        {"ticket.state_id": {"value": 3}, "ticket.pending_time": {"operator": "relative", "value": "2", "range": "day"}}
    )
    assert text.then == (Snooze(NOW + timedelta(days=2)),)
    text = macro(
        {"ticket.state_id": {"value": 3}, "ticket.pending_time": {"operator": "static", "value": "2026-12-01T00:00:00Z"}}
    )
    assert text.then == (Snooze(datetime(2026, 12, 1, tzinfo=UTC)),)


def test_what_the_desk_cannot_do_is_said() -> None:
    text = macro(
        {
            "notification.email": {"body": "x", "recipient": "ticket_customer"},
            "ticket.state_id": {"value": 77},
            "article.note": {"body": "seen by all", "internal": "false"},
            "ticket.pending_time": {"operator": "static", "value": "2026-12-01T00:00:00Z"},
        },
        group_ids=[3],
    )
    assert text.then == ()
    assert text.is_note
    assert len(text.left_out) == 5
    assert any("other groups" in one for one in text.left_out)
