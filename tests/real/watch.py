# SPDX-License-Identifier: ISC
"""A client that never lets a host out of its sight.

    watch.py ADDRESS PORT ROOTS HOSTS OUT

Again and again each host of the file HOSTS, which may grow, is connected to, as a strict sender would: chain,
name, dates, and the proof that the key is the certificate's. What it meets:

    shown    all of that is well
    none     the alert unrecognized_name: no certificate
    away     nobody listens, or the connection was cut: the daemon is down
    wrong    anything else; that is what must not be

A line in OUT for each new certificate and for each new reason of a wrong; the
last line sums up, on SIGTERM; "least" is the least life that a certificate
had left when it was shown, in seconds.
"""

import signal
import socket
import ssl
import sys
import time

address, port, roots, list_of_hosts, out = sys.argv[1:]
context = ssl.create_default_context(cafile=roots)
count = {"shown": 0, "none": 0, "away": 0, "wrong": 0}
seen = {}
ended = []
least = float("inf")


def meet(host):
    """What it meets, and the certificate or the reason."""
    try:
        with socket.create_connection((address, int(port)), 10) as tcp:
            with context.wrap_socket(tcp, server_hostname=host) as tls:
                return "shown", tls.getpeercert()
    except ssl.SSLCertVerificationError as error:
        return "wrong", error.verify_message
    except ssl.SSLError as error:
        if error.reason == "TLSV1_UNRECOGNIZED_NAME":
            return "none", ""
        if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return "away", ""
        return "wrong", str(error)
    except TimeoutError as error:
        return "wrong", str(error) or "timeout"
    except OSError:
        return "away", ""


def tell(file, host, text):
    file.write(f"{time.time():.3f} {host} {text}\n")


signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
with open(out, "w", encoding="ascii", buffering=1) as log:
    tell(log, "-", "began")
    reasons = set()
    while not ended:
        with open(list_of_hosts, encoding="ascii") as file:
            hosts = file.read().split()
        for host in hosts:
            what, detail = meet(host)
            count[what] += 1
            if what == "shown":
                until = ssl.cert_time_to_seconds(detail["notAfter"])
                least = min(least, until - time.time())
                known = seen.setdefault(host, set())
                if detail["serialNumber"] not in known:
                    known.add(detail["serialNumber"])
                    tell(log, host, f"certificate {len(known)} "
                         f"until {detail['notAfter']}")
            elif what == "wrong" and (host, detail) not in reasons:
                reasons.add((host, detail))
                tell(log, host, f"WRONG {detail}")
            time.sleep(0.01)
    several = " ".join(f"{name} {n}" for name, n in count.items())
    tell(log, "-", f"{several} certificates {sum(map(len, seen.values()))} "
         f"least {least:.1f}")
sys.exit(count["wrong"] > 0)
