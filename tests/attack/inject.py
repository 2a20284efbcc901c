# SPDX-License-Identifier: ISC
"""inject.py BIN DIR ADDRESS STEP ROLE...: one system call or one allocation
of a whole life fails, another in each life, every STEP-th of them.

A life is a start, a fetch, a reload, another fetch and a stop. Below DIR stand
conf (the configuration, LISTEN and STATE to be replaced), certs with ca.pem,
old and new (the policy before and after the reload). The roles are start (the
manager's calls), reload (all processes' from the reload on), fetch (a
worker's), first and child (allocations of the manager, of a worker), renew
(mta-stsctl renew's calls) and renew-memory.

Each life must end well: right bytes, or no answer while something is amiss and
then right bytes again; or an end with a status that is not 0 and a sentence. No
signal but the manager's own SIGKILL, none left behind, and a start on a broken
file afterwards finds what was last good."""

import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

BIN, DIR, ADDRESS, STEP, *ROLES = sys.argv[1:]
DIR = pathlib.Path(DIR).resolve()
DOMAIN = "example.com"
OLD, NEW = (DIR / "old").read_bytes(), (DIR / "new").read_bytes()
SLOW = int(os.environ.get("SLOW", "1"))
HERE = pathlib.Path(__file__).resolve().parent
MEMORY = 2000  # allocations, at most
PLACES = 6  # lives at once: mostly they wait

# What cannot fail, or is no call of ours but the start or the end itself.
NEVER = set("""execve exit exit_group arch_prctl set_tid_address getpid gettid
    getppid geteuid getuid getegid getgid umask rt_sigreturn restart_syscall
    rseq set_robust_list brk sched_yield vfork""".split())
# At any error that the kernel never gives here glibc ends the process.
NEVER.add("futex")
# It lets go of the descriptor even where it fails; strace would keep it.
NEVER.add("close")
ERRORS = collections.defaultdict(lambda: "EINVAL", {
    call: error for error, calls in {
        "ENOMEM": """mmap munmap mprotect madvise mremap epoll_ctl bind fork
            inotify_add_watch""",
        "EMFILE": """openat open socket socketpair pipe2 epoll_create1 accept4
            inotify_init1 signalfd4 timerfd_create dup dup2 fcntl memfd_create
            landlock_create_ruleset eventfd2""",
        "EIO": """read pread64 getdents64 fsync fdatasync readlink newfstatat
            fstat statx lseek unlink unlinkat statfs access""",
        "ENOSPC": "write pwrite64 rename renameat mkdir link ftruncate",
        "EPERM": """fchmod chown fchown fchownat prctl prlimit64 capset capget
            landlock_restrict_self setgroups setresuid setresgid seccomp
            kill fchmodat flock""",
        "EAGAIN": "clone clone3 getrandom",
        "EINTR": "epoll_wait wait4 poll nanosleep clock_nanosleep",
        "EADDRINUSE": "listen",
        "ENOBUFS": "sendto sendmsg",
        "ECONNRESET": "recvfrom recvmsg shutdown connect",
    }.items() for call in calls.split()})
# A sanitizer makes these for itself, and ends where they fail.
if "SANITIZED" in os.environ:
    NEVER.update("mmap munmap mprotect madvise mremap sigaltstack".split())
# The daemon never waits in wait4, and what does not wait is not interrupted.
# Of mta-stsctl's start: that a standard descriptor is closed cannot be told.
SILENT = {("renew", "fcntl", number) for number in (1, 2, 3)}
# What a fault was found by is among the chosen each time.
FOUND = {("reload", "sendto")}
CRASH = re.compile(r"killed by signal (?!9 )|Sanitizer|runtime error:"
                   r"|[Aa]ssertion|stack smashing|corrupt")
# How a sanitizer ends for itself, which is no finding about us.
OWN = re.compile(r"CHECK failed: sanitizer_|AddressSanitizer [gs]etrlimit"
                 r"|LeakSanitizer has encountered a fatal error")


class Bad(Exception):
    pass


def until(seconds, what, condition):
    end = time.monotonic() + seconds * SLOW
    while not (got := condition()):
        if time.monotonic() > end:
            raise Bad(f"waited in vain for {what}")
        time.sleep(0.02)
    return got


def children(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


class Life:
    """A daemon in a place of its own."""

    def __init__(self, number, place):
        self.dir = DIR / f"life-{number}"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir()
        self.port = 20000 + place
        self.conf, self.log = self.dir / "conf.yaml", self.dir / "log"
        self.text = (DIR / "conf").read_text().replace(
            "LISTEN", f"{ADDRESS}:{self.port}").replace(
            "STATE", str(self.dir / "state"))
        self.conf.write_text(self.text)
        self.log.touch()
        self.process, self.manager, self.tracer = None, None, None

    def words(self):
        return self.log.read_text(errors="replace")

    def start(self, prefix=(), **environment):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, f"{BIN}/mta-stsd", "-c", self.conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | environment)
        self.manager = self.process.pid

    def find_manager(self, traced):
        if traced:
            self.manager = until(
                5, "the traced manager",
                lambda: self.ended() or self.program_below())[0]

    def program_below(self):
        """strace forks others before it, which end."""
        for pid in children(self.process.pid):
            try:
                if pathlib.Path(f"/proc/{pid}/comm").read_text() == \
                        "mta-stsd\n":
                    return [pid]
            except OSError:
                pass
        return None

    def ended(self):
        return self.process.poll() is not None and [self.process.pid]

    def attach(self, pids, options):
        self.tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", self.dir / "trace", *options,
             *(word for pid in pids for word in ("-p", str(pid)))],
            stdin=subprocess.DEVNULL, stderr=open(self.dir / "tracer", "wb"))
        for pid in pids:
            until(10, "the tracer", lambda: re.search(
                r"TracerPid:\s+[1-9]",
                pathlib.Path(f"/proc/{pid}/status").read_text()))

    def ask(self):
        """The policy, None for no answer; what is not right raises."""
        context = ssl.create_default_context(cafile=DIR / "certs" / "ca.pem")
        name = f"mta-sts.{DOMAIN}"
        data = b""
        try:
            with socket.create_connection((ADDRESS, self.port), 5) as plain, \
                    context.wrap_socket(plain, server_hostname=name) as sock:
                sock.sendall(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
                             f"Host: {name}\r\n\r\n".encode())
                while piece := sock.recv(4096):
                    data += piece
        except ssl.SSLCertVerificationError as error:
            raise Bad(f"a wrong certificate: {error}") from error
        except OSError:
            pass
        head, gap, body = data.partition(b"\r\n\r\n")
        if not gap:
            return None
        status = head.split()[1]
        if status in (b"408", b"500", b"503"):
            return None
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if status == b"200" and length and len(body) < int(length[1]):
            return None  # cut off, which a client sees
        if status != b"200" or body not in (OLD, NEW):
            raise Bad(f"a wrong answer: {data!r}")
        return body

    def let_go(self):
        """The tracer counts in each process anew: once is enough."""
        if self.tracer and "(INJECTED)" in \
                (self.dir / "trace").read_text(errors="replace"):
            self.tracer.terminate()

    def served(self, allowed, seconds=45):
        """One of allowed is served, or the daemon ends first: None."""
        def look():
            time.sleep(0.05)
            self.let_go()
            body = self.ask()
            return body if body in allowed else self.ended()
        body = until(seconds, f"one of {allowed}", look)
        return None if body == [self.process.pid] else body

    def change(self):
        self.conf.write_text(self.text.replace("604800", "604801"))
        os.kill(self.manager, signal.SIGHUP)

    def ours(self):
        """Processes of this life that are alive."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self.conf).encode() in \
                        (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def stop(self):
        if not self.ended():
            try:
                os.kill(self.manager, signal.SIGTERM)
            except ProcessLookupError:
                pass
        until(30, "the end", self.ended)
        return self.process.returncode

    def impossible(self):
        """Did a call fail that only takes something away, or one of a
        sanitizer's own?"""
        if OWN.search(self.words()):
            return True
        trace = self.dir / "trace"
        return trace.exists() and "EPOLL_CTL_DEL" in "".join(
            line for line in trace.read_text(errors="replace").splitlines()
            if "(INJECTED)" in line)

    def kill(self):
        for pid in self.ours():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        for process in (self.process, self.tracer):
            if process:
                process.kill()
                process.wait()

    def judge_end(self, status):
        words = self.words()
        if CRASH.search(words):
            raise Bad(f"a crash: {CRASH.search(words)[0]}")
        if status < 0 or status >= 128:
            raise Bad(f"ended by a signal: {status}")
        if status != 0 and not words.strip():
            raise Bad(f"status {status} without a sentence")
        until(10, "all its processes to end", lambda: not self.ours())

    def judge_state(self):
        """What is kept is whole: a start on a broken file serves it."""
        if not (self.dir / "state" / "last-good").exists():
            return "nothing kept"
        self.conf.write_text(
            re.sub(r"(?s)domains:.*", "domains: [ {\n", self.text))
        seen = len(self.words())
        self.start()
        if self.served((OLD, NEW), 15) is None:
            raise Bad("what was kept does not serve")
        if "last good configuration" not in self.words()[seen:]:
            raise Bad("it was not what was last good")
        if self.stop() != 0:
            raise Bad("the second life ended badly")
        return "kept"

    def outcome(self, seen):
        """Of a reload: the end, the new policy, or a word why not."""
        time.sleep(0.05)
        self.let_go()
        body = self.ask()
        return self.ended() or body == NEW or (
            re.search(r"(?m)^error: ", self.words()[seen:]) and body)

    def whole(self):
        """From the first fetch to the end. What happened, in few words."""
        story = []
        body = self.served((OLD,))
        story.append("served" if body else "ended")
        if body:
            seen = len(self.words())
            self.change()
            body = until(45, "an outcome of the reload",
                         lambda: self.outcome(seen))
            story.append("reloaded" if body is True else "refused")
            if self.ended():
                story[-1] = "ended"
        status = self.stop()
        if self.tracer:
            self.tracer.wait(20)
        story.append(str(status))
        self.judge_end(status)
        if story[0] == "ended" and status == 0:
            raise Bad("it never served and ended well")
        story.append(self.judge_state())
        return " ".join(story)


def inject(call, number):
    return ["-e", f"trace={call}", "-e",
            f"inject={call}:error={ERRORS[call]}:when={number}"]


def life_start(life, options):
    life.start(["strace", "-qq", "-o", life.dir / "trace", *options])
    life.find_manager(True)
    return life.whole()


def life_reload(life, options):
    life.start()
    life.served((OLD,))
    life.attach([life.manager], options)
    return life.whole()


def life_fetch(life, options):
    life.start()
    life.served((OLD,))
    life.attach(children(life.manager), options)
    return life.whole()


def life_memory(life, where, number):
    (life.dir / "told").write_bytes(bytes(16))
    life.start(LD_PRELOAD=f"{BIN}/attack/nomem.so", NOMEM_AT=str(number),
               NOMEM_IN=where, NOMEM_TOLD=str(life.dir / "told"))
    story = life.whole()
    if (life.dir / "told").read_bytes()[0] == 0:
        return "never came to it"
    return story


def renew(life, prefix=(), **environment):
    path = f"{HERE.parent}/e2e/fake:{os.environ['PATH']}"
    with open(life.log, "ab") as log:
        return subprocess.run(
            [*prefix, f"{BIN}/mta-stsctl", "-c", life.conf, "renew",
             "--force", f"mta-sts.{DOMAIN}"], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
            env=os.environ | {"PATH": path} | environment, check=False,
            timeout=120).returncode


def life_renew(life, prefix=(), **environment):
    """One renewal that fails somewhere, then one that must not."""
    (life.dir / "fake").mkdir()
    life.conf.write_text(
        "acme: { agree_to_terms: true, preflight: off }\n" +
        re.sub(r"(?m)^certs:.*", f"certs: {life.dir}/certs", life.text))
    status = renew(life, prefix, **environment)
    life.judge_end(status)
    if "NOMEM_TOLD" in environment and \
            (life.dir / "told").read_bytes()[0] == 0:
        return "never came to it"
    if renew(life) != 0:
        raise Bad("the next renewal fails")
    certs = life.dir / "certs"
    host = f"mta-sts.{DOMAIN}"
    keys = [subprocess.run(
        ["openssl", *words], capture_output=True, check=False).stdout
        for words in (
            ["x509", "-in", certs / host / "cert.pem", "-noout", "-pubkey"],
            ["pkey", "-in", certs / "private" / host / "key.pem", "-pubout"])]
    if not keys[0] or keys[0] != keys[1]:
        raise Bad("no whole pair")
    return f"renew {status}"


def life_renew_traced(life, options):
    return life_renew(
        life, ["strace", "-qq", "-o", life.dir / "trace", *options])


def life_renew_memory(life, where, number):
    (life.dir / "told").write_bytes(bytes(16))
    return life_renew(
        life, LD_PRELOAD=f"{BIN}/attack/nomem.so", NOMEM_AT=str(number),
        NOMEM_IN=where, NOMEM_TOLD=str(life.dir / "told"))


TRACED = {"start": life_start, "reload": life_reload, "fetch": life_fetch,
          "renew": life_renew_traced}


def count(role):
    """From one life that nothing fails in: of each call the first and the
    last that a process makes itself, which is once the loader has done."""
    life = Life(f"{role}-count", PLACES)
    try:
        print(f"{role}: {TRACED[role](life, [])}")
    finally:
        life.kill()
    calls = collections.Counter()
    most = collections.Counter()
    loader = collections.Counter()
    for line in (life.dir / "trace").read_text(errors="replace").splitlines():
        match = re.match(r"(?:(\d+) +)?([a-z0-9_]+)\(", line)
        if match and match[2] == "rseq":
            loader = most.copy()
        elif match and match[2] not in NEVER:
            calls[match[1], match[2]] += 1
            most[match[2]] = max(most[match[2]], calls[match[1], match[2]])
    return {call: range(loader[call] + 1, last + 1)
            for call, last in most.items()}


def faults(role):
    """All of a role: name, what to run with which arguments."""
    if role in TRACED:
        for call, numbers in sorted(count(role).items()):
            for number in numbers:
                if (role, call, number) in SILENT or \
                        (call == "wait4" and role != "renew"):
                    continue
                yield (f"{role} {call} {number} {ERRORS[call]}",
                       TRACED[role], (inject(call, number),))
        return
    for number in range(1, MEMORY + 1):
        if role == "renew-memory":
            yield f"{role} {number}", life_renew_memory, ("first", number)
        else:
            yield f"{role} {number}", life_memory, (role, number)


def run(number, place, name, function, arguments):
    life = Life(number, place)
    bad = False
    try:
        return name, function(life, *arguments), None
    except (Bad, OSError, subprocess.SubprocessError) as error:
        if life.impossible():
            return name, "a fault that is not ours to bear", None
        bad = True
        return name, f"BAD: {error}", life.words()
    finally:
        life.kill()
        if not bad:
            shutil.rmtree(life.dir)


def main():
    stories, bad, places = collections.Counter(), 0, list(range(PLACES))

    def one(fault):
        place = places.pop()
        try:
            return run(fault[0], place, *fault[1])
        finally:
            places.append(place)

    chosen = []
    for role in ROLES:
        every = list(faults(role))
        step = int(STEP)
        chosen += [fault for at, fault in enumerate(every)
                   if at % step == len(role) % step
                   or tuple(fault[0].split()[:2]) in FOUND]
        print(f"{role}: {len(every)} faults, every {step}th of them")
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(PLACES) as pool:
        for name, story, words in pool.map(one, enumerate(chosen)):
            stories[name.split()[0] + ": " + story.split(":")[0]] += 1
            if words is not None:
                bad += 1
                print(f"{name}: {story}\n{words}\n")
    for story, times in sorted(stories.items()):
        print(f"{times:6} {story}")
    print(f"{len(chosen)} lives, {bad} bad, "
          f"{time.monotonic() - began:.0f} s")
    return 1 if bad else 0


sys.exit(main())
