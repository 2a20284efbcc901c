# SPDX-License-Identifier: ISC
"""Heads that stand unread in the kernel when the daemon is told to stop: the
workers are held, heads are sent, SIGTERM goes to the manager, more heads are
sent, the workers go on. Every whole head must be answered, also that of a
connection (without TLS) that was never accepted before; who sent none, or half
of one, is closed."""

import os
import re
import signal
import sys
import time

from wire import Wire

address, port, plain, ca, host, log, stopping, manager, *workers = sys.argv[1:]
HEAD = f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
GROUPS = {"whole": HEAD, "half": HEAD[:40], "none": b"", "late": HEAD}

wires = []
for group in GROUPS:
    for _ in range(16):
        wire = Wire(address, int(port), timeout=20)
        if not wire.handshake(host, ca):
            sys.exit(f"no handshake: {wire.end} {wire.why}")
        wires.append((group, wire))


def wait_for(what, condition):
    until = time.monotonic() + 10
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.01)


def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(") ")[2][0] == "T"


def is_told():
    with open(log, encoding="utf-8") as file:
        return re.search(stopping, file.read(), re.M)


def send(groups):
    for group, wire in wires:
        if group in groups and GROUPS[group]:
            wire.send(GROUPS[group])


def queue():
    for _ in range(16):
        wire = Wire(address, int(plain), timeout=20)
        wire.send(HEAD)
        wires.append(("queued", wire))


for pid in workers:
    os.kill(int(pid), signal.SIGSTOP)
wait_for("the workers to stop", lambda: all(map(is_stopped, workers)))
send(("whole", "half"))
os.kill(int(manager), signal.SIGTERM)
wait_for("the manager to stop", is_told)
send(("late",))
queue()
for pid in workers:
    os.kill(int(pid), signal.SIGCONT)
faults = []
for group, wire in wires:
    data = wire.read_to_end()
    answered = data.startswith(b"HTTP/1.1 200 ") and \
        data.endswith(b"\r\nmax_age: 604800\r\n")
    if wire.end == "timeout" or answered != (group not in ("half", "none")):
        faults.append(f"{group}: {data[:40]!r} ({wire.end})")
for fault in sorted(set(faults)):
    print(faults.count(fault), "x", fault)
sys.exit(1 if faults else 0)
