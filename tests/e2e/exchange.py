# SPDX-License-Identifier: ISC
"""Run the cases of a table of raw HTTP exchanges (see http.table) against a
running daemon: each piece as it stands, then all that comes back is judged.
Besides what a case asks for, RULES P holds for every answer."""

import argparse
import concurrent.futures
import email.utils
import re
import sys
import time

from wire import Wire

POLICY_PATH = "/.well-known/mta-sts.txt"
TYPE = "text/plain; charset=utf-8"
OWN_WORDS = re.compile(rb"mta-stsd/|microhttpd|openssl|error:|\.c:", re.I)
FIELDS = {b"date", b"content-type", b"content-length", b"connection", b"allow",
          b"cache-control", b"x-content-type-options", b"server", b"location"}
STATUS_LINE = re.compile(rb"^HTTP/\d\.\d \d", re.M)
POLICY_LINE = re.compile(rb"^(version|mode|mx|max_age) *:", re.M)


class Case:
    def __init__(self, name):
        self.name, self.doors, self.sni = name, ["https"], None
        self.source, self.steps, self.expected = None, [], None
        self.checks, self.peer, self.body = [], None, None


def unescape(text):
    """\\r \\n \\xNN as in Python; {N*text} is text N times."""
    text = re.sub(r"\{(\d+)\*([^}]*)\}",
                  lambda m: int(m[1]) * m[2], text)
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def read_table(path):
    cases = []
    for number, line in enumerate(open(path, encoding="ascii"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        if not line.startswith("\t"):
            cases.append(Case(line))
            continue
        word, _, rest = line[1:].partition(" ")
        case = cases[-1]
        if word == "doors":
            case.doors = rest.split()
        elif word in ("sni", "source", "peer", "body"):
            setattr(case, word, rest)
        elif word in (">", ".", "raw>"):
            case.steps.append((word, unescape(rest)))
        elif word in ("wait", "close"):
            case.steps.append((word, rest))
        elif word == "=":
            case.expected = rest.split()
        elif word in ("has", "hasnot"):
            case.checks.append((word, unescape(rest)))
        else:
            sys.exit(f"{path}:{number}: what is {word}?")
    return cases


def good_head(args):
    return (f"GET {POLICY_PATH} HTTP/1.1\r\nHost: {args.sni}\r\n"
            "X-A: b\r\n\r\n").encode()


def mutations(args):
    """The byte put at every place of a good head: 400 each (RULES P1)."""
    good = good_head(args)
    for byte, label in ((b"\0", "nul"), (b"\r", "cr"), (b"\n", "lf")):
        for place in range(len(good)):
            bad = good[:place] + byte + good[place:]
            if bad.startswith(good):
                continue
            case = Case(f"rfc9112_h2_bare_{label}_at_{place}")
            case.doors = list(args.ports)
            case.steps, case.expected = [(">", bad)], ["400"]
            yield case


def cuts(args):
    """A good head in two pieces, cut at every place."""
    good = good_head(args)
    for place in range(1, len(good)):
        case = Case(f"cut_at_{place}")
        case.steps = [(">", good[:place]), ("wait", "3"), (">", good[place:])]
        case.expected = ["200", "policy"]
        yield case


def play(case, door, args):
    wire = Wire(args.address, args.ports[door], case.source, args.limit)
    began = time.monotonic()
    try:
        for word, what in case.steps:
            if word == "raw>":
                wire.send(what)
        if door == "https" and not wire.handshake(case.sni or args.sni,
                                                  args.ca):
            return b"", "no handshake", 0.0
        for word, what in case.steps:
            if word == ">":
                wire.send(what)
            elif word == ".":
                for byte in what:
                    wire.send(bytes([byte]))
            elif word == "wait":
                time.sleep(int(what) / 1000)
            elif word == "close":
                wire.half_close(what != "rudely")
        data = wire.read_to_end()
        return data, wire.end, time.monotonic() - began
    finally:
        wire.close()


def judge_header(status, lines, body, head_only):
    fields = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or name.lower() in fields:
            yield f"header line {line!r}"
        fields[name.lower()] = value.strip().decode("latin-1")
    strange = fields.keys() - FIELDS
    if strange:
        yield f"header {strange}"
    length = fields.get(b"content-length", "")
    if not length.isdigit():
        yield "no Content-Length"
    elif not head_only and int(length) != len(body):
        yield f"Content-Length {length}, body {len(body)}"
    if fields.get(b"connection", "").lower() != "close":
        yield "no Connection: close"
    if fields.get(b"content-type") != TYPE:
        yield f"Content-Type {fields.get(b'content-type')}"
    if fields.get(b"x-content-type-options") != "nosniff":
        yield "no nosniff"
    if status == 200 and fields.get(b"cache-control") != "max-age=60":
        yield f"Cache-Control {fields.get(b'cache-control')}"
    if (status == 405) != (b"allow" in fields):
        yield "Allow belongs to 405"
    if (status == 302) != (b"location" in fields):
        yield "Location belongs to 302"
    if b"content-encoding" in fields or b"transfer-encoding" in fields:
        yield "an encoding"
    try:
        date = email.utils.parsedate_to_datetime(fields.get(b"date", ""))
        if abs(date.timestamp() - time.time()) > 60:
            yield "Date is off"
    except (TypeError, ValueError):
        yield "no Date"
    if re.search(r"\d|libmicro", fields.get(b"server", "")):
        yield "a version in Server"


def judge_answer(case, data, args):
    head, gap, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    first = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [A-Z][\w' -]*", lines[0])
    if not gap or not first:
        yield "no whole header"
        return
    status = int(first[1])
    if str(status) not in case.expected[0].split("|"):
        yield f"status {status}"
    if len(STATUS_LINE.findall(data)) != 1:
        yield "two header blocks"
    head_only = "nobody" in case.expected
    if head_only and body:
        yield "a body after HEAD"
    yield from judge_header(status, lines[1:], body, head_only)
    if "policy" in case.expected and body != policy_of(case, args):
        yield "not the policy"
    if "policy" not in case.expected and POLICY_LINE.search(body):
        yield "it looks like a policy"
    if OWN_WORDS.search(data):
        yield "words of our own or a library's"


def policy_of(case, args):
    if not case.body:
        return args.policy
    with open(case.body, "rb") as file:
        return file.read()


def judge(case, door, data, end, seconds, args):
    if seconds > args.limit - 0.2 or end == "timeout":
        yield "past its deadline"
    closed = "closed" in case.expected[0].split("|")
    if closed and not data and end != "no handshake":
        return
    if "refused" in case.expected:
        if data or end not in ("no handshake", "fin", "reset", "alert"):
            yield "it was let in"
        return
    if not data:
        yield f"no answer ({end})"
        return
    if case.expected[0] == "closed":
        yield "an answer"
    if end != ("close_notify" if door == "https" else "fin"):
        yield f"ended by {end}"
    yield from judge_answer(case, data, args)
    for word, what in case.checks:
        if (what in data) != (word == "has"):
            yield f"{word} {what!r}"
    if case.peer and not in_log(args.log, f"peer={case.peer} "):
        yield f"peer {case.peer} is not in the log"


def in_log(path, text):
    for _ in range(100):
        if text in open(path, encoding="utf-8", errors="replace").read():
            return True
        time.sleep(0.02)
    return False


def run(job):
    case, door, args = job
    try:
        data, end, seconds = play(case, door, args)
    except OSError as error:
        return f"FAIL {case.name} ({door}): {error}"
    faults = list(judge(case, door, data, end, seconds, args))
    if not faults:
        return None
    return (f"FAIL {case.name} ({door}): {'; '.join(faults)}\n"
            f"     {data[:300]!r} ({end}, {seconds:.2f} s)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table", help="a file, or :mutations, or :cuts")
    parser.add_argument("--address", required=True)
    for door in ("https", "plain", "http"):
        parser.add_argument(f"--{door}", type=int, help="its port")
    parser.add_argument("--sni", default="mta-sts.example.com")
    parser.add_argument("--ca")
    parser.add_argument("--policy", help="the file with its bytes")
    parser.add_argument("--log")
    parser.add_argument("--only", help="names with this in them")
    parser.add_argument("--limit", type=float, default=8.0)
    args = parser.parse_args()
    args.ports = {d: getattr(args, d) for d in ("https", "plain", "http")
                  if getattr(args, d)}
    if args.policy:
        args.policy = open(args.policy, "rb").read()
    made = {":mutations": mutations, ":cuts": cuts}
    cases = list(made[args.table](args)) if args.table in made \
        else read_table(args.table)
    jobs = [(case, door, args) for case in cases for door in case.doors
            if door in args.ports and (args.only or "") in case.name]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        faults = [f for f in pool.map(run, jobs) if f]
    for fault in faults:
        print(fault)
    print(f"{len(jobs)} exchanges of {len(cases)} cases, "
          f"{len(faults)} failed")
    sys.exit(1 if faults or not jobs else 0)


if __name__ == "__main__":
    main()
