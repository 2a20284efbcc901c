# SPDX-License-Identifier: ISC
"""How fast, beside what a user would set up instead: one table, and the same
as JSON. Every figure is of one run, each server in turn; what counts is the
ratio of two of them, since machines are noisy. A wrong answer of any server
ends the run.
usage: bench.py [--quick] BUILD"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the tree stays clean

import measure  # pylint: disable=wrong-import-position
import peers  # pylint: disable=wrong-import-position

QUICK = "--quick" in sys.argv
BUILD = os.path.abspath(sys.argv[-1])
OUT = os.path.join(os.path.dirname(BUILD), "bench")
SIZES = (1, 2000) if QUICK else (1, 1000, 10000)
FETCHES = 1000 if QUICK else 4000
SECONDS = "3" if QUICK else "15"
SERVERS = peers.ALL[:2] if QUICK else peers.ALL
PROCESSORS = "0,1" if os.cpu_count() > 1 else "0"
OTHER = PROCESSORS[-1]


def say(text):
    print(text, flush=True)


def make_world(root, count):
    world = peers.World(root, BUILD, [f"d{i}.example" for i in range(count)])
    peers.Ours(world, 1).configure()
    config = f"{root}/mta-stsd/mta-stsd.yaml"
    subprocess.run([f"{BUILD}/mta-stsctl", "-c", config, "selfsign"],
                   check=True, stdout=subprocess.DEVNULL)
    write_bodies(world, "1")
    return world


def write_bodies(world, version):
    path = f"{world.root}/bodies{version}"
    os.makedirs(path)
    for name in world.names:
        with open(f"{path}/{name}", "w", encoding="ascii", newline="") as f:
            f.write(peers.policy(name, world.age(name)))


class Bench:
    def __init__(self, world):
        self.world = world
        self.count = len(world.names)
        self.ca = f"{world.certs}/ca.pem"
        self.asker = measure.Asker(self.ca)
        self.bodies = [f"{world.root}/bodies1"]

    def host(self, index):
        return peers.HOST.format(self.world.names[index])

    def load(self, server, processors, *options, bodies=None):
        return measure.Load(BUILD, self.ca, server.port,
                            bodies or self.bodies, processors, *options)

    def judged(self, server, load):
        got = load.result()
        if got["failed"]:
            raise SystemExit(f"bench: {server.name}: {got}")
        return got

    def started(self, server, processors):
        """Seconds to the first right answer."""
        name = self.world.names[-1]
        begin = time.monotonic()
        server.start(processors)
        self.asker.until(server.port, self.host(-1),
                         lambda body, _: body == peers.policy(name))
        return time.monotonic() - begin

    def fetch_all(self, server):
        self.judged(server, self.load(server, PROCESSORS, "-c", "4", "-n",
                                      str(self.count)))

    def at_two_workers(self, server):
        got = {"start_s": self.started(server, PROCESSORS)}
        pid = server.process.pid
        got["cold_kib"] = measure.memory_kib(pid)
        self.fetch_all(server)
        got["warm_kib"] = measure.memory_kib(pid)
        options = ("-c", "4", "-t", SECONDS, "-r", "7")
        got["free"] = self.judged(
            server, self.load(server, PROCESSORS, *options))
        slow = measure.Slow(server.port, 300)
        while slow.held < 290:
            time.sleep(0.1)
        got["held"] = self.judged(
            server, self.load(server, PROCESSORS, *options))
        slow.stop()
        return got

    def changed(self, server, change, wanted):
        """A change under load: how long, what it cost, what failed."""
        load = self.load(server, OTHER, "-c", "1", "-t", "300", "-r", "9",
                         bodies=[f"{self.world.root}/bodies1",
                                 f"{self.world.root}/bodies2"])
        time.sleep(2)
        pid = server.process.pid
        before = measure.processor_s(pid)
        begin = time.monotonic()
        time.sleep(2)
        idle = (measure.processor_s(pid) - before) / 2
        before = measure.processor_s(pid)
        begin = time.monotonic()
        change()
        took = self.asker.until(server.port, self.host(0), wanted)
        time.sleep(5)  # what comes after is its cost too
        cost = measure.processor_s(pid) - before - idle * (
            time.monotonic() - begin)
        return {"served_s": took, "processor_s": cost,
                "failed": load.stop()["failed"]}

    def change_policy(self, server):
        name = self.world.names[0]
        self.world.ages = {name: 604801}
        got = self.changed(
            server, server.change,
            lambda body, _: body == peers.policy(name, 604801))
        self.world.ages = {}
        server.change()
        self.asker.until(server.port, self.host(0),
                         lambda body, _: body == peers.policy(name))
        return got

    def cold_rounds(self, servers, rounds):
        """Microseconds of processor time a fetch, in turn, `rounds` times."""
        got = {s.name: [] for s in servers}
        got["floor"] = []
        for server in servers:
            server.start("0")
        for server in servers:
            self.asker.until(server.port, self.host(-1), lambda *_: True)
            self.fetch_all(server)
        for _ in range(rounds):
            for server in servers:
                pid = server.process.pid
                before = measure.processor_s(pid)
                done = self.judged(server, self.load(
                    server, OTHER, "-c", "1", "-n", str(FETCHES), "-r", "5"))
                got[server.name].append(
                    (measure.processor_s(pid) - before) / done["good"] * 1e6)
            got["floor"].append(float(subprocess.run(
                ["taskset", "-c", "0", f"{BUILD}/bench/floor",
                 *self.world.pair("d0.example"), str(FETCHES)],
                check=True, capture_output=True, text=True).stdout))
        for server in servers:
            server.stop()
        return got


def measure_size(root, count):
    say(f"# {count} domains: certificates")
    bench = Bench(make_world(root, count))
    result = {}
    for kind in SERVERS:
        say(f"# {count} domains: {kind.name}, two workers")
        server = kind(bench.world, 2)
        result[kind.name] = bench.at_two_workers(server)
        if count == SIZES[-1] and kind in (peers.Ours, peers.Nginx):
            if not os.path.exists(f"{root}/bodies2"):
                bench.world.ages = {bench.world.names[0]: 604801}
                write_bodies(bench.world, "2")
                bench.world.ages = {}
            result[kind.name]["policy"] = bench.change_policy(server)
        server.stop()
    say(f"# {count} domains: processor time a fetch, one worker")
    result["cold_us"] = bench.cold_rounds(
        [kind(bench.world, 1) for kind in SERVERS], 2 if QUICK else 3)
    return result


def row(name, values, form):
    say(f"{name:34}" + "".join(f"{form(v):>16}" for v in values))


def spread(values):
    return (f"{statistics.median(values):.0f} "
            f"({min(values):.0f}-{max(values):.0f})")


def table(results):
    names = [kind.name for kind in SERVERS]
    say("")
    row("", names + ["floor"], str)
    for count, r in results.items():
        row(f"{count}: us a fetch, 1 worker",
            [r["cold_us"][n] for n in names + ["floor"]], spread)
    for count, r in results.items():
        two = [r[n] for n in names]
        row(f"{count}: start, s", [t["start_s"] for t in two], "{:.2f}".format)
        for key, what in (("cold_kib", "cold"), ("warm_kib", "all fetched")):
            row(f"{count}: MiB, {what}", [t[key] / 1024 for t in two],
                "{:.1f}".format)
        for key, what in (("free", ""), ("held", ", 300 slow")):
            row(f"{count}: fetches/s{what}", [t[key]["rate"] for t in two],
                str)
            row(f"{count}: p50/99/99.9 ms{what}",
                ["{p50_ms:.1f}/{p99_ms:.1f}/{p999_ms:.1f}".format(**t[key])
                 for t in two], str)
        for name in names:
            if "policy" in r[name]:
                say(f"{count}: {name}: a changed policy served after "
                    "{served_s:.2f} s, {processor_s:.2f} s of processor "
                    "time, {failed} fetches failed".format(
                        **r[name]["policy"]))


def ratios(results):
    """Name, what was reached, what is wanted at most."""
    first, last = results[SIZES[0]], results[SIZES[-1]]
    others = [kind.name for kind in SERVERS if kind is not peers.Ours]

    def cold(r, name):
        return statistics.median(r["cold_us"][name])

    def best(r, key):
        return min(r[n][key] for n in others)

    def best_cold(r, names):
        return min(cold(r, n) for n in names if n in others)

    ours, big = first["mta-stsd"], last["mta-stsd"]
    n = SIZES[-1]
    yield ("a fetch, 1 domain, to the best peer",
           cold(first, "mta-stsd") / best_cold(first, others), 0.85)
    yield (f"a fetch, {n}, to nginx or haproxy", cold(last, "mta-stsd") /
           best_cold(last, ("nginx", "haproxy")), 0.85)
    yield (f"a fetch, {n} to 1, ours",
           cold(last, "mta-stsd") / cold(first, "mta-stsd"), 1.10)
    yield ("a fetch to the floor",
           cold(first, "mta-stsd") / cold(first, "floor"), 1.6)
    yield (f"start, {n}, to the best peer",
           big["start_s"] / best(last, "start_s"), 1 / 6)
    yield (f"memory, {n}, all fetched, to the best peer",
           big["warm_kib"] / best(last, "warm_kib"), 1 / 2)
    yield (f"memory, {n}, cold, to the best peer",
           big["cold_kib"] / best(last, "cold_kib"), 1 / 8)
    yield (f"a changed policy, {n}, s", big["policy"]["served_s"], 0.3)
    yield (f"a change's processor time, {n}, to nginx",
           big["policy"]["processor_s"] /
           last["nginx"]["policy"]["processor_s"], 1 / 10)
    yield ("p99 with 300 slow ones, to without",
           ours["held"]["p99_ms"] / ours["free"]["p99_ms"], 1.5)


def judge(results):
    """What noise cannot cause: a cost that grows with the domains."""
    say("")
    for name, got, wanted in ratios(results):
        say(f"{name:44}{got:8.3f}  at most {wanted:.3f}"
            f"{'' if got <= wanted else '  MISSED'}")
    first, last = (results[n] for n in (SIZES[0], SIZES[-1]))
    grown = (statistics.median(last["cold_us"]["mta-stsd"]) /
             statistics.median(first["cold_us"]["mta-stsd"]))
    each = ((last["mta-stsd"]["cold_kib"] - first["mta-stsd"]["cold_kib"]) /
            SIZES[-1])
    failed = last["mta-stsd"]["policy"]["failed"]
    faults = [text for text, bad in (
        (f"a fetch costs {grown:.2f} times as much at {SIZES[-1]} domains",
         grown > 1.5),
        (f"a domain takes {each:.1f} KiB before it was asked for", each > 6),
        (f"{failed} fetches failed during a reload", failed > 0),
    ) if bad]
    for fault in faults:
        say(f"bench: {fault}")
    return faults


def main():
    results = {}
    root = tempfile.mkdtemp(prefix="bench.")
    try:
        for count in SIZES:
            results[count] = measure_size(f"{root}/{count}", count)
    finally:
        shutil.rmtree(root)
    os.makedirs(OUT, exist_ok=True)
    file = f"{OUT}/{'quick' if QUICK else 'bench'}.json"
    with open(file, "w", encoding="ascii") as f:
        json.dump(results, f, indent=1)
    table(results)
    faults = judge(results)
    say(f"bench: {file}")
    return 1 if faults else 0


sys.exit(main())
