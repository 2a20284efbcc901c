# SPDX-License-Identifier: ISC
"""shown.py BIN CONF GOOD DIR LOG MANAGER ADDRESS PORT CA DOMAIN...: each file
of DIR is put into the place of CONF, one after the other, and the good one
after each. What the daemon then serves for each domain must be what was good,
or what mta-stsctl renders of that very file; nothing is served alone where the
log says why. Counted is what each came to."""

import collections
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

BIN, CONF, GOOD, DIR, LOG, MANAGER, ADDRESS, PORT, CA, *DOMAINS = sys.argv[1:]
OUTCOME = re.compile(r"notice: now serving|info: nothing that is served"
                     r"|error: the configuration stays as it was")
AWAY = re.compile(r"is not served any more|no certificate|need a certificate"
                  r"|limits\.leaving|restart")


def fetch(domain):
    context = ssl.create_default_context(cafile=CA)
    host, data = f"mta-sts.{domain}", b""
    try:
        with socket.create_connection((ADDRESS, int(PORT)), 10) as plain, \
                context.wrap_socket(plain, server_hostname=host) as sock:
            sock.sendall(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
                         f"Host: {host}\r\n\r\n".encode())
            while piece := sock.recv(4096):
                data += piece
    except OSError:
        return None
    head, _, body = data.partition(b"\r\n\r\n")
    return body if head.startswith(b"HTTP/1.1 200") else data


def rendered(path, domain):
    done = subprocess.run([f"{BIN}/mta-stsctl", "-c", path, "render", domain],
                          capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def put(path):
    """What the log says until there is an outcome."""
    with open(LOG, "rb") as log:
        log.seek(0, os.SEEK_END)
        temp = CONF + ".new~"
        pathlib.Path(temp).write_bytes(pathlib.Path(path).read_bytes())
        os.rename(temp, CONF)
        os.kill(int(MANAGER), signal.SIGHUP)
        words, end = "", time.monotonic() + 30
        while not OUTCOME.search(words):
            words += log.read().decode(errors="replace")
            if time.monotonic() > end:
                sys.exit(f"{path}: no outcome: {words}")
            time.sleep(0.01)
        return words


good = {domain: rendered(GOOD, domain) for domain in DOMAINS}
counts, bad = collections.Counter(), 0
for path in sorted(pathlib.Path(DIR).iterdir()):
    words = put(path)
    for domain in DOMAINS:
        got, want = fetch(domain), rendered(path, domain)
        if got is None and AWAY.search(words):
            counts["not served, as told"] += 1
        elif got is not None and got == want:
            counts["as rendered"] += 1
        elif got is not None and got == good[domain] and \
                ("error: " in words or "warning: " in words):
            counts["what was good, as told"] += 1
        else:
            bad += 1
            print(f"BAD: {path}: {domain}: {got!r}, not {want!r}\n{words}")
    put(GOOD)
print(", ".join(f"{times} {what}" for what, times in sorted(counts.items())))
sys.exit(1 if bad or not counts else 0)
