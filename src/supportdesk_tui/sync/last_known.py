"""What was known when the desk was last used: who we are, the view bar, and how far the copy goes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import FeedMark
from supportdesk_tui.domain.queue import View
from supportdesk_tui.store.state import Habits
from supportdesk_tui.sync import codec
from supportdesk_tui.sync.database import Database

T = TypeVar("T")


class LastKnown:
    """The named values of the cache."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def set_complete(self, mark: FeedMark | None, *, is_part: bool = False) -> None:
        """Say that the copy is whole up to a mark, or its newest part; an empty mark makes the next start copy again."""
        self._save("part", b"1" if is_part else b"")
        self._save("mark", str(mark or "").encode())
        if mark:
            self._save("reached", str(mark).encode())

    def is_part(self) -> bool:
        """Whether the copy was made of the newest tickets only."""
        return bool(self._saved("part"))

    def mark(self) -> FeedMark | None:
        """Where the feed can be resumed; None when the copy is not whole."""
        value = self._saved("mark")
        return FeedMark(value.decode()) if value and value.isascii() else None

    def reached(self) -> FeedMark | None:
        """What was heard of last, whether the copy is whole or not: a log that ends before it was put back."""
        value = self._saved("reached")
        return FeedMark(value.decode()) if value and value.isascii() else None

    def save_session(self, session: Session, directory: Directory) -> None:
        """Remember who we are and the backend's words."""
        self._save("session", codec.dump(session))
        self._save("directory", codec.dump(directory))

    def session(self) -> tuple[Session, Directory] | None:
        """Who we were, and the backend's words then."""
        session, directory = self._saved("session"), self._saved("directory")
        if session is None or directory is None:
            return None
        return self._tolerant(lambda: (codec.load(Session, session), codec.load(Directory, directory)))

    def save_views(self, views: Sequence[View]) -> None:
        """Remember the view bar."""
        self._save("views", codec.dump_views(tuple(views)))

    def views(self) -> tuple[View, ...]:
        """The last known view bar."""
        blob = self._saved("views")
        return (self._tolerant(lambda: codec.load_views(blob)) if blob else None) or ()

    def save_bad(self, name: str, count: int) -> None:
        """Remember how many items of a list (`views`, `tickets`) could not be read: the copy lacks them in the next run too."""
        self._save(f"bad {name}", str(count).encode())

    def bad(self, name: str) -> int:
        """How many items of a list were missing when it was read last."""
        value = self._saved(f"bad {name}")
        return int(value) if value and value.isdigit() else 0

    def save_habits(self, habits: Habits) -> None:
        """Remember what the agent does often."""
        self._save("habits", codec.dump(habits))

    def habits(self) -> Habits | None:
        """What the agent did often in earlier runs."""
        blob = self._saved("habits")
        return self._tolerant(lambda: codec.load(Habits, blob)) if blob else None

    def save_heard(self, at: datetime) -> None:
        """Remember when the server last said anything: what is kept is as old as that."""
        self._save("heard", at.isoformat().encode())

    def heard_at(self) -> datetime | None:
        """When the server last said anything to an earlier run, as far as it was written down."""
        value = self._saved("heard")
        try:
            return datetime.fromisoformat(value.decode()) if value else None
        except ValueError:
            return None

    def touched_at(self) -> datetime | None:
        """When the file was last written; None in memory."""
        files = (self._db.path, self._db.path.with_name(self._db.path.name + "-wal")) if self._db.path else ()
        times = [one.stat().st_mtime for one in files if one.exists()]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    @staticmethod
    def _tolerant(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except StorageError:
            return None

    def _save(self, name: str, value: bytes) -> None:
        with self._db.use(write=True) as db:
            db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    def _saved(self, name: str) -> bytes | None:
        with self._db.use() as db:
            found = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return found[0] if found and isinstance(found[0], bytes) else None
