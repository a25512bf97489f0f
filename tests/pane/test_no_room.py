"""Windows too small for anything: what is drawn there may be little, but the desk goes on."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.ui.panes.composer import Composer
from tests.pane import data
from tests.pane.harness import DARK, misfits, showing

WIDTHS = (1, 2, 3, 5, 9, 14, 19, 24, 40)


@pytest.mark.parametrize("height", [1, 3, 8])
async def test_composer_with_nothing_to_say_below_it_is_drawn_at_every_width(height: int) -> None:
    view = data.composer()
    assert view.draft is not None
    bare = replace(view, draft=replace(view.draft, then=(), attachments=(), language_note=""))
    composer = Composer(DARK)
    async with showing(composer, 40, height) as (_app, pilot):
        for width in WIDTHS:
            await pilot.resize_terminal(width, height)
            for one in (view, bare):
                composer.show(one, data.NOW)
            await pilot.pause()
            assert misfits(composer.foot) == []
