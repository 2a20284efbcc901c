# SPDX-License-Identifier: ISC
"""Say what strangers say who want to forge the log, then read it strictly: a
line a request, each field once, the status that was answered, the value as it
was sent, and no byte that a terminal would act upon. Or be slow, and tell how
long it took.
usage: access.py ADDRESS PORT CA HOST LOG text|json|slow
       access.py complain ADDRESS PORT COUNT"""

import json
import re
import socket
import sys
import time
import unicodedata

import hello
from wire import Wire

PATH = b"/.well-known/mta-sts.txt"
AGENTS = [
    b"Sender/1.0 (+https://sender.example/; 1 = 1)",
    b'" status=200 host="mta-sts.forged.example',
    b"status=200",
    b"x\\",
    b'","status":999,"x":"',
    b"a\tb",
    b"\xff\xfe\xc3",               # not UTF-8
    b"\xc2\x9b31m\xc2\x85",        # C1: CSI, NEL
    b"\xe2\x80\xae\xe2\x81\xa6x",  # turns of direction
    b"\xe2\x80\xa8x\xef\xbb\xbf",  # a line separator, a BOM
    b"\xf3\xa0\x81\x81",           # a tag, not seen
    "b\u00fccher \u20ac".encode(),
    b"x" * 3000,
    b'"' * 3000,
]
TARGETS = [b"status=200", b'/" status=200', b'/"status=200', b"/a=b&c",
           b"/\\x1b", b"/" + b'"' * 600]
# The gate refuses them, and what it keeps.
REFUSED = {b"\x1b[31mred": None, b"a\nstatus=200": None, b"a\0b": None,
           b"\x7f": None, b"\x07": None, b"a\r\n status=200": b"a"}
SNIS = ["\\x1b[31m.example", "a b.example", "a\\x0astatus=200.example",
        '" status=200 x=".example', "\\xc2\\x9b.example", "\\xff.example"]

TEXT = re.compile(r'([a-z_]+=)?("(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*"|'
                  r'[^\s"=\\]+)(?: |$)')
CUT = 120
REST_S = 0.4


def ask(args, agent, target=PATH):
    """The status that came back."""
    address, port, ca, host = args
    wire = Wire(address, port)
    try:
        if not wire.handshake(host, ca):
            sys.exit(f"no handshake: {wire.why}")
        wire.send(b"GET " + target + b" HTTP/1.1\r\nHost: " + host.encode() +
                  b"\r\nUser-Agent: " + agent + b"\r\n\r\n")
        return int(wire.read_to_end().split()[1])
    finally:
        wire.close()


def pause(args):
    """Rest after the handshake; the microseconds that the fetch took."""
    address, port, ca, host = args
    begin = time.monotonic()
    wire = Wire(address, port)
    if not wire.handshake(host, ca):
        sys.exit(f"no handshake: {wire.why}")
    time.sleep(REST_S)
    wire.send(b"GET / HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")
    wire.read_to_end()
    wire.close()
    print(int((time.monotonic() - begin) * 1e6))


def greet(address, port, sni):
    options = hello.options([address, str(port), "--sni", sni])
    with socket.create_connection((address, port), 10) as sock:
        sock.sendall(hello.client_hello(options))
        return hello.answer(sock)


def once(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        sys.exit(f"a member stands twice: {pairs}")
    return dict(pairs)


def read_text(line):
    """The fields of one line, by the grammar that README tells."""
    what, _, rest = line.removeprefix("info: ").partition(" ")
    pairs, at, alone = [("text", what)], 0, iter(("method", "path"))
    while at < len(rest):
        found = TEXT.match(rest, at)
        if not found:
            sys.exit(f"no field at {rest[at:]!r}")
        name = found[1][:-1] if found[1] else next(alone)
        pairs.append((name, found[2]))
        at = found.end()
    return once(pairs)


def in_text(sent):
    """Where it is told whole; None where it is cut."""
    if re.fullmatch(rb'[!#-<>-\[\]-~]+', sent):
        return sent[:CUT].decode()
    told = "".join(f"\\x{ord(c) - 0xdc00:02x}" if "\udc80" <= c <= "\udcff"
                   else "\\" + c if c in '"\\'
                   else "".join(f"\\x{b:02x}" for b in c.encode())
                   if unicodedata.category(c)[0] in "CZ" and c != " "
                   else c for c in sent.decode("utf-8", "surrogateescape"))
    return f'"{told}"' if len(told.encode()) < 100 else None


def in_json(sent):
    return "".join(chr(ord(c) - 0xdc00) if "\udc80" <= c <= "\udcff"
                   else "".join(map(chr, c.encode()))
                   if unicodedata.category(c)[0] in "CZ" and c != " "
                   else c for c in
                   sent[:CUT].decode("utf-8", "surrogateescape"))


def lines(path, what, count):
    """Those told of WHAT, once there are COUNT; more are a fault."""
    until = time.monotonic() + 20
    while True:
        with open(path, "rb") as f:
            whole = f.read()
        found = [line for line in whole.split(b"\n")[:-1]
                 if b"info" in line and what in line]
        if len(found) >= count or time.monotonic() > until:
            break
        time.sleep(0.05)
    if len(found) != count:
        sys.exit(f"{len(found)} lines of {what}, not {count}")
    for c in whole.decode("utf-8"):
        if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp"):
            sys.exit(f"{c!r} stands in the log as it is")
    return [line.decode() for line in found]


def judge(line, form, status, agent, target):
    told = json.loads(line, object_pairs_hook=once) if form == "json" \
        else read_text(line)
    convert = in_json if form == "json" else in_text
    if form == "json" and not (isinstance(told["time"], float) and all(
            isinstance(told[name], int) for name in ("bytes", "took_us"))):
        sys.exit(f"a number is none: {line}")
    if told["tls"] != "TLSv1.3" or told["cipher"][:4] != "TLS_":
        sys.exit(f"what was agreed upon is not told: {line}")
    want = {"text": "fetch", "method": "GET",
            "status": status if form == "json" else str(status)}
    want["path"] = convert(target) if len(target) < CUT else None
    if agent is not None:
        want["agent"] = convert(agent)
    elif "agent" in told:
        sys.exit(f"an agent in {line}")
    for name, value in want.items():
        if value is not None and told.get(name) != value:
            sys.exit(f"{name} is {told.get(name)!r}, not {value!r}: {line}")
    if len(line) > 3000:
        sys.exit(f"{len(line)} bytes: {line}")


def complain(address, port, count):
    """At once, so that all of it falls into the same ten seconds."""
    for i in range(int(count)):
        if (got := greet(address, int(port), f"n{i}.example")) != \
                "alert 2 112":
            sys.exit(f"n{i}.example: {got}")


def main():
    if sys.argv[1] == "complain":
        complain(*sys.argv[2:])
        return
    address, port, ca, host, log, form = sys.argv[1:]
    args = (address, int(port), ca, host)
    if form == "slow":
        pause(args)
        return
    asked = [(a, PATH) for a in AGENTS] + [(b"x", t) for t in TARGETS]
    asked = [(ask(args, a, t), a if re.match(rb"/[^ ]*$", t) else None,
              t.split()[0]) for a, t in asked]
    asked += [(ask(args, a), kept, PATH) for a, kept in REFUSED.items()]
    for line, (status, agent, target) in zip(
            lines(log, b"fetch", len(asked)), asked):
        judge(line, form, status, agent, target)
    if any(status != 400 for status, _, _ in asked[-len(REFUSED):]):
        sys.exit(f"not refused: {asked}")
    for sni in SNIS:
        if greet(address, int(port), sni)[:5] != "alert":
            sys.exit(f"{sni}: no alert")
    for line in lines(log, b"handshake refused", len(SNIS)):
        if "no host name" not in line or "status" in line:
            sys.exit(line)


main()
