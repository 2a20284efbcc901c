# SPDX-License-Identifier: ISC
"""Send a ClientHello made by hand, and tell the first word of the answer:
`alert LEVEL CODE`, `hello VERSION`, or how the connection ended.

--sni may be given more than once (all names in one extension) and may hold
Python escapes; --sni-twice sends the whole extension twice."""

import argparse
import os
import socket
import struct

VERSIONS = {"1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304}


def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def extension(kind, data):
    return struct.pack("!H", kind) + vector(2, data)


def server_name(names):
    entries = b"".join(b"\0" + vector(2, name) for name in names)
    return extension(0, vector(2, entries))


def client_hello(args, extra=b""):
    """One record; extra is put behind the extensions that args ask for."""
    versions = [VERSIONS[v] for v in args.versions.split(",")]
    parts = []
    if args.sni is not None:
        names = [n.encode("latin-1").decode("unicode_escape")
                 .encode("latin-1") for n in args.sni]
        parts.append(server_name(names))
        if args.sni_twice:
            parts.append(server_name(names))
    if args.sni_bytes is not None:
        parts.append(extension(0, bytes.fromhex(args.sni_bytes)))
    if args.alpn is not None:
        protocols = b"".join(vector(1, p.encode()) for p in args.alpn)
        parts.append(extension(16, vector(2, protocols)))
    parts.append(extension(10, vector(2, struct.pack("!HH", 29, 23))))
    parts.append(extension(11, b"\x01\x00"))
    parts.append(extension(13, vector(2, struct.pack(
        "!5H", 0x0403, 0x0804, 0x0401, 0x0503, 0x0203))))
    if 0x0304 in versions:
        listed = b"".join(struct.pack("!H", v) for v in versions)
        parts.append(extension(43, vector(1, listed)))
        parts.append(extension(51, vector(
            2, struct.pack("!H", 29) + vector(2, os.urandom(32)))))
    parts.append(extra)
    ciphers = struct.pack(
        "!7H", 0x1301, 0x1303, 0xC02B, 0xC02F, 0xC009, 0xC013, 0x002F)
    body = struct.pack("!H", min(max(versions), 0x0303)) + os.urandom(32)
    body += vector(1, os.urandom(32) if 0x0304 in versions else b"")
    body += vector(2, ciphers) + vector(1, b"\0") + vector(2, b"".join(parts))
    return b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, body))


def receive(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            break
        data += more
    return data


def answer(sock):
    try:
        head = receive(sock, 5)
        body = receive(sock, int.from_bytes(head[3:5], "big"))
    except ConnectionError:
        return "reset"
    except TimeoutError:
        return "timeout"
    if len(head) < 5:
        return "closed"
    if head[0] == 21 and len(body) == 2:
        return f"alert {body[0]} {body[1]}"
    if head[0] == 22 and body[0] == 2:
        # a TLS 1.3 ServerHello names its version in an extension
        return "hello 1.3" if b"\x00\x2b\x00\x02\x03\x04" in body \
            else "hello 1.2"
    return f"record {head[0]} {body[:8].hex()}"


def options(words=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--sni", action="append")
    parser.add_argument("--sni-twice", action="store_true")
    parser.add_argument("--sni-bytes", help="the extension's body, hex")
    parser.add_argument("--alpn", action="append")
    parser.add_argument("--versions", default="1.3,1.2")
    return parser.parse_args(words)


def main():
    args = options()
    with socket.create_connection((args.address, args.port), 10) as sock:
        sock.sendall(client_hello(args))
        print(answer(sock))


if __name__ == "__main__":
    main()
