# SPDX-License-Identifier: ISC
"""flood.py WAY ADDRESS PORT CA NAME COUNT RATE SECONDS: connections from 200
addresses that mean no good, at most RATE a second, for so long. How many stood
is told.

hold      COUNT at a time, one byte each, opened anew where they were ended
half      COUNT at a time, handshakes that stop behind the ClientHello
resets    COUNT after the other and all over again, each reset behind its
          ClientHello
unread    COUNT at a time, that ask for the policy and read nothing at all"""

import collections
import socket
import struct
import sys
import time

import hello
from wire import Wire

SOURCES = 200
RESET = struct.pack("ii", 1, 0)

way, address, port, ca, name, number, rate, seconds = sys.argv[1:]
HELLO = hello.client_hello(hello.options(["-", "0", "--sni", name]))
BYTES = {"hold": b"\x16", "half": HELLO, "resets": HELLO}


def connect(turn):
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    if way == "unread":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.bind((f"127.2.0.{turn % SOURCES + 1}", 0))
    sock.settimeout(5)
    sock.connect((address, int(port)))
    return sock


def ask(turn):
    """A whole request, and what it brings stays in the socket."""
    wire = Wire(address, int(port), f"127.2.0.{turn % SOURCES + 1}", 20)
    if wire.handshake(name, ca):
        wire.send(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {name}\r\n"
                  f"\r\n".encode() * 50)
    return wire.sock


def open_one(turn):
    if way == "unread":
        return ask(turn)
    sock = connect(turn)
    sock.sendall(BYTES[way])
    if way == "resets":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return sock


def main():
    held, opened, failed, most = collections.deque(), 0, 0, 0
    began = time.monotonic()
    until = began + float(seconds)
    print("begun", flush=True)
    while time.monotonic() < until:
        # the oldest goes, ended by the server or not
        if len(held) >= int(number):
            held.popleft().close()
        try:
            held.append(open_one(opened + failed))
            opened += 1
        except OSError:
            failed += 1
        most = max(most, len(held))
        due = began + (opened + failed) / float(rate)
        time.sleep(max(0, due - time.monotonic()))
    print(f"{way}: {opened} opened, {failed} refused, {most} at once")
    sys.exit(opened == 0)


main()
