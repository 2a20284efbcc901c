# SPDX-License-Identifier: ISC
"""findings.py FILE ANSWERED...: what testssl's JSON says that is neither well
nor information, and whose id is not among those that are answered; exit 1."""

import json
import sys

path, *answered = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    said = json.load(file)
found = [one for one in said if one["severity"] not in ("OK", "INFO")
         and one["id"] not in answered]
for one in found:
    print(one["severity"], one["id"], one["finding"])
print(f"testssl: {len(said)} looked at, {len(found)} found")
sys.exit(bool(found) or len(said) < 80)
