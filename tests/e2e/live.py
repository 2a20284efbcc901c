# SPDX-License-Identifier: ISC
"""live.py ADDRESS PORT CERT KEY DIR: somebody else's policy host. The policy
of DOMAIN is the file DIR/DOMAIN, as it is; DOMAIN.how beside it holds what is
odd about the answer: "404", "html", "redirect", "big", "silent". Says ready."""

import http.server
import os
import ssl
import sys
import time


class Policy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.headers.get("Host", "").split(":")[0]
        path = os.path.join(sys.argv[5], host.removeprefix("mta-sts."))
        how = ""
        if os.path.exists(path + ".how"):
            with open(path + ".how", encoding="ascii") as odd:
                how = odd.read().strip()
        body = b"nothing"
        if os.path.exists(path):
            with open(path, "rb") as policy:
                body = policy.read()
        if how == "silent":
            time.sleep(60)
        if how == "big":
            body = b"x: " + 70000 * b"x"
        status = 404 if how == "404" or not os.path.exists(path) else 200
        self.send_response(302 if how == "redirect" else status)
        if how == "redirect":
            self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Type",
                         "text/html" if how == "html" else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server = Server((sys.argv[1], int(sys.argv[2])), Policy)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False)
    print("ready", flush=True)
    server.serve_forever()


main()
