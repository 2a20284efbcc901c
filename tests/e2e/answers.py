# SPDX-License-Identifier: ISC
"""answers.py CHALLENGES LOG (ADDRESS HTTP TLS)...: who answers at ports 80
and 443 of addresses. Each answers as it is told (HTTP and TLS below; "-": not
at all). Requests are told in LOG. "ready" on standard output when all stand."""

import base64
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

CHALLENGES, LOG = sys.argv[1:3]
kept = []  # sockets that are kept
SCRATCH = tempfile.mkdtemp()
KEY = os.path.join(SCRATCH, "key.pem")
IDENTIFIER = "1.3.6.1.5.5.7.1.31"


def challenge(name):
    with open(os.path.join(CHALLENGES, name), encoding="ascii") as held:
        return held.read().strip()


def answer(status, body, extra=""):
    return (f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n{extra}\r\n{body}").encode()


def http_good(_, path):
    try:
        return answer(200, challenge(os.path.basename(path)) + "\n")
    except OSError:
        return answer(404, "no")


def http_drip(conn, path):
    for byte in http_good(conn, path):
        conn.sendall(bytes([byte]))
        time.sleep(1)
    return b""


def http_reset(conn, _):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    return b""


def http_silent(*_):
    time.sleep(60)
    return b""


def http_directory(*_):
    return answer(200, '{ "meta": { "caaIdentities": '
                       '["ca.example.net", "ca.example.org"] } }')


HTTP = {
    "good": http_good,
    "drip": http_drip,
    "reset": http_reset,
    "silent": http_silent,
    "directory": http_directory,
    "other": lambda *_: answer(200, "welcome"),
    "404": lambda *_: answer(404, "no"),
    "big": lambda *_: answer(200, "x" * 100000),
    "garbage": lambda *_: b"220 mail.example.com ESMTP\r\n",
    "empty": lambda *_: b"",
    # The right body is not enough.
    "403": lambda c, path: http_good(c, path).replace(b"200", b"403", 1),
    "padded": lambda c, path: http_good(c, path)[:-1] + b"x",
}


def http(conn, how):
    head = b""
    while b"\r\n\r\n" not in head:
        got = conn.recv(4096)
        if not got:
            return
        head += got
    _, path, _ = head.decode("latin-1").split(" ", 2)
    host = [line[6:] for line in head.decode("latin-1").split("\r\n")
            if line.lower().startswith("host: ")]
    with open(LOG, "a", encoding="latin-1") as log:
        log.write(f"{how} {host[0]} {path}\n")
    if how.startswith("to:"):
        conn.sendall(answer(302, "", "Location: " + how[3:].replace(
            "{path}", path) + "\r\n"))
    else:
        conn.sendall(HTTP[how](conn, path))


def certificate(names, extra, alpn):
    path = tempfile.mktemp(dir=SCRATCH)
    command = ["openssl", "req", "-x509", "-key", KEY, "-subj", "/CN=x",
               "-addext", "subjectAltName=" + names, "-out", path]
    if extra:
        command += ["-addext", f"{IDENTIFIER}={extra}"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, KEY)
    if alpn:
        context.set_alpn_protocols(["acme-tls/1"])
    return context


def digest(host):
    raw = base64.urlsafe_b64decode(challenge(host) + "=")
    return "DER:0420" + raw.hex()


# How a host's challenge certificate is made: names, and what identifies it.
TLS = {
    "good": lambda h: ("DNS:" + h, "critical," + digest(h)),
    "upper": lambda h: ("DNS:" + h.upper(), "critical," + digest(h)),
    "other": lambda h: ("DNS:" + h, None),
    "uncritical": lambda h: ("DNS:" + h, digest(h)),
    "two": lambda h: (f"DNS:{h},DNS:www.{h}", "critical," + digest(h)),
    "name": lambda h: ("DNS:www." + h, "critical," + digest(h)),
    "wrong": lambda h: ("DNS:" + h, "critical,DER:0420" + "00" * 32),
    "short": lambda h: ("DNS:" + h, "critical," + digest(h)[:-2]),
    "noalpn": lambda h: ("DNS:" + h, "critical," + digest(h)),
}


def on_name(how):
    def choose(sock, name, _):
        if how == "alert":
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        sock.context = certificate(*TLS[how](name), how != "noalpn")
        return None
    return choose


def tls(conn, how):
    if how == "silent":
        time.sleep(60)
    elif how == "closes":
        conn.recv(4096)
    elif how == "plain":
        conn.recv(4096)
        conn.sendall(answer(400, "no TLS here"))
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = on_name(how.removesuffix("+http"))
        with context.wrap_socket(conn, server_side=True) as wrapped:
            if wrapped.selected_alpn_protocol() != "acme-tls/1" and \
                    how.endswith("+http"):
                http(wrapped, "good")


def serve(address, port, how):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    kept.append(listener)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    if how == "full":
        # No connection is ever taken: what comes after these is not answered.
        listener.listen(0)
        kept.extend(socket.socket(family) for _ in range(4))
        for waiting in kept[-4:]:
            waiting.setblocking(False)
            waiting.connect_ex((address, port))
        return
    listener.listen(128)

    def one(conn):
        try:
            with conn:
                (tls if port == 443 else http)(conn, how)
        except (OSError, ValueError):
            pass

    def loop():
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=one, args=(conn,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def main():
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", KEY], check=True,
                   stderr=subprocess.DEVNULL)
    rest = sys.argv[3:]
    for address, on_80, on_443 in zip(rest[::3], rest[1::3], rest[2::3]):
        if on_80 != "-":
            serve(address, 80, on_80)
        if on_443 != "-":
            serve(address, 443, on_443)
    print("ready", flush=True)
    threading.Event().wait()


main()
