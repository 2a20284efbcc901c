# SPDX-License-Identifier: ISC
"""Change and reload the configuration many times, each time until the next
generation lives. Afterwards the manager's and the workers' memory, and the
numbers of descriptors and of processes, are what they were after the first."""

import os
import re
import signal
import sys
import time

conf, log, manager, count, pattern, growth = sys.argv[1:]
PATTERN = re.compile(pattern.encode(), re.M)
WARM = 10


def children():
    with open(f"/proc/{manager}/task/{manager}/children",
              encoding="ascii") as file:
        return file.read().split()


def number(pid, file, field):
    with open(f"/proc/{pid}/{file}", encoding="ascii") as lines_of:
        return int(re.search(rf"^{field}:\s+(\d+)", lines_of.read(), re.M)[1])


def memory(pid):
    """What is resident and no file's, in KiB, whoever it is shared with: a
    share of it would change with the number of sharers."""
    return number(pid, "status", "RssAnon")


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return number(pid, "status", "FDSize")


class Log:
    def __init__(self):
        self.file, self.seen, self.rest = open(log, "rb"), 0, b""

    def generations(self):
        data = self.rest + self.file.read()
        lines, gap, self.rest = data.rpartition(b"\n")
        self.seen += len(PATTERN.findall(lines + gap))
        return self.seen


def wait_for(what, condition, seconds=15.0):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.002)


def state():
    wait_for("the old workers to end", lambda: len(children()) == workers)
    return {"memory of the manager": memory(manager),
            "memory of the workers": sum(map(memory, children())),
            "descriptors of the manager": descriptors(manager),
            "descriptors of the workers": sum(map(descriptors, children()))}


def change(turn):
    text = original.replace("604800", str(604801 + turn), 10)
    with open(conf + ".new~", "w", encoding="utf-8") as file:
        file.write(text)
    before = lines.generations()
    os.rename(conf + ".new~", conf)
    os.kill(int(manager), signal.SIGHUP)
    wait_for(f"generation {turn}", lambda: lines.generations() > before)
    # a third generation that drains would be cut, which is no fault
    wait_for("older workers to end", lambda: len(children()) <= 2 * workers)


original = open(conf, encoding="utf-8").read()
lines, workers = Log(), len(children())
for step in range(WARM):
    change(step)
first = state()
began = time.monotonic()
for step in range(WARM, int(count)):
    change(step)
print(f"{(time.monotonic() - began) / (int(count) - WARM) * 1e3:.1f} ms each")
last = state()
bad = 0
for key, value in first.items():
    print(f"{key}: {value}, then {last[key]}")
    limit = value * float(growth) + 512 if "memory" in key else value
    bad |= last[key] > limit
sys.exit(bad)
