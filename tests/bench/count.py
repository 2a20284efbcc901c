# SPDX-License-Identifier: ISC
"""Instructions of a worker's share of one fetch, by callgrind: of our own
code, of libmicrohttpd, and of all. They are held against those that stand in
the file `instructions` for the same libraries, so that a change that makes a
fetch dearer is seen; --keep writes them there.
usage: count.py [--keep] BUILD"""

import os
import re
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[-1])
KEPT = os.path.join(os.path.dirname(__file__), "instructions")
FEW, MANY = 50, 250  # the difference is free of what happens once
MORE = 1.03
CONFIG = """\
listen: {{ https: off, http: off, admin: off, plain: "127.0.0.1:1" }}
state: {0}/state
certs: {0}/certs
domains: {{ d0.example: {{ mode: none }} }}
"""


def objects(path):
    """Instructions an object file, from callgrind's own format."""
    names, total, now, skip = {}, {}, None, False
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("ob="):
                key, _, name = line[3:].strip().partition(" ")
                if name:
                    names[key] = name
                now = names[key]
            elif line.startswith("cob="):
                key, _, name = line[4:].strip().partition(" ")
                if name:
                    names[key] = name
            elif line.startswith("calls="):
                skip = True  # the next line is the callee's own
            elif re.match(r"[+\-*\d]", line):
                if not skip:
                    total[now] = total.get(now, 0) + int(line.split()[1])
                skip = False
    return total


def counted(root, fetches):
    out = f"{root}/callgrind.{fetches}"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=served_*",
         f"--callgrind-out-file={out}", f"{BUILD}/bench/count",
         f"{root}/certs/mta-sts.d0.example/cert.pem",
         f"{root}/certs/private/mta-sts.d0.example/key.pem", str(fetches)],
        capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"count: {done.stderr}")
    return objects(out), done.stdout.strip()


def measured():
    with tempfile.TemporaryDirectory(prefix="count.") as root:
        config = f"{root}/mta-stsd.yaml"
        with open(config, "w", encoding="ascii") as f:
            f.write(CONFIG.format(root))
        subprocess.run([f"{BUILD}/mta-stsctl", "-c", config, "selfsign"],
                       check=True, stdout=subprocess.DEVNULL)
        few, libraries = counted(root, FEW)
        many, _ = counted(root, MANY)
    each = {}
    for name, count in many.items():
        kind = ("ours" if name.endswith("/count") else
                "libmicrohttpd" if "libmicrohttpd" in name else "others")
        each[kind] = each.get(kind, 0) + (
            count - few.get(name, 0)) / (MANY - FEW)
    each["all"] = sum(each.values())
    return libraries, {k: round(each[k])
                       for k in ("ours", "libmicrohttpd", "all")}


def kept():
    lines = {}
    if os.path.exists(KEPT):
        with open(KEPT, encoding="ascii") as f:
            for line in f:
                libraries, *counts = line.rsplit(None, 3)
                lines[libraries] = [int(c.split("=")[1]) for c in counts]
    return lines


def main():
    libraries, now = measured()
    lines = kept()
    before = lines.get(libraries)
    print(f"{libraries}: instructions a fetch: " +
          ", ".join(f"{k} {v}" for k, v in now.items()))
    if "--keep" in sys.argv:
        lines[libraries] = list(now.values())
        with open(KEPT, "w", encoding="ascii") as f:
            for name, counts in sorted(lines.items()):
                f.write(name + "".join(
                    f" {k}={c}" for k, c in zip(now, counts)) + "\n")
        return 0
    if before is None:
        print("count: nothing is kept for these libraries: nothing to hold "
              "it against")
        return 0
    dearer = [f"{k} {v}, kept {b}" for (k, v), b in zip(now.items(), before)
              if v > b * MORE]
    for text in dearer:
        print(f"count: dearer: {text}")
    return 1 if dearer else 0


sys.exit(main())
