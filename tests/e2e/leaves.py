# SPDX-License-Identifier: ISC
"""Is the leaf of every host (or of those named) the one that a directory of
pairs holds? The first that is not is told."""

import concurrent.futures
import glob
import os
import ssl
import sys

from wire import Wire

address, port, ca, pairs, *hosts = sys.argv[1:]


def first_certificate(path):
    with open(path, encoding="ascii") as file:
        text = file.read()
    end = "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)])


def shown(host):
    wire = Wire(address, int(port))
    try:
        if not wire.handshake(host, ca):
            return f"{host}: {wire.end} {wire.why}"
        leaf = wire.tls.getpeercert(True)
    finally:
        wire.close()
    if leaf != first_certificate(f"{pairs}/{host}/cert.pem"):
        return f"{host}: another leaf"
    return None


if not hosts:
    hosts = [os.path.basename(os.path.dirname(path))
             for path in glob.glob(f"{pairs}/*/cert.pem")]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for fault in pool.map(shown, hosts):
        if fault:
            pool.shutdown(cancel_futures=True)
            sys.exit(fault)
