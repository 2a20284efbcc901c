# SPDX-License-Identifier: ISC
"""dns.py ADDRESS TABLE: a resolver on port 53 whose world is a table, read
anew when it has changed. A line is a name, a type (A, AAAA, CNAME, CAA, MX,
TXT, TLSA) and its value, as in a zone file; or a name, SERVFAIL, REFUSED or
SILENT (no answer at all), and the type it befalls, else all. "*" befalls every
name. Other names do not exist, unless one below them does. Each question is
told on standard output."""

import ipaddress
import os
import shlex
import socketserver
import struct
import sys
import threading

TYPES = {"A": 1, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52,
         "CAA": 257}
FATES = {"SERVFAIL": 2, "REFUSED": 5, "SILENT": None}
NOERROR, NXDOMAIN = 0, 3
CHAIN_MAX = 12


def wire_name(name):
    labels = [part for part in name.rstrip(".").encode().split(b".") if part]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rdata(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "CNAME":
        return wire_name(value)
    if kind == "MX":
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + wire_name(host)
    if kind == "TXT":
        strings = [text.encode() for text in shlex.split(value)]
        return b"".join(bytes([len(text)]) + text for text in strings)
    if kind == "TLSA":
        usage, selector, matching, data = value.split()
        return bytes([int(usage), int(selector), int(matching)]) + \
            bytes.fromhex(data)
    flags, tag, value = (value + " ").split(" ", 2)
    return bytes([int(flags), len(tag)]) + tag.encode() + \
        value.strip().encode()


class World:
    def __init__(self, path):
        self.names, self.records, self.aliases, self.fates = set(), {}, {}, {}
        with open(path, encoding="utf-8") as table:
            for line in table:
                if line.strip() and not line.startswith("#"):
                    self._take(*(line.strip().split(None, 2) + [""])[:3])

    def _take(self, name, word, value):
        labels = name.split(".")
        self.names.update(
            ".".join(labels[i:]) for i in range(len(labels)))
        if word in FATES:
            self.fates[name, TYPES.get(value)] = FATES[word]
        elif word == "CNAME":
            self.aliases[name] = value
        else:
            self.records.setdefault((name, TYPES[word]), []).append(
                rdata(word, value))

    def _fate(self, name, kind):
        for key in (name, kind), (name, None), ("*", kind), ("*", None):
            if key in self.fates:
                return True, self.fates[key]
        return False, None

    def answer(self, name, kind):
        """A response code (None: say nothing) and (owner, type, rdata)..."""
        chain = []
        while True:
            befallen, code = self._fate(name, kind)
            if befallen:
                return code, []
            target = self.aliases.get(name)
            if target is None or len(chain) == CHAIN_MAX:
                break
            chain.append((name, TYPES["CNAME"], wire_name(target)))
            name = target
        return NOERROR if name in self.names else NXDOMAIN, chain + [
            (name, kind, data) for data in self.records.get((name, kind), [])]


def world(path, known={}):
    """The table as it is now."""
    stat = os.stat(path)
    version = stat.st_ino, stat.st_mtime_ns, stat.st_size
    if known.get("now", (None,))[0] != version:
        known["now"] = version, World(path)
    return known["now"][1]


def respond(packet, path):
    """The answer to a question, or None."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    kind, = struct.unpack_from("!H", packet, at + 1)
    name = ".".join(labels)
    print(name, kind, flush=True)
    code, found = world(path).answer(name, kind)
    if code is None:
        return None
    body = b"".join(
        wire_name(owner) + struct.pack("!HHIH", of, 1, 1, len(data)) + data
        for owner, of, data in found)
    return packet[:2] + struct.pack(
        "!HHHHH", 0x8180 | code, 1, len(found), 0, 0) + \
        packet[12:at + 5] + body


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        packet, sock = self.request
        answer = respond(packet, self.server.table)
        if answer:
            sock.sendto(answer, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        length, = struct.unpack("!H", self.rfile.read(2))
        answer = respond(self.rfile.read(length), self.server.table)
        if answer:
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


def serve(kind, handler):
    kind.allow_reuse_address = True
    server = kind((sys.argv[1], 53), handler)
    server.table = sys.argv[2]
    return server


def main():
    udp = serve(socketserver.UDPServer, Datagram)
    tcp = serve(socketserver.TCPServer, Stream)
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    udp.serve_forever()


main()
