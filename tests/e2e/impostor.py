# SPDX-License-Identifier: ISC
"""impostor.py SOCKET WHAT: answers in the place of mta-stsd's admin process,
and not as it does: silent, endless, garbage, empty, other (of another
configuration), or hostile (whole, with whatever a terminal would act upon)."""

import json
import socket
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def whole(configuration, version, identity, stranger):
    return json.dumps({
        "version": version, "configuration": configuration,
        "started": "2026-12-01T00:00:00Z", "alive": True, "ready": True,
        "generation": {"number": 1, "since": "2026-12-01T00:00:00Z"},
        "reload": {"at": "2026-12-01T00:00:00Z", "taken": True},
        "workers": {"wanted": 1, "alive": 1, "restarts": 0},
        "hosts": [{"domain": d, "host": f"mta-sts.{d}", "id": identity,
                   "certificate": {"not_after": "2099-01-01T00:00:00Z"}}
                  for d in ("a.example.com", "b.example.com")],
        "strangers": [{"host": stranger, "at": "2026-12-01T00:00:00Z"}],
    }).encode()


def answer(conn, what):
    conn.recv(4096)
    if what == "silent":
        while conn.recv(4096):
            pass
    elif what == "endless":
        conn.sendall(HEAD + b"[")
        while True:
            conn.sendall(b"1," * 65536)
    elif what == "garbage":
        conn.sendall(HEAD + b"\x1b[31m{{{\xff")
    elif what == "other":
        conn.sendall(HEAD + whole("/somebody/\x1b[31melse.yaml", "1", "x", ""))
    elif what == "hostile":
        conn.sendall(HEAD + whole(
            None, "\x1b[31m1\"\n", "\x1b[2J",
            "mta-sts.\x1b]0;x\x07\n\x9b.example"))


def main():
    path, what = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    print("listens", flush=True)
    while True:
        conn, _ = server.accept()
        with conn:
            try:
                answer(conn, what)
            except OSError:
                pass


main()
