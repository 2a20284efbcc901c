# SPDX-License-Identifier: ISC
"""A connection that stands open after its handshake (`shaken` is printed)
until a file appears; then it asks, and prints what came and how it ended."""

import os
import select
import sys
import time

from wire import Wire

address, port, ca, host, go = sys.argv[1:]
wire = Wire(address, int(port), timeout=60)
if not wire.handshake(host, ca):
    sys.exit(f"no handshake: {wire.end} {wire.why}")
print("shaken", flush=True)
while not os.path.exists(go):
    if select.select([wire.sock], [], [], 0)[0]:
        break  # it was ended before it asked
    time.sleep(0.02)
else:
    wire.send(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\n\r\n"
              .encode())
print(wire.read_to_end().decode("latin-1"))
print("ended by", wire.end, flush=True)
