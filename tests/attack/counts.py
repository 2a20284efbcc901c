# SPDX-License-Identifier: ISC
"""counts.py TABLE LOG CA HOST PLAN: the same byte strings, those of TABLE and
what smuggles requests, through every door that PLAN (JSON)
names, with no half-close, which proxies take for a client that has gone. For each
string everybody must count the same: our access log as many requests as the
proxy's log has sent on, and as many answers as came back; a door that looks
at no HTTP, the same answers as the straight one. What differs is told; exit 1.

PLAN: name, to [ADDRESS, PORT], tls, source (whence we come), peers (who our log
says it was), log (the proxy's; a line each request it ended, `ANSWERED SENT`,
SENT being - or <NOSRV> where it refused by itself), like (the door to be compared with).
"""

import itertools
import json
import os
import re
import sys
import threading
import time

import exchange
from wire import Wire

STATUS = re.compile(rb"^HTTP/1\.[01] ([2-5]\d\d) ", re.M)
SETTLED = 2.0  # seconds that a line of a log may be late
TE = ("", "Transfer-Encoding: chunked", "Transfer-Encoding : chunked",
      "Transfer-Encoding:\tchunked", "transfer-encoding: Chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "Transfer-Encoding: xchunked", "Transfer-Encoding: identity, chunked",
      "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: \x0bchunked",
      "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: \"chunked\"",
      "Transfer-Encoding\0: chunked", "X: y\rTransfer-Encoding: chunked")
LENGTHS = ("", "0", "5", "+5", "0x5", "5\r\nContent-Length: 0", "5, 5", "-1",
           "99999999999999999999")


def strings(table, host):
    """Each once, with a name."""
    seen = set()
    for case in exchange.read_table(table):
        data = b"".join(what for word, what in case.steps
                        if word in (">", "."))
        if data and data not in seen:
            seen.add(data)
            yield case.name, data
    second = f"GET /second HTTP/1.1\r\nHost: {host}\r\n\r\n"
    for method, coding, length in itertools.product(
            ("GET", "HEAD", "POST"), TE, LENGTHS):
        lines = [f"{method} / HTTP/1.1", f"Host: {host}"]
        lines += [f"Content-Length: {length}"] if length else []
        lines += [coding] if coding else []
        head = "\r\n".join(lines) + "\r\n\r\n"
        yield f"{method} {coding!r} {length!r}", \
            (head + "0\r\n\r\n" + second).encode("latin-1")


class Tail:
    """The lines of a file that is being written, as they come."""

    def __init__(self, path):
        self.file, self.rest = open(path, "rb"), b""
        self.file.seek(0, os.SEEK_END)

    def lines(self):
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        return [line.decode("latin-1") for line in whole]


class Door:
    def __init__(self, plan, our_log, ca, host):
        self.__dict__.update({"log": None, "like": None, "tls": False, **plan})
        self.ca, self.host = ca, host
        self.ours, self.theirs = Tail(our_log), self.log and Tail(self.log)
        self.found, self.faults = [], []

    def send(self, data):
        """The statuses that came back."""
        wire = Wire(*self.to, source=self.source, timeout=8)
        try:
            if self.tls and not wire.handshake(self.host, self.ca):
                sys.exit(f"{self.name}: no handshake: {wire.why}")
            wire.send(data)
            got = wire.read_to_end()
            if wire.end == "timeout":
                self.faults.append("it never ended")
            return [int(status) for status in STATUS.findall(got)]
        finally:
            wire.close()

    def counted(self):
        """New requests in our log."""
        return sum("fetch " in line and any(
            f" peer={peer} " in line for peer in self.peers)
            for line in self.ours.lines())

    def judge(self, statuses):
        """Lines may be late: both logs, until they agree or time is over."""
        counted = sent = ended = 0
        until = time.monotonic() + SETTLED
        while True:
            counted += self.counted()
            if self.theirs is None:
                sent = ended = len(statuses)
            else:
                for line in self.theirs.lines():
                    ended += 1
                    sent += line.split()[1] not in ("-", "<NOSRV>")
            if counted == sent and ended >= len(statuses):
                return None
            if time.monotonic() > until:
                return (f"we counted {counted}, {self.name} sent {sent} of "
                        f"{ended}, answers {statuses}")
            time.sleep(0.01)

    def run(self, cases):
        for name, data in cases:
            statuses = self.send(data)
            self.found.append(statuses)
            fault = self.judge(statuses)
            if fault:
                self.faults.append(f"{name}: {fault}")
            elif self.theirs is None and len(statuses) > 1:
                self.faults.append(f"{name}: {len(statuses)} answers")


def compare(door, other, cases):
    for (name, _), one, two in zip(cases, door.found, other.found):
        if one != two:
            door.faults.append(f"{name}: {one}, but {other.name} {two}")


def main():
    table, log, ca, host, plan = sys.argv[1:]
    cases = list(strings(table, host))
    with open(plan, encoding="utf-8") as file:
        doors = {p["name"]: Door(p, log, ca, host) for p in json.load(file)}
    threads = [threading.Thread(target=door.run, args=(cases,))
               for door in doors.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for door in doors.values():
        if door.like:
            compare(door, doors[door.like], cases)
        print(f"{door.name}: {len(door.found)} of {len(cases)} strings, "
              f"{sum(map(len, door.found))} answers, "
              f"{len(door.faults)} differ")
        for fault in door.faults[:20]:
            print("   ", fault)
    sys.exit(any(door.faults or len(door.found) < len(cases)
                 for door in doors.values()))


if __name__ == "__main__":
    main()
