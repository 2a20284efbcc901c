# SPDX-License-Identifier: ISC
"""An ACME server that misbehaves as it is told: it stands in front of pebble,
passes every request on, and answers some of them by a rule.

    front.py --port 14443 --pebble https://127.0.0.1:14000 \\
        --cert leaf.pem --key leaf.key --rules rules --log front.log

Clients are given https://localhost:PORT/dir; the certificate is for that
name. Pebble makes its URLs from the Host header, which is passed on: so every
URL leads to the front, and is the one that clients sign. "ready" on standard
output: it listens. The file of rules is read anew for each request, and may
be missing; write it beside and rename it. A line each, the first that fits
counts:

    HOST STEP DEED [ARGUMENTS] [xN]

HOST  the name that the order is for; * for any, also for requests that are
      for no name
STEP  directory nonce account order (a new one) authz challenge poll (of an
      order) finalize cert; * for any
xN    the first N times that it fits, since the front was started
DEED  problem STATUS TYPE RETRY DETAIL
                     an RFC 7807 document, urn:ietf:params:acme:error:TYPE;
                     RETRY: Retry-After in seconds, @N: as a date, - for none;
                     in DETAIL {host}, {domain} (without its first label),
                     {when} (UTC, as Let's Encrypt writes it)
      html STATUS    an HTML page
      flood MIB      so much JSON, of no sense
      hang           no answer, until the client has gone
      reset          the connection is reset
      nonce          badNonce, with a new nonce
    and these pass the request on, and change the answer:
      cut            the JSON is cut in half
      status WORD    its "status" is WORD
      error TYPE DETAIL   and with an "error": a challenge's or an order's
      without HEADER      that header is left out
      slow SECONDS   later

    mta-sts.a.example order problem 429 rateLimited 3600 too many \\
certificates (50) already issued for "{domain}" in the last 168h0m0s, \\
retry after {when}

(on one line). The log has a line for each request: HOST STEP STATUS DEED,
"-" where there is none; so `grep -c ' order '` counts the orders placed.
"""

import argparse
import base64
import http.client
import http.server
import json
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse

STEPS = {"newNonce": "nonce", "newAccount": "account", "newOrder": "order"}
# what a connection, not a message, is about
HOP = {"connection", "content-length", "transfer-encoding", "keep-alive",
       "date", "server"}


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pebble", required=True)
    for name in ("cert", "key", "rules", "log"):
        parser.add_argument("--" + name, required=True)
    return parser.parse_args()


def payload_of(body):
    """What a JWS says, {} where it says nothing."""
    try:
        text = json.loads(body)["payload"]
        return json.loads(base64.urlsafe_b64decode(text + "=="))
    except (ValueError, KeyError, TypeError):
        return {}


def filled(text, host, moment):
    """The words of a rule for one host."""
    for word, value in (("{host}", host),
                        ("{domain}", host.partition(".")[2]),
                        ("{when}", time.strftime("%Y-%m-%d %H:%M:%S UTC",
                                                 time.gmtime(moment)))):
        text = text.replace(word, value)
    return text


class World:
    """What the front knows: which URL is which step of whose order."""

    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.places = {"/dir": ("-", "directory")}
        self.used = {}
        self.log = open(args.log, "a", encoding="utf-8", buffering=1)

    def place(self, target, body):
        path = urllib.parse.urlsplit(target).path
        with self.lock:
            host, step = self.places.get(path, ("-", "-"))
        if step == "order":
            names = payload_of(body).get("identifiers") or [{}]
            host = names[0].get("value", "-")
        return host, step

    def learn(self, url, host, step):
        if isinstance(url, str):
            with self.lock:
                self.places[urllib.parse.urlsplit(url).path] = (host, step)

    def learn_answer(self, host, step, headers, document):
        if step == "directory":
            for name, known in STEPS.items():
                self.learn(document.get(name), "-", known)
        if step in ("order", "poll"):
            if step == "order":
                self.learn(headers.get("Location"), host, "poll")
            for url in document.get("authorizations", []):
                self.learn(url, host, "authz")
            self.learn(document.get("finalize"), host, "finalize")
            self.learn(document.get("certificate"), host, "cert")
        for challenge in document.get("challenges", []):
            self.learn(challenge.get("url"), host, "challenge")

    def deed(self, host, step):
        """The words of the first rule that fits."""
        try:
            with open(self.args.rules, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        for line in lines:
            words = line.split()
            if len(words) < 3 or line.startswith("#") or \
                    words[0] not in (host, "*") or words[1] not in (step, "*"):
                continue
            if re.fullmatch(r"x\d+", words[-1]):
                with self.lock:
                    self.used[line] = self.used.get(line, 0) + 1
                    if self.used[line] > int(words[-1][1:]):
                        continue
                words.pop()
            return words[2:]
        return []

    def ask(self, method, target, headers, body):
        """Pebble's answer: status, headers, bytes."""
        to = urllib.parse.urlsplit(self.args.pebble)
        # pylint: disable=protected-access # it is on loopback, and ours
        connection = http.client.HTTPSConnection(
            to.hostname, to.port, timeout=60,
            context=ssl._create_unverified_context())
        try:
            connection.request(method, target, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def nonce(self):
        with self.lock:
            path = next((p for p, place in self.places.items()
                         if place[1] == "nonce"), None)
        if path is None:
            return None
        return self.ask("HEAD", path, {}, None)[1].get("Replay-Nonce")


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "front"
    sys_version = ""
    world = None
    context = None

    def setup(self):
        # in the connection's own thread: a client may be slow
        self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        host, step = self.world.place(self.path, body)
        deed = self.world.deed(host, step)
        self.close_connection = True
        status = 0
        try:
            status = self.perform(host, step, deed, body)
        except (http.client.HTTPException, ConnectionError, ssl.SSLError,
                TimeoutError) as error:
            deed = [*deed[:1], type(error).__name__]
        finally:
            self.world.log.write(f"{host} {step} {status} "
                                 f"{' '.join(deed[:2]) or '-'}\n")

    do_GET = do_POST = do_HEAD = handle_any

    def perform(self, host, step, deed, body):
        name, rest = (deed[0], deed[1:]) if deed else ("", [])
        made = getattr(self, "make_" + name, None)
        if made:
            return made(host, *rest)
        if name == "slow":
            time.sleep(float(rest[0]))
        headers = {key: value for key, value in self.headers.items()
                   if key.lower() not in HOP}
        status, got, data = self.world.ask(
            self.command, self.path, headers, body)
        kept = [(key, value) for key, value in got.items()
                if key.lower() not in HOP]
        document = None
        if "json" in got.get("Content-Type", ""):
            document = json.loads(data)
            if isinstance(document, dict):
                self.world.learn_answer(host, step, got, document)
        if name == "cut":
            data = data[:len(data) // 2]
        elif name == "without":
            kept = [(key, value) for key, value in kept
                    if key.lower() != rest[0].lower()]
        elif name == "status" and document:
            document["status"] = rest[0]
            data = json.dumps(document, indent=3).encode()
        elif name == "error" and document:
            self.spoil(document, rest[0],
                       filled(" ".join(rest[1:]), host, time.time()))
            data = json.dumps(document, indent=3).encode()
        return self.answer(status, kept, data)

    @staticmethod
    def spoil(document, kind, detail):
        """An authorization, a challenge or an order that turned invalid."""
        error = {"type": "urn:ietf:params:acme:error:" + kind,
                 "detail": detail, "status": 403}
        document["status"] = "invalid"
        for part in document.get("challenges", [document]):
            part["status"] = "invalid"
            part["error"] = error

    def answer(self, status, headers, data):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        return status

    def answer_made(self, status, kind, data, headers=()):
        nonce = self.world.nonce()
        kept = [("Content-Type", kind), *headers]
        if nonce:
            kept.append(("Replay-Nonce", nonce))
        return self.answer(status, kept, data)

    def make_problem(self, host, status, kind, retry, *detail):
        seconds = int(retry.lstrip("@")) if retry != "-" else 0
        moment = time.time() + seconds
        headers = []
        if retry != "-":
            headers.append(("Retry-After", str(seconds)
                            if retry[0] != "@" else self.date_time_string(
                                int(moment))))
        text = filled(" ".join(detail), host, moment)
        document = {"type": "urn:ietf:params:acme:error:" + kind,
                    "detail": text, "status": int(status)}
        return self.answer_made(int(status), "application/problem+json",
                                json.dumps(document, indent=2).encode(),
                                headers)

    def make_nonce(self, host):
        return self.make_problem(host, "400", "badNonce", "-",
                                 "JWS has an invalid anti-replay nonce")

    def make_html(self, _, status):
        return self.answer_made(int(status), "text/html",
                                b"<html><head><title>Oh no</title></head>\n"
                                b"<body>An error has occurred</body></html>\n")

    def make_flood(self, _, mib):
        block = b"{\"status\": \"pending\", \"x\": [" + b"1, " * 5000 + b"1]},\n"
        data = b"[" + block * (int(mib) * (1 << 20) // len(block)) + b"{}]"
        return self.answer_made(200, "application/json", data)

    def make_hang(self, _):
        while self.connection.recv(4096):
            pass
        return 0

    def make_reset(self, _):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        socket.socket(fileno=self.connection.detach()).close()
        return 0


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handle_error(request, client_address)


def main():
    args = options()
    Front.world = World(args)
    Front.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Front.context.load_cert_chain(args.cert, args.key)
    server = Server(("127.0.0.1", args.port), Front)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
