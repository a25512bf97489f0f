"""Bearer tokens and passwords: stored as hashes, revocable, guessed at slowly."""

import hashlib
import hmac
import secrets
import threading
import time

from sqlalchemy import insert, select, update

from supportdesk_tui.server.desk.refusals import TooMany, Unauthenticated
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.engine import Database

TOKEN_DAYS = 30
TRIES = 5
WINDOW_S = 60.0
MAX_WATCHED = 10_000
_SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}


def hash_token(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str, salt: bytes) -> bytes:
    """What the database keeps of a password."""
    return hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT["n"], r=_SCRYPT["r"], p=_SCRYPT["p"], dklen=_SCRYPT["dklen"])


class TokenBook:
    """Makes, checks and revokes tokens; keeps the known good ones in memory."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._good: dict[str, tuple[str, str | None, float]] = {}
        self._failures: dict[str, list[float]] = {}

    def issue(self, agent: str | None, *, kind: str = "agent", label: str = "") -> str:
        """A new token, said this once."""
        token = secrets.token_urlsafe(32)
        now = time.time_ns() // 1_000_000
        row = {
            "hash": hash_token(token), "agent": agent, "kind": kind, "label": label, "created_at": now,
            "expires_at": now + TOKEN_DAYS * 86_400_000, "revoked_at": None,
        }  # fmt: skip
        self.database.write(lambda connection: connection.execute(insert(tables.tokens), [row]))
        return token

    def check(self, header: str | None, kind: str) -> tuple[str, str | None]:
        """The hash and the agent of an Authorization header; refuses what is missing, unknown, expired or revoked."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("send Authorization: Bearer <token>")
        hashed = hash_token(token.strip())
        with self._lock:
            known = self._good.get(hashed)
        if known is None:
            known = self._look_up(hashed)
        if known is None or known[2] < time.time() or known[0] != kind:
            raise Unauthenticated("the token is unknown, expired, revoked or for another purpose")
        return hashed, known[1]

    def is_good(self, header: str | None, kind: str) -> bool:
        """Whether `check` would let it pass."""
        try:
            self.check(header, kind)
        except Unauthenticated:
            return False
        return True

    def _look_up(self, hashed: str) -> tuple[str, str | None, float] | None:
        columns = tables.tokens.c
        with self.database.reading() as connection:
            row = connection.execute(select(tables.tokens).where(columns.hash == hashed, columns.revoked_at.is_(None))).first()
        if row is None:
            return None
        known = (row.kind, row.agent, (row.expires_at or 2**53) / 1000)
        with self._lock:
            self._good[hashed] = known
        return known

    def revoke(self, hashed: str) -> None:
        """Make a token worthless at once."""
        now = time.time_ns() // 1_000_000
        columns = tables.tokens.c
        change = update(tables.tokens).where(columns.hash == hashed).values(revoked_at=now)
        self.database.write(lambda connection: connection.execute(change))
        with self._lock:
            self._good.pop(hashed, None)

    def sign_in(self, login: str, password: str, client: str) -> str:
        """The agent of a login and password; after five failures in a minute the door stays shut for a while."""
        watched = f"{client}\n{login.casefold()}"
        self._throttle(watched)
        with self.database.reading() as connection:
            query = (
                select(tables.agents.c.id, tables.credentials.c.salt, tables.credentials.c.hash)
                .join(tables.credentials, tables.credentials.c.agent == tables.agents.c.id)
                .where(tables.agents.c.login == login)
            )
            row = connection.execute(query).first()
        salt, expected = (row.salt, row.hash) if row else (b"nobody's salt...", b"")
        if not hmac.compare_digest(hash_password(password, salt), expected) or row is None:
            with self._lock:
                if len(self._failures) > MAX_WATCHED:
                    self._failures.clear()
                self._failures.setdefault(watched, []).append(time.monotonic())
            raise Unauthenticated("login or password is wrong")
        with self._lock:
            self._failures.pop(watched, None)
        return str(row.id)

    def _throttle(self, watched: str) -> None:
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._failures.get(watched, ()) if now - at < WINDOW_S]
            if recent:
                self._failures[watched] = recent
        if len(recent) >= TRIES:
            raise TooMany("too many failed sign-ins", after_s=int(WINDOW_S - (now - recent[0])) + 1)
