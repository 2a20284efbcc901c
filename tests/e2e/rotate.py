# SPDX-License-Identifier: ISC
"""Put the pairs of one directory into the place of those of another.

together: each host's cert and key one after the other, by turns the cert
first and the key first, by rename and in place. apart: the same, but all the
firsts, a second, then all the seconds. WAY-FIRST (replace-cert, edit-key, ...):
only the cert or the key of the first host, and the others whole."""

import os
import sys
import time

source, target, how = sys.argv[1:]


def put(name, way):
    with open(f"{source}/{name}", "rb") as file:
        data = file.read()
    path = f"{target}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if way == "replace":
        with open(path + ".tmp~", "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
        os.rename(path + ".tmp~", path)
        return
    if os.path.exists(path):
        os.chmod(path, 0o600)
    with open(path, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)


hosts = sorted(h for h in os.listdir(source)
               if os.path.exists(f"{source}/{h}/cert.pem"))
firsts, seconds = [], []
for number, host in enumerate(hosts):
    files = [f"{host}/cert.pem", f"private/{host}/key.pem"]
    if number & 1:
        files.reverse()
    firsts.append((files[0], "replace" if number & 2 else "edit"))
    seconds.append((files[1], "replace" if number & 2 else "edit"))

if how == "together":
    for first, second in zip(firsts, seconds):
        put(*first)
        put(*second)
elif how == "apart":
    for first in firsts:
        put(*first)
    time.sleep(1)  # longer than the daemon waits for more events
    for second in seconds:
        put(*second)
else:
    way, part = how.split("-")
    put({"cert": f"{hosts[0]}/cert.pem",
         "key": f"private/{hosts[0]}/key.pem"}[part], way)
    for first, second in zip(firsts[1:], seconds[1:]):
        put(*first)
        put(*second)
