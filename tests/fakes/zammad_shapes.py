"""The forms in which a Zammad answers with tickets."""

from tests.fakes.zammad_desk import TYPES, Desk, Row


def assets(desk: Desk, tickets: list[Row], *, articles: bool = False) -> Row:
    """Everything about tickets, each thing once."""
    people = set[int]()
    for one in tickets:
        people |= {one["customer_id"], one["owner_id"], one["created_by_id"], one["updated_by_id"]}
    said = [desk.articles[number] for one in tickets for number in one["article_ids"]] if articles else []
    people |= {one["created_by_id"] for one in said}
    mentions = [one for one in desk.mentions.values() if one["mentionable_id"] in {row["id"] for row in tickets}]
    people |= {one["user_id"] for one in mentions}
    return {
        "Ticket": {str(one["id"]): one for one in tickets},
        "User": {str(one): desk.users[one] for one in sorted(people)},
        "Group": {str(number): {"id": number, "name": name} for number, name in desk.groups.items()},
        "TicketArticle": {str(one["id"]): one for one in said},
        "Mention": {str(one["id"]): one for one in mentions},
    }


def whole(desk: Desk, ticket: Row) -> Row:
    """The answer of `all=true`."""
    number, links = ticket["id"], desk.linked(ticket["id"])
    others = assets(desk, [desk.tickets[one["link_object_value"]] for one in links])
    mine = assets(desk, [ticket], articles=True)
    both = {kind: others.get(kind, {}) | rows for kind, rows in mine.items()}
    mentions = [one["id"] for one in desk.mentions.values() if one["mentionable_id"] == number]
    return {
        "ticket_id": number, "ticket_article_ids": ticket["article_ids"], "assets": both, "links": links,
        "tags": desk.tags.get(number, []), "mentions": mentions, "time_accountings": [], "form_meta": {},
    }  # fmt: skip


def expanded(desk: Desk, ticket: Row) -> Row:
    """A ticket with names."""
    return ticket | {
        "state": desk.states[ticket["state_id"]]["name"],
        "priority": desk.priorities[ticket["priority_id"]],
        "group": desk.groups[ticket["group_id"]],
        "owner": desk.users[ticket["owner_id"]]["login"],
        "customer": desk.users[ticket["customer_id"]]["login"],
        "create_article_type": TYPES[ticket["create_article_type_id"]],
    }
