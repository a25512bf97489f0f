"""Bearer tokens and passwords: stored as hashes, revocable, guessed at slowly."""

import hashlib
import hmac
import secrets
import threading
import time

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from supportdesk_tui.server.desk.refusals import Unauthenticated
from supportdesk_tui.server.http.throttle import Throttle
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.engine import Database

TOKEN_DAYS = 30
_SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}


def hash_token(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str, salt: bytes) -> bytes:
    """What the database keeps of a password."""
    return hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT["n"], r=_SCRYPT["r"], p=_SCRYPT["p"], dklen=_SCRYPT["dklen"])


def new_token(
    connection: Connection, agent: str | None, *, kind: str = "agent", label: str = "", days: int = TOKEN_DAYS
) -> str:
    """A new token, said this once; of 0 days: good until it is revoked."""
    token = secrets.token_urlsafe(32)
    now = time.time_ns() // 1_000_000
    row = {
        "hash": hash_token(token), "agent": agent, "kind": kind, "label": label, "created_at": now,
        "expires_at": now + days * 86_400_000 if days else None, "revoked_at": None,
    }  # fmt: skip
    connection.execute(insert(tables.tokens), [row])
    return token


def revoke_tokens(connection: Connection, which: ColumnElement[bool]) -> int:
    """Make tokens worthless; says how many there were."""
    now = time.time_ns() // 1_000_000
    change = update(tables.tokens).where(which, tables.tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(change).rowcount


def keep_password(connection: Connection, agent: str, password: str) -> None:
    """Let an agent sign in with this password, and with no other; an empty one lets nobody in."""
    connection.execute(delete(tables.credentials).where(tables.credentials.c.agent == agent))
    if password:
        salt = secrets.token_bytes(16)
        row = {"agent": agent, "salt": salt, "hash": hash_password(password, salt)}
        connection.execute(insert(tables.credentials), [row])


def _hashed(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("send Authorization: Bearer <token>")
    return hash_token(token.strip())


class TokenBook:
    """Makes, checks and revokes tokens; keeps the known good ones in memory."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._good: dict[str, tuple[str, str | None, float]] = {}
        self._revocations = 0
        """Counted so that a look-up that began before one does not bring a revoked token back."""
        self._throttle = Throttle()

    def issue(self, agent: str | None, *, kind: str = "agent", label: str = "") -> str:
        """A new token, said this once."""
        return self.database.write(lambda connection: new_token(connection, agent, kind=kind, label=label))

    def check(self, header: str | None, kind: str) -> tuple[str, str | None]:
        """The hash and the agent of an Authorization header; refuses what is missing, unknown, expired or revoked."""
        hashed = _hashed(header)
        known = self._remembered(hashed) or self._look_up(hashed)
        if known is None or known[2] < time.time() or known[0] != kind:
            raise Unauthenticated("the token is unknown, expired, revoked or for another purpose")
        return hashed, known[1]

    def is_remembered(self, header: str | None) -> bool:
        """Whether `check` would answer from memory; it asks the database, and is for a thread, where it would not."""
        return self._remembered(_hashed(header)) is not None

    def _remembered(self, hashed: str) -> tuple[str, str | None, float] | None:
        with self._lock:
            return self._good.get(hashed)

    def is_good(self, header: str | None, kind: str) -> bool:
        """Whether `check` would let it pass."""
        try:
            self.check(header, kind)
        except Unauthenticated:
            return False
        return True

    def _look_up(self, hashed: str) -> tuple[str, str | None, float] | None:
        columns = tables.tokens.c
        with self._lock:
            revocations = self._revocations
        with self.database.reading() as connection:
            row = connection.execute(select(tables.tokens).where(columns.hash == hashed, columns.revoked_at.is_(None))).first()
        if row is None:
            return None
        known = (row.kind, row.agent, (row.expires_at or 2**53) / 1000)
        with self._lock:
            if revocations == self._revocations:
                self._good[hashed] = known
        return known

    def revoke(self, hashed: str) -> None:
        """Make a token worthless at once."""
        self._revoke(tables.tokens.c.hash == hashed)

    def revoke_all(self, agent: str) -> int:
        """Make every token of an agent worthless at once; says how many there were."""
        return self._revoke(tables.tokens.c.agent == agent)

    def _revoke(self, which: ColumnElement[bool]) -> int:
        count = self.database.write(lambda connection: revoke_tokens(connection, which))
        self.forget()
        return count

    def forget(self) -> None:
        """Look every token up again, once: some may be good for nothing any more."""
        with self._lock:
            self._revocations += 1
            self._good.clear()

    def sign_in(self, login: str, password: str, client: str) -> str:
        """The agent of a login and password; after some failures in a minute the door stays shut for a while."""
        began = self._throttle.begin(client, login)
        with self.database.reading() as connection:
            query = (
                select(tables.agents.c.id, tables.credentials.c.salt, tables.credentials.c.hash)
                .join(tables.credentials, tables.credentials.c.agent == tables.agents.c.id)
                .where(tables.agents.c.login == login, tables.agents.c.active)
            )
            row = connection.execute(query).first()
        salt, expected = (row.salt, row.hash) if row else (b"nobody's salt...", b"")
        if not hmac.compare_digest(hash_password(password, salt), expected) or row is None:
            raise Unauthenticated("login or password is wrong")
        self._throttle.passed(client, login, began)
        return str(row.id)
