"""Links of customers: found by a key, looked at before anything happens, opened by a browser or copied, or never."""

import os
import stat
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.ui.browser import open_page, opener
from supportdesk_tui.ui.screens.link import LinkDialog
from supportdesk_tui.ui.screens.picker import PickerDialog
from tests.desk.people import bodies, customer_writes, first_line, open_ticket, show_view
from tests.driver import at_desk
from tests.sync.fake import until


async def test_a_link_is_looked_at_before_it_is_copied_and_a_bad_one_is_never_opened(
    server: ServerThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await customer_writes(
            server, row, "See https://harbor.example@evil.test/login and javascript:alert(1) and www.docs.example"
        )
        await li.until(lambda _: "javascript" in bodies(li)[-1], "arrived")
        await li.press("o")
        assert isinstance(li.app.screen, PickerDialog)
        await li.sees("evil.test", "www.docs.example")
        await li.type("evil")
        await li.press("enter")
        assert isinstance(li.app.screen, LinkDialog)
        await li.sees("leads to", "evil.test", "What stands before the @ is not the host", "no browser here")
        await li.press("enter")
        assert isinstance(li.app.screen, LinkDialog), "what is odd needs a key of its own"
        await li.press("c")
        await li.until(lambda state: state.view.notice and "link" in state.view.notice.text, "copied")
        await li.press("o")
        await li.type("javascript")
        await li.press("enter")
        await li.sees("never opened from here")
        await li.press("o", "enter")
        assert isinstance(li.app.screen, LinkDialog), "no key opens it"
        await li.press("escape")
        await li.run("link.open", "javascript:alert(1)")
        await li.sees("This link is never opened from here")


async def test_the_browser_gets_the_address_as_one_argument_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "xdg-open"
    program.write_text(
        f'#!/bin/sh\necho "$#:$1:$SUPPORTDESK_TOKEN" > {tmp_path}/seen.part\nmv {tmp_path}/seen.part {tmp_path}/seen\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    here = {**os.environ, "DISPLAY": ":0", "SUPPORTDESK_TOKEN": "secret"}
    for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_KEY"):
        here.pop(name, None)
    assert open_page("https://a.example/?q=$(id);x y", here)
    await until((tmp_path / "seen").exists)
    assert (tmp_path / "seen").read_text() == "1:https://a.example/?q=$(id);x y:\n"
    assert not open_page("file:///etc/passwd", here)
    assert not open_page("https://a.example", {**here, "SSH_CONNECTION": "1"})
    assert opener({}, "linux") == ""
