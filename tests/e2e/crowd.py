# SPDX-License-Identifier: ISC
"""Open connections that send one byte and then wait. Its arguments are steps:

to ADDRESS PORT       whom the next ones ask
proxied ADDRESS       the next ones begin with a PROXY header that says so
open SOURCE N KEPT    N connections; KEPT of them must stay open (-: any)
close SOURCE          end all of SOURCE, and wait until the peer did, too
hold                  print `holding`, and wait to be killed"""

import select
import socket
import sys
import time

steps = iter(sys.argv[1:])
target, header = None, b""
held = {}


def ended(sock):
    try:
        return sock.recv(4096) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True


def open_some(source, count):
    socks = []
    for _ in range(count):
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.bind((source, 0))
        sock.settimeout(5)
        sock.connect(target)
        try:
            sock.sendall(header + b"\x16")
        except OSError:
            pass
        sock.setblocking(False)
        socks.append(sock)
    return socks


def settle(socks, kept):
    """Those still open when as many have ended as should, and a moment
    later, so that one too many is seen as well."""
    until = time.monotonic() + 5
    rest = list(socks)
    while time.monotonic() < until:
        if len(rest) <= kept:
            until = min(until, time.monotonic() + 0.3)
        ready = select.select(rest, [], [], 0.05)[0]
        rest = [s for s in rest if s not in ready or not ended(s)]
        if len(rest) < kept:
            break
    return rest


def finish(socks):
    for sock in socks:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(10)
        try:
            while sock.recv(4096):
                pass
        except OSError:
            pass
        sock.close()


for step in steps:
    if step == "to":
        target = (next(steps), int(next(steps)))
    elif step == "proxied":
        peer = next(steps)
        kind = "TCP6 {0} ::1" if ":" in peer else "TCP4 {0} 127.0.0.1"
        header = f"PROXY {kind.format(peer)} 4711 443\r\n".encode()
    elif step == "open":
        who, number, wanted = next(steps), int(next(steps)), next(steps)
        new = open_some(who, number)
        if wanted != "-":
            new = settle(new, int(wanted))
            if len(new) != int(wanted):
                sys.exit(f"{who}: {len(new)} of {number} stayed open, "
                         f"not {wanted}")
        held.setdefault(who, []).extend(new)
    elif step == "close":
        finish(held.pop(next(steps)))
    elif step == "hold":
        print("holding", flush=True)
        while True:
            time.sleep(60)
