# SPDX-License-Identifier: ISC
"""What a service manager is to a daemon: supervise.py SAID WATCHDOG_MS
ADDRESS:PORT... -- COMMAND... binds the addresses ([::] for IPv6 alone), passes
the sockets in, and writes each line that the daemon sends to $NOTIFY_SOCKET into the file SAID.
Ends as COMMAND does; the sockets stay bound until then."""

import os
import socket
import sys

said, watchdog_ms, *rest = sys.argv[1:]
split = rest.index("--")
addresses, command = rest[:split], rest[split + 1 :]

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("\0" + f"mta-stsd-{os.getpid()}")
notify.settimeout(0.05)

sockets = []
for address in addresses:
    host, port = address.rsplit(":", 1)
    family = socket.AF_INET6 if host[0] == "[" else socket.AF_INET
    sockets.append(socket.create_server((host.strip("[]"), int(port)),
                                        family=family, backlog=100))

pid = os.fork()
if pid == 0:
    for index, sock in enumerate(sockets):
        os.dup2(sock.fileno(), 100 + index)
    for index in range(len(sockets)):
        os.dup2(100 + index, 3 + index, inheritable=True)
    os.environ["NOTIFY_SOCKET"] = f"@mta-stsd-{os.getppid()}"
    os.environ["LISTEN_PID"] = os.environ["WATCHDOG_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(sockets))
    if watchdog_ms != "0":
        os.environ["WATCHDOG_USEC"] = str(int(watchdog_ms) * 1000)
    os.execvp(command[0], command)

with open(said, "w", encoding="utf-8", buffering=1) as out:
    while True:
        try:
            out.write(notify.recv(4096).decode() + "\n")
        except TimeoutError:
            if (end := os.waitpid(pid, os.WNOHANG))[0] == pid:
                sys.exit(os.waitstatus_to_exitcode(end[1]))
