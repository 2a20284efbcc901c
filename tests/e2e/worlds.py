# SPDX-License-Identifier: ISC
"""worlds.py TABLE DIR: read a table of worlds (verify.table) and make in DIR
what they are made of: names for dns.py, zones for unbound, certificates of
a CA (authority/root.pem), configurations, and plan.json for broken.py. The
words of the second column, each for what is not as it is by default:

  txt, tlsrpt TEXT...     the records; none
  host TYPE VALUE...      the records of the policy host; none
  dns NAME TYPE VALUE     one record more, or a fate (see dns.py)
  zone mute|dead|servfail the name server of the whole domain
  nothing                 the domain has no name server at all
  named NAME              the domain's name is another
  mode, age, patterns     of the policy; a number stands for as many patterns
  mx P:HOST...            the MX records; none
  pair none|wildcard|...  what our daemon has for the domain
  stranger                the domain is not configured
  web WAY...              the policy host's addresses are servers that behave
                          so (broken.py); ours has no name of its own then
  away WAY...             the same beside a `host:` that the CNAME leads past
  mail WAY...             the addresses of the domain's own MX host
  cert, mail-cert KIND    what these show (certificates.py)
  body TEXT               what web serves; {} is the policy
  line OLD NEW            one line of the policy that web serves; none
  ends LF|CR              what ends its lines
"""

import hashlib
import json
import pathlib
import shlex
import sys

import certificates

HOME = "policies.example.net"
HOME_ADDRESSES = "127.0.0.10", "fd00::10"
MAIL_HOSTS = "mx.example.net", "mx2.example.net", "mx.deep.example.net"
REPORTS = "mailto:tls@example.net"
ISSUER, DIRECTORY = "ca.example.net", "127.0.0.99"
MUTE, DEAD = "127.0.0.56", "127.0.0.57"
STRING_MAX = 255
HOSTS_TOGETHER = 50
LONG_NAME = ".".join(["a" * 60] * 3 + ["a" * 51])


class World:
    def __init__(self, number, line):
        columns = [column.strip() for column in line.split(" | ")]
        self.name, how, verdict = columns[:3]
        self.verdict, _, codes = verdict.partition(":")
        self.codes = sorted(codes.split())
        self.number = number
        self.domain = self.name + ".example"
        self.how = {"dns": []}
        for words in filter(None, (part.strip() for part in how.split(" & "))):
            word, *rest = shlex.split(words)
            if word == "dns":
                self.how["dns"].append(rest)
            else:
                self.how[word] = rest
        if "named" in self.how:
            self.domain = self.how["named"][0].replace("LONGNAME", LONG_NAME) \
                .replace("LONGESTNAME", "aa" + LONG_NAME)
        self.sender = columns[3] if len(columns) > 3 else self._sender()

    def _sender(self):
        well = self.verdict in ("ok", "warning")
        return "accepts" if well else "refuses"

    def one(self, word, default=None):
        return self.how[word][0] if word in self.how else default

    def at(self, text):
        return text.replace("@", self.domain)

    @property
    def host(self):
        return "mta-sts." + self.domain

    @property
    def mail_host(self):
        return self.domain if self.how.get("mx") == ["none"] \
            else "mx." + self.domain

    @property
    def is_bare(self):
        """Is it verified by a configuration without `host:`?"""
        return "web" in self.how

    def patterns(self):
        first = self.one("patterns")
        if first and first.isdigit():
            return [f"mx{n}.example.net" for n in range(int(first))]
        if first:
            return [self.at(pattern) for pattern in self.how["patterns"]]
        return [self.mail_host if "mail" in self.how else "mx.example.net"]

    def policy(self):
        lines = ["version: STSv1", f"mode: {self.one('mode', 'enforce')}"]
        lines += [f"mx: {pattern}" for pattern in self.patterns()]
        lines += [f"max_age: {self.one('age', '604800')}"]
        return "".join(line + "\r\n" for line in lines)

    def id(self):
        digest = hashlib.sha256(self.policy().encode()).hexdigest()
        return digest[:20] + "Z"

    def body(self):
        """The bytes that web serves."""
        text = self.policy()
        if "line" in self.how:
            old, new = self.how["line"]
            assert old + "\r\n" in text, (self.name, old)
            text = text.replace(
                old + "\r\n", "" if new == "none" else new + "\r\n")
        if "body" in self.how:
            pattern = self.one("body")
            for escape, char in (r"\r", "\r"), (r"\n", "\n"), \
                    (r"\ufeff", "\ufeff"):
                pattern = pattern.replace(escape, char)
            text = pattern.replace("{}", text)
        ends = {"LF": "\n", "CR": "\r", None: "\r\n"}[self.one("ends")]
        return text.replace("\r\n", ends).encode()

    def entry(self):
        """The domain in our configuration."""
        patterns = ", ".join(f'"{pattern}"' for pattern in self.patterns())
        return f"  {self.domain}: {{ mode: {self.one('mode', 'enforce')}, " \
            f"max_age: {self.one('age', '604800')}, mx: [{patterns}] }}\n"

    # --- servers -------------------------------------------------------------

    def address(self, place, way):
        """The way without its 6, and an address of the domain's own."""
        high, low = divmod(self.number, 250)
        if way.endswith("6") and not way[0].isdigit():
            return way[:-1], f"fd00::{self.number:x}:{place}"
        return way, f"127.{high + 1}.{low}.{place}"

    def servers(self):
        """(kind, host, address, way, certificate's kind)..."""
        for place, way in enumerate(
                self.how.get("web") or self.how.get("away") or [], 10):
            way, address = self.address(place, way)
            yield "web", self.host, address, way, self.one("cert", "well")
        for place, way in enumerate(self.how.get("mail") or [], 50):
            way, address = self.address(place, way)
            yield "mail", self.mail_host, address, way, \
                self.one("mail-cert", "well")

    # --- DNS -----------------------------------------------------------------

    def texts(self, word, default):
        """The values of TXT records."""
        for text in self.how.get(word, [default]):
            if text != "none":
                yield self.text(text)

    def text(self, text):
        text = text.replace("CAPITALID", self.id().upper())
        text = text.replace("=ID", "=" + self.id())
        text = text.replace("^ID", "^" + self.id()).replace("LONG", "x" * 300)
        strings = []
        for part in text.split("^"):
            while len(part) > STRING_MAX:
                strings.append(part[:STRING_MAX])
                part = part[STRING_MAX:]
            strings.append(part)
        return "TXT " + " ".join(shlex.quote(string) for string in strings)

    def records(self):
        """(name, type and value)..."""
        if "nothing" in self.how:
            return
        for value in self.texts("txt", "v=STSv1; id=ID;"):
            yield "_mta-sts.@", value
        for value in self.texts("tlsrpt", "v=TLSRPTv1; rua=" + REPORTS):
            yield "_smtp._tls.@", value
        for mx in self.how.get("mx", [
                "10:mx.@" if "mail" in self.how else "10:mx.example.net"]):
            if mx != "none":
                yield "@", "MX " + mx.replace(":", " ")
        kind, *values = self.how.get("host", ["CNAME", HOME])
        if kind != "none" and not {"web", "away"} & set(self.how):
            for value in values:
                yield "mta-sts.@", f"{kind} {value}"
        for _, host, address, _, _ in self.servers():
            yield host, ("AAAA " if ":" in address else "A ") + address
        for name, kind, *value in self.how["dns"]:
            yield name, self.text(*value) if kind == "TXT" \
                else " ".join([kind] + value)
        if self.one("zone") == "servfail":
            for name in "@", "_mta-sts.@", "mta-sts.@", "_smtp._tls.@":
                yield name, "SERVFAIL"


def read(table):
    with open(table, encoding="utf-8") as lines:
        rows = [line for line in lines if line.strip() and line[0] != "#"]
    return [World(number, row) for number, row in enumerate(rows, 1)]


def write_names(worlds, out):
    names = [f"{HOME} A {HOME_ADDRESSES[0]}",
             f"{HOME} AAAA {HOME_ADDRESSES[1]}"]
    names += [f"{host} A 127.0.0.{25 + n}"
              for n, host in enumerate(MAIL_HOSTS)]
    names += ["sts.example.net TXT x", "other.example.net A 127.0.0.1"]
    for world in worlds:
        for name, value in world.records():
            if not value.startswith("TXT "):
                value = world.at(value)
            names.append(f"{world.at(name)} {value}")
    (out / "names").write_text("\n".join(names) + "\n")
    zones = {"mute": MUTE, "dead": DEAD}
    (out / "zones.conf").write_text("".join(
        f"forward-zone:\n\tname: {world.domain}\n"
        f"\tforward-addr: {zones[world.one('zone')]}\n"
        for world in worlds if world.one("zone") in zones))


def write_configurations(worlds, out):
    """
    homely.yaml and bare.yaml, which verify the domains of homely and bare, and
    have another CA each; served.yaml, which is served.
    """
    head = f"""\
state: {out}/state
certs: {out}/certs
defaults: {{ tlsrpt: "{REPORTS}" }}
"""
    acme = "acme: { agree_to_terms: true }\n"
    acme_of_ours = acme.replace(
        " }", f", directory: \"http://{DIRECTORY}/directory\" }}")
    home = f"host: {HOME}\n"
    served = f"""\
listen: {{ https: ["{HOME_ADDRESSES[0]}:443", "[{HOME_ADDRESSES[1]}]:443"], admin: off }}
user: root
workers: 1
log: {{ access: off }}
"""
    ours = [world for world in worlds if "stranger" not in world.how]
    for name, settings, part in (
            ("homely", acme + home, [w for w in ours if not w.is_bare]),
            ("bare", acme_of_ours, [w for w in ours if w.is_bare]),
            ("served", served + home, [w for w in worlds if not w.is_bare])):
        (out / f"{name}.yaml").write_text(
            head + settings + "domains:\n" + "".join(
                world.entry() for world in part))
    for name, is_bare in ("homely", False), ("bare", True):
        (out / name).write_text("".join(
            world.domain + "\n" for world in worlds
            if world.is_bare == is_bare))


def share(authority, out, hosts):
    """Certificates for many hosts each; host to pair."""
    pairs = {}
    for at in range(0, len(hosts), HOSTS_TOGETHER):
        together = hosts[at:at + HOSTS_TOGETHER]
        pair = out / f"shared-{at}"
        authority.pair(pair, "well", together)
        pairs.update((host, pair) for host in together)
    return pairs


def write_pairs(worlds, out, authority):
    """What our daemon has."""
    share(authority, out / "certs", [HOME] + [
        world.host for world in worlds if "pair" not in world.how])
    for world in worlds:
        kind = world.one("pair", "none")
        if kind != "none":
            authority.pair(
                out / "certs" / world.name, kind, [world.host])


def write_plan(worlds, out, authority):
    """The servers that misbehave, and the MX hosts that are well."""
    well = sorted({host for world in worlds
                   for _, host, _, _, kind in world.servers()
                   if kind == "well"})
    pairs = share(authority, out / "shown", list(MAIL_HOSTS) + well)
    plan = [{"kind": "mail", "address": f"127.0.0.{n}", "way": "well",
             "cert": str(pairs[host])}
            for n, host in enumerate(MAIL_HOSTS, 25)]
    plan.append({"kind": "mute", "address": MUTE})
    plan.append({"kind": "directory", "address": DIRECTORY, "way": ISSUER})
    for world in worlds:
        for kind, host, address, way, shown in world.servers():
            pair = pairs[host] if shown == "well" \
                else out / "shown" / f"{kind}-{world.name}"
            if not (pair / "cert.pem").exists():
                authority.pair(pair, shown, [host])
            plan.append({
                "kind": kind, "address": address, "way": way,
                "cert": str(pair), "body": world.body().decode("latin-1")})
    plan.extend({"kind": "address", "address": address}
                for address in HOME_ADDRESSES)
    (out / "plan.json").write_text(json.dumps(plan, indent=1))


def main():
    table, out = sys.argv[1:]
    worlds, out = read(table), pathlib.Path(out)
    authority = certificates.Authority(out / "authority")
    write_names(worlds, out)
    write_configurations(worlds, out)
    write_pairs(worlds, out, authority)
    write_plan(worlds, out, authority)


if __name__ == "__main__":
    main()
