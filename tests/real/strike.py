# SPDX-License-Identifier: ISC
"""strike.py NAME DELAY SECONDS: wait until a process of that name begins, then
so many ms, then kill -9 it. Exit status 0: killed while it lived; 1: it was
faster, or none began within the seconds."""

import os
import signal
import sys
import time

name, delay, limit = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])


def found():
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read() == name + "\n":
                    return int(pid)
        except OSError:
            pass
    return None


end = time.monotonic() + limit
while True:
    victim = found()
    if victim is not None:
        break
    if time.monotonic() > end:
        sys.exit(1)
time.sleep(delay / 1000)
try:
    os.kill(victim, signal.SIGKILL)
except ProcessLookupError:
    sys.exit(1)
