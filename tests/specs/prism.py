"""Stoplight Prism as a second referee: every exchange of the contract shift once more, through `prism proxy`.

`python -m tests.specs.prism` (`make specs`) plays the contract suite of Zammad, Chatwoot and Zendesk against the fakes
and keeps what was asked and answered. Then each different exchange goes through Prism, request and answer as they were,
with a server behind it that answers what the fake had answered. Prism stands beside the line and not in it, because it
does not pass everything on as it is: it reads bodies as text, follows redirects, and fails on a JSON answer without a
body.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from supportdesk_tui.server.runner import loopback_socket
from tests.fakes.serving import Answer, Request, Served
from tests.specs.exceptions import KNOWN
from tests.specs.strict import FOLDER, RULES

VERSION = "5.14.2"
"""The last release for node 20; 5.15 asks for node 24."""
ASKED = "SUPPORTDESK_PRISM"
"""Set to anything: the contract suite shows Prism what was said when a floor is closed."""
REPORT = "SUPPORTDESK_PRISM_REPORT"
"""File the figures of each product are added to, one JSON object a line."""
INSTALL_S, START_S = 300.0, 60.0
_MARK = "x-exchange"
_SAME = {"api-access-token": "api_access_token"}
"""Headers that are the same to Rails by another name: nginx drops names with underscores, so adapters send them without."""
_PLACED = re.compile(r"^(Request|Response) body (property \S+ )?(?=must)")
"""How Prism says again where something is."""
_STATUS = re.compile(r"Unable to match the returned status code with those defined in the document: (.*)")
_OWN = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
"""Headers of a request that belong to its connection."""


@dataclass(slots=True)
class Verdict:
    """What Prism had to say about the exchanges of one product."""

    product: str
    exchanges: int = 0
    """Kept."""
    played: int = 0
    """Different ones that went through Prism."""
    unread: Counter[str] = field(default_factory=Counter)
    """Not played, by the reason."""
    outside: Counter[str] = field(default_factory=Counter)
    """Operations the specification does not have; `strict.py` knows them by the product's routes, or does not let them pass."""
    known: Counter[str] = field(default_factory=Counter)
    """Documented exceptions that were met, by the fact that proves each."""
    findings: Counter[str] = field(default_factory=Counter)
    """Everything else; must be empty."""

    def told(self) -> dict[str, Any]:
        """The figures, as they go into the report."""
        return {
            "product": self.product,
            "exchanges": self.exchanges,
            "played": self.played,
            "unread": dict(self.unread),
            "outside": dict(self.outside),
            "known": dict(self.known),
            "findings": dict(self.findings),
        }


def home() -> Path:
    """Where Prism is, or will be, installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("PRISM_HOME") or cache / f"supportdesk-prism-{VERSION}")


def program() -> Path:
    """Prism, installed from npm where it is not there yet; says loudly what is missing."""
    found = home() / "node_modules" / ".bin" / "prism"
    if found.exists():
        return found
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("NO PRISM: node 18.20 or newer and npm are needed; the specifications were NOT checked by Prism")
    home().mkdir(parents=True, exist_ok=True)
    # Without install scripts: Prism needs none, and its telemetry package does.
    install = [npm, "install", "--prefix", str(home()), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(
        [*install, f"@stoplight/prism-cli@{VERSION}"], capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    if done.returncode != 0 or not found.exists():
        raise SystemExit(f"NO PRISM: npm could not install it; the specifications were NOT checked by Prism\n{done.stderr}")
    return found


_JSON = {"content-type": "application/json"}
WRONG: dict[str, Request] = {
    "chatwoot": Request("POST", "/api/v1/accounts/1/conversations/1/toggle_status", "", _JSON, b'{"status":"bogus"}'),
    "zammad": Request("POST", "/api/v1/tickets", "", _JSON, b"[]"),
    "zendesk": Request("PUT", "/api/v2/tickets/1", "", _JSON, b'{"ticket":{"status":"bogus"}}'),
}
"""A request of each product that Prism must object to, or it is not looking."""


class _Replay:
    """Answers each request with what the fake had answered to it."""

    def __init__(self, exchanges: Sequence[tuple[Request, Answer]]) -> None:
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One answer, by the number in the request's mark."""
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        _, answer = self._exchanges[int(headers[_MARK])]
        kept = {name: value for name, value in answer.headers.items() if name not in _OWN}
        if not answer.body:
            kept.pop("content-type", None)
        kept["content-length"] = str(len(answer.body))
        head = [(name.encode(), value.encode("latin-1")) for name, value in kept.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def _proxy(product: str, upstream: str) -> Iterator[str]:
    """Prism with the product's specification in front of a server; its address."""
    with loopback_socket() as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    spec = FOLDER / product / RULES[product].spec
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [str(program()), "proxy", "--host", "127.0.0.1", "--port", str(port), "-v", "error", str(spec), upstream],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _await_answer(process, url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _await_answer(process: subprocess.Popen[bytes], url: str) -> None:
    ends = time.monotonic() + START_S
    while time.monotonic() < ends and process.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(url, headers={_MARK: "0"}, trust_env=False)
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    raise SystemExit("NO PRISM: it does not start; the specifications were NOT checked by Prism")


def play(product: str, exchanges: Sequence[tuple[Request, Answer]]) -> Verdict:
    """Show Prism every different exchange, and sort what it says."""
    verdict = Verdict(product, exchanges=len(exchanges))
    different = {_identity(request, answer): (request, answer) for request, answer in exchanges}
    wanted = [one for one in different.values() if _readable(verdict, *one)]
    upstream = Served(_Replay(wanted)).start()
    try:
        with _proxy(product, upstream.url) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            if not any("request/body" in one for one in _asked(client, WRONG[product], 0, wanted[0][1])):
                raise SystemExit(f"Prism does not object to what {product} forbids; nothing it says counts")
            for number, (request, answer) in enumerate(wanted):
                verdict.played += 1
                for finding in _asked(client, request, number, answer):
                    _sort(verdict, request, finding)
    finally:
        upstream.stop()
    return verdict


def _asked(client: httpx.Client, request: Request, number: int, answer: Answer) -> set[str]:
    """What Prism has against one exchange."""
    headers = {name: value for name, value in request.headers.items() if name not in _OWN}
    headers |= {documented: headers[sent] for sent, documented in _SAME.items() if sent in headers}
    headers[_MARK] = str(number)
    said = client.request(request.method, request.url, content=request.body or None, headers=headers)
    return set(_findings(said, answer))


def _identity(request: Request, answer: Answer) -> tuple[object, ...]:
    return request.method, request.url, request.body, answer.status, answer.body


def _readable(verdict: Verdict, request: Request, answer: Answer) -> bool:
    """Prism follows redirects by itself: what it would say is about another exchange."""
    if 300 <= answer.status < 400:
        verdict.unread["redirects"] += 1
        return False
    return True


def _findings(said: httpx.Response, answer: Answer) -> Iterator[str]:
    """Violations, from the header Prism puts them in; an error of Prism's own is one too."""
    told = said.headers.get("sl-violations", "")
    if "prism/errors#" in said.text:
        yield f"prism: {said.json().get('title')}: {said.json().get('detail')}"
    try:
        rows = json.loads(told) if told else []
    except ValueError:  # longer than a header may be: cut by Prism
        rows = [json.loads(one + "}") for one in re.findall(r"\{[^{}]*", told)[:-1]]
    for row in rows:
        place = "/".join("#" if str(step).isdecimal() else str(step) for step in row.get("location", []))
        message = _PLACED.sub("", row.get("message", ""))
        unknown = _STATUS.fullmatch(message)
        yield f"{place}: {answer.status} is not among {unknown[1]}" if unknown else f"{place}: {message}"


def _sort(verdict: Verdict, request: Request, finding: str) -> None:
    path = re.sub(r"(?<=/)\d+(?=[/.,]|$)", "#", request.path)
    text = f"{request.method} {path} {finding}"
    if "Selected route not found" in finding:
        verdict.outside[f"{request.method} {path}"] += 1
        return
    fact = next((fact for known, fact in KNOWN[verdict.product].items() if re.fullmatch(known, text)), "")
    if fact:
        verdict.known[fact] += 1
    else:
        verdict.findings[text] += 1


def report(verdict: Verdict) -> None:
    """Add the figures to the file the run prints in the end; fail on any finding."""
    if os.environ.get(REPORT):
        with Path(os.environ[REPORT]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(verdict.told()) + "\n")
    assert not verdict.findings, "\n".join(f"{count} x {one}" for one, count in verdict.findings.most_common())


def printed(rows: Iterable[Mapping[str, Any]]) -> str:
    """The figures of a run as a table, and every exception that was met."""
    lines = ["| product | exchanges | different | played | outside the specification | by known exceptions | findings |"]
    lines.append("|---|---|---|---|---|---|---|")
    told = list(rows)
    for row in told:
        sums = {name: sum(row[name].values()) for name in ("unread", "outside", "known", "findings")}
        different = row["played"] + sums["unread"]
        cells = [row["product"], row["exchanges"], different, row["played"], sums["outside"], sums["known"], sums["findings"]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    for row in told:
        lines += [f"{row['product']}: {count} x {fact}" for fact, count in sorted(row["known"].items())]
        lines += [f"{row['product']}: {count} x outside: {one}" for one, count in sorted(row["outside"].items())]
        lines += [f"{row['product']}: {count} x NOT ALLOWED: {one}" for one, count in sorted(row["findings"].items())]
    return "\n".join(lines)


def main(asked: Sequence[str]) -> int:
    """The contract suite of these products (of all when none is named), then its exchanges through Prism."""
    program()
    products = list(asked) or sorted(KNOWN)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report"
        file.touch()
        env = os.environ | {ASKED: "1", REPORT: str(file)}
        suite = [sys.executable, "-m", "pytest", "tests/contract", "-p", "no:xdist", "-k"]
        done = subprocess.run([*suite, " or ".join(f"[{one}" for one in products)], env=env, check=False)
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    sys.stdout.write(printed(rows) + "\n")
    missing = set(products) - {row["product"] for row in rows}
    if missing:
        sys.stdout.write(f"NOT CHECKED BY PRISM: {', '.join(sorted(missing))}\n")
    return 1 if missing else done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
