# SPDX-License-Identifier: ISC
"""Make the pipe on standard input as small as can be, and fill it."""

import fcntl
import os

fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, 4096)
flags = fcntl.fcntl(0, fcntl.F_GETFL)
fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_NONBLOCK)
try:
    while os.write(0, b"filled\n" * 64):
        pass
except BlockingIOError:
    pass
try:
    while os.write(0, b"\n"):
        pass
except BlockingIOError:
    pass
fcntl.fcntl(0, fcntl.F_SETFL, flags)
