# SPDX-License-Identifier: ISC
"""A connection whose every byte, pause and half-close the test chooses, with
or without TLS, and which tells how the peer ended it."""

import socket
import ssl
import time


class Wire:
    """end: close_notify, fin, reset, alert, timeout, or None while it is
    open. Sending to a peer that has gone is no failure: the test looks at
    what came back."""

    def __init__(self, address, port, source=None, timeout=10.0):
        self.deadline = time.monotonic() + timeout
        self.sock = socket.create_connection(
            (address, port), timeout, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = None
        self.end = None
        self.why = ""

    def handshake(self, name, ca, alpn=None):
        """A full handshake, chain and name checked. True where it stands."""
        context = ssl.create_default_context(cafile=ca)
        if alpn:
            context.set_alpn_protocols(alpn)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(
            self.incoming, self.outgoing, server_hostname=name)
        while self.end is None:
            try:
                tls.do_handshake()
                self.tls = tls
                self._flush()
                return True
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            except ssl.SSLError as error:
                self._flush()
                self.end, self.why = "alert", str(error)
        return False

    def send(self, data):
        if self.tls:
            self.tls.write(data)
            self._flush()
        else:
            self._raw(data)

    def half_close(self, notify=True):
        """Say that nothing more will come: close_notify (in TLS) and FIN."""
        if self.tls and notify:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
            self._flush()
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read_to_end(self):
        """All that the peer sends until it ends, or the deadline."""
        parts = []
        while True:
            try:
                data = self._read()
            except ssl.SSLWantReadError:
                if not self._receive():
                    break
                continue
            except ssl.SSLZeroReturnError:
                self.end = "close_notify"
                break
            except ssl.SSLEOFError:
                self.end = "fin"
                break
            except ssl.SSLError as error:
                self.end, self.why = "alert", str(error)
                break
            if not data:
                if self.end is None:
                    self.end = "close_notify"
                break
            parts.append(data)
        return b"".join(parts)

    def close(self):
        self.sock.close()

    def _read(self):
        if self.tls:
            return self.tls.read(65536)
        return self._plain()

    def _plain(self):
        data = self._take()
        if data == b"" and self.end is None:
            self.end = "fin"
        return data or b""

    def _take(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.end = "timeout"
            return None
        self.sock.settimeout(left)
        try:
            return self.sock.recv(65536)
        except TimeoutError:
            self.end = "timeout"
        except OSError:
            self.end = "reset"
        return None

    def _receive(self):
        data = self._take()
        if data is None:
            return False
        if data == b"":
            self.incoming.write_eof()
            if self.tls is None:
                self.end = "fin"
            return True
        self.incoming.write(data)
        return True

    def _flush(self):
        data = self.outgoing.read()
        if data:
            self._raw(data)

    def _raw(self, data):
        try:
            self.sock.settimeout(10)
            self.sock.sendall(data)
        except OSError:
            pass
