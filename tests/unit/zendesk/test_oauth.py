"""Signing in to Zendesk: pairs that rotate are kept before they are used, renewed once, and survive whatever breaks."""

import asyncio
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supportdesk_tui.backends.zendesk.adapter import ZendeskBackend
from supportdesk_tui.backends.zendesk.leaving import sign_out
from supportdesk_tui.backends.zendesk.oauth import Pair, Rotating, from_secret, signing_for
from supportdesk_tui.config.locks import held
from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.errors import Refused, SignInNeeded, Unreachable
from supportdesk_tui.domain.ids import ChangeKey, Cursor
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from tests.contract.zendesk_floor import EAGER
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
        assert go_on.wait(40)

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


async def test_two_desks_that_renew_at_once_take_turns(server: Zendesk, tmp_path: Path) -> None:
    old = ending(server.tokens.secret("ana"), 5)

    class Slow(Vault):
        """Keeps a pair only after the other desk has been refused and has looked for it, if that may ever happen."""

        loads = 0

        def load(self) -> str | None:
            self.loads += 1
            return super().load()

        def keep(self, secret: str) -> None:
            deadline = time.monotonic() + 0.3
            while self.loads < 3 and time.monotonic() < deadline:
                looked.wait(0.01)
            super().keep(secret)

    looked, vault = threading.Event(), Slow([old])
    ways = replace(rotation(server, vault), alone=lambda: held(tmp_path / "ana.renewing", 10))
    desks = [ZendeskBackend(old, ways, EAGER) for _ in range(2)]
    sessions = await asyncio.gather(*(desk.open() for desk in desks))
    assert {session.agent.name for session in sessions} == {"Ana Ruiz"}
    assert server.tokens.refreshed == 1
    await asyncio.gather(*(desk.close() for desk in desks))


async def test_desk_that_never_ends_renewing_keeps_nobody_waiting_for_ever(server: Zendesk, tmp_path: Path) -> None:
    ways = replace(rotation(server, Vault()), alone=lambda: held(tmp_path / "ana.renewing", 0.1))
    desk = ZendeskBackend(ending(server.tokens.secret("ana"), 5), ways, EAGER)
    async with held(tmp_path / "ana.renewing", 1):
        with pytest.raises(Unreachable, match="another desk"):
            await desk.open()
    assert (await desk.open()).agent.name == "Ana Ruiz"
    await desk.close()


async def test_folder_without_locks_is_no_reason_not_to_renew(server: Zendesk, tmp_path: Path) -> None:
    ways = replace(rotation(server, Vault()), alone=lambda: held(tmp_path / "none" / "ana.renewing", 1))
    desk = ZendeskBackend(ending(server.tokens.secret("ana"), 5), ways, EAGER)
    assert (await desk.open()).agent.name == "Ana Ruiz"
    await desk.close()


# --- signing out


@pytest.mark.parametrize("is_expired", [False, True])
async def test_signing_out_makes_the_sign_in_worthless(server: Zendesk, *, is_expired: bool) -> None:
    secret, vault = server.tokens.secret("ana"), Vault()
    if is_expired:
        server.tokens.expire()
    await sign_out(rotation(server, vault), secret)
    assert not server.tokens.access
    assert not server.tokens.refresh
    for kept in (secret, *vault.secrets):
        desk = backend(server, kept)
        with pytest.raises(SignInNeeded):
            await desk.open()
        await desk.close()


async def test_sign_in_that_has_ended_already_is_no_error_when_signing_out(server: Zendesk) -> None:
    secret = server.tokens.secret("ana")
    await sign_out(rotation(server), secret)
    await sign_out(rotation(server), secret)
    assert len(server.watched.asked("DELETE")) == 1


async def test_signing_out_that_fails_says_so(server: Zendesk) -> None:
    secret = server.tokens.secret("ana")
    server.watched.faults.append(Fault(path="/api/v2/oauth/tokens/.*", status=503, times=9))
    with pytest.raises(Unreachable):
        await sign_out(rotation(server), secret)
    with pytest.raises(Refused, match="administrator"):
        await sign_out(rotation(server), "ana@desk.example/token:api-key")
