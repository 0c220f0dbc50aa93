#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/conformance.sh: conformance_table.py REPORT_FOLDER CASES.

Reads what test/functional/conformance/record.py wrote, and ctest's JUnit files of both runs. A case
has survived when nothing that tried it failed. Exit status: 0 all that were tried survived, 1 not.
"""
import collections
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

TITLES = {
    6: "callers without credentials", 7: "empty paths", 8: "missing and extra segments",
    9: "dots and empty segments", 10: "bytes that are no name", 11: "query in a path",
    12: "queries", 13: "plugins that are none", 14: "hosts of URIs", 15: "KbsUri of others",
    16: "KbsUri of local addresses", 17: "KbcName", 18: "long paths", 19: "long messages",
    20: "messages that are none", 21: "unknown methods, other protocols", 22: "floods",
    27: "cold crowds", 28: "callers who leave", 29: "deadlines", 36: "sealed secrets that are none",
    39: "plain http", 40: "bad certificates, old TLS", 41: "downgrade, renegotiation, tickets",
    42: "redirects", 43: "environment", 44: "DNS", 45: "connections that break",
    46: "slow and silent brokers", 47: "bodies over the cap", 48: "heads that lie",
    49: "5xx, 429, Retry-After", 50: "401 on resource", 51: "401 on attest", 52: "403 and 404",
    53: "200 that is no reply", 54: "nonces", 55: "hash of the report data", 56: "opaque nonces",
    57: "cookies", 58: "tokens", 59: "JWE header", 60: "JWE encryption, IV, tag, aad",
    61: "ephemeral keys", 62: "wrapped keys", 63: "flipped bits", 64: "another's JWE",
    65: "JSON bombs", 66: "sizes of secrets", 67: "changed secrets", 68: "changed key",
    69: "outage", 85: "wall clock"}
NOT_RUN, SURVIVED, FAILED = "not run", "survived", "FAILED"


class Case:
    """All that was tried of one case."""

    def __init__(self):
        self.failed, self.not_run, self.statuses = [], [], set()
        self.variants = self.growth = self.units = 0
        self.seconds = 0.0

    def add(self, line):
        self.failed += line["failed"]
        self.not_run += line["not_run"]
        self.statuses.update(line["statuses"])
        self.variants += line["variants"]
        self.growth = max(self.growth, line["growth"])
        self.seconds = max(self.seconds, line["seconds"])

    def add_unit(self, name, state):
        if state == NOT_RUN:
            self.not_run.append(name)
            return
        self.units += 1
        if state == FAILED:
            self.failed.append(name)

    @property
    def result(self):
        if self.failed:
            return FAILED
        return SURVIVED if self.variants + self.units else NOT_RUN


def wanted(text):
    numbers = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return sorted(numbers)


def junit(path):
    """(name, state) of each test of a ctest --output-junit file."""
    for test in ElementTree.parse(path).getroot().findall("testcase"):
        if test.find("failure") is not None or test.get("status") == "fail":
            yield test.get("name"), FAILED
        else:
            yield test.get("name"), SURVIVED if test.get("status") == "run" else NOT_RUN


def numbers_of(name):
    """40 and 68 of "Case 40, 68: ...", and of "Case 40 and 68: ..."."""
    head = re.match(r"Case ([0-9, and]+):", name)
    return [int(one) for one in re.findall(r"\d+", head[1])] if head else []


def read(folder):
    cases = collections.defaultdict(Case)
    for path in glob.glob(os.path.join(folder, "case*.jsonl")):
        with open(path, encoding="utf-8") as lines:
            for text in lines:
                line = json.loads(text)
                cases[line["case"]].add(line)
    for name, state in junit(os.path.join(folder, "unit.xml")):
        for number in numbers_of(name):
            cases[number].add_unit(name, state)
    return cases


def show(number, case):
    print(f"{number:4}  {TITLES.get(number, '-'):34} {case.variants:4} + {case.units:<3} "
          f"{case.result:9} {case.growth / 2**20:5.1f} {case.seconds:6.2f}  "
          f"{', '.join(sorted(case.statuses)) or '-'}")
    for what, names in (("failed", case.failed), ("not run", case.not_run)):
        for name in names:
            print(f"        {what}: {name}")


def main():
    folder, numbers = sys.argv[1], wanted(sys.argv[2])
    cases = read(folder)
    broken = [name for name, state in junit(os.path.join(folder, "functional.xml"))
              if state == FAILED]
    print(f"{'case':4}  {'title':34} {'variants':>10} {'result':>7}   "
          "MiB      s  statuses  (variants + unit tests; peak memory growth; worst time)")
    for number in numbers:
        show(number, cases[number])
    results = collections.Counter(cases[number].result for number in numbers)
    for name in broken:
        print(f"module with a failure: {name}")
    tried = results[SURVIVED] + results[FAILED]
    print(f"tried {tried}, survived {results[SURVIVED]}, not run {results[NOT_RUN]}")
    return 1 if broken or results[FAILED] or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
