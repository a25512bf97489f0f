"""A thread whose kernel refuses the key store, as it does in most containers: by the same means, a seccomp filter."""

import ctypes
import errno
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from supportdesk_tui.config.kernel_keys import _NUMBERS

T = TypeVar("T")
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF_0000, 0x0005_0000
"""Numbers of linux/prctl.h, linux/bpf_common.h and linux/seccomp.h."""


class _Step(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(_Step)))


def without_key_store(work: Callable[[], T]) -> T:
    """What `work` gives where add_key and keyctl are not permitted; filters hold for one thread and those it starts."""
    with ThreadPoolExecutor(1, initializer=_refuse) as pool:
        return pool.submit(work).result()


def _refuse() -> None:
    add_key, keyctl = _NUMBERS[platform.machine()]
    steps = (_Step * 5)(
        _Step(_LOAD, 0, 0, 0),
        _Step(_JUMP_IF_EQUAL, 2, 0, add_key),
        _Step(_JUMP_IF_EQUAL, 1, 0, keyctl),
        _Step(_RETURN, 0, 0, _ALLOW),
        _Step(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    )
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(_Program(5, steps)))):
        if prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "no seccomp")
