# SPDX-License-Identifier: ISC
"""What a process tree costs, read from /proc, and clients that ask it."""

import os
import re
import socket
import ssl
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
# Before a command: it ends with this program, however that ends.
OURS = ("setpriv", "--pdeathsig", "TERM")
REQUEST = ("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {}\r\n"
           "Connection: close\r\n\r\n")


def tree(root):
    """The process and all below it, those that have just ended left out."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children",
                          encoding="ascii") as f:
                    queue += map(int, f.read().split())
        except OSError:
            continue
        found.append(pid)
    return found


def processor_s(root):
    """Seconds of all in the tree, the ended ones included, user + system."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def memory_kib(root):
    """PSS of all in the tree."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                total += int(re.search(r"^Pss: *(\d+)", f.read(),
                                       re.M).group(1))
        except OSError:
            continue
    return total


class Asker:
    """One fetch after another of one host, each checked by the caller."""

    def __init__(self, ca):
        self.context = ssl.create_default_context(cafile=ca)

    def fetch(self, port, host):
        """The body and the certificate's serial; or None."""
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as raw, \
                    self.context.wrap_socket(raw, server_hostname=host) as s:
                serial = s.getpeercert()["serialNumber"]
                s.sendall(REQUEST.format(host).encode())
                answer = b""
                while b"max_age: " not in answer or answer[-2:] != b"\r\n":
                    more = s.recv(65536)
                    if not more:
                        break
                    answer += more
        except (OSError, ssl.SSLError):
            return None
        return answer.partition(b"\r\n\r\n")[2].decode(), serial

    def until(self, port, host, wanted, limit_s=120):
        """Seconds until the answer is as wanted(body, serial) says."""
        begin = time.monotonic()
        while time.monotonic() - begin < limit_s:
            got = self.fetch(port, host)
            if got and wanted(*got):
                return time.monotonic() - begin
            time.sleep(0.005)
        raise SystemExit(f"bench: {host} on port {port}: not served as "
                         f"wanted within {limit_s} s; last: {got}")


class Load:
    """A run of the load generator, pinned to a processor."""

    def __init__(self, build, ca, port, bodies, processors, *options):
        # pylint: disable=consider-using-with # it lives until result
        self.process = subprocess.Popen(
            [*OURS, "taskset", "-c", processors, f"{build}/e2e/load", "-w",
             "-p", str(port), "-C", ca, *options, *bodies],
            stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.process.terminate()
        return self.result()

    def result(self):
        text = self.process.communicate()[0]
        good, bad, rate = re.search(
            r"(\d+) good, (\d+) failed, .*, (\d+) a second", text).groups()
        times = re.search(r"median ([\d.]+), 99 % ([\d.]+), "
                          r"99.9 % ([\d.]+)", text).groups()
        return {"good": int(good), "failed": int(bad), "rate": int(rate),
                "p50_ms": float(times[0]), "p99_ms": float(times[1]),
                "p999_ms": float(times[2]),
                "why": text.splitlines()[3:]}


class Slow:
    """Connections from ten addresses that say a byte of a ClientHello a
    second, each made anew when the server ends it."""

    HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)

    def __init__(self, port, count):
        self.port, self.ended, self.held = port, False, 0
        self.threads = [threading.Thread(target=self.hold, args=(i, count),
                                         daemon=True) for i in range(10)]
        for thread in self.threads:
            thread.start()

    def connect(self, number):
        s = socket.socket()
        s.bind((f"127.0.1.{number + 1}", 0))
        s.connect(("127.0.0.1", self.port))
        return s, 0

    def hold(self, number, count):
        mine = []
        while not self.ended:
            while len(mine) < count // 10:
                mine.append(self.connect(number))
            left = []
            for s, said in mine:
                try:
                    s.send(self.HELLO[said:said + 1])
                    left.append((s, said + 1))
                except OSError:
                    s.close()
            mine = left
            self.held = len(mine) * 10
            time.sleep(1)
        for s, _ in mine:
            s.close()

    def stop(self):
        self.ended = True
        for thread in self.threads:
            thread.join()
