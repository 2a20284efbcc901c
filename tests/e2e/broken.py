# SPDX-License-Identifier: ISC
"""broken.py PLAN: servers that behave as PLAN (worlds.py) has it, each on an
address of its own. On standard output: "ready" when all of them listen, and
who was connected to."""

import json
import socket
import ssl
import struct
import sys
import threading
import time

SILENCE = 60
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal handshake_failure
LENGTH = b"Content-Length: %d\r\n"
PLAIN = b"Content-Type: text/plain\r\n"
LINGER = struct.pack("ii", 1, 0)
BIG = 65 * 1024
VERSIONS = {
    "tls1.1": ssl.TLSVersion.TLSv1_1,
    "tls1.2": ssl.TLSVersion.TLSv1_2,
    "tls1.3": ssl.TLSVersion.TLSv1_3,
}


def listen(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(64)
    return sock


def context(pair, way):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair + "/cert.pem", pair + "/key.pem")
    if way == "tls1.1":
        made.set_ciphers("DEFAULT@SECLEVEL=0")
    if way in VERSIONS:
        made.minimum_version = made.maximum_version = VERSIONS[way]
    return made


def read_until(sock, end):
    data = b""
    while end not in data:
        got = sock.recv(4096)
        if not got:
            raise ConnectionError
        data += got
    return data


def wait_for_end(sock):
    """Until the client hangs up."""
    sock.settimeout(SILENCE)
    while sock.recv(4096):
        pass


# --- HTTPS -------------------------------------------------------------------

def answer(body, head=PLAIN, status=b"200 OK", version=b"1.1"):
    return b"HTTP/" + version + b" " + status + b"\r\n" + head + \
        LENGTH % len(body) + b"\r\n" + body


def answers_of(way, body):
    """All that is sent for a way, a step at a time."""
    if way == "stale":
        body = body.replace(b"max_age: 6", b"max_age: 7")
    if way in ("well", "stale") or way in VERSIONS:
        yield answer(body)
    elif way.startswith("type="):
        yield answer(body, b"Content-Type: %s\r\n" % way[5:].encode())
    elif way == "no-type":
        yield answer(body, b"")
    elif way == "http1.0":
        yield b"HTTP/1.0 200 OK\r\n" + PLAIN + b"\r\n" + body
    elif way == "early":
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
        yield answer(body)
    elif way == "chunked":
        yield b"HTTP/1.1 200 OK\r\n" + PLAIN + \
            b"Transfer-Encoding: chunked\r\n\r\n"
        for at in range(0, len(body), 7):
            part = body[at:at + 7]
            yield b"%x\r\n%s\r\n" % (len(part), part)
        yield b"0\r\n\r\n"
    elif way == "gzip":
        yield answer(b"\x1f\x8b\x08\x00" + body,
                     PLAIN + b"Content-Encoding: gzip\r\n")
    elif way == "big":
        yield answer(body + b"x: " + b"x" * BIG + b"\r\n")
    elif way == "endless":
        yield b"HTTP/1.1 200 OK\r\n" + PLAIN + b"\r\n" + body
        while True:
            yield b"mx: mx.example.net\r\n" * 100
    elif way == "cut":
        yield answer(body + b"mx: mx3.example.net\r\n")[:-23]
    elif way == "nonsense":
        yield b"220 mx.example.net ESMTP\r\n"
    elif way == "drip":
        for byte in answer(body):
            yield bytes([byte])
            time.sleep(1)
    elif way[0] == "3" and way != "304":
        yield answer(body, PLAIN + b"Location: https://www.example.net/p\r\n",
                     way.encode() + b" Moved")
    else:
        yield answer(body if way not in ("204", "304") else b"", PLAIN,
                     way.encode() + b" Status")


def serve_web(sock, plan):
    way = plan["way"]
    if way in ("reset", "hung-up"):
        sock.recv(4096)
        if way == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    elif way == "silent":
        wait_for_end(sock)
    elif way == "alert":
        sock.recv(4096)
        sock.sendall(ALERT)
    elif way == "plain":
        sock.recv(4096)
        sock.sendall(answer(b"speak HTTP\r\n", status=b"400 Bad Request"))
    else:
        secure = plan["context"].wrap_socket(sock, server_side=True)
        if way == "stuck":
            wait_for_end(secure)
        read_until(secure, b"\r\n\r\n")
        if way == "closed":
            return
        for part in answers_of(way, plan["body"]):
            secure.sendall(part)
        secure.unwrap()


# --- SMTP --------------------------------------------------------------------

GREETINGS = {
    "refused": b"554 5.7.1 no mail from you\r\n",
    "busy": b"421 4.3.2 come back later\r\n",
    "odd": b"250 well\r\n",
    "web": answer(b"Welcome!\r\n", b"Content-Type: text/html\r\n"),
    "chatty": b"220-mx.example.net\r\n" * 20 + b"220 go on\r\n",
}


def serve_commands(sock, plan, secure):
    way = plan["way"]
    while True:
        command = read_until(sock, b"\r\n").strip().upper()
        if command.startswith(b"EHLO") and way == "helo":
            sock.sendall(b"502 5.5.1 what?\r\n")
        elif command.startswith(b"EHLO"):
            more = b"" if secure or way == "no-starttls" \
                else b"250-STARTTLS\r\n"
            if way == "chatty":
                more = b"250-SIZE 10240000\r\n" * 20 + more
            sock.sendall(b"250-mx.example.net\r\n" + more + b"250 DSN\r\n")
        elif command == b"STARTTLS" and way == "starttls-454":
            sock.sendall(b"454 4.7.0 not now\r\n")
        elif command == b"STARTTLS":
            sock.sendall(b"220 go ahead\r\n")
            return
        elif command == b"QUIT":
            sock.sendall(b"221 bye\r\n")
            raise ConnectionError
        else:
            sock.sendall(b"250 ok\r\n")


def serve_mail(sock, plan):
    way = plan["way"]
    if way == "silent":
        wait_for_end(sock)
    if way == "closed":
        return
    if way == "slow":
        time.sleep(2)
    sock.sendall(GREETINGS.get(way, b"220 mx.example.net ESMTP\r\n"))
    if way in ("refused", "busy", "odd", "web"):
        return
    serve_commands(sock, plan, False)
    if way == "stuck":
        wait_for_end(sock)
    elif way == "cut":
        return
    elif way == "alert":
        sock.recv(4096)
        sock.sendall(ALERT)
        return
    serve_commands(
        plan["context"].wrap_socket(sock, server_side=True), plan, True)


# --- a CA that says who it is ------------------------------------------------

def serve_directory(sock, plan):
    read_until(sock, b"\r\n\r\n")
    body = json.dumps({"meta": {"caaIdentities": [plan["way"]]}}).encode()
    sock.sendall(answer(body, b"Content-Type: application/json\r\n"))


# --- all of them -------------------------------------------------------------

KINDS = {
    "web": (443, serve_web),
    "mail": (25, serve_mail),
    "directory": (80, serve_directory),
}


def handle(sock, plan):
    serve = KINDS[plan["kind"]][1]
    print(plan["kind"], plan["address"], flush=True)
    try:
        serve(sock, plan)
    except (OSError, ValueError):
        pass  # the client has had enough
    finally:
        sock.close()


def accept(listener, plan):
    while True:
        sock, _ = listener.accept()
        sock.settimeout(SILENCE)
        threading.Thread(
            target=handle, args=(sock, plan), daemon=True).start()


def start(plan):
    if plan["kind"] == "mute":
        mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mute.bind((plan["address"], 53))
        return mute
    if plan["kind"] == "address" or plan["way"] == "absent":
        return None
    if "cert" in plan:
        plan["context"] = context(plan["cert"], plan["way"])
        plan["body"] = plan.get("body", "").encode("latin-1")
    listener = listen(plan["address"], KINDS[plan["kind"]][0])
    threading.Thread(
        target=accept, args=(listener, plan), daemon=True).start()
    return listener


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plans = json.load(file)
    kept = [start({"way": "", **plan}) for plan in plans]
    print("ready", len(kept), flush=True)
    threading.Event().wait()


main()
