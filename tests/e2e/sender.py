# SPDX-License-Identifier: ISC
"""sender.py TABLE: does mta-sts-query take the policy of each world as the
table says? It is started as its command is, but loaded once for all of them.
Its exit status says nothing: what it prints does. What differs is told; exit
1."""

import contextlib
import importlib.metadata
import os
import signal
import sys
import tempfile

import worlds

TOGETHER = 16
LIMIT = 40  # seconds


def command():
    # By hand, since what entry_points takes differs with Python's version.
    for script in importlib.metadata.distribution(
            "postfix-mta-sts-resolver").entry_points:
        if script.name == "mta-sts-query":
            return script.load()
    sys.exit("postfix-mta-sts-resolver has no mta-sts-query")


def start(run, domain, out):
    """A child that does what `mta-sts-query domain` does, and prints to out."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(LIMIT)
    os.dup2(out.fileno(), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.argv = ["mta-sts-query", domain]
    with contextlib.suppress(BaseException):
        run()
    sys.stdout.flush()
    os._exit(0)


def view(out):
    out.seek(0)
    text = out.read().decode()
    out.close()
    if "STSFetchResult" not in text:
        return "fails"
    return "accepts" if "STSFetchResult.VALID" in text else "refuses"


def main():
    run, waiting = command(), worlds.read(sys.argv[1])
    running, differ = {}, 0
    views = {"accepts": 0, "refuses": 0, "fails": 0}
    sys.stdout.flush()
    while waiting or running:
        while waiting and len(running) < TOGETHER:
            world, out = waiting.pop(0), tempfile.TemporaryFile()
            running[start(run, world.domain, out)] = world, out
        pid, _ = os.wait()
        world, out = running.pop(pid)
        seen = view(out)
        views[seen] += 1
        if seen == "fails" or world.sender not in (seen, "any"):
            differ += 1
            print(f"{world.name}: the sender {seen}; expected "
                  f"{world.sender} ({world.verdict})")
    print("the sender:", ", ".join(f"{n} {what}" for what, n in views.items()))
    sys.exit(differ > 0)


main()
