# SPDX-License-Identifier: ISC
"""What the access log costs: a worker's processor time of a fetch, without it,
with it as text and as JSON, into a file and into a socket as journald's. The
servers are asked in turn, many short rounds, so that what else the machine
does falls upon all. Above 5 % is a failure.
usage: access.py BUILD"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # the tree stays clean

import measure  # pylint: disable=wrong-import-position
import peers  # pylint: disable=wrong-import-position

BUILD = os.path.abspath(sys.argv[-1])
ROUNDS, FETCHES = 24, 500
MOST = 1.05
OTHER = "1" if os.cpu_count() > 1 else "0"


def ours(world, name, port, log):
    server = peers.Ours(world, 1)
    server.name, server.port, server.log = name, port, log
    server.home = f"{world.root}/{name}"
    os.makedirs(server.home, exist_ok=True)
    return server


def start_on_socket(server):
    """Standard error is a stream that somebody else reads."""
    server.configure()
    read, write = socket.socketpair()

    def drain():
        while read.recv(65536):
            pass

    threading.Thread(target=drain, daemon=True).start()
    with write:
        # pylint: disable=consider-using-with # it lives until stop
        server.process = subprocess.Popen(
            ["taskset", "-c", "0", *server.command()], stderr=write,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def seconds(pid):
    """Of all in the tree, to the nanosecond: user and system."""
    total = 0
    for each in measure.tree(pid):
        with open(f"/proc/{each}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def one_round(server, ca, bodies):
    before = seconds(server.process.pid)
    done = measure.Load(BUILD, ca, server.port, [bodies], OTHER, "-c", "1",
                        "-n", str(FETCHES)).result()
    if done["failed"]:
        raise SystemExit(f"bench: {server.name}: {done}")
    return (seconds(server.process.pid) - before) / done["good"] * 1e6


def measured(root):
    world = peers.World(root, BUILD, ["d0.example"])
    servers = [ours(world, "off", 9451, "access: off"),
               ours(world, "text", 9452, "access: on"),
               ours(world, "json", 9453, "access: on, format: json"),
               ours(world, "socket", 9454, "access: on")]
    servers[0].configure()
    subprocess.run([f"{BUILD}/mta-stsctl", "-c",
                    servers[0].path("mta-stsd.yaml"), "selfsign"],
                   check=True, stdout=subprocess.DEVNULL)
    ca, bodies = f"{world.certs}/ca.pem", f"{root}/bodies"
    os.mkdir(bodies)
    with open(f"{bodies}/d0.example", "w", encoding="ascii", newline="") as f:
        f.write(peers.policy("d0.example"))
    try:
        for server in servers:
            if server.name == "socket":
                start_on_socket(server)
            else:
                server.start("0")
            measure.Asker(ca).until(server.port, "mta-sts.d0.example",
                                    lambda *_: True)
            one_round(server, ca, bodies)
        got = {server.name: [] for server in servers}
        for number in range(ROUNDS):
            for server in servers[number % 4:] + servers[:number % 4]:
                got[server.name].append(one_round(server, ca, bodies))
        return got
    finally:
        for server in servers:
            server.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="access.") as root:
        got = measured(root)
    dear = []
    for name, each in got.items():
        ratio = statistics.median(
            a / b for a, b in zip(each, got["off"]))
        print(f"{name:8}{statistics.median(each):8.1f} us a fetch "
              f"({min(each):.1f} to {max(each):.1f}), "
              f"{(ratio - 1) * 100:+.1f} %")
        if ratio > MOST:
            dear.append(name)
    if dear:
        print(f"bench: above {MOST - 1:.0%}: {', '.join(dear)}")
    return 1 if dear else 0


sys.exit(main())
