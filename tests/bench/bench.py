# SPDX-License-Identifier: ISC
"""How fast, beside what a user would set up instead: one table, and the same
as JSON. Every figure is of one run, each server in turn; what counts is the
ratio of two of them, since machines are noisy. Every check and limit of ours
stays on; nobody, ours neither, logs fetches. A wrong answer of any server
ends the run.
usage: bench.py [--quick] BUILD"""

import json
import os
import shutil
import signal
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
ALONE = () if QUICK else (10, 100, 100000)  # ours, to see what grows
FETCHED = 10000  # at most, where every domain should be fetched once
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
                         lambda body, _: body == peers.policy(name), 300)
        return time.monotonic() - begin

    def fetch_all(self, server):
        self.judged(server, self.load(server, PROCESSORS, "-c", "4", "-n",
                                      str(min(self.count, FETCHED))))

    def grown(self, server):
        """What should not grow faster than the domains."""
        got = {"start_s": self.started(server, PROCESSORS)}
        pid = server.process.pid
        got["cold_kib"] = measure.memory_kib(pid)
        self.fetch_all(server)
        if self.count <= FETCHED:
            got["warm_kib"] = measure.memory_kib(pid)
        return got

    def at_two_workers(self, server):
        got = self.grown(server)
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
        """How long a change took, and what it cost; nobody else asks."""
        pid = server.process.pid
        before = measure.processor_s(pid)
        change()
        took = self.asker.until(server.port, self.host(0), wanted)
        time.sleep(5)  # what comes after is its cost too
        return {"served_s": took,
                "processor_s": measure.processor_s(pid) - before}

    def failed(self, server, change, wanted):
        """Fetches that failed, and how many did not, during a change."""
        load = self.load(server, OTHER, "-c", "1", "-t", "300", "-r", "9",
                         bodies=[f"{self.world.root}/bodies1",
                                 f"{self.world.root}/bodies2"])
        time.sleep(2)
        change()
        self.asker.until(server.port, self.host(0), wanted)
        time.sleep(5)
        got = load.stop()
        return {"failed": got["failed"], "good": got["good"]}

    def change_policy(self, server):
        name = self.world.names[0]

        def take(age):
            self.world.ages = {name: age} if age != 604800 else {}
            server.change()

        def served(age):
            return lambda body, _: body == peers.policy(name, age)

        got = self.changed(server, lambda: take(604801), served(604801))
        got |= self.failed(server, lambda: take(604800), served(604800))
        return got

    def renew(self, server):
        """The first domain's certificate; another a time."""
        host = self.host(0)
        first = self.asker.fetch(server.port, host)[1]
        got = self.changed(server, lambda: self.renewed(server),
                           lambda _, serial: serial != first)
        second = self.asker.fetch(server.port, host)[1]
        got |= self.failed(server, lambda: self.renewed(server),
                           lambda _, serial: serial != second)
        return got

    def changes(self, server):
        second = f"{self.world.root}/bodies2"
        if not os.path.exists(second):
            self.world.ages = {self.world.names[0]: 604801}
            write_bodies(self.world, "2")
            self.world.ages = {}
        return {"policy": self.change_policy(server),
                "pair": self.renew(server)}

    def renewed(self, server):
        self.world.renew(self.world.names[0])
        server.renewed()

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
            result[kind.name] |= bench.changes(server)
        server.stop()
    say(f"# {count} domains: processor time a fetch, one worker")
    result["cold_us"] = bench.cold_rounds(
        [kind(bench.world, 1) for kind in SERVERS], 2 if QUICK else 3)
    return result


def measure_alone(root, count):
    say(f"# {count} domains: mta-stsd alone")
    bench = Bench(make_world(root, count))
    server = peers.Ours(bench.world, 2)
    result = {server.name: bench.grown(server)}
    result[server.name] |= bench.changes(server)
    server.stop()
    result["cold_us"] = bench.cold_rounds([peers.Ours(bench.world, 1)], 3)
    return result


def row(name, values, form):
    say(f"{name:34}" + "".join(
        f"{'-' if v is None else form(v):>16}" for v in values))


def spread(values):
    return (f"{statistics.median(values):.0f} "
            f"({min(values):.0f}-{max(values):.0f})")


def mib(kib):
    return f"{kib / 1024:.1f}"


def times(got):
    return "{p50_ms:.1f}/{p99_ms:.1f}/{p999_ms:.1f}".format(**got)


ROWS = (("start, s", "start_s", "{:.2f}".format),
        ("MiB, cold", "cold_kib", mib),
        ("MiB, all fetched", "warm_kib", mib),
        ("fetches/s", "free", lambda got: str(got["rate"])),
        ("p50/99/99.9 ms", "free", times),
        ("fetches/s, 300 slow", "held", lambda got: str(got["rate"])),
        ("p50/99/99.9 ms, 300 slow", "held", times))


def table(results):
    names = [kind.name for kind in SERVERS]
    say("")
    row("", names + ["floor"], str)
    for count, r in results.items():
        row(f"{count}: us a fetch, 1 worker",
            [r["cold_us"].get(n) for n in names + ["floor"]], spread)
    for what, key, form in ROWS:
        for count, r in results.items():
            values = [r.get(n, {}).get(key) for n in names]
            if any(v is not None for v in values):
                row(f"{count}: {what}", values, form)
    for count, r in results.items():
        for name in names:
            for key, what in (("policy", "policy"), ("pair", "certificate")):
                if key in r.get(name, {}):
                    say(f"{count}: {name}: a changed {what} served after "
                        "{served_s:.2f} s, {processor_s:.2f} s of processor "
                        "time; {failed} fetches failed, {good} did "
                        "not".format(**r[name][key]))


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
    for most in ALONE[-1:]:
        alone = results[most]["mta-stsd"]
        yield f"start, {most}, s", alone["start_s"], 15
        yield f"memory, {most}, cold, MiB", alone["cold_kib"] / 1024, 400


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
    failed = sum(last["mta-stsd"][key]["failed"]
                 for key in ("policy", "pair"))
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
    os.makedirs(OUT, exist_ok=True)
    file = f"{OUT}/{'quick' if QUICK else 'bench'}.json"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    root = tempfile.mkdtemp(prefix="bench.")
    try:
        for count in sorted(SIZES + ALONE):
            one = measure_size if count in SIZES else measure_alone
            results[count] = one(f"{root}/{count}", count)
            shutil.rmtree(f"{root}/{count}")
            with open(file, "w", encoding="ascii") as f:
                json.dump(results, f, indent=1)
    finally:
        shutil.rmtree(root)
    table(results)
    say("\nprocesses that wanted a processor, the last 15 minutes: "
        f"{os.getloadavg()[2]:.1f} (these are about 2)")
    faults = judge(results)
    say(f"bench: {file}")
    return 1 if faults else 0


sys.exit(main())
