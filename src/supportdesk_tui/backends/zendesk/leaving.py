"""Signing out of Zendesk: the token is looked up by itself and revoked by its number."""

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.zendesk.client import Zendesk
from supportdesk_tui.backends.zendesk.oauth import Rotation
from supportdesk_tui.backends.zendesk.words import API
from supportdesk_tui.domain.errors import BadPayload, Refused, SignInNeeded

OPERATION = "sign out"


async def sign_out(rotation: Rotation, secret: str) -> None:
    """Revoke a sign-in, its refresh token with it; one that has ended already is left alone.

    Refused for an API token: it belongs to the account, and an administrator ends it.
    """
    if "/token:" in secret:
        raise Refused(OPERATION, "an API token is ended by an administrator, in the Admin Center")
    zendesk = Zendesk(secret, rotation)
    try:
        found = await zendesk.get(OPERATION, "/oauth/tokens/current")
        number = found.text("token", "id")
        if not number.isdecimal():
            raise BadPayload(OPERATION, path="token.id", expected="a number")
        call = Call(
            operation=OPERATION, method="DELETE", route=API + "/oauth/tokens/{token}", values={"token": number},
            is_write=True, is_repeatable=False,
        )  # fmt: skip
        await zendesk.send(call)
    except SignInNeeded:
        return
    finally:
        await zendesk.close()
