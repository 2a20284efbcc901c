# SPDX-License-Identifier: ISC
"""judge.py TABLE REPORT...: does verify's JSON tell of each world what the
table says, its own findings and no other? What differs is told; exit 1."""

import json
import sys

import worlds

TOLD = "dane"  # a finding, though it is the name of its check


def findings(domain):
    return [finding for finding in domain["findings"]
            if finding["code"] != finding["check"]
            or finding["code"] == TOLD]


def main():
    table, *reports = sys.argv[1:]
    expected = {world.domain: world for world in worlds.read(table)}
    differ = 0
    for path in reports:
        with open(path, encoding="utf-8") as file:
            domains = json.load(file)["domains"]
        for domain in domains:
            world = expected.pop(domain["domain"])
            found = findings(domain)
            codes = sorted({finding["code"] for finding in found})
            if (domain["verdict"], codes) == (world.verdict, world.codes):
                continue
            differ += 1
            print(f"{world.name}: {domain['verdict']}: {' '.join(codes)}; "
                  f"expected {world.verdict}: {' '.join(world.codes)}")
            for finding in found:
                print("\t{code} {about}: {found}".format(**finding))
    for domain in expected:
        print(f"{domain}: not reported")
    sys.exit(differ > 0 or bool(expected))


main()
