"""The laws of the one list of commands."""

import pytest

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands import keys
from supportdesk_tui.commands.catalog import BY_ID, CATALOG
from supportdesk_tui.commands.keymap import CHAINS
from supportdesk_tui.commands.spec import Command, Danger, Scope
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.store.state import Pane
from tests import make
from tests.unit.commands.desk import context, has, lacking, reason, run, with_queue

OFFERED = [command for command in CATALOG if not command.is_internal]


def test_ids_are_unique_and_spelt_noun_verb() -> None:
    assert len(BY_ID) == len(CATALOG)
    assert all(command.id.count(".") == 1 and command.id.islower() for command in CATALOG)


@pytest.mark.parametrize("chain", CHAINS.values())
def test_no_key_means_two_things_at_one_place(chain: tuple[Scope, ...]) -> None:
    held = [keys.spell(key) for command in CATALOG if command.scope in chain for key in command.keys]
    assert len(held) == len(set(held))


@pytest.mark.parametrize("command", CATALOG, ids=lambda command: command.id)
def test_default_keys_reach_the_program(command: Command) -> None:
    for key in map(keys.spell, command.keys):
        assert keys.trouble(key) is None
        assert command.scope is not Scope.COMPOSER or not keys.is_printable(key)


@pytest.mark.parametrize("command", OFFERED, ids=lambda command: command.id)
def test_what_is_offered_has_title_and_group(command: Command) -> None:
    assert command.title
    assert command.group


def test_internal_commands_have_no_keys() -> None:
    assert not [command.id for command in CATALOG if command.is_internal and command.keys]


def test_what_customers_or_colleagues_would_notice_can_be_undone_or_is_asked() -> None:
    assert BY_ID["ticket.solve"].danger is Danger.UNDO
    assert BY_ID["ticket.merge"].danger is Danger.CONFIRM


MENUS = [command.id for command in CATALOG if command.id.startswith("menu.") and command.id != "menu.macros"]


@pytest.mark.parametrize("command", MENUS)
@pytest.mark.parametrize("pane", Pane)
def test_every_menu_leads_to_commands_that_exist_by_distinct_keys(command: str, pane: Pane) -> None:
    (effect,) = run(context(pane, opened=1), command)
    assert isinstance(effect, ef.Emit)
    items = effect.event.menu.items  # type: ignore[union-attr] # only MenuOpened has one, and nothing else may come
    assert items
    assert {item.command for item in items} <= set(BY_ID)
    held = [keys.spell(item.key) for item in items]
    assert len(held) == len(set(held))


@pytest.mark.parametrize("command", [command for command in OFFERED if command.keys], ids=lambda command: command.id)
def test_every_key_does_something_or_says_why_on_a_full_desk(command: Command) -> None:
    panes = {Scope.COMPOSER: Pane.COMPOSER, Scope.CONVERSATION: Pane.CONVERSATION, Scope.CUSTOMER: Pane.CUSTOMER}
    pane = panes.get(command.scope, Pane.QUEUE)
    second = make.summary(2).id
    ctx = with_queue(context(pane, opened=1, selection=frozenset({second})), index=1, cursor=second)
    assert command.when(ctx) is not None or list(command.run(ctx, ()))


@pytest.mark.parametrize("command", [command for command in OFFERED if command.keys], ids=lambda command: command.id)
def test_no_key_breaks_an_empty_desk(command: Command) -> None:
    ctx = with_queue(context(), rows=(), total=0, cursor=None, views=(), view=None)
    list(command.run(ctx, ()))


def test_reasons_tell_role_from_backend() -> None:
    assert "role" in reason(lacking(context(), Capability.TAKE, "role"), "ticket.take")
    assert "backend" in reason(lacking(context(), Capability.TAKE, "backend"), "ticket.take")


def test_being_offline_is_never_a_reason() -> None:
    ctx = context()
    assert ctx.state.link.phase == "off"
    assert not reason(ctx, "ticket.reply")
    assert has(run(ctx, "ticket.take"), ef.Tell)
