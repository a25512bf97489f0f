"""The browser's way back: only the sign-in that waits is finished, by the port or by what is pasted."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from supportdesk_tui.backends.zendesk.loopback import browse, typed_line
from supportdesk_tui.backends.zendesk.oauth import ask
from supportdesk_tui.domain.errors import Refused, SignInNeeded
from tests.fakes.zendesk import Zendesk
from tests.unit.zendesk.desk import backend, rotation


class Person:
    """Looks at the page the desk shows."""

    def __init__(self) -> None:
        self.page: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def show(self, page: str) -> None:
        """What the desk calls."""
        self.page.set_result(page)


async def never() -> str:
    """Nobody pastes anything."""
    nothing: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    return await nothing


async def signing_in(
    server: Zendesk, act: Callable[[str], Awaitable[None]], pasted: Callable[[], Awaitable[str]] = never
) -> str:
    """Sign in while a person does something with the page."""
    person = Person()
    waiting = asyncio.create_task(browse(rotation(server), person.show, pasted=pasted))
    await act(await person.page)
    return await asyncio.wait_for(waiting, 40)


async def led(address: str) -> httpx.Response:
    """The browser goes where it is led."""
    async with httpx.AsyncClient(verify=False, trust_env=False) as browser:
        return await browser.get(address)


async def test_browser_brings_a_sign_in_that_works(server: Zendesk) -> None:
    async def say_yes(page: str) -> None:
        answer = await led(server.tokens.approve(page, "ana"))
        assert answer.status_code == 200
        assert "go back to the terminal" in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"

    desk = backend(server, await signing_in(server, say_yes))
    assert (await desk.open()).agent.name == "Ana Ruiz"
    await desk.close()


async def test_other_pages_and_other_sign_ins_do_not_end_the_waiting(server: Zendesk) -> None:
    async def act(page: str) -> None:
        redirect = parse_qs(urlsplit(page).query)["redirect_uri"][0]
        origin = "http://" + urlsplit(redirect).netloc
        for path in ("/favicon.ico", "/signed-in", "/signed-in?code=x", "/signed-in?code=x&state=guessed"):
            assert (await led(origin + path)).status_code == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(redirect).port)
        writer.write(b"\x00" * 20_000 + b"\n")
        await reader.read()
        writer.close()
        assert (await led(server.tokens.approve(page, "ana"))).status_code == 200

    assert await signing_in(server, act)


async def test_address_pasted_over_ssh_signs_in(server: Zendesk) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()

    async def paste(page: str) -> None:
        for line in ("hello", "http://127.0.0.1:1/signed-in?code=x&state=y", server.tokens.approve(page, "ben") + "\n"):
            await lines.put(line)

    desk = backend(server, await signing_in(server, paste, lines.get))
    assert (await desk.open()).agent.name == "Ben 陈"
    await desk.close()


async def test_person_who_says_no_is_not_signed_in(server: Zendesk) -> None:
    async def say_no(page: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
        await led(f"{asked['redirect_uri']}?error=access_denied&error_description=The+user+said+no&state={asked['state']}")

    with pytest.raises(SignInNeeded, match="The user said no"):
        await signing_in(server, say_no)


async def test_code_with_another_verifier_is_worthless(server: Zendesk) -> None:
    async def act(page: str) -> None:
        address = server.tokens.approve(page, "ana")
        user, _, redirect = next(iter(server.tokens.codes.values()))
        server.tokens.codes = dict.fromkeys(server.tokens.codes, (user, "another-challenge", redirect))
        await led(address)

    with pytest.raises(SignInNeeded):
        await signing_in(server, act)


async def test_profile_without_a_client_says_what_is_missing(server: Zendesk) -> None:
    from dataclasses import replace

    with pytest.raises(SignInNeeded, match="client_id"):
        await browse(replace(rotation(server), client_id=""), lambda _: None)


def test_every_sign_in_has_secrets_of_its_own() -> None:
    one, two = (ask("https://z.example", "c", "http://127.0.0.1:1/signed-in") for _ in range(2))
    assert len({one.state, two.state, one.verifier, two.verifier}) == 4
    assert one.verifier not in one.page
    assert "verifier" not in repr(one)
    with pytest.raises(Refused):
        one.code("http://127.0.0.1:1/signed-in?code=x&state=" + two.state)


async def test_line_typed_into_the_terminal_is_read_and_the_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    try:
        with os.fdopen(slave, encoding="utf-8") as terminal:
            monkeypatch.setattr("sys.stdin", terminal)
            waiting = asyncio.create_task(typed_line())
            await asyncio.sleep(0)
            os.write(master, b"http://127.0.0.1:1/signed-in?code=x\n")
            assert (await asyncio.wait_for(waiting, 40)).strip() == "http://127.0.0.1:1/signed-in?code=x"
            given_up = asyncio.create_task(typed_line())
            await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            assert not asyncio.get_running_loop().remove_reader(terminal.fileno())
    finally:
        os.close(master)
