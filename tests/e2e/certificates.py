# SPDX-License-Identifier: ISC
"""Certificates by openssl(1), as they should be, and as they should not."""

import datetime
import subprocess

CONFIG = """
[ca]
default_ca = d
[d]
dir = {dir}
new_certs_dir = {dir}
database = {dir}/index
rand_serial = yes
unique_subject = no
default_md = sha256
policy = p
email_in_dn = no
[p]
commonName = optional
organizationName = optional
"""
# As the strictest ask for: Python 3.13 does.
KEYS = "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n"
LEAF = "basicConstraints = critical, CA:FALSE\n" + KEYS
ISSUER = "basicConstraints = critical, CA:TRUE\n" \
    "keyUsage = critical, keyCertSign\n" + KEYS
DAY = datetime.timedelta(days=1)


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-out", path)


class Issuer:
    """One that signs: path.pem and path.key."""

    def __init__(self, work, path):
        self.work, self.path = work, path

    def issue(self, key, subject, extensions, out, days=(-1, 30)):
        csr, names = self.work / "csr", self.work / "extensions"
        openssl("req", "-new", "-key", key, "-out", csr, "-subj", "/")
        names.write_text(extensions)
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = (f"{now + day * DAY:%Y%m%d%H%M%SZ}" for day in days)
        openssl("ca", "-batch", "-notext", "-config", self.work / "ca.cnf",
                "-cert", f"{self.path}.pem", "-keyfile", f"{self.path}.key",
                "-in", csr, "-subj", subject, "-extfile", names, "-out", out,
                "-startdate", begin, "-enddate", end)


def alternative(names):
    return "subjectAltName = " + ", ".join("DNS:" + name for name in names)


def domain_of(host):
    return host.split(".", 1)[1]


# What differs from a good certificate for the host: subject, names, days.
KINDS = {
    "expired": lambda host: {"days": (-30, -1)},
    "future": lambda host: {"days": (1, 30)},
    "name": lambda host: {"names": ["other.example.org"]},
    "domain": lambda host: {"names": [domain_of(host)]},
    "wildcard": lambda host: {"names": ["*." + domain_of(host)]},
    "wildcard-two": lambda host: {"names": ["*." + host.rsplit(".", 1)[1]]},
    "wildcard-part": lambda host: {
        "names": [host[:3] + "*." + domain_of(host)]},
    "cn-only": lambda host: {"subject": "/CN=" + host, "names": []},
    "cn-and-other": lambda host: {
        "subject": "/CN=" + host, "names": ["other.example.org"]},
    "ip": lambda host: {"names": [], "extra": "subjectAltName = IP:127.0.0.1"},
    "purpose": lambda host: {"extra": "extendedKeyUsage = clientAuth"},
    "intermediate": lambda host: {"by": "middle", "send": ["middle"]},
    "chain": lambda host: {"by": "middle"},
    "old-intermediate": lambda host: {"by": "old", "send": ["old"]},
    "untrusted": lambda host: {"by": "stranger", "send": ["stranger"]},
    "no-ca": lambda host: {"by": "leaf", "send": ["leaf"]},
}


def new_root(path, name):
    openssl("req", "-x509", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{path}.key",
            "-out", f"{path}.pem", "-days", "30", "-subj", "/CN=" + name,
            "-addext", "keyUsage = critical, keyCertSign")


class Authority:
    """All that is made below work; root.pem there is to be trusted."""

    def __init__(self, work):
        self.work = work
        work.mkdir(parents=True)
        (work / "index").write_text("")
        (work / "ca.cnf").write_text(CONFIG.format(dir=work))
        self.key = work / "key.pem"
        new_key(self.key)
        self.issuers = {}
        for name in "root", "stranger":
            new_root(work / name, f"throw-away {name}")
            self.issuers[name] = Issuer(work, work / name)
        for name, extensions, days in (
                ("middle", ISSUER, (-1, 30)), ("old", ISSUER, (-30, -1)),
                ("leaf", LEAF, (-1, 30))):
            path = work / name
            new_key(f"{path}.key")
            self.issuers["root"].issue(
                f"{path}.key", f"/CN=the {name} one", extensions,
                f"{path}.pem", days)
            self.issuers[name] = Issuer(work, path)

    def pair(self, out, kind, hosts):
        """out/cert.pem and out/key.pem for hosts, with a fault of that kind."""
        out.mkdir(parents=True)
        (out / "key.pem").write_bytes(self.key.read_bytes())
        (out / "key.pem").chmod(0o600)
        cert = out / "cert.pem"
        if kind == "self-signed":
            openssl("req", "-x509", "-new", "-key", self.key, "-out", cert,
                    "-days", "30", "-subj", "/CN=" + hosts[0],
                    "-addext", alternative(hosts))
            return
        how = {} if kind == "well" else KINDS[kind](hosts[0])
        names = how.get("names", hosts)
        extensions = LEAF + how.get("extra", "") + "\n" + \
            (alternative(names) if names else "")
        self.issuers[how.get("by", "root")].issue(
            self.key, how.get("subject", "/O=throw-away"), extensions, cert,
            how.get("days", (-1, 30)))
        with open(cert, "ab") as file:
            for name in how.get("send", []):
                file.write((self.work / f"{name}.pem").read_bytes())
