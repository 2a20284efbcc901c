# SPDX-License-Identifier: ISC
"""Connections from ten addresses that send a byte a second for as long as
they may: half of them their ClientHello, half their request head. Each must
end at its deadline, and none before."""

import os
import select
import socket
import sys
import threading
import time

from wire import Wire

address, port, ca, host, count, handshake, head = sys.argv[1:]
LIMITS = {"handshake": float(handshake), "head": float(head)}
HEAD = (f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\n"
        f"X-A: {'a' * 200}\r\n\r\n").encode()
# the record header of a ClientHello of 512 bytes, then its start
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200)
EARLY, LATE = 0.2, 1.5
faults, times = [], {"handshake": [], "head": []}


def dribble(sock, data):
    """Seconds until the peer ends, or None if it does not."""
    began = time.monotonic()
    for byte in data:
        try:
            sock.sendall(bytes([byte]))
        except OSError:
            return time.monotonic() - began
        until = time.monotonic() + 1
        while True:
            left = until - time.monotonic()
            if left <= 0:
                break
            if not select.select([sock], [], [], left)[0]:
                break
            try:
                if not sock.recv(4096):
                    return time.monotonic() - began
            except OSError:
                return time.monotonic() - began
        if time.monotonic() - began > 30:
            break
    return None


def run(number):
    kind = "head" if number % 2 else "handshake"
    try:
        wire = Wire(address, int(port), f"127.0.1.{number % 10 + 1}", 30)
        if kind == "head" and not wire.handshake(host, ca):
            faults.append(f"no handshake: {wire.end} {wire.why}")
            return
        seconds = dribble(wire.sock, HELLO) if kind == "handshake" \
            else dribble_head(wire)
        wire.close()
    except OSError as error:
        faults.append(f"{kind}: {error}")
        return
    if seconds is None:
        faults.append(f"{kind}: it never ended")
    else:
        times[kind].append(seconds)


def dribble_head(wire):
    """Each byte of the head as a TLS record of its own."""
    records = []
    for byte in HEAD[:40]:
        wire.tls.write(bytes([byte]))
        records.append(wire.outgoing.read())
    began = time.monotonic()
    for record in records:
        try:
            wire.sock.sendall(record)
            wire.sock.settimeout(1)
            while wire.sock.recv(4096):
                pass
            return time.monotonic() - began
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - began
    return None


socket.setdefaulttimeout(30)
threads = [threading.Thread(target=run, args=(n,)) for n in range(int(count))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for kind, limit in LIMITS.items():
    if not times[kind]:
        faults.append(f"{kind}: none ended")
        continue
    first, last = min(times[kind]), max(times[kind])
    print(f"{kind}: {len(times[kind])} ended after {first:.2f} to {last:.2f} s")
    if first < limit - EARLY or last > limit + LATE:
        faults.append(f"{kind}: not at {limit} s")
for fault in sorted(set(faults)):
    print(f"{faults.count(fault)} x {fault}")
sys.exit(1 if faults else 0)
