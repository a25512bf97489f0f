#!/usr/bin/env python3
"""ttybench - measure any terminal program from the outside.

The program under test is started in a pseudo terminal of a given size.  The
harness plays the part of the terminal: it reads what the program writes, keeps
a time stamp for every chunk, answers the queries an xterm would answer, sends
keys the way an xterm would send them, and replays the recorded chunks through
the `pyte` terminal emulator to find out at which chunk the screen changed.

Nothing in the program under test has to know about the harness, so the same
figures can be had for a Textual app, an urwid app, mutt, vim or htop.

Only the standard library and `pyte` are needed; Linux only (it reads /proc).

    ttybench.py run   --cmd 'less big.log' --ready 'line 1' --keys 'Down*100'
    ttybench.py run   scenario.json [more.json ...] --runs 3 --json out.json
    ttybench.py ab    base.json other.json --rounds 5
    ttybench.py time  'python3 -c pass' 'python3 -c "import textual"' --rounds 15
    ttybench.py selftest

See README.md beside this file for the scenario format and for what every
figure means.
"""

from __future__ import annotations

import argparse
import codecs
import errno
import fcntl
import json
import os
import random
import re
import select
import shlex
import signal
import statistics
import struct
import sys
import termios
import time
import zlib

__version__ = "1.0"

NS = 1_000_000_000
now = time.monotonic_ns


def ms(ns: int | float) -> float:
    return round(ns / 1e6, 3)


# --------------------------------------------------------------------------
# keys
# --------------------------------------------------------------------------

# name -> (normal mode, application cursor mode)
CURSOR_KEYS = {
    "up": "A",
    "down": "B",
    "right": "C",
    "left": "D",
    "home": "H",
    "end": "F",
}
TILDE_KEYS = {
    "insert": 2,
    "delete": 3,
    "pageup": 5,
    "pagedown": 6,
    "f5": 15,
    "f6": 17,
    "f7": 18,
    "f8": 19,
    "f9": 20,
    "f10": 21,
    "f11": 23,
    "f12": 24,
}
SS3_KEYS = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
PLAIN_KEYS = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "esc": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "comma": ",",
    "star": "*",
}
KITTY_CODES = {"enter": 13, "tab": 9, "escape": 27, "esc": 27, "backspace": 127, "space": 32}
MODS = {"shift": 1, "alt": 2, "ctrl": 4}


def parse_keys(spec) -> list[str]:
    """'Down*3 Enter "hello"' -> ['Down', 'Down', 'Down', 'Enter', 'text:h', ...].

    Words are separated by blanks.  `X*N` repeats, `(A B)*N` repeats a group,
    a double-quoted string is typed character by character, a word that is not
    a key name is typed character by character as well.
    """
    if spec is None:
        return []
    if isinstance(spec, (list, tuple)):
        out: list[str] = []
        for one in spec:
            out += parse_keys(one)
        return out
    out = []
    pos = 0
    token = re.compile(r'\s*(?:\(([^()]*)\)|"((?:[^"\\]|\\.)*)"|(\S+?))(?:\*(\d+))?(?=\s|$)')
    while pos < len(spec.rstrip()):
        m = token.match(spec, pos)
        if not m:
            raise SystemExit(f"bad key spec at {spec[pos:]!r}")
        pos = m.end()
        times = int(m.group(4) or 1)
        if m.group(1) is not None:
            part = parse_keys(m.group(1))
        elif m.group(2) is not None:
            part = ["text:" + c for c in m.group(2).replace('\\"', '"').replace("\\\\", "\\")]
        else:
            word = m.group(3)
            part = [word] if is_key_name(word) else ["text:" + c for c in word]
        out += part * times
    return out


def split_mods(word: str) -> tuple[list[str], str]:
    bits = word.lower().split("+")
    mods = []
    while len(bits) > 1 and bits[0] in MODS:
        mods.append(bits.pop(0))
    return mods, "+".join(bits)


def is_key_name(word: str) -> bool:
    mods, base = split_mods(word)
    if mods:
        return True
    return base in CURSOR_KEYS or base in TILDE_KEYS or base in SS3_KEYS or base in PLAIN_KEYS


def encode_key(key: str, app_cursor: bool, kitty_flags: int = 0) -> bytes:
    """The bytes an xterm sends for a key (or kitty's, when it was asked for)."""
    if key.startswith("text:"):
        text = key[5:]
        if kitty_flags & 8:
            return "".join(f"\x1b[{ord(c.lower())};{2 if c != c.lower() else 1};{ord(c)}u" for c in text).encode()
        return text.encode()
    mods, base = split_mods(key)
    n = 1 + sum(MODS[m] for m in mods)
    if kitty_flags and base in KITTY_CODES and (kitty_flags & 8 or base in ("escape", "esc") or n > 1):
        return f"\x1b[{KITTY_CODES[base]}{'' if n == 1 else ';%d' % n}u".encode()
    if base in CURSOR_KEYS:
        if n > 1:
            return f"\x1b[1;{n}{CURSOR_KEYS[base]}".encode()
        return (("\x1bO" if app_cursor else "\x1b[") + CURSOR_KEYS[base]).encode()
    if base in TILDE_KEYS:
        return (f"\x1b[{TILDE_KEYS[base]}~" if n == 1 else f"\x1b[{TILDE_KEYS[base]};{n}~").encode()
    if base in SS3_KEYS:
        return (f"\x1bO{SS3_KEYS[base]}" if n == 1 else f"\x1b[1;{n}{SS3_KEYS[base]}").encode()
    if base in PLAIN_KEYS:
        if base == "tab" and mods == ["shift"]:
            return b"\x1b[Z"
        raw = PLAIN_KEYS[base]
        if "ctrl" in mods and base == "space":
            raw = "\x00"
        return (("\x1b" if "alt" in mods else "") + raw).encode()
    if kitty_flags and n > 1 and len(base) == 1:
        return f"\x1b[{ord(base)};{n}u".encode()
    raw = base
    if "ctrl" in mods:
        raw = chr(ord(base.upper()) & 0x1F)
    elif "shift" in mods:
        raw = base.upper()
    return (("\x1b" if "alt" in mods else "") + raw).encode()


# --------------------------------------------------------------------------
# the terminal emulator (pyte, with what pyte lacks)
# --------------------------------------------------------------------------

ESC_RE = re.compile(
    rb"\x1b(?:"
    rb"\[(?P<par>[0-?]*)(?P<int>[ -/]*)(?P<fin>[@-~])"  # CSI
    rb"|\](?P<osc>[^\x07\x1b]*)(?P<oscend>\x07|\x1b\\)"  # OSC
    rb"|(?P<strkind>[PX^_])(?P<str>[^\x1b]*)\x1b\\"  # DCS SOS PM APC
    rb"|(?P<esci>[ -/]+[0-~])"  # ESC ( 0 ...
    rb"|(?P<esc>[0-OQ-WYZ`-~\\])"  # ESC 7 ...
    rb")"
)
# quick look at raw output: is there something the program wants answered?
QUERY_RE = re.compile(rb"\x1b\[[?>=]?[0-9;]*(?:\$p|[cntqux])|\x1b\](?:1[0-9]|4);[^\x07\x1b]*\?|\x1bP[+$]q|\x1b_G")

XTERM_DA1 = "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
XTERM_DA2 = "\x1b[>41;379;0c"
KNOWN_MODES = {
    1,
    3,
    5,
    6,
    7,
    9,
    12,
    25,
    47,
    69,
    1000,
    1002,
    1003,
    1004,
    1005,
    1006,
    1007,
    1015,
    1016,
    1034,
    1047,
    1048,
    1049,
    2004,
}


class Emulator:
    """Feeds bytes to pyte; says whether what a user would see has changed."""

    def __init__(self, cols: int, rows: int, sync: bool = True, xtversion: str = "XTerm(379)", kitty: bool = False):
        try:
            import pyte
        except ImportError:  # pragma: no cover
            raise SystemExit("ttybench needs pyte: pip install pyte")
        self.cols, self.rows = cols, rows
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.Stream(self.screen, strict=False)
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.pending = b""
        self.modes: set[int] = {7, 25}
        self.sync_supported = sync
        self.in_sync = False
        self.held_change = False
        self.kitty_supported = kitty
        self.kitty_stack: list[int] = []
        self.xtversion = xtversion
        self.replies: list[bytes] = []
        self.sync_frames = 0
        self.last_char = " "
        self.row_cache: list = [None] * rows
        self.cursor_cache = None
        self.screen.dirty.clear()
        self.snapshot()  # fill the cache with the blank screen

    # -- feeding -----------------------------------------------------------
    def _text(self, raw: bytes) -> None:
        if not raw:
            return
        text = self.decode(raw)
        if text:
            self.stream.feed(text)
            tail = text[-1]
            if tail >= " ":
                self.last_char = tail

    def feed(self, data: bytes) -> bool:
        """Feed one chunk.  True when the *presented* screen changed with it."""
        data = self.pending + data
        self.pending = b""
        ended_sync = False
        pos = 0
        run: list[bytes] = []  # plain text and sequences pyte copes with

        def flush() -> None:
            if run:
                self._text(b"".join(run))
                run.clear()

        while True:
            i = data.find(b"\x1b", pos)
            if i < 0:
                run.append(data[pos:])
                break
            if i > pos:
                run.append(data[pos:i])
            m = ESC_RE.match(data, i)
            if not m:
                rest = data[i:]
                # incomplete sequence at the end of the chunk: keep it
                if len(rest) < 4096 and re.match(
                    rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)?\Z", rest
                ):
                    self.pending = rest
                    break
                pos = i + 1  # garbage: drop the ESC
                continue
            pos = m.end()
            fin = m.group("fin")
            if fin is not None:
                par, inter = m.group("par"), m.group("int")
                private = par[:1] if par[:1] in (b"?", b">", b"<", b"=") else b""
                if not private and not inter and fin in b"@ABCDEFGHJKLMPXadefghlmr`":
                    if fin == b"m" and b":" in par:
                        run.append(b"\x1b[" + fix_sgr(par) + b"m")
                    else:
                        run.append(m.group(0))
                    continue
                if private == b"?" and fin in b"hl" and not inter:
                    on = fin == b"h"
                    for p in par[1:].split(b";"):
                        if not p:
                            continue
                        mode = int(p)
                        (self.modes.add if on else self.modes.discard)(mode)
                        if mode == 2026:
                            flush()
                            if on:
                                self.in_sync = True
                            else:
                                if self.in_sync:
                                    self.sync_frames += 1
                                self.in_sync = False
                                ended_sync = True
                        elif mode in (25, 7, 6, 5):
                            run.append(b"\x1b[?%d%s" % (mode, fin))
                        elif mode in (47, 1047, 1049):
                            run.append(b"\x1b[0m\x1b[2J\x1b[H")
                    continue
                if private == b"?" and fin in b"JK":
                    run.append(b"\x1b[" + par[1:] + fin)
                    continue
                flush()
                self._csi(private, par, inter, fin)
                continue
            if m.group("osc") is not None:
                self._osc(m.group("osc"), m.group("oscend"))
                continue
            if m.group("strkind") is not None:
                flush()
                self._string(m.group("strkind"), m.group("str"))
                continue
            if m.group("esci") is not None:
                if m.group("esci")[:1] == b"#":
                    run.append(m.group(0))
                continue  # charset selections: UTF-8, ignore
            if m.group("esc") in (b"7", b"8", b"D", b"E", b"H", b"M", b"c"):
                run.append(m.group(0))
        flush()
        changed = self.snapshot()
        if self.in_sync and self.sync_supported and not ended_sync:
            self.held_change |= changed
            return False
        changed |= self.held_change
        self.held_change = False
        return changed

    def snapshot(self) -> bool:
        """Compare the dirty rows with what they were; True if anything differs."""
        screen = self.screen
        changed = False
        buffer = screen.buffer
        cols = range(self.cols)
        for y in screen.dirty:
            if not 0 <= y < self.rows:
                continue
            row = buffer[y]
            key = tuple(map(row.__getitem__, cols))
            if key != self.row_cache[y]:
                if self.row_cache[y] is not None:
                    changed = True
                self.row_cache[y] = key
        screen.dirty.clear()
        if self.row_cache[0] is None:
            for y in range(self.rows):
                row = buffer[y]
                self.row_cache[y] = tuple(map(row.__getitem__, cols))
        cur = None if 25 not in self.modes else (screen.cursor.x, screen.cursor.y)
        if cur != self.cursor_cache:
            if cur is not None:
                changed = True
            self.cursor_cache = cur
        return changed

    # -- what pyte does not know ------------------------------------------
    def _csi(self, private: bytes, par: bytes, inter: bytes, fin: bytes) -> None:
        body = par[1:] if private else par
        nums = [int(p) if p.isdigit() else 0 for p in body.split(b";")] if body else []
        first = nums[0] if nums else 0
        out = self.replies.append
        if not private and not inter:
            if fin == b"c":
                out(XTERM_DA1.encode())
            elif fin == b"n":
                if first == 5:
                    out(b"\x1b[0n")
                elif first == 6:
                    out(b"\x1b[%d;%dR" % (self.screen.cursor.y + 1, self.screen.cursor.x + 1))
            elif fin == b"t":
                if first == 14:
                    out(b"\x1b[4;%d;%dt" % (self.rows * 16, self.cols * 8))
                elif first == 16:
                    out(b"\x1b[6;16;8t")
                elif first == 18:
                    out(b"\x1b[8;%d;%dt" % (self.rows, self.cols))
            elif fin == b"x":
                out(b"\x1b[%d;1;1;120;120;1;0x" % (first + 2))
            elif fin == b"b":
                self._text((self.last_char * max(1, first)).encode())
            elif fin in (b"S", b"T"):
                self._scroll(max(1, first), up=fin == b"S")
            elif fin == b"s":
                self.screen.save_cursor()
            elif fin == b"u":
                self.screen.restore_cursor()
        elif inter == b"$" and fin == b"p":
            if private == b"?":
                if first == 2026:
                    state = 0 if not self.sync_supported else (1 if self.in_sync else 2)
                elif first in self.modes and first in KNOWN_MODES:
                    state = 1
                else:
                    state = 2 if first in KNOWN_MODES else 0
                out(b"\x1b[?%d;%d$y" % (first, state))
            else:
                out(b"\x1b[%d;0$y" % first)
        elif private == b">" and fin == b"c":
            out(XTERM_DA2.encode())
        elif private == b"=" and fin == b"c":
            out(b"\x1bP!|00000000\x1b\\")
        elif private == b">" and fin == b"q":
            out(b"\x1bP>|" + self.xtversion.encode() + b"\x1b\\")
        elif private == b"?" and fin == b"n" and first == 6:
            out(b"\x1b[?%d;%dR" % (self.screen.cursor.y + 1, self.screen.cursor.x + 1))
        elif fin == b"u" and self.kitty_supported:
            if private == b">":
                self.kitty_stack.append(first)
            elif private == b"<" and self.kitty_stack:
                del self.kitty_stack[-max(1, first) :]
            elif private == b"?":
                out(b"\x1b[?%du" % (self.kitty_stack[-1] if self.kitty_stack else 0))

    def _scroll(self, count: int, up: bool) -> None:
        s = self.screen
        x, y = s.cursor.x, s.cursor.y
        top, bottom = s.margins or (0, s.lines - 1)
        s.cursor.y = bottom if up else top
        for _ in range(min(count, s.lines)):
            (s.index if up else s.reverse_index)()
        s.cursor.x, s.cursor.y = x, y

    def _osc(self, body: bytes, end: bytes) -> None:
        parts = body.split(b";")
        if len(parts) >= 2 and parts[-1] == b"?":
            code = parts[0]
            if code in (b"10", b"11", b"12"):
                color = b"rgb:ffff/ffff/ffff" if code != b"11" else b"rgb:0000/0000/0000"
                self.replies.append(b"\x1b]" + code + b";" + color + end)
            elif code == b"4" and len(parts) == 3:
                self.replies.append(b"\x1b]4;" + parts[1] + b";rgb:8080/8080/8080" + end)

    def _string(self, kind: bytes, body: bytes) -> None:
        if kind == b"P":
            if body.startswith(b"$q"):
                answer = {b"m": b"0m", b"r": b"1;%dr" % self.rows, b" q": b"1 q"}.get(body[2:])
                self.replies.append(b"\x1bP1$r" + answer + b"\x1b\\" if answer else b"\x1bP0$r\x1b\\")
            elif body.startswith(b"+q"):
                self.replies.append(b"\x1bP0+r" + body[2:] + b"\x1b\\")

    # -- looking -----------------------------------------------------------
    def lines(self) -> list[str]:
        out = []
        for row in self.row_cache:
            out.append("" if row is None else "".join(c.data for c in row).rstrip())
        return out

    def text(self) -> str:
        return "\n".join(self.lines())

    def blank(self) -> bool:
        """No glyph and no background colour anywhere."""
        for row in self.row_cache:
            if row is None:
                continue
            for c in row:
                if c.data not in ("", " ") or c.bg != "default" or c.reverse:
                    return False
        return True


def fix_sgr(par: bytes) -> bytes:
    out = []
    for one in par.split(b";"):
        bits = one.split(b":")
        if len(bits) == 1:
            out.append(one)
        elif bits[0] in (b"38", b"48"):
            if bits[1:2] == [b"2"] and len(bits) >= 6:
                bits = bits[:2] + bits[3:6]
            out.append(b";".join(b or b"0" for b in bits))
        else:
            out.append(b"24" if bits[1:2] == [b"0"] else bits[0])
    return b";".join(out)


# --------------------------------------------------------------------------
# /proc
# --------------------------------------------------------------------------

CLK = os.sysconf("SC_CLK_TCK")


def read_file(path: str) -> str:
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def process_tree(pid: int) -> list[int]:
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        if p in out or not os.path.exists(f"/proc/{p}"):
            continue
        out.append(p)
        try:
            tasks = os.listdir(f"/proc/{p}/task")
        except OSError:
            continue
        for t in tasks:
            todo += [int(c) for c in read_file(f"/proc/{p}/task/{t}/children").split()]
    return out


def tree_cpu_ns(pid: int) -> int:
    total = 0
    for p in process_tree(pid):
        sched = 0
        try:
            for t in os.listdir(f"/proc/{p}/task"):
                bits = read_file(f"/proc/{p}/task/{t}/schedstat").split()
                if bits:
                    sched += int(bits[0])
        except OSError:
            pass
        ticks = reaped = 0
        stat = read_file(f"/proc/{p}/stat")
        if stat:
            f = stat.rsplit(")", 1)[1].split()
            ticks = (int(f[11]) + int(f[12])) * NS // CLK  # threads that ended count here
            reaped = (int(f[13]) + int(f[14])) * NS // CLK  # children that ended count here
        total += (sched if sched >= ticks - 2 * NS // CLK else ticks) + reaped
    return total


def tree_memory(pid: int) -> dict:
    rss = pss = hwm = swap = 0
    pids = process_tree(pid)
    for p in pids:
        for line in read_file(f"/proc/{p}/status").splitlines():
            if line.startswith("VmHWM:"):
                hwm += int(line.split()[1])
            elif line.startswith("VmRSS:"):
                rss += int(line.split()[1])
        for line in read_file(f"/proc/{p}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                pss += int(line.split()[1])
            elif line.startswith("Swap:"):
                swap += int(line.split()[1])
    return {"rss_kb": rss, "pss_kb": pss, "hwm_kb": hwm, "processes": len(pids)}


NICE = 0


def set_autogroup_nice(n: int) -> None:
    """With autogroup scheduling (the default on many kernels) plain niceness only counts
    inside a session; what counts against other sessions is the niceness of the group."""
    try:
        os.nice(n - os.nice(0))
    except OSError:
        pass
    try:
        with open("/proc/self/autogroup", "w") as f:
            f.write(str(n))
    except OSError:
        pass


def become_session(n: int) -> None:
    """Go on in a session (and so an autogroup) of our own, with that niceness."""
    pid = os.fork()
    if pid:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, lambda s, _f: os.kill(pid, s))
        while True:
            try:
                _, status = os.waitpid(pid, 0)
                break
            except InterruptedError:
                continue
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    set_autogroup_nice(n)


def machine_busy() -> tuple[float, float]:
    """(busy seconds of all cores, stolen seconds) since boot."""
    bits = read_file("/proc/stat").split("\n", 1)[0].split()[1:]
    v = [int(b) for b in bits]
    busy = v[0] + v[1] + v[2] + v[5] + v[6]
    return busy / CLK, (v[7] if len(v) > 7 else 0) / CLK


def spin() -> float:
    """A fixed piece of work (ms): tells how noisy the machine is right now."""
    best = None
    for _ in range(3):
        t = time.perf_counter()
        x = 0
        for i in range(100_000):
            x += i * i
        d = (time.perf_counter() - t) * 1000
        best = d if best is None else min(best, d)
    return round(best or 0, 3)


# --------------------------------------------------------------------------
# a session with one program
# --------------------------------------------------------------------------


class Timeout(Exception):
    pass


class Session:
    def __init__(self, scen: dict):
        self.scen = scen
        cols, rows = (int(x) for x in str(scen.get("size", "160x48")).lower().split("x"))
        self.emu = Emulator(
            cols,
            rows,
            sync=bool(scen.get("sync", True)),
            xtversion=scen.get("xtversion", "XTerm(379)"),
            kitty=bool(scen.get("kitty", False)),
        )
        cmd = scen["cmd"]
        argv = shlex.split(cmd) if isinstance(cmd, str) else [str(c) for c in cmd]
        env = {
            k: v
            for k, v in os.environ.items()  # what a user's shell would not have set
            if k not in ("COLUMNS", "LINES", "TMUX", "TERM_PROGRAM", "NO_COLOR", "VIRTUAL_ENV") and not k.startswith("PYTHON")
        }
        env.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", LC_ALL="C.UTF-8")
        for k, v in (scen.get("env") or {}).items():
            if v is None:
                env.pop(k, None)
            else:
                env[k] = os.path.expandvars(str(v))
        cwd = scen.get("cwd")
        argv = [os.path.expanduser(os.path.expandvars(a)) for a in argv]
        self.chunks: list[tuple[int, bytes]] = []
        self.fed = 0  # chunks fed to the emulator
        self.frames: list[int] = []  # times of changed frames
        self.bytes_out = 0
        self.eof = False
        self.tail = b""
        self.status = None
        self.rusage = None
        self.extra_pids: set[int] = set()
        self.verbose = bool(scen.get("verbose"))
        self._spawn(argv, env, cwd, rows, cols, scen.get("cpu"))

    # -- process -----------------------------------------------------------
    def _spawn(self, argv, env, cwd, rows, cols, cpu) -> None:
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, cols * 8, rows * 16))
        rd, wr = os.pipe()  # not inheritable: closes at exec
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for fd in (0, 1, 2):
                    os.dup2(slave, fd)
                if slave > 2:
                    os.close(slave)
                os.close(master)
                for s in (signal.SIGINT, signal.SIGPIPE, signal.SIGTTOU, signal.SIGTTIN, signal.SIGHUP):
                    signal.signal(s, signal.SIG_DFL)
                if cwd:
                    os.chdir(cwd)
                if NICE:
                    set_autogroup_nice(NICE)
                if cpu is not None:
                    os.sched_setaffinity(0, cpu if isinstance(cpu, (list, set)) else {int(cpu)})
                os.write(wr, struct.pack("q", time.monotonic_ns()))
                os.execvpe(argv[0], argv, env)
            except BaseException as e:  # noqa: BLE001
                try:
                    os.write(wr, b"E" * 8 + str(e).encode())
                finally:
                    os._exit(127)
        os.close(slave)
        os.close(wr)
        self.pid, self.fd = pid, master
        os.set_blocking(master, False)
        data = b""
        while True:
            part = os.read(rd, 4096)
            if not part:
                break
            data += part
        os.close(rd)
        if len(data) != 8:
            self.kill()
            raise SystemExit(f"cannot start {argv[0]}: {data[16:].decode() or 'exec failed'}")
        self.t0 = struct.unpack("q", data)[0]
        self.poll = select.poll()
        self.poll.register(self.fd, select.POLLIN)

    def alive(self) -> bool:
        if self.status is not None:
            return False
        try:
            pid, status, ru = os.wait4(self.pid, os.WNOHANG)
        except ChildProcessError:
            self.status = 0
            return False
        if pid:
            self.status, self.rusage = status, ru
            return False
        return True

    def kill(self) -> None:
        """End what we started: by pid and process group, never by name."""
        if getattr(self, "pid", None) is None:
            return
        pids = set(process_tree(self.pid)) | self.extra_pids
        pids.discard(os.getpid())
        for sig, wait in ((signal.SIGHUP, 0.3), (signal.SIGTERM, 0.7), (signal.SIGKILL, 3.0)):
            if not self.alive():
                break
            try:
                os.killpg(self.pid, sig)
            except (ProcessLookupError, PermissionError):
                pass
            end = now() + int(wait * NS)
            while now() < end and self.alive():
                try:
                    self.pump(0.02)
                except OSError:
                    time.sleep(0.02)
        for p in pids - {self.pid}:  # children that left the group
            try:
                os.kill(p, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        try:
            os.close(self.fd)
        except OSError:
            pass

    # -- reading and writing -----------------------------------------------
    def pump(self, timeout: float) -> bool:
        """Read what is there, waiting at most `timeout` seconds.  No emulation here."""
        if self.eof:
            if timeout > 0:
                time.sleep(min(timeout, 0.05))
            return False
        if not self.poll.poll(max(0, timeout * 1000)):
            return False
        got = False
        for _ in range(64):
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                break
            except OSError as e:
                if e.errno == errno.EIO:
                    self.eof = True
                    break
                raise
            if not data:
                self.eof = True
                break
            self.chunks.append((now(), data))
            self.bytes_out += len(data)
            got = True
            probe = self.tail + data
            if b"\x1b" in probe and QUERY_RE.search(probe):
                self.feed()
            i = data.rfind(b"\x1b")
            self.tail = data[i:] if i >= 0 and len(data) - i < 64 else b""
            if self.tail and QUERY_RE.search(self.tail):
                self.tail = b""
            if not self.poll.poll(0):
                break
        return got

    def feed(self, budget: float | None = None) -> list[int]:
        """Feed what was read to the emulator; times of the frames that changed the screen."""
        out = []
        end = None if budget is None else now() + int(budget * NS)
        while self.fed < len(self.chunks):
            t, data = self.chunks[self.fed]
            self.fed += 1
            if self.emu.feed(data):
                out.append(t)
            if self.emu.replies:
                blob = b"".join(self.emu.replies)
                self.emu.replies.clear()
                self.write(blob)
            if end is not None and now() > end:
                break
        self.frames += out
        return out

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        deadline = now() + 10 * NS
        while view:
            try:
                n = os.write(self.fd, view)
                view = view[n:]
            except BlockingIOError:
                if now() > deadline:
                    raise Timeout("the program does not read its input")
                self.pump(0.005)
            except OSError as e:
                if e.errno == errno.EIO:
                    self.eof = True
                    return
                raise

    def send(self, key: str) -> int:
        flags = self.emu.kitty_stack[-1] if self.emu.kitty_stack else 0
        data = encode_key(key, 1 in self.emu.modes, flags)
        t = now()
        self.write(data)
        return t

    # -- waiting -----------------------------------------------------------
    def wait_until(self, pred, timeout: float) -> int:
        """Feed chunk by chunk until pred(emulator) holds; the time of that chunk."""
        end = now() + int(timeout * NS)
        last_read = now()
        checked = -1  # chunks fed when pred was last tried
        while True:
            if self.pump(0.003):
                last_read = now()
            backlog = self.fed < len(self.chunks)
            # feed when the program takes a breath, so that it is not slowed down
            if backlog and (now() - last_read > 8_000_000 or len(self.chunks) - self.fed > 64):
                while self.fed < len(self.chunks):
                    t = self.chunks[self.fed][0]
                    if self.feed(0) and pred(self.emu):
                        return t
                    checked = self.fed
                    if self.pump(0):
                        last_read = now()
            elif not backlog and checked != self.fed:
                # fed by pump, because there was a query to answer
                checked = self.fed
                if pred(self.emu):
                    return self.frames[-1] if self.frames else now()
            if self.eof and self.fed >= len(self.chunks):
                code = None
                for _ in range(50):
                    if not self.alive():
                        code = os.waitstatus_to_exitcode(self.status)
                        break
                    time.sleep(0.02)
                tail = b"".join(d for _, d in self.chunks[-3:])[-600:]
                raise Timeout(f"the program ended with {code}; its last output: {tail!r}\n" + self.emu.text().rstrip())
            if now() > end:
                raise Timeout("timed out; the screen is:\n" + self.emu.text().rstrip())

    def quiet(self, silence: float, limit: float, cpu: bool = False) -> bool:
        """Wait for `silence` seconds without output (and, with cpu, without work)."""
        end = now() + int(limit * NS)
        last = max([self.chunks[-1][0] if self.chunks else 0, now() - int(0.001 * NS)])
        while now() < end and not self.eof:
            if self.pump(0.005):
                last = now()
            if now() - last >= silence * NS:
                if cpu:
                    c0, t0, n0 = tree_cpu_ns(self.pid), now(), len(self.chunks)
                    while now() - t0 < 0.1 * NS:
                        self.pump(0.01)
                    if (tree_cpu_ns(self.pid) - c0) > 0.5 * (now() - t0) or len(self.chunks) > n0:
                        last = now()
                        continue
                return True
        return False

    def nap(self, seconds: float) -> None:
        end = now() + int(seconds * NS)
        while True:
            left = (end - now()) / NS
            if left <= 0:
                return
            self.pump(left)


def has(pattern: str):
    rx = re.compile(pattern, re.M)
    return lambda emu: rx.search(emu.text()) is not None


# --------------------------------------------------------------------------
# the steps
# --------------------------------------------------------------------------


def pct(values: list[float], q: float) -> float | None:
    if not values:
        return None
    v = sorted(values)
    k = (len(v) - 1) * q
    lo = int(k)
    hi = min(lo + 1, len(v) - 1)
    return round(v[lo] + (v[hi] - v[lo]) * (k - lo), 3)


def summary(values: list[float]) -> dict:
    if not values:
        return {"n": 0}
    return {
        "n": len(values),
        "p50": pct(values, 0.5),
        "p95": pct(values, 0.95),
        "p99": pct(values, 0.99),
        "max": round(max(values), 3),
        "mean": round(statistics.fmean(values), 3),
    }


def step_startup(s: Session, scen: dict) -> dict:
    timeout = float(scen.get("timeout", 60))
    first_paint: list[int] = []
    ready = has(scen["ready"]) if scen.get("ready") else None

    def pred(emu: Emulator) -> bool:
        if not first_paint and not emu.blank():
            first_paint.append(s.chunks[s.fed - 1][0] if s.fed else now())
        return ready(emu) if ready else bool(first_paint)

    t_ready = s.wait_until(pred, timeout)
    cpu_ready = tree_cpu_ns(s.pid)
    s.quiet(float(scen.get("startup_quiet", 0.3)), 20)
    s.feed()
    last = max([f for f in s.frames if f >= t_ready] or [t_ready])
    ready_bytes = sum(len(d) for t, d in s.chunks if t <= t_ready)
    out = {
        "first_byte_ms": ms(s.chunks[0][0] - s.t0) if s.chunks else None,
        "first_paint_ms": ms(first_paint[0] - s.t0) if first_paint else None,
        "ready_ms": ms(t_ready - s.t0),
        "settled_ms": ms(last - s.t0),
        "cpu_ready_ms": ms(cpu_ready),
        "cpu_settled_ms": ms(tree_cpu_ns(s.pid)),
        "bytes_ready": ready_bytes,
        "bytes_settled": s.bytes_out,
        **{k + "_ready": v for k, v in tree_memory(s.pid).items()},
    }
    return out


def step_keys(s: Session, step: dict) -> dict:
    keys = parse_keys(step["keys"])
    period = 1 / float(step.get("pace", 10))
    silence = float(step.get("settle_ms", 30)) / 1000
    patience = float(step.get("patience", 1.0))
    jitter = float(step.get("jitter", 0.3))
    warm = int(step.get("warmup", min(5, len(keys) // 10)))
    rng = random.Random(int(step.get("seed", 1)))
    s.quiet(float(step.get("before_quiet", 0.25)), 5)
    s.feed()
    first, settled, nbytes, late, none, lastbyte, nframes = [], [], [], 0, 0, [], []
    squeezed: list[int] = []
    z = zlib.compressobj(6)  # what `ssh -C` would make of it, about
    z.compress(b"".join(d for _, d in s.chunks)[-65536:])
    z.flush(zlib.Z_PARTIAL_FLUSH)
    c_start, t_start = tree_cpu_ns(s.pid), now()
    next_t = now()
    for i, key in enumerate(keys):
        while now() < next_t:
            s.pump((next_t - now()) / NS)
        if s.feed() and i:
            late += 1
        if s.eof:
            raise Timeout("the program ended during the key test")
        b0, f0, sync0 = s.bytes_out, len(s.chunks), s.emu.sync_frames
        t0 = s.send(key)
        next_t = t0 + int(period * (1 + rng.uniform(-jitter, jitter)) * NS)
        frames: list[int] = []
        while True:
            s.pump(0.002)
            t_last = s.chunks[-1][0] if len(s.chunks) > f0 else None
            if t_last is not None and now() - t_last >= silence * NS:
                frames += s.feed()
                if frames:
                    break
            if now() - t0 > patience * NS and (t_last is None or now() - t_last >= silence * NS):
                break
            if now() - t0 > 10 * NS or s.eof:
                break
        if now() < next_t:  # count stragglers with the key that caused them
            while now() < next_t - 1_000_000:
                s.pump((next_t - 1_000_000 - now()) / NS)
        if i < warm:
            continue
        nbytes.append(s.bytes_out - b0)
        squeezed.append(len(z.compress(b"".join(d for _, d in s.chunks[f0:])) + z.flush(zlib.Z_PARTIAL_FLUSH)))
        if not frames:
            none += 1
            continue
        first.append((frames[0] - t0) / 1e6)
        settled.append((frames[-1] - t0) / 1e6)
        nframes.append(max(s.emu.sync_frames - sync0, 1))
        lastbyte.append(((t_last or t0) - t0) / 1e6)
    dt = now() - t_start
    out = {
        "keys": len(keys),
        "warmup": warm,
        "no_change": none,
        "late_changes": late,
        "first": summary(first),
        "settled": summary(settled),
        "last_byte": summary(lastbyte),
        "bytes_per_key": summary(nbytes),
        "zbytes_per_key": summary(squeezed),
        "sync_frames_per_key": round(statistics.fmean(nframes), 2) if nframes else None,
        "cpu_ms_per_key": ms((tree_cpu_ns(s.pid) - c_start) / max(1, len(keys))),
        "seconds": round(dt / NS, 2),
    }
    if step.get("raw"):
        out["first_raw"] = [round(v, 2) for v in first]
        out["settled_raw"] = [round(v, 2) for v in settled]
    return out


def step_storm(s: Session, step: dict) -> dict:
    keys = parse_keys(step["keys"])
    rate = float(step.get("rate", 0))
    quiet = float(step.get("quiet", 0.35))
    s.quiet(0.3, 5)
    s.feed()
    b0, n0, c0 = s.bytes_out, len(s.frames), tree_cpu_ns(s.pid)
    sync0 = s.emu.sync_frames
    t_first = now()
    if rate:
        t_last = t_first
        for i, key in enumerate(keys):
            due = t_first + int(i * NS / rate)
            while now() < due:
                s.pump((due - now()) / NS)
            t_last = s.send(key)
    else:
        t_last = now()
        for key in keys:
            t_last = s.send(key)
            s.pump(0)
    caught = s.quiet(quiet, float(step.get("timeout", 60)), cpu=True)
    s.feed()
    frames = s.frames[n0:]
    end = frames[-1] if frames else t_last
    out = {
        "keys": len(keys),
        "rate": rate or "flat",
        "catchup_ms": ms(max(0, end - t_last)),
        "total_ms": ms(end - t_first),
        "bytes": s.bytes_out - b0,
        "bytes_per_key": round((s.bytes_out - b0) / max(1, len(keys)), 1),
        "changed_chunks": len(frames),
        "sync_frames": s.emu.sync_frames - sync0,
        "cpu_ms": ms(tree_cpu_ns(s.pid) - c0),
        "finished": caught,
    }
    if frames:
        gaps = [b - a for a, b in zip([t_first] + frames, frames)]
        out["longest_gap_ms"] = ms(max(gaps))
    if step.get("expect"):
        out["expect_ok"] = has(step["expect"])(s.emu)
    return out


def step_open(s: Session, step: dict) -> dict:
    """Keys, then wait for a regex; then the way back.  E.g. opening an item."""
    keys, back = parse_keys(step["keys"]), parse_keys(step.get("back"))
    between = parse_keys(step.get("between"))
    want = has(step["expect"])
    n = int(step.get("n", 1))
    visible, settled, nbytes = [], [], []
    cpu = []
    for i in range(n):
        s.quiet(0.15, 5)
        s.feed()
        if want(s.emu):
            raise Timeout(f"/{step['expect']}/ is on the screen before the step")
        b0, n0, c0 = s.bytes_out, len(s.frames), tree_cpu_ns(s.pid)
        t0 = now()
        for key in keys:
            t0 = s.send(key)
        t = s.wait_until(want, float(step.get("timeout", 30)))
        s.quiet(float(step.get("settle_ms", 150)) / 1000, 5)
        s.feed()
        frames = [f for f in s.frames[n0:] if f >= t]
        if i or n == 1:  # the first one warms caches
            visible.append((t - t0) / 1e6)
            settled.append(((frames[-1] if frames else t) - t0) / 1e6)
            nbytes.append(s.bytes_out - b0)
            cpu.append((tree_cpu_ns(s.pid) - c0) / 1e6)
        else:
            cold = (t - t0) / 1e6
        if back and (i < n - 1 or step.get("leave", True)):
            for key in back:
                s.send(key)
                s.quiet(0.1, 3)
            gone = lambda emu: not want(emu)  # noqa: E731
            s.wait_until(gone, 15)
        for key in between:
            s.send(key)
            s.quiet(0.05, 2)
    out = {
        "n": len(visible),
        "visible": summary(visible),
        "settled": summary(settled),
        "bytes": summary(nbytes),
        "cpu_ms": summary(cpu),
    }
    if n > 1:
        out["cold_ms"] = round(cold, 3)
    return out


def step_idle(s: Session, step: dict) -> dict:
    seconds = float(step.get("seconds", 10))
    s.quiet(0.3, 5)
    c0, b0, t0 = tree_cpu_ns(s.pid), s.bytes_out, now()
    s.nap(seconds)
    dt = now() - t0
    return {
        "seconds": round(dt / NS, 2),
        "cpu_pct": round(100 * (tree_cpu_ns(s.pid) - c0) / dt, 3),
        "bytes_per_s": round((s.bytes_out - b0) / (dt / NS), 1),
    }


def run_once(scen: dict) -> dict:
    load = os.getloadavg()[0]
    spin_before = spin()
    busy0, steal0 = machine_busy()
    own0 = time.process_time()
    t_begin = now()
    s = Session(scen)
    res: dict = {"name": scen.get("name"), "steps": {}}
    peak = {"rss_kb": 0, "pss_kb": 0, "hwm_kb": 0, "processes": 0}

    def sample() -> None:
        for k, v in tree_memory(s.pid).items():
            peak[k] = max(peak[k], v)
        s.extra_pids.update(process_tree(s.pid))

    try:
        res["startup"] = step_startup(s, scen)
        sample()
        for i, step in enumerate(scen.get("steps") or []):
            kind = step.get("type", "keys")
            name = step.get("name") or f"{kind}{i}"
            try:
                if kind == "keys":
                    out = step_keys(s, step)
                elif kind == "storm":
                    out = step_storm(s, step)
                elif kind == "open":
                    out = step_open(s, step)
                elif kind == "idle":
                    out = step_idle(s, step)
                elif kind == "send":
                    for key in parse_keys(step["keys"]):
                        s.send(key)
                        s.quiet(float(step.get("gap", 0.05)), 2)
                    if step.get("expect"):
                        s.wait_until(has(step["expect"]), float(step.get("timeout", 30)))
                    s.quiet(0.2, 10)
                    s.feed()
                    out = None
                elif kind == "wait":
                    s.wait_until(has(step["expect"]), float(step.get("timeout", 30)))
                    out = None
                elif kind == "dump":
                    s.quiet(0.2, 5)
                    s.feed()
                    sys.stderr.write(f"--- {name}\n{s.emu.text()}\n---\n")
                    out = None
                elif kind == "quit":
                    if scen.get("dump"):
                        s.quiet(0.2, 5)
                        s.feed()
                        res["screen"] = s.emu.lines()
                    t = now()
                    for key in parse_keys(step["keys"]):
                        t = s.send(key)
                    end = now() + int(float(step.get("timeout", 10)) * NS)
                    while now() < end and s.alive():
                        s.pump(0.002)
                    out = {"exit_ms": ms(now() - t) if not s.alive() else None}
                else:
                    raise SystemExit(f"unknown step type {kind}")
            except Timeout as e:
                if not step.get("optional", False):
                    raise Timeout(f"step {name}: {e}")
                out = {"error": str(e).splitlines()[0]}
            if out is not None:
                out["kind"] = kind
                res["steps"][name] = out
            if s.status is None:
                sample()
        if scen.get("dump") and "screen" not in res:
            s.quiet(0.2, 5)
            s.feed()
            res["screen"] = s.emu.lines()
    except Timeout as e:
        res["error"] = str(e)
    finally:
        cpu = tree_cpu_ns(s.pid) if s.status is None else 0
        s.kill()
    if s.rusage is not None:
        cpu = max(cpu, int((s.rusage.ru_utime + s.rusage.ru_stime) * NS))
    wall = (now() - t_begin) / NS
    busy1, steal1 = machine_busy()
    own = time.process_time() - own0
    res["memory"] = peak
    res["cpu_s"] = round(cpu / NS, 3)
    res["wall_s"] = round(wall, 2)
    res["bytes_total"] = s.bytes_out
    res["noise"] = {
        "spin_ms": spin_before,
        "load1": round(load, 2),
        "others_cpu_pct": round(100 * max(0, busy1 - busy0 - own - cpu / NS) / wall, 1),
        "steal_pct": round(100 * (steal1 - steal0) / wall, 1),
    }
    return res


# --------------------------------------------------------------------------
# many runs, tables
# --------------------------------------------------------------------------


def flatten(obj, prefix="") -> dict:
    out = {}
    if isinstance(obj, dict):
        for k, v in obj.items():
            if k in ("name", "screen", "error", "kind") or k.endswith("_raw"):
                continue
            out.update(flatten(v, f"{prefix}.{k}" if prefix else str(k)))
    elif isinstance(obj, bool):
        out[prefix] = int(obj)
    elif isinstance(obj, (int, float)):
        out[prefix] = obj
    return out


def medians(runs: list[dict]) -> dict:
    flat = [flatten(r) for r in runs if not r.get("error")]
    out = {}
    for key in dict.fromkeys(k for f in flat for k in f):
        vals = [f[key] for f in flat if key in f]
        out[key] = {"med": round(statistics.median(vals), 3), "min": min(vals), "max": max(vals), "n": len(vals)}
    return out


def short_rows(m: dict) -> list[str]:
    """The rows of the human table, in a fixed order."""
    want = [
        "startup.first_byte_ms",
        "startup.first_paint_ms",
        "startup.ready_ms",
        "startup.settled_ms",
        "startup.cpu_ready_ms",
        "startup.bytes_settled",
        "startup.rss_kb_ready",
        "startup.pss_kb_ready",
    ]
    rows = [k for k in want if k in m]
    for k in m:
        if k.startswith("steps.") and (
            re.search(r"\.(first|settled|visible|z?bytes_per_key|bytes)\.(p50|p95|p99)$", k)
            or re.search(
                r"\.(catchup_ms|total_ms|bytes_per_key|cpu_pct|bytes_per_s|no_change|late_changes|"
                r"cpu_ms_per_key|exit_ms|cold_ms|expect_ok|longest_gap_ms|cpu_ms|sync_frames)$",
                k,
            )
        ):
            rows.append(k)
    rows += [
        k
        for k in (
            "memory.rss_kb",
            "memory.pss_kb",
            "memory.hwm_kb",
            "memory.processes",
            "cpu_s",
            "noise.spin_ms",
            "noise.others_cpu_pct",
            "noise.steal_pct",
        )
        if k in m
    ]
    return rows


def fmt(v) -> str:
    if v is None:
        return "-"
    if isinstance(v, float) and not v.is_integer():
        return f"{v:.2f}" if abs(v) < 100 else f"{v:.0f}"
    return str(int(v))


def print_table(results: dict[str, dict], order: list[str], out=sys.stdout) -> None:
    keys: list[str] = []
    for name in order:
        for k in short_rows(results[name]["median"]):
            if k not in keys:
                keys.append(k)
    head = ["metric (median of runs)"] + order
    body = []
    for k in keys:
        row = [k.removeprefix("steps.").removeprefix("startup.")]
        for name in order:
            c = results[name]["median"].get(k)
            row.append(
                "-"
                if c is None
                else fmt(c["med"]) + (f" [{fmt(c['min'])}..{fmt(c['max'])}]" if c["n"] > 1 and c["min"] != c["max"] else "")
            )
        body.append(row)
    widths = [max(len(r[i]) for r in [head] + body) for i in range(len(head))]
    for r in [head, ["-" * w for w in widths]] + body:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths))), file=out)


def print_ratios(results: dict[str, dict], order: list[str], out=sys.stdout) -> None:
    """Ratios to the first scenario, paired by round."""
    base = results[order[0]]["runs"]
    print(f"\nratios to {order[0]} (median of the paired rounds, [min..max])", file=out)
    for name in order[1:]:
        pairs: dict[str, list[float]] = {}
        for a, b in zip(base, results[name]["runs"]):
            if a.get("error") or b.get("error"):
                continue
            fa, fb = flatten(a), flatten(b)
            for k in fa:
                if k in fb and fa[k]:
                    pairs.setdefault(k, []).append(fb[k] / fa[k])
        print(f"  {name}:", file=out)
        med = {k: {"med": statistics.median(v)} for k, v in pairs.items()}
        results[name]["ratio"] = {
            k: {"med": round(statistics.median(v), 3), "min": round(min(v), 3), "max": round(max(v), 3), "n": len(v)}
            for k, v in pairs.items()
        }
        for k in short_rows(med):
            v = pairs[k]
            if k.startswith("noise"):
                continue
            print(f"    {k:48s} {statistics.median(v):8.3f}  [{min(v):.3f}..{max(v):.3f}] n={len(v)}", file=out)


BEST_SPIN = [0.0]


def calm_down(factor: float, limit: float = 20.0) -> None:
    """Wait (a while) until a fixed piece of work takes no more than factor x its best time."""
    end = now() + int(limit * NS)
    while True:
        got = spin()
        BEST_SPIN[0] = min(BEST_SPIN[0] or got, got)
        if got <= factor * BEST_SPIN[0] or now() > end:
            return
        time.sleep(0.2)


def run_scenarios(
    scens: list[dict], rounds: int, alternate: bool, pause: float = 0.5, say=lambda *_: None, calm: float = 0
) -> dict:
    results: dict[str, dict] = {sc["name"]: {"scenario": sc, "runs": []} for sc in scens}
    if calm:
        for _ in range(10):
            calm_down(1e9)
    for r in range(rounds):
        order = scens if not alternate or r % 2 == 0 else list(reversed(scens))
        for sc in order:
            if calm:
                calm_down(calm)
            res = run_once(sc)
            results[sc["name"]]["runs"].append(res)
            if res.get("error"):
                say(f"[round {r + 1}] {sc['name']}: FAILED: {res['error']}")
            else:
                say(f"[round {r + 1}] {sc['name']}: ready {res['startup']['ready_ms']} ms, noise {res['noise']}")
            time.sleep(pause)
    for name, v in results.items():
        v["median"] = medians(v["runs"])
    return results


# --------------------------------------------------------------------------
# `time`: commands without a terminal, interleaved
# --------------------------------------------------------------------------


def time_once(argv: list[str], env: dict) -> dict:
    null = os.open(os.devnull, os.O_RDWR)
    t0 = now()
    pid = os.fork()
    if pid == 0:
        try:
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            os.execvpe(argv[0], argv, env)
        finally:
            os._exit(127)
    os.close(null)
    _, status, ru = os.wait4(pid, 0)
    t1 = now()
    return {
        "wall_ms": (t1 - t0) / 1e6,
        "cpu_ms": (ru.ru_utime + ru.ru_stime) * 1e3,
        "rss_kb": ru.ru_maxrss,
        "ok": os.waitstatus_to_exitcode(status) == 0,
    }


def cmd_time(args) -> None:
    cmds = []
    for c in args.commands:
        label, sep, rest = c.partition("::")
        label, rest = (label, rest) if sep else (c, c)
        argv, env = shlex.split(rest), {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        while argv and re.match(r"^[A-Za-z_]\w*=", argv[0]):
            k, _, v = argv.pop(0).partition("=")
            env[k] = v
        cmds.append((label, argv, env))
    rows: dict[str, list[dict]] = {c[0]: [] for c in cmds}
    for label, argv, env in cmds:
        if not time_once(argv, env)["ok"]:  # warm up the page cache, and see that it works
            print(f"warning: {label} did not exit with 0", file=sys.stderr)
    for r in range(args.rounds):
        for label, argv, env in cmds if r % 2 == 0 else list(reversed(cmds)):
            rows[label].append(time_once(argv, env))
    base = rows[cmds[0][0]]
    out = {}
    print(f"{'command':44s} {'wall ms':>9s} {'min':>8s} {'max':>8s} {'cpu ms':>8s} {'RSS MB':>7s} {'ratio':>7s} {'+ms':>8s}")
    for label, _, _ in cmds:
        w = [x["wall_ms"] for x in rows[label]]
        ratios = [b["wall_ms"] / a["wall_ms"] for a, b in zip(base, rows[label])]
        extra = [b["wall_ms"] - a["wall_ms"] for a, b in zip(base, rows[label])]
        out[label] = {
            "wall_ms": round(statistics.median(w), 2),
            "min_ms": round(min(w), 2),
            "max_ms": round(max(w), 2),
            "cpu_ms": round(statistics.median([x["cpu_ms"] for x in rows[label]]), 2),
            "rss_mb": round(statistics.median([x["rss_kb"] for x in rows[label]]) / 1024, 1),
            "ratio": round(statistics.median(ratios), 3),
            "extra_ms": round(statistics.median(extra), 2),
        }
        o = out[label]
        print(
            f"{label[:44]:44s} {o['wall_ms']:9.1f} {o['min_ms']:8.1f} {o['max_ms']:8.1f} {o['cpu_ms']:8.1f} "
            f"{o['rss_mb']:7.1f} {o['ratio']:7.2f} {o['extra_ms']:8.1f}"
        )
    if args.json:
        with open(args.json, "w") as f:
            json.dump(out, f, indent=1)


# --------------------------------------------------------------------------
# self test: a child whose delays and bytes are known
# --------------------------------------------------------------------------

SELFTEST_CHILD = r"""
import os, sys, termios, time, tty
old = termios.tcgetattr(0)
tty.setraw(0)
def ask(q, end):
    os.write(1, q); got = b""
    while not got.endswith(end): got += os.read(0, 1)
    return got
os.write(1, b"\x1b[?1049h\x1b[?1h")
a = ask(b"\x1b[c", b"c"); b = ask(b"\x1b[4;7H\x1b[6n", b"R"); c = ask(b"\x1b[?2026$p", b"y")
d = ask(b"\x1b[>q", b"\\")
time.sleep(0.1)
os.write(1, b"\x1b[2J\x1b[1;1HREADY " + repr((a, b, c, d)).encode())
n = 0
while True:
    k = os.read(0, 3)
    if not k or k == b"q": break
    if k == b"x":
        time.sleep(0.004); os.write(1, b"\x1b[?2026h\x1b[8;1Hhalf"); time.sleep(0.008)
        os.write(1, b"\x1b[9;1H%04d\x1b[?2026l" % n); n += 1; continue
    if k == b"\x1bOB":
        time.sleep(0.010); os.write(1, b"\x1b[6;1Hfirst %04d" % n)
        time.sleep(0.015); os.write(1, b"\x1b[7;1Hsecond %04d" % n); n += 1
os.write(1, b"\x1b[?1049l")
termios.tcsetattr(0, termios.TCSADRAIN, old)
"""


def cmd_selftest(args) -> None:
    scen = {
        "name": "selftest",
        "cmd": [sys.executable, "-I", "-S", "-c", SELFTEST_CHILD],
        "ready": "^READY",
        "dump": True,
        "size": "120x20",
        "steps": [
            {"name": "keys", "type": "keys", "keys": "Down*40", "pace": 12},
            {"name": "sync", "type": "keys", "keys": '"' + "x" * 30 + '"', "pace": 12},
            {"name": "storm", "type": "storm", "keys": "Down*20", "rate": 0},
            {"name": "idle", "type": "idle", "seconds": 1},
            {"name": "quit", "type": "quit", "keys": '"q"'},
        ],
    }
    r = run_once(scen)
    checks = []

    def check(name: str, ok: bool, got) -> None:
        checks.append(ok)
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {got}")

    check("no error", not r.get("error"), r.get("error"))
    st = r["steps"]
    line = [x for x in r.get("screen", []) if "READY" in x] or [""]
    check(
        "DA1, CPR, DECRQM, XTVERSION answered",
        "?64;1;2" in line[0] and "[4;7R" in line[0] and "2026;2$y" in line[0] and "XTerm" in line[0],
        line[0][:110],
    )
    check("startup counts the 100 ms sleep", 100 <= r["startup"]["ready_ms"] < 300, r["startup"]["ready_ms"])
    k = st["keys"]
    check("first changed frame about 10 ms", 10 <= k["first"]["p50"] < 12.5, k["first"])
    check("settled about 25 ms", 25 <= k["settled"]["p50"] < 28.5, k["settled"])
    check("bytes per key exact", k["bytes_per_key"]["p50"] == 33, k["bytes_per_key"])
    x = st["sync"]
    check("a synchronized frame counts at its end (12 ms)", 12 <= x["first"]["p50"] < 14.5, x["first"])
    check("storm of 20 x 25 ms", 480 <= st["storm"]["catchup_ms"] < 700, st["storm"])
    check("idle is idle", st["idle"]["cpu_pct"] < 1 and st["idle"]["bytes_per_s"] == 0, st["idle"])
    check("exit seen", st["quit"]["exit_ms"] is not None and st["quit"]["exit_ms"] < 200, st["quit"])
    print(f"{sum(checks)} passed, {len(checks) - sum(checks)} failed")
    raise SystemExit(0 if all(checks) else 1)


# --------------------------------------------------------------------------
# command line
# --------------------------------------------------------------------------


def load_scenarios(args) -> list[dict]:
    scens: list[dict] = []
    variables = dict(v.split("=", 1) for v in args.var or [])
    os.environ.update(variables)  # so that ${NAME} in cmd, env and cwd resolves
    for path in args.scenarios:
        with open(path) as f:
            data = json.load(f)
        for sc in data if isinstance(data, list) else [data]:
            sc.setdefault("name", os.path.splitext(os.path.basename(path))[0])
            scens.append(sc)
    if args.cmd:
        steps: list[dict] = []
        for k in args.keys or []:
            steps.append(
                {"name": "keys" if not steps else f"keys{len(steps) + 1}", "type": "keys", "keys": k, "pace": args.pace}
            )
        if args.type:
            steps.append({"name": "type", "type": "keys", "keys": '"' + args.type + '"', "pace": args.pace})
        for k in args.storm or []:
            for rate in args.storm_rate:
                steps.append({"name": f"storm@{rate or 'flat'}", "type": "storm", "keys": k, "rate": rate})
        if args.idle:
            steps.append({"name": "idle", "type": "idle", "seconds": args.idle})
        if args.quit_keys:
            steps.append({"name": "quit", "type": "quit", "keys": args.quit_keys})
        for i, c in enumerate(args.cmd):
            scens.append(
                {
                    "name": (args.name or [])[i] if args.name and i < len(args.name) else f"cmd{i + 1}",
                    "cmd": c,
                    "ready": args.ready,
                    "steps": steps,
                }
            )
    if not scens:
        raise SystemExit("nothing to run: give scenario files or --cmd")
    names = set()
    for sc in scens:
        base, i = sc["name"], 2
        while sc["name"] in names:
            sc["name"] = f"{base}#{i}"
            i += 1
        names.add(sc["name"])
        if args.size:
            sc["size"] = args.size
        if args.env:
            sc["env"] = {**(sc.get("env") or {}), **dict(e.split("=", 1) for e in args.env)}
        if args.no_sync:
            sc["sync"] = False
        if args.kitty:
            sc["kitty"] = True
        if args.timeout:
            sc["timeout"] = args.timeout
        if args.dump:
            sc["dump"] = True
        if args.cpu is not None:
            sc["cpu"] = args.cpu
        if isinstance(sc.get("cwd"), str):
            sc["cwd"] = os.path.expandvars(sc["cwd"])
    if args.only:
        rx = re.compile(args.only)
        scens = [sc for sc in scens if rx.search(sc["name"])]
    return scens


def cmd_run(args, alternate: bool) -> None:
    scens = load_scenarios(args)
    if args.nice:
        global NICE  # noqa: PLW0603 — set once, before anything is started
        NICE = args.nice
        become_session(min(19, args.nice + 1))
    say = (lambda *a: None) if args.quiet else (lambda *a: print(*a, file=sys.stderr, flush=True))
    results = run_scenarios(scens, args.rounds, alternate, args.pause, say, args.calm)
    order = [sc["name"] for sc in scens]
    ok = [n for n in order if results[n]["median"]]
    if ok:
        for i in range(0, len(ok), args.columns):
            print_table(results, ok[i : i + args.columns])
            print()
    if alternate and len(ok) > 1 and ok[0] == order[0]:
        print_ratios(results, ok)
    for n in order:
        for r in results[n]["runs"]:
            if r.get("error"):
                print(f"{n}: FAILED: {r['error'].splitlines()[0]}")
                break
    if args.dump:
        for n in order:
            screen = results[n]["runs"][-1].get("screen")
            print(f"--- last screen of {n}")
            print("\n".join(screen) if screen else results[n]["runs"][-1].get("error"))
    if args.json:
        with open(args.json, "w") as f:
            json.dump(
                {
                    "ttybench": __version__,
                    "when": time.strftime("%Y-%m-%dT%H:%M:%S"),
                    "python": sys.version.split()[0],
                    "results": results,
                },
                f,
                indent=1,
            )
    if not ok:
        raise SystemExit(1)


def main(argv=None) -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="what", required=True)
    for name, text in (
        ("run", "run scenarios, one after the other"),
        ("ab", "run scenarios interleaved in alternating order; ratios to the first"),
    ):
        q = sub.add_parser(name, help=text)
        q.add_argument("scenarios", nargs="*", help="scenario files (JSON: one object or a list)")
        q.add_argument("--cmd", action="append", help="command line (may be given more than once)")
        q.add_argument("--name", action="append", help="name for the --cmd at the same position")
        q.add_argument("--ready", help="regex that is on the screen when the program is ready")
        q.add_argument("--keys", action="append", help="latency test, e.g. 'Down*100'")
        q.add_argument("--type", help="latency test: type this text")
        q.add_argument("--pace", type=float, default=10, help="keys per second in latency tests (10)")
        q.add_argument("--storm", action="append", help="key-repeat storm, e.g. 'Down*200'")
        q.add_argument("--storm-rate", type=float, nargs="*", default=[30, 0], help="keys/s; 0 = flat out (30 0)")
        q.add_argument("--idle", type=float, default=0, help="seconds of idling to measure")
        q.add_argument("--quit-keys", help="keys that end the program; measures the exit")
        q.add_argument("--size", help="COLSxROWS (160x48)")
        q.add_argument("--env", action="append", help="NAME=VALUE for the program")
        q.add_argument("--var", action="append", help="NAME=VALUE to use as ${NAME} in scenario files")
        q.add_argument("--runs", "--rounds", dest="rounds", type=int, default=3, help="runs of each scenario (3)")
        q.add_argument("--only", help="regex: only the scenarios of that name")
        q.add_argument("--no-sync", action="store_true", help="say that mode 2026 (synchronized output) is unknown")
        q.add_argument("--kitty", action="store_true", help="speak the kitty keyboard protocol when asked to")
        q.add_argument("--cpu", type=int, help="pin the program to this core")
        q.add_argument(
            "--nice",
            type=int,
            default=0,
            help="niceness of the program and the harness, against other sessions too (negative: needs root)",
        )
        q.add_argument("--timeout", type=float, help="seconds to wait for ready (60)")
        q.add_argument("--pause", type=float, default=0.5, help="seconds between runs")
        q.add_argument(
            "--calm",
            type=float,
            default=0,
            metavar="F",
            help="before each run wait (20 s at most) until fixed work takes < F x its best time",
        )
        q.add_argument("--columns", type=int, default=4, help="scenarios side by side in the table")
        q.add_argument("--json", help="write everything here")
        q.add_argument("--dump", action="store_true", help="print the last screen of each scenario")
        q.add_argument("--quiet", action="store_true")
    q = sub.add_parser("time", help="time plain commands, interleaved ('label::ENV=1 cmd args')")
    q.add_argument("commands", nargs="+")
    q.add_argument("--rounds", type=int, default=15)
    q.add_argument("--json")
    sub.add_parser("selftest", help="check the harness against a program with known delays")
    args = p.parse_args(argv)
    if args.what == "selftest":
        cmd_selftest(args)
    elif args.what == "time":
        cmd_time(args)
    else:
        cmd_run(args, args.what == "ab")


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # `ttybench ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
