"""A file only one program holds, with real programs."""

import asyncio
import sys
from pathlib import Path

import pytest

from supportdesk_tui.config.locks import held

HOLD = """
import asyncio, sys
from pathlib import Path
from supportdesk_tui.config.locks import held

async def main():
    async with held(Path(sys.argv[1]), 5):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


async def test_file_is_held_by_one_program_until_it_ends_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, str(path), stdin=pipe, stdout=pipe)
    assert other.stdout is not None
    try:
        assert await other.stdout.readline() == b"held\n"
        with pytest.raises(TimeoutError):
            async with held(path, 0.1):
                raise AssertionError("both hold it")
    finally:
        other.kill()
    async with held(path, 10):
        assert path.stat().st_mode & 0o077 == 0
    await other.wait()


async def test_one_of_the_same_program_waits_for_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    async with held(path, 1):
        with pytest.raises(TimeoutError):
            async with held(path, 0.05):
                raise AssertionError("both hold it")


async def test_folder_that_is_not_there_cannot_be_locked_in(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with held(tmp_path / "none" / "a.lock", 1):
            raise AssertionError("it is held")
