# SPDX-License-Identifier: ISC
"""hellos.py WAY ADDRESS PORT NAME [COUNT]: ClientHellos as nobody should send
them, each on a connection of its own, half closed at its end. A handshake may
be answered only where NAME, which is ours, still stands in what was sent, and
everything ends at once. What differs is told; exit 1."""

import os
import random
import socket
import ssl
import struct
import sys
import time

import hello

LIMIT = 5.0  # seconds an answer may take
RECORD = 16384
ALPN = ["--alpn", "http/1.1", "--alpn", "h2"]


def made(name, *words, extra=b""):
    """A ClientHello's handshake message, without its record."""
    args = hello.options(["-", "0", "--sni", name, *words])
    return hello.client_hello(args, extra)[5:]


def openssl_hello(name):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def records(message, size=RECORD):
    return b"".join(b"\x16\x03\x01" + hello.vector(2, message[at:at + size])
                    for at in range(0, len(message), size))


def exchange(where, data):
    """The first word of the answer, and whether all of it ended in time."""
    with socket.create_connection(where, LIMIT) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # ended already: what came back is looked at
        said = hello.answer(sock)
        began = time.monotonic()
        try:
            while said != "timeout" and sock.recv(65536):
                if time.monotonic() - began > LIMIT:
                    return "no end"
        except ConnectionError:
            pass
        except TimeoutError:
            return "no end"
        return said


# --- what is sent: label, bytes, what may be answered --------------------------

ENDED = ("closed", "alert", "reset")
ANY = ENDED + ("hello",)


def cuts(name, _):
    """Cut off at every byte: never answered with a handshake."""
    for label, whole in (("1.3", records(made(name, *ALPN))),
                         ("1.2", records(made(name, "--versions", "1.2"))),
                         ("openssl", openssl_hello(name))):
        for at in range(len(whole)):
            yield f"{label} cut at {at}", whole[:at], ENDED


def small(name, _):
    """The message in records of few bytes, whole or among empty ones."""
    message = made(name, *ALPN)
    for size in (1, 2, 3, 5, 100):
        yield f"records of {size}", records(message, size), ("hello",)
    empty = b"\x16\x03\x01\0\0"
    yield "1,000 empty records", 1000 * empty + records(message), ENDED
    yield "empty ones between", b"".join(
        empty + records(message[at:at + 1]) for at in range(len(message))), ANY
    warning = b"\x15\x03\x01\0\x02\x01\x5a"
    yield "1,000 warnings", 1000 * warning + records(message), ENDED
    yield "1,000 change_cipher_spec", \
        1000 * b"\x14\x03\x03\0\x01\x01" + records(message), ENDED
    yield "two hellos", 2 * records(message), ANY


def large(name, _):
    """64 KiB of extensions, and what claims to be larger."""
    room = 65535 - 300
    for label, extra in (
            ("one", hello.extension(21, bytes(room))),
            ("one unknown", hello.extension(0x5A5A, os.urandom(room))),
            ("empty ones", b"".join(hello.extension(0x6000 + n, b"")
                                    for n in range(room // 4))),
            ("one kind", room // 8 * hello.extension(0x6000, b"1234"))):
        for version in ("1.3", "1.2", "1.3,1.2"):
            yield f"64 KiB, {label}, {version}", records(
                made(name, "--versions", version, extra=extra)), ANY
    names = room // 40 * ["--sni", name]
    yield "64 KiB of names", records(made(name, *names)), ENDED
    many = room // 10 * ["--alpn", "http/1.0"]
    yield "64 KiB of protocols", records(made(name, *many)), ENDED
    yield "a message of 16 MiB", records(
        b"\x01\xff\xff\xff" + bytes(1 << 20)), ENDED
    yield "a record above its size", b"\x16\x03\x01\xff\xff" + \
        bytes(65535), ENDED


def resumed(name, _):
    """Tickets and pre-shared keys that nobody gave out."""
    for length in (0, 1, 48, 200, 1000, 60000):
        ticket = hello.extension(35, os.urandom(length))
        yield f"a ticket of {length}", records(
            made(name, "--versions", "1.2", extra=ticket)), ("hello 1.2",)
        if not 0 < length <= 1000:
            continue
        identity = hello.vector(2, os.urandom(length)) + bytes(4)
        offered = hello.vector(2, identity) + \
            hello.vector(2, hello.vector(1, os.urandom(32)))
        extra = hello.extension(45, b"\x01\x01") + hello.extension(41, offered)
        yield f"a key of {length}", records(
            made(name, "--versions", "1.3", extra=extra)), ANY
        early = hello.extension(42, b"") + extra
        yield f"early data with a key of {length}", records(
            made(name, "--versions", "1.3", extra=early)) + \
            b"\x17\x03\x03" + hello.vector(2, os.urandom(500)), ANY


def mutate(chance, whole):
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.randrange(len(data))
        deed = chance.randrange(6)
        if deed == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif deed == 1:
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif deed == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 9))
        elif deed == 3:
            del data[at:at + chance.randrange(1, 9)]
        elif deed == 4:
            to = chance.randrange(len(data))
            data[at:at] = data[to:to + chance.randrange(1, 65)]
        else:
            data[at:at + 2] = struct.pack("!H", chance.randrange(65536))
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def mutated(name, count):
    """By a seed that is told, so that a fault comes back: SEED=N."""
    seed = int(os.environ.get("SEED") or time.time())
    print("seed", seed, flush=True)
    chance = random.Random(seed)
    wholes = [records(made(name, *ALPN)), openssl_hello(name),
              records(made(name, "--versions", "1.2"), 50)]
    for number in range(count):
        yield f"mutation {number}", \
            mutate(chance, chance.choice(wholes)), ANY


WAYS = {way.__name__: way for way in (cuts, small, large, resumed, mutated)}


def judge(name, data, said, wanted):
    if not said.startswith(wanted) and said != "reset":
        return f"{said}, not {' or '.join(wanted)}"
    # In records of few bytes the name is not seen at once: they are told.
    if said.startswith("hello") and wanted == ANY and \
            name.encode() not in strip(data).lower():
        return f"{said}, though the name is gone"
    return None


def strip(data):
    """What the records hold, as far as they are records."""
    parts = []
    while len(data) > 5:
        length = int.from_bytes(data[3:5], "big")
        parts.append(data[5:5 + length])
        data = data[5 + length:]
    return b"".join(parts)


def main():
    way, address, port, name, *count = sys.argv[1:]
    where, faults, sent, said_how = (address, int(port)), 0, 0, {}
    for label, data, wanted in WAYS[way](name, int(*count or [0])):
        said = exchange(where, data)
        sent += 1
        kind = said.partition(" ")[0]
        said_how[kind] = said_how.get(kind, 0) + 1
        fault = judge(name, data, said, wanted)
        if fault:
            faults += 1
            print(f"{label}: {fault}: {data[:600].hex()}")
    print(f"{way}: {sent} sent,",
          ", ".join(f"{n} {kind}" for kind, n in sorted(said_how.items())))
    sys.exit(faults > 0 or sent == 0)


if __name__ == "__main__":
    main()
