"""Signing in to Zendesk: pairs that rotate are kept before they are used, renewed once, and survive whatever breaks."""

import asyncio
import logging
import threading
from datetime import UTC, datetime

import pytest

from supportdesk_tui.backends.zendesk.oauth import Pair, Rotating, from_secret, signing_for
from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.errors import SignInNeeded, Unreachable
from supportdesk_tui.domain.ids import ChangeKey, Cursor
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from tests.fakes.serving import Fault
from tests.fakes.zendesk import Zendesk
from tests.unit.zendesk.desk import Vault, at, backend, ending, question, rotation


async def test_requests_refused_together_renew_once(server: Zendesk) -> None:
    vault, ticket = Vault(), question(server)
    async with at(server, vault=vault) as desk:
        server.tokens.expire()
        opened = await asyncio.gather(*(desk.get_ticket(ticket) for _ in range(6)))
    assert {one.summary.id for one in opened} == {ticket}
    assert server.tokens.refreshed == 1
    assert len(vault.secrets) == 1


async def test_old_token_refused_late_does_not_renew_again(server: Zendesk) -> None:
    pair = from_secret(server.tokens.secret("ana"))
    assert pair is not None
    signing = Rotating(pair, rotation(server))
    signed, first_done = asyncio.Event(), asyncio.Event()

    async def late() -> bool:
        signing.headers()
        signed.set()
        await first_done.wait()
        return await signing.renew()

    waiting = asyncio.create_task(late())
    await signed.wait()
    signing.headers()
    assert await signing.renew()
    first_done.set()
    assert await waiting
    assert server.tokens.refreshed == 1


async def test_new_pair_is_kept_before_anything_is_signed_with_it(server: Zendesk) -> None:
    signed_then: list[int] = []
    vault = Vault()

    def look() -> None:
        newest = max(server.tokens.access, key=lambda one: int(one.rpartition("-")[2]))
        signed_then.append(sum(newest in one.headers.get("authorization", "") for one in server.watched.requests))

    vault.on_keep = look
    async with at(server, vault=vault) as desk:
        server.tokens.expire()
        await desk.list_tickets(QueueQuery(), None)
    assert signed_then == [0]


async def test_token_that_ends_between_two_pages_costs_no_row(server: Zendesk) -> None:
    seen: list[str] = []
    after: Cursor | None = None
    async with at(server) as desk:
        while True:
            page = await desk.list_tickets(QueueQuery(sort=SortKey.CREATED), after)
            seen += [row.id for row in page.items]
            server.tokens.expire()
            if (after := page.after) is None:
                break
    assert len(seen) == len(set(seen)) == len(server.store.tickets)
    assert server.tokens.refreshed >= 2


async def test_reply_refused_for_an_old_token_is_sent_once(server: Zendesk) -> None:
    ticket = question(server)
    async with at(server) as desk:
        server.tokens.expire()
        await desk.apply(ticket, Reply("Once."), ChangeKey("k1"))
    assert server.seen_by_customer(int(ticket)).count("Once.") == 1


async def test_token_about_to_end_is_renewed_before_it_is_refused(server: Zendesk) -> None:
    vault = Vault()
    async with at(server, ending(server.tokens.secret("ana"), 20), vault=vault):
        pass
    assert server.tokens.refreshed == 1
    assert not server.tokens.dead & {one.headers.get("authorization", "")[7:] for one in server.watched.requests}


async def test_crash_before_the_new_pair_is_kept_needs_a_sign_in_and_says_so(server: Zendesk) -> None:
    old = server.tokens.secret("ana")
    async with at(server, old) as crashed:
        server.tokens.expire()
        await crashed.open()
    later = backend(server, old)
    with pytest.raises(SignInNeeded, match="sign in again with `supportdesk login`"):
        await later.open()
    await later.close()


async def test_crash_after_the_new_pair_is_kept_goes_on_with_it(server: Zendesk) -> None:
    vault = Vault()
    crashed = backend(server, ending(server.tokens.secret("ana"), 5), vault=vault)
    await crashed.open()
    await crashed.close()
    kept = vault.secrets[-1]
    later = backend(server, kept)
    assert (await later.open()).agent.name == "Ana Ruiz"
    await later.close()
    assert server.tokens.refreshed == 1


async def test_request_given_up_while_renewing_does_not_lose_the_pair(server: Zendesk) -> None:
    vault, in_keep, go_on = Vault(), threading.Event(), threading.Event()

    def hold() -> None:
        in_keep.set()
        assert go_on.wait(10)

    vault.on_keep = hold
    desk = backend(server, ending(server.tokens.secret("ana"), 5), vault=vault)
    asking = asyncio.create_task(desk.open())
    assert await asyncio.to_thread(in_keep.wait, 10)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    go_on.set()
    await desk.close()
    assert len(vault.secrets) == 1
    later = backend(server, vault.secrets[0])
    await later.open()
    await later.close()


async def test_pair_another_program_renewed_is_taken_over(server: Zendesk) -> None:
    old, vault = server.tokens.secret("ana"), Vault()
    async with at(server, old, vault=vault) as mine:
        command = backend(server, ending(old, 5), vault=vault)
        await command.open()
        await command.close()
        assert server.tokens.refreshed == 1
        await mine.list_tickets(QueueQuery(), None)
    assert server.tokens.refreshed == 1


async def test_key_store_that_fails_does_not_end_the_session(server: Zendesk, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    with caplog.at_level(logging.WARNING):
        async with at(server, vault=Vault(on_keep=fail)) as desk:
            server.tokens.expire()
            await desk.list_tickets(QueueQuery(), None)
            await desk.list_tickets(QueueQuery(), None)
    assert "not kept" in caplog.text
    assert server.tokens.refreshed == 1


async def test_renewal_that_gets_no_answer_can_be_tried_again(server: Zendesk) -> None:
    async with at(server) as desk:
        server.tokens.expire()
        server.watched.faults.append(Fault(path="/oauth/tokens", status=502, body=b"<html>bad gateway</html>"))
        with pytest.raises(Unreachable):
            await desk.list_tickets(QueueQuery(), None)
        assert (await desk.list_tickets(QueueQuery(), None)).items


async def test_api_token_signs_in_as_the_second_way(server: Zendesk) -> None:
    async with at(server, "ana@desk.example/token:api-key") as desk:
        assert (await desk.open()).agent.id == "101"
    wrong = backend(server, "ana@desk.example/token:guessed")
    with pytest.raises(SignInNeeded, match="takes us for nobody"):
        await wrong.open()
    await wrong.close()


async def test_customers_account_is_no_agents_account(server: Zendesk) -> None:
    server.store.users[101]["role"] = "end-user"
    desk = backend(server)
    with pytest.raises(SignInNeeded, match="not of an agent"):
        await desk.open()
    await desk.close()


@pytest.mark.parametrize("secret", ["{", '{"access":1}', '{"refresh":"x"}', '{"access":"a b","refresh":"c"}'])
def test_spoilt_secret_needs_a_sign_in(server: Zendesk, secret: str) -> None:
    with pytest.raises(SignInNeeded):
        signing_for(secret, rotation(server))


async def test_tokens_are_in_no_log_and_no_repr(server: Zendesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="supportdesk_tui"):
        async with at(server) as desk:
            server.tokens.expire()
            await desk.open()
    assert "oauth/tokens" in caplog.text
    assert "access-" not in caplog.text
    assert "refresh-" not in caplog.text
    assert repr(Pair("access-1", "refresh-1", int(datetime.now(UTC).timestamp()))) == "Pair(…)"
