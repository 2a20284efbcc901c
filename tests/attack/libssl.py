# SPDX-License-Identifier: ISC
"""libssl.py WAY ADDRESS PORT NAME OTHER: what only a peer that holds the
keys can do, by OpenSSL's own hands: floods of KeyUpdate and of renegotiation,
with and without reading what comes back, and resumption under OTHER's name.
What was done is told; exit 1 where the server went along with it."""

import ctypes
import ctypes.util
import socket
import sys
import time

FLOOD_SECONDS = 4
SET_HOST_NAME, SET_MIN, SET_MAX = 55, 123, 124
TLS12, TLS13 = 0x0303, 0x0304
UPDATE_REQUESTED = 1

lib = ctypes.CDLL(ctypes.util.find_library("ssl"))
for function in ("TLS_client_method", "SSL_CTX_new", "SSL_new",
                 "SSL_get1_session"):
    getattr(lib, function).restype = ctypes.c_void_p
POINTER = ctypes.c_void_p


def ctrl(ssl, what, number, pointer=None):
    lib.SSL_ctrl(POINTER(ssl), what, ctypes.c_long(number), pointer)


class Client:
    def __init__(self, where, name, version, session=None):
        self.sock = socket.create_connection(where, 10)
        self.sock.settimeout(None)  # libssl wants it to block
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                             (2).to_bytes(8, "little") + bytes(8))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                             (20).to_bytes(8, "little") + bytes(8))
        context = lib.SSL_CTX_new(POINTER(lib.TLS_client_method()))
        self.ssl = lib.SSL_new(POINTER(context))
        ctrl(self.ssl, SET_MIN, version)
        ctrl(self.ssl, SET_MAX, version)
        ctrl(self.ssl, SET_HOST_NAME, 0, name.encode())
        if session:
            lib.SSL_set_session(POINTER(self.ssl), POINTER(session))
        lib.SSL_set_fd(POINTER(self.ssl), self.sock.fileno())
        if lib.SSL_connect(POINTER(self.ssl)) != 1:
            sys.exit(f"no handshake with {name}")

    def call(self, function, *arguments):
        return getattr(lib, function)(POINTER(self.ssl), *arguments)

    def ask(self, name):
        """A whole exchange: the status line."""
        head = f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode()
        self.call("SSL_write", head, len(head))
        room, got = ctypes.create_string_buffer(4096), b""
        while (count := self.call("SSL_read", room, 4096)) > 0:
            got += room.raw[:count]
        return got.partition(b"\r\n")[0]


def flood(client, step):
    """Until the server takes no more of it, or time is over: how often."""
    count, began = 0, time.monotonic()
    while time.monotonic() - began < FLOOD_SECONDS:
        if not step(client):
            return count, True
        count += 1
    return count, False


def update(client):
    return client.call("SSL_key_update", UPDATE_REQUESTED) == 1 and \
        client.call("SSL_do_handshake") == 1


def updates(where, name, _):
    count, ended = flood(Client(where, name, TLS13), update)
    print("KeyUpdate:", count, "sent,", "ended" if ended else "never ended")
    client = Client(where, name, TLS13)
    few = sum(update(client) for _ in range(5))
    status = client.ask(name)
    print("after", few, "of them:", status.decode())
    return ended and few == 5 and status == b"HTTP/1.1 200 OK"


def renegotiate(client):
    client.call("SSL_renegotiate")
    return client.call("SSL_do_handshake") == 1


def renegotiations(where, name, _):
    done = sum(renegotiate(Client(where, name, TLS12)) for _ in range(100))
    print("renegotiation:", done, "of 100")
    return done == 0


def resumptions(where, name, other):
    """By a session as it came, and with an id that makes it be offered."""
    reused, well = 0, 0
    wanted = [(v, host, made_up) for v in (TLS12, TLS13)
              for host in (name, other) for made_up in (False, True)]
    for version, host, made_up in wanted:
        client = Client(where, name, version)
        session = client.call("SSL_get1_session")
        client.ask(name)
        if made_up:
            lib.SSL_SESSION_set1_id(POINTER(session), b"m" * 32, 32)
        again = Client(where, host, version, session)
        reused += again.call("SSL_session_reused")
        well += again.ask(host) == b"HTTP/1.1 200 OK"
    print(f"resumption: {reused} of {len(wanted)}, {well} served")
    return reused == 0 and well == len(wanted)


WAYS = {way.__name__: way for way in (updates, renegotiations, resumptions)}


def main():
    way, address, port, name, other = sys.argv[1:]
    if not WAYS[way]((address, int(port)), name, other):
        sys.exit("the server went along with it")


if __name__ == "__main__":
    main()
