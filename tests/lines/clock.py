"""A wall clock that jumps while the desk runs: libfaketime in front of the program, its time in a file."""

from pathlib import Path

import pytest

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
)


def library() -> str:
    """Where libfaketime is; the test is skipped where it is not."""
    found = next((path for path in LIBRARIES if Path(path).is_file()), None)
    if found is None:
        pytest.skip("NOT TESTED HERE: no libfaketimeMT.so.1 on this machine (apt-get install faketime)")
    return found


class Clock:
    """The wall clock of one program; the clock that only goes forward stays the machine's, as while a laptop sleeps."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set(0)
        self.environ = {
            "LD_PRELOAD": library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # a thread that waits for the interpreter would not wait but spin
            "FAKETIME_DONT_RESET": "1",
        }

    def set(self, hours: float) -> None:
        """So many hours before or after what the machine says, from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{hours * 3600:+.0f}", "ascii")
        new.replace(self._file)
