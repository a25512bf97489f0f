"""The list of products: each is made from a connection, and nothing of it is imported before that."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import get_args

import pytest

from supportdesk_tui.backends.catalog import SPECS, Connection
from supportdesk_tui.backends.chatwoot import adapter as chatwoot
from supportdesk_tui.backends.native import adapter as native
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.backends.rt import adapter as rt
from supportdesk_tui.backends.zammad import adapter as zammad
from supportdesk_tui.backends.zendesk import adapter as zendesk
from supportdesk_tui.domain.capabilities import NEEDED
from supportdesk_tui.domain.changes import Change

CONNECTS: Mapping[str, Callable[[Connection], Backend]] = {
    "chatwoot": chatwoot.connect,
    "native": native.connect,
    "rt": rt.connect,
    "zammad": zammad.connect,
    "zendesk": zendesk.connect,
}
"""What the list finds by name alone, here where its types are checked."""


@pytest.mark.parametrize("product", SPECS)
async def test_every_product_makes_its_own_adapter(product: str) -> None:
    connection = Connection("https://desk.example", "1-23-0a1b2c")
    listed, own = SPECS[product].factory(connection), CONNECTS[product](connection)
    assert type(listed) is type(own)
    assert SPECS[product].gaps()
    for one in (listed, own):
        await one.close()


def test_every_kind_of_change_says_what_it_takes() -> None:
    assert set(NEEDED) == set(get_args(Change))


def test_list_of_products_imports_none_of_them() -> None:
    program = (
        "import sys\n"
        "from supportdesk_tui.backends.catalog import SPECS\n"
        "assert not [name for name in sys.modules if name.startswith('supportdesk_tui.backends.') and name.count('.') > 2]\n"
        "assert all(spec.gaps() is not None for spec in SPECS.values())\n"
        "assert not [name for name in sys.modules if name.endswith('.adapter')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
