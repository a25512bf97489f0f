"""The Linux kernel's key store: memory only, one user's, gone after a time; three system calls and no dependency."""

import ctypes
import errno
import os
import platform
import sys
from functools import cache

TTL_S = 12 * 3_600
"""A shift and its overtime; then the token is asked for again."""
_NUMBERS = {"x86_64": (248, 250), "aarch64": (217, 219), "riscv64": (217, 219)}
"""System call numbers of add_key and keyctl."""
_SESSION, _USER = -3, -4
_UNLINK, _LINK, _SEARCH, _READ, _SET_TIMEOUT = 9, 8, 10, 11, 15
_LARGEST = 8_192
_NO_KEY = (errno.ENOKEY, errno.EKEYEXPIRED, errno.EKEYREVOKED)


class KernelKeysBlocked(Exception):  # noqa: N818  (names the condition)
    """This kernel, machine or container offers no key store to us."""


def load_key(name: str) -> bytes | None:
    """The bytes kept under a name; None when there are none any more."""
    key = _find(name)
    if key is None:
        return None
    buffer = ctypes.create_string_buffer(_LARGEST)
    size = _keyctl(_READ, key, ctypes.addressof(buffer), _LARGEST)
    value = buffer.raw[: min(size, _LARGEST)]
    ctypes.memset(buffer, 0, _LARGEST)
    return value


def keep_key(name: str, value: bytes, ttl_s: int = TTL_S) -> None:
    """Keep bytes under a name for a time."""
    _link_user_keys()
    add_key, _number = _calls()
    kind, description = ctypes.c_char_p(b"user"), ctypes.c_char_p(name.encode())
    key = _call(add_key, kind, description, ctypes.c_char_p(value), ctypes.c_size_t(len(value)), ctypes.c_long(_USER))
    _keyctl(_SET_TIMEOUT, key, ttl_s)


def drop_key(name: str) -> bool:
    """Forget a name; says whether there was something to forget."""
    key = _find(name)
    if key is None:
        return False
    _keyctl(_UNLINK, key, _USER)
    return True


def _find(name: str) -> int | None:
    _link_user_keys()
    number = _calls()[1]
    try:
        return _call(
            number,
            ctypes.c_long(_SEARCH),
            ctypes.c_long(_USER),
            ctypes.c_char_p(b"user"),
            ctypes.c_char_p(name.encode()),
            ctypes.c_long(0),
        )
    except OSError as error:
        if error.errno in _NO_KEY:
            return None
        raise KernelKeysBlocked(os.strerror(error.errno or 0)) from error


def _link_user_keys() -> None:
    """Without this link a login that has its own session keyring could write a key it may not read."""
    _keyctl(_LINK, _USER, _SESSION)


def _keyctl(*arguments: int) -> int:
    try:
        return _call(_calls()[1], *map(ctypes.c_long, arguments))
    except OSError as error:
        raise KernelKeysBlocked(os.strerror(error.errno or 0)) from error


@cache
def _calls() -> tuple[int, int]:
    if sys.platform != "linux" or platform.machine() not in _NUMBERS:
        raise KernelKeysBlocked("only on Linux")
    return _NUMBERS[platform.machine()]


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(number: int, *arguments: object) -> int:
    found = _libc().syscall(ctypes.c_long(number), *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), "key store")
    return int(found)
