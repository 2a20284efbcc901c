#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Peers that the admin process has no use for.

admin.py slow SOCKET COUNT SECONDS: so many connections that send a byte a
second, and how many of them were ended within SECONDS: by the deadline, or to
make room. admin.py hold SOCKET COUNT: connections that say nothing and ask
for nothing; "held" when they are there, then until standard input ends.
"""

import select
import socket
import sys
import time


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path)
    return s


def is_ended(s):
    readable, _, _ = select.select([s], [], [], 0)
    try:
        return bool(readable) and s.recv(4096) == b""
    except ConnectionError:
        return True


def slow(path, count, seconds):
    left = [connect(path) for _ in range(count)]
    end = time.monotonic() + seconds
    head = b"GET /livez HTTP/1.1\r\nHost: " + b"x" * 4096
    for byte in head:
        if not left or time.monotonic() > end:
            break
        for s in left:
            try:
                s.send(bytes([byte]))
            except ConnectionError:
                pass
        time.sleep(0.25)
        left = [s for s in left if not is_ended(s)]
    print(count - len(left))


def hold(path, count):
    held = [connect(path) for _ in range(count)]
    print("held", len(held), flush=True)
    sys.stdin.read()


{"slow": slow, "hold": hold}[sys.argv[1]](
    sys.argv[2], *map(int, sys.argv[3:]))
