# SPDX-License-Identifier: ISC
"""Where do the bytes of a private key lie in a process? keys.py PID KEY_FILE:
its DER must lie in memory that no dump takes, at least once, and nowhere else;
its text nowhere at all."""

import base64
import re
import sys

pid, path = sys.argv[1:]
with open(path, encoding="ascii") as file:
    lines = [line for line in file.read().split("\n")
             if line and not line.startswith("-----")]
der = base64.b64decode("".join(lines))
text = lines[0].encode("ascii")


def mappings():
    """Each as its start, its end, its name and whether no dump takes it."""
    head = None
    with open(f"/proc/{pid}/smaps", encoding="ascii") as smaps:
        for line in smaps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+\s*"
                             r"(.*)$", line)
            if found:
                head = (int(found[1], 16), int(found[2], 16), found[4])
            elif re.match(r"[0-9a-f]+-", line):
                head = None  # not to be read
            elif line.startswith("VmFlags:") and head is not None:
                yield (*head, " dd" in line)


kept = 0
bad = []
with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
    for start, end, name, undumped in mappings():
        if name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            continue
        memory.seek(start)
        held = memory.read(end - start)
        if text in held:
            bad.append(f"the text of the key lies in {start:x} {name}")
        if der in held and undumped:
            kept += 1
        elif der in held:
            bad.append(f"the key lies in {start:x} {name}, to be dumped")
if not kept:
    bad.append("the key is found nowhere")
if bad:
    sys.exit("\n".join(bad))
