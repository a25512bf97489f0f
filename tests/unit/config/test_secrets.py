"""Tokens: the order of places, what each refuses, and that a token is never shown."""

import json
import os
import pickle
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from supportdesk_tui.config import secrets
from supportdesk_tui.config.kernel_keys import _NUMBERS, KernelKeysBlocked, drop_key, keep_key, load_key
from supportdesk_tui.config.schema import Profile
from supportdesk_tui.config.secrets import Secret, Step, account_of, find_secret, forget_secret, store_secret
from tests.unit.config.kernel import without_key_store

TOKEN = "canary-7f3a-token"
PRINTS = (sys.executable, "-c", f"print('{TOKEN}')")


def _kernel_works() -> bool:
    try:
        load_key("supportdesk:probe")
    except KernelKeysBlocked:
        return False
    return True


needs_kernel = pytest.mark.skipif(not _kernel_works(), reason="this kernel or container has no key store")


class MemoryKeyring(KeyringBackend):
    """A key store of the test's own, in the place of the desktop's."""

    priority: ClassVar[float] = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        os.write(2, b"gnome-keyring: noise on the terminal\n")
        raise KeyringLocked

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked


class HangingKeyring(MemoryKeyring):
    release = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.release.wait(30)
        return None


class UnexpectedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise ZeroDivisionError


def use(monkeypatch: pytest.MonkeyPatch, *classes: type[KeyringBackend]) -> None:
    names = tuple(f"{__name__}.{each.__name__}" for each in classes)
    monkeypatch.setattr(secrets, "_ALLOWED", {sys.platform: names})


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use(monkeypatch)
    MemoryKeyring.kept.clear()
    yield
    for name in (PROFILE_NAME, "other"):
        forget_secret(name, Profile(url=URL))


URL = f"https://desk-{os.getpid()}.example"
PROFILE_NAME = "work"


def search(
    profile: Profile | None = None, environ: dict[str, str] | None = None, *, every_step: bool = False
) -> secrets.Search:
    return find_secret(PROFILE_NAME, profile or Profile(url=URL), {} if environ is None else environ, every_step=every_step)


def says(found: secrets.Search, step: Step) -> str:
    return next(answer.says for answer in found.answers if answer.step is step)


def test_the_environment_comes_first_and_is_wiped() -> None:
    environ = {"SUPPORTDESK_TOKEN": TOKEN, "HOME": "/root"}
    found = search(Profile(url=URL, token_command=("false",)), environ)
    assert (found.secret, found.step) == (Secret(TOKEN), Step.ENVIRONMENT)
    assert environ == {"HOME": "/root"}
    assert len(found.answers) == 1


def test_a_token_is_never_shown() -> None:
    secret = Secret(TOKEN)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>30}",
        repr([secret]),
        repr(search(environ={"SUPPORTDESK_TOKEN": TOKEN})),
    ]
    assert not any(TOKEN in each for each in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret.reveal() == TOKEN
    assert secret != Secret("other")
    assert len({secret, Secret(TOKEN)}) == 1


def test_a_command_prints_the_token() -> None:
    found = search(Profile(url=URL, token_command=PRINTS))
    assert (found.secret, found.step) == (Secret(TOKEN), Step.COMMAND)


def test_a_command_gets_no_token_and_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORTDESK_TOKEN", TOKEN)
    code = "import os, sys; print(os.environ.get('SUPPORTDESK_TOKEN', 'none'), sys.argv[1])"
    found = search(Profile(url=URL, token_command=(sys.executable, "-c", code, "$HOME;id")))
    assert found.secret == Secret("none $HOME;id")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("/nonexistent/program",), "cannot be started: No such file or directory"),
        (("false",), "ended with status 1"),
        (("true",), "is empty"),
        ((sys.executable, "-c", "print('caf\\u00e9')"), "does not look like a token"),
        ((sys.executable, "-c", "print('x' * 9000)"), "does not look like a token"),
        (("a\x00b",), "cannot be started: bad arguments"),
    ],
)
def test_a_command_that_gives_no_token_is_told(argv: tuple[str, ...], words: str) -> None:
    found = search(Profile(url=URL, token_command=argv))
    assert (found.secret, says(found, Step.COMMAND)) == (None, words)


def test_a_command_that_hangs_is_ended_even_when_its_children_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_LIMIT_S", 0.2)
    found = search(Profile(url=URL, token_command=("sh", "-c", "sleep 5 & sleep 5")))
    assert "gave no answer" in says(found, Step.COMMAND)


def test_only_the_first_line_of_a_command_counts() -> None:
    argv = (sys.executable, "-c", f"print('{TOKEN}'); print('login: li.wei')")
    assert search(Profile(url=URL, token_command=argv)).secret == Secret(TOKEN)


def token_file(folder: Path, mode: int = 0o600, content: str = TOKEN + "\n") -> Path:
    file = folder / "token"
    file.write_text(content)
    file.chmod(mode)
    return file


def test_a_private_file_is_read(tmp_path: Path) -> None:
    found = search(Profile(url=URL, token_file=str(token_file(tmp_path))))
    assert (found.secret, found.step) == (Secret(TOKEN), Step.FILE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_others_may_open_is_not_read(tmp_path: Path, mode: int) -> None:
    found = search(Profile(url=URL, token_file=str(token_file(tmp_path, mode))))
    assert found.secret is None
    assert f"mode {mode:04o}, needs 0600" in says(found, Step.FILE)


def test_a_link_a_folder_a_pipe_and_nothing_are_not_read(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(token_file(tmp_path))
    os.mkfifo(pipe, 0o600)
    for path in (link, tmp_path, pipe, tmp_path / "nothing", Path("~nobody-such/x")):
        assert search(Profile(url=URL, token_file=str(path))).secret is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_not_read(tmp_path: Path) -> None:
    file = token_file(tmp_path)
    os.chown(file, 12_345, 12_345)
    assert "somebody else" in says(search(Profile(url=URL, token_file=str(file))), Step.FILE)


def test_a_token_is_kept_in_the_keyring_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, MemoryKeyring)
    profile = Profile(url=URL, agent="li.wei")
    assert store_secret(PROFILE_NAME, profile, Secret(TOKEN)).step is Step.KEYRING
    assert MemoryKeyring.kept == {("supportdesk", f"li.wei@{URL}"): TOKEN}
    assert search(profile).step is Step.KEYRING
    assert forget_secret(PROFILE_NAME, profile)[0].says == "forgotten"
    assert forget_secret(PROFILE_NAME, profile)[0].says == "has none"
    assert MemoryKeyring.kept == {}
    assert search(profile).secret is None


def test_another_address_never_gets_this_servers_token(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, MemoryKeyring)
    store_secret(PROFILE_NAME, Profile(url=URL), Secret(TOKEN))
    assert search(Profile(url="https://evil.example")).secret is None


def test_a_locked_keyring_is_silent_and_the_next_store_is_asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, LockedKeyring, MemoryKeyring)
    MemoryKeyring.kept["supportdesk", account_of(PROFILE_NAME, Profile(url=URL))] = TOKEN
    assert search().secret == Secret(TOKEN)
    use(monkeypatch, LockedKeyring)
    assert says(search(), Step.KEYRING) == "not available: KeyringLocked"
    assert capfd.readouterr().err == ""


def test_a_keyring_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "KEYRING_LIMIT_S", 0.1)
    use(monkeypatch, HangingKeyring)
    try:
        assert says(search(), Step.KEYRING).startswith("gave no answer")
    finally:
        HangingKeyring.release.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_keyring_that_breaks_in_a_new_way_is_a_step_without_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, UnexpectedKeyring)
    assert says(search(), Step.KEYRING) == "failed"


def test_plaintext_stores_are_never_on_the_list() -> None:
    code = (
        "from supportdesk_tui.config import secrets\n"
        "from supportdesk_tui.config.schema import Profile\n"
        "found = secrets.find_secret('x', Profile(url='https://x.example'), {}, every_step=True)\n"
        "print(found.step, next(a.says for a in found.answers if a.step == 'keyring'))"
    )
    env = {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
    }
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.startswith("ask not available")
    assert ran.stderr == ""
    names = " ".join(name for allowed in secrets._ALLOWED.values() for name in allowed)
    assert not any(word in names.casefold() for word in ("plain", "null", "fail", "chainer", "file"))


def test_every_step_reports_for_the_doctor() -> None:
    found = search(environ={"SUPPORTDESK_TOKEN": TOKEN}, every_step=True)
    assert [answer.step for answer in found.answers] == [Step.ENVIRONMENT, Step.COMMAND, Step.FILE, Step.KEYRING, Step.KERNEL]
    assert found.step is Step.ENVIRONMENT
    assert TOKEN not in " ".join(answer.says for answer in found.answers)


@needs_kernel
def test_a_token_is_kept_in_the_kernel_when_there_is_no_keyring() -> None:
    kept = store_secret(PROFILE_NAME, Profile(url=URL), Secret(TOKEN))
    assert kept.step is Step.KERNEL
    found = search()
    assert (found.secret, found.step) == (Secret(TOKEN), Step.KERNEL)
    assert forget_secret(PROFILE_NAME, Profile(url=URL))[1].says == "forgotten"
    assert forget_secret(PROFILE_NAME, Profile(url=URL))[1].says == "had none"
    assert search().step is Step.ASK


@needs_kernel
def test_a_kernel_key_is_replaced_and_dropped() -> None:
    name = f"supportdesk:test-{os.getpid()}"
    keep_key(name, b"one", ttl_s=60)
    keep_key(name, b"two", ttl_s=60)
    assert load_key(name) == b"two"
    assert drop_key(name)
    assert load_key(name) is None
    assert not drop_key(name)


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() not in _NUMBERS, reason="only Linux has the key store")
def test_without_any_store_the_token_is_asked_for_again() -> None:
    kept = without_key_store(lambda: store_secret(PROFILE_NAME, Profile(url=URL), Secret(TOKEN)))
    assert (kept.step, kept.secret) == (Step.ASK, None)
    assert "Operation not permitted" in kept.says
    found = without_key_store(lambda: search(every_step=True))
    assert (found.step, says(found, Step.KERNEL)) == (Step.ASK, "not available: Operation not permitted")
    gone = without_key_store(lambda: forget_secret(PROFILE_NAME, Profile(url=URL)))
    assert gone[1].says == "Operation not permitted"


def test_finding_a_token_in_the_environment_loads_no_keyring() -> None:
    code = (
        "import sys\nfrom supportdesk_tui.config.schema import Profile\n"
        "from supportdesk_tui.config.secrets import find_secret\n"
        "find_secret('x', Profile(), {'SUPPORTDESK_TOKEN': 'x'})\nprint('keyring' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
