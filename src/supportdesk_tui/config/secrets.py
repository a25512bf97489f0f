"""The token: where it is looked for, in which order, and where it may be kept; never in a file of ours, a log or a child.

Blocking, each step with its own time limit: call it before the desk takes the terminal, or in a thread.
"""

import hmac
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from supportdesk_tui.config.kernel_keys import KernelKeysBlocked, drop_key, keep_key, load_key
from supportdesk_tui.config.paths import expand
from supportdesk_tui.config.schema import Profile

VARIABLE = "SUPPORTDESK_TOKEN"
SERVICE = "supportdesk"
COMMAND_LIMIT_S = 10.0
KEYRING_LIMIT_S = 5.0
_LARGEST = 8_192
_ALLOWED = {
    "linux": ("keyring.backends.SecretService.Keyring", "keyring.backends.kwallet.DBusKeyring"),
    "darwin": ("keyring.backends.macOS.Keyring",),
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
}
"""Key stores that encrypt and never ask on the terminal; whatever else is installed is not used."""


class Secret:
    """A token that shows itself only when asked to, by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the one header it belongs into."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(Secret)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class Step(StrEnum):
    """Where a token can come from, in the order they are asked."""

    ENVIRONMENT = "environment"
    COMMAND = "token_command"
    FILE = "token_file"
    KEYRING = "keyring"
    KERNEL = "kernel keys"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one step said; `doctor` shows them all."""

    step: Step
    secret: Secret | None
    says: str


@dataclass(frozen=True, slots=True)
class Search:
    """The token, if any, and how it went."""

    secret: Secret | None
    step: Step
    """Which one answered; ASK when none did."""
    answers: tuple[Answer, ...]


def account_of(name: str, profile: Profile) -> str:
    """What a token is kept under: it holds the address, so that a changed address never gets another server's token."""
    return f"{profile.agent or name}@{profile.url}"


def find_secret(name: str, profile: Profile, environ: MutableMapping[str, str], *, every_step: bool = False) -> Search:
    """Ask each step until one has the token; with `every_step` go on and ask them all."""
    account = account_of(name, profile)
    steps: tuple[Callable[[], Answer], ...] = (
        lambda: _from_environment(environ),
        lambda: _from_command(profile.token_command),
        lambda: _from_file(profile.token_file),
        lambda: _from_keyring(account),
        lambda: _from_kernel(account),
    )
    answers: list[Answer] = []
    for ask in steps:
        answers.append(ask())
        if answers[-1].secret is not None and not every_step:
            break
    first = next((answer for answer in answers if answer.secret is not None), None)
    return Search(first.secret if first else None, first.step if first else Step.ASK, tuple(answers))


def store_secret(name: str, profile: Profile, secret: Secret) -> Answer:
    """Keep a token where it is safest, the desktop's key store or else the kernel's; no secret in the answer: neither would."""
    account = account_of(name, profile)
    kept, says = _with_keyring(lambda store: _set(store, account, secret))
    if kept:
        return Answer(Step.KEYRING, secret, kept)
    try:
        keep_key(_key_name(account), secret.reveal().encode())
    except KernelKeysBlocked as error:
        return Answer(Step.ASK, None, f"nowhere to keep it: keyring {says}; kernel keys: {error}")
    return Answer(Step.KERNEL, secret, "kept in memory for twelve hours")


def forget_secret(name: str, profile: Profile) -> tuple[Answer, ...]:
    """Remove a token from every place we keep one in."""
    account = account_of(name, profile)
    gone, says = _with_keyring(lambda store: _delete(store, account))
    try:
        kernel = "forgotten" if drop_key(_key_name(account)) else "had none"
    except KernelKeysBlocked as error:
        kernel = str(error)
    return (Answer(Step.KEYRING, None, gone or says), Answer(Step.KERNEL, None, kernel))


def _from_environment(environ: MutableMapping[str, str]) -> Answer:
    value = environ.pop(VARIABLE, None)
    if value is None:
        return Answer(Step.ENVIRONMENT, None, f"{VARIABLE} is not set")
    return _checked(Step.ENVIRONMENT, value)


def _from_command(argv: tuple[str, ...]) -> Answer:
    if not argv:
        return Answer(Step.COMMAND, None, "not set")
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    try:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=inherited, close_fds=True
        )
    except (OSError, ValueError) as error:
        return Answer(Step.COMMAND, None, f"cannot be started: {getattr(error, 'strerror', None) or 'bad arguments'}")
    with child:
        try:
            printed, _nothing = child.communicate(timeout=COMMAND_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            return Answer(Step.COMMAND, None, f"gave no answer in {COMMAND_LIMIT_S:.0f} seconds")
    if child.returncode != 0:
        return Answer(Step.COMMAND, None, f"ended with status {child.returncode}")
    return _checked(Step.COMMAND, printed[: _LARGEST + 1].decode("utf-8", "replace"))


def _from_file(path: str) -> Answer:
    if not path:
        return Answer(Step.FILE, None, "not set")
    try:
        handle = os.open(expand(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return Answer(Step.FILE, None, f"cannot be read: {error.strerror}")
    complaint = _unsafe(os.fstat(handle))
    if complaint:
        os.close(handle)
        return Answer(Step.FILE, None, f"{complaint}; not read")
    with os.fdopen(handle, "rb") as stream:
        return _checked(Step.FILE, stream.read(_LARGEST + 1).decode("utf-8", "replace"))


def _unsafe(about: os.stat_result) -> str:
    """Why a token file must not be read; empty when it may."""
    if not stat.S_ISREG(about.st_mode):
        return "is not a plain file"
    if about.st_uid != os.getuid():
        return "belongs to somebody else"
    if about.st_mode & 0o077:
        return f"may be read by others (mode {about.st_mode & 0o777:04o}, needs 0600)"
    return ""


def _from_keyring(account: str) -> Answer:
    value, says = _with_keyring(lambda store: store.get_password(SERVICE, account))
    return _checked(Step.KEYRING, value) if value else Answer(Step.KEYRING, None, says)


def _from_kernel(account: str) -> Answer:
    try:
        value = load_key(_key_name(account))
    except KernelKeysBlocked as error:
        return Answer(Step.KERNEL, None, f"not available: {error}")
    return _checked(Step.KERNEL, value.decode("utf-8", "replace")) if value else Answer(Step.KERNEL, None, "has none")


def _checked(step: Step, value: str) -> Answer:
    """A token is one line that can stand in a header; anything else is refused without being quoted."""
    token = value.strip().partition("\n")[0].strip()
    if not token:
        return Answer(step, None, "is empty")
    if len(token) > _LARGEST or not token.isascii() or not token.isprintable():
        return Answer(step, None, "does not look like a token")
    return Answer(step, Secret(token), "has it")


def _key_name(account: str) -> str:
    return f"{SERVICE}:{account}"


class _Store:
    """The part of a keyring backend that we use, typed; the library's own classes are only known at run time."""

    def __init__(self, backend: object) -> None:
        self._backend = backend

    def get_password(self, service: str, account: str) -> str | None:
        found = self._backend.get_password(service, account)  # type: ignore[attr-defined]  # chosen at run time
        return found if isinstance(found, str) else None

    def set_password(self, service: str, account: str, value: str) -> None:
        self._backend.set_password(service, account, value)  # type: ignore[attr-defined]  # chosen at run time

    def delete_password(self, service: str, account: str) -> None:
        self._backend.delete_password(service, account)  # type: ignore[attr-defined]  # chosen at run time


def _set(store: _Store, account: str, secret: Secret) -> str:
    store.set_password(SERVICE, account, secret.reveal())
    return "kept"


def _delete(store: _Store, account: str) -> str:
    if store.get_password(SERVICE, account) is None:
        return ""
    store.delete_password(SERVICE, account)
    return "forgotten"


def _with_keyring(work: Callable[[_Store], str | None]) -> tuple[str, str]:
    """Do something with the desktop's key store in a thread that may hang; what it gave, and what to say about it."""
    from threading import Thread

    given: list[str] = []
    says: list[str] = []
    thread = Thread(target=lambda: _ask_stores(work, given, says), name="keyring", daemon=True)
    with _quiet_stderr():
        thread.start()
        thread.join(KEYRING_LIMIT_S)
    if thread.is_alive():
        return "", f"gave no answer in {KEYRING_LIMIT_S:.0f} seconds"
    return (given[0] if given else ""), (says[-1] if says else "failed")


def _ask_stores(work: Callable[[_Store], str | None], given: list[str], says: list[str]) -> None:
    from keyring.core import load_keyring

    for name in _ALLOWED.get(sys.platform, ()):
        try:
            value = work(_Store(load_keyring(name)))
        except _store_errors() as error:
            is_absent = isinstance(error, RuntimeError | ImportError)
            says.append("not available" if is_absent else f"not available: {type(error).__name__}")
            continue
        says.append("has it" if value else "has none")
        if value:
            given.append(value)
            return


def _store_errors() -> tuple[type[Exception], ...]:
    """What the libraries behind the key stores raise; they have no base of their own in common."""
    found: list[type[Exception]] = [RuntimeError, ImportError, OSError, ValueError, AttributeError]
    for module, name in (
        ("keyring.errors", "KeyringError"),
        ("secretstorage.exceptions", "SecretStorageException"),
        ("jeepney.wrappers", "DBusErrorResponse"),
    ):
        error = getattr(sys.modules.get(module), name, None)
        if isinstance(error, type) and issubclass(error, Exception):
            found.append(error)
    return tuple(found)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Key stores print warnings on the terminal from C and D-Bus libraries; for that while they go nowhere."""
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
