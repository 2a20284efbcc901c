# SPDX-License-Identifier: ISC
"""The servers that are compared, each set up as well as its manual knows for
this one task: TLS 1.2 and 1.3, AES-128 first where that can be said, no
tickets, no log of fetches, the policy out of memory where it can. All serve
the same bytes for the same names with the same certificates."""

import os
import shutil
import signal
import subprocess

import measure

HOST = "mta-sts.{}"
SUITES = ("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
          "TLS_AES_256_GCM_SHA384")


def policy(name, max_age=604800):
    return (f"version: STSv1\r\nmode: enforce\r\nmx: mx.{name}\r\n"
            f"max_age: {max_age}\r\n")


class World:
    """Names, their certificates, and a directory of its own a server."""

    def __init__(self, root, build, names):
        self.root, self.build, self.names = root, build, names
        self.certs = f"{root}/certs"
        self.ages = {}  # of those that are not as the others

    def age(self, name):
        return self.ages.get(name, 604800)

    def pair(self, name):
        host = HOST.format(name)
        return (f"{self.certs}/{host}/cert.pem",
                f"{self.certs}/private/{host}/key.pem")

    def renew(self, name):
        """Another certificate and key in the place of a domain's own."""
        new = f"{self.root}/renewed"
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(f"{new}/private")
        shutil.copy2(f"{self.certs}/ca.pem", new)  # of the same authority
        shutil.copytree(f"{self.certs}/private/ca", f"{new}/private/ca")
        config = f"{self.root}/renewed.yaml"
        with open(config, "w", encoding="ascii") as f:
            f.write("listen: { https: off, http: off, admin: off, "
                    'plain: "127.0.0.1:1" }\n'
                    f"state: {new}\ncerts: {new}\n"
                    f"domains: {{ {name}: {{ mode: none }} }}\n")
        subprocess.run([f"{self.build}/mta-stsctl", "-c", config, "selfsign"],
                       check=True, stdout=subprocess.DEVNULL)
        for old in reversed(self.pair(name)):  # the key first, as uacme does
            os.replace(new + old.removeprefix(self.certs), old)


class Server:
    """One process tree, pinned to processors, on a port of its own."""

    port = 0
    reloads = signal.SIGHUP

    def __init__(self, world, workers):
        self.world, self.workers = world, workers
        self.home = f"{world.root}/{self.name}"
        os.makedirs(self.home, exist_ok=True)
        self.process = None

    def path(self, file):
        return f"{self.home}/{file}"

    def write(self, file, text):
        with open(self.path(file + "~"), "w", encoding="ascii",
                  newline="") as f:
            f.write(text)
        os.rename(self.path(file + "~"), self.path(file))

    def start(self, processors):
        self.configure()
        # pylint: disable=consider-using-with # it lives until stop
        self.process = subprocess.Popen(
            [*measure.OURS, "taskset", "-c", processors, *self.command()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.path("log"), "ab"))

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None

    def change(self):
        """Take the changed world."""
        self.configure()
        self.renewed()

    def renewed(self):
        """Take the certificates as they stand."""
        if self.reloads:
            self.process.send_signal(self.reloads)


class Ours(Server):
    name, port, reloads = "mta-stsd", 9441, None  # it sees for itself
    log = "access: off"

    def configure(self):
        head = f"""\
listen: {{ https: "127.0.0.1:{self.port}", http: off, admin: off }}
user: {'root' if os.getuid() == 0 else 'nobody'}
workers: {self.workers}
state: {self.path('state')}
certs: {self.world.certs}
log: {{ {self.log} }}
domains:
"""
        self.write("mta-stsd.yaml", head + "".join(
            f"  {n}: {{ mode: enforce, mx: [mx.{n}], "
            f"max_age: {self.world.age(n)} }}\n" for n in self.world.names))

    def command(self):
        return [f"{self.world.build}/mta-stsd", "-c",
                self.path("mta-stsd.yaml")]


class Nginx(Server):
    name, port = "nginx", 9442

    def server(self, name):
        cert, key = self.world.pair(name)
        text = policy(name, self.world.age(name))
        return (f"server {{ listen 127.0.0.1:{self.port} ssl; "
                f"server_name {HOST.format(name)}; "
                f"ssl_certificate {cert}; ssl_certificate_key {key}; "
                "location = /.well-known/mta-sts.txt { "
                f"default_type text/plain; return 200 \"{text}\"; }} }}\n")

    def configure(self):
        count = max(512, 2 * len(self.world.names))
        self.write("nginx.conf", f"""\
daemon off; worker_processes {self.workers}; user root;
pid {self.path('pid')}; error_log {self.path('log')} error;
events {{ worker_connections 8192; }}
http {{
access_log off; server_tokens off;
server_names_hash_max_size {count}; server_names_hash_bucket_size 128;
ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;
ssl_ecdh_curve X25519:P-256; ssl_session_tickets off; ssl_session_cache off;
ssl_conf_command Ciphersuites {SUITES};
ssl_conf_command NumTickets 0;
{''.join(map(self.server, self.world.names))}}}
""")

    def command(self):
        return ["nginx", "-e", self.path("log"), "-c",
                self.path("nginx.conf")]


class Haproxy(Server):
    name, port, reloads = "haproxy", 9443, signal.SIGUSR2

    def configure(self):
        os.makedirs(self.path("pem"), exist_ok=True)
        for name in self.world.names:
            pem = self.path(f"pem/{name}.pem")
            if not os.path.exists(pem):
                text = ""
                for part in self.world.pair(name):
                    with open(part, encoding="ascii") as f:
                        text += f.read()
                with open(pem, "w", encoding="ascii") as f:
                    f.write(text)
        changed = "".join(f"{HOST.format(n)} {age}\n"
                          for n, age in self.world.ages.items())
        self.write("ages", changed)
        self.write("haproxy.cfg", f"""\
global
  nbthread {self.workers}
  maxconn 8192
  ssl-default-bind-ciphersuites {SUITES}
  ssl-default-bind-curves X25519:P-256
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  tune.ssl.cachesize 0
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
  timeout http-request 10s
frontend f
  bind 127.0.0.1:{self.port} ssl crt {self.path('pem')} strict-sni
  option http-server-close
  http-request return status 200 content-type text/plain lf-string "version: STSv1\\r\\nmode: enforce\\r\\nmx: mx.%[ssl_fc_sni,regsub(^mta-sts[.],)]\\r\\nmax_age: %[ssl_fc_sni,map({self.path('ages')},604800)]\\r\\n" if {{ path /.well-known/mta-sts.txt }}
""")

    def command(self):
        return ["haproxy", "-W", "-db", "-f", self.path("haproxy.cfg")]


class H2o(Server):
    name, port = "h2o", 9444

    def configure(self):
        os.makedirs(self.path("www"), exist_ok=True)
        hosts = ""
        for name in self.world.names:
            cert, key = self.world.pair(name)
            file = self.path(f"www/{name}.txt")
            with open(file, "w", encoding="ascii", newline="") as f:
                f.write(policy(name, self.world.age(name)))
            hosts += f"""\
  "{HOST.format(name)}:{self.port}":
    listen:
      host: 127.0.0.1
      port: {self.port}
      ssl:
        certificate-file: {cert}
        key-file: {key}
    paths:
      /.well-known/mta-sts.txt:
        file.file: {file}
"""
        self.write("h2o.conf", f"""\
num-threads: {self.workers}
user: root
pid-file: {self.path('pid')}
error-log: {self.path('log')}
ssl-session-resumption:
  mode: off
hosts:
{hosts}""")

    def command(self):
        return ["h2o", "-c", self.path("h2o.conf")]


ALL = (Ours, Nginx, Haproxy, H2o)
