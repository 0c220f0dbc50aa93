#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/conformance.sh: conformance_table.py REPORT_FOLDER CASES [PAGE].

Reads what test/functional/conformance/record.py wrote, ctest's JUnit files of both runs, and of the
guests what they printed. A case has survived when it was tried and nothing that tried it failed.
PAGE is written anew, as docs/conformance.md is. Exit status: 0 all that were tried survived, 1 not.
"""
import collections
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

from conformance_cases import CASES
from conformance_page import write_page

NOT_RUN, SURVIVED, FAILED = "not run", "survived", "FAILED"


class Case:
    """All that was tried of one case."""

    def __init__(self):
        self.failed, self.not_run, self.statuses, self.doors = [], [], set(), set()
        self.variants = self.growth = self.units = 0
        self.seconds = 0.0

    def add(self, line):
        self.failed += line["failed"]
        self.not_run += line["not_run"]
        self.statuses.update(line["statuses"])
        self.doors.update(line["doors"])
        self.variants += line["variants"]
        self.growth = max(self.growth, line["growth"])
        self.seconds = max(self.seconds, line["seconds"])

    def add_check(self, name, state, door):
        """A unit test, or what a guest checked."""
        if state == NOT_RUN:
            self.not_run.append(name)
            return
        self.units += 1
        self.doors.add(door)
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


def of_guests(path):
    """(name, state) of what the guests of test/vm checked; nothing where none was booted."""
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found = re.match(r"(?:\d+: )?\s*(pass|FAIL): (Case .*)", line)
                if found:
                    yield found[2], SURVIVED if found[1] == "pass" else FAILED


def guests_failed(path):
    """Whether a guest failed in whatever way; one that was not booted did not."""
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8", errors="replace") as log:
        return "attestd vm: FAILED" in (text := log.read()) or "***Failed" in text


def numbers_of(name):
    """40 and 68 of "Case 40, 68: ...", and of "Case 40 and 68: ..."."""
    head = re.match(r"Case ([0-9, and]+):", name)
    return [int(one) for one in re.findall(r"\d+", head[1])] if head else []


def read(folder):
    cases = collections.defaultdict(Case)
    for path in sorted(glob.glob(os.path.join(folder, "case*.jsonl"))):
        with open(path, encoding="utf-8") as lines:
            for text in lines:
                line = json.loads(text)
                cases[line["case"]].add(line)
    checks = [(name, state, "unit tests")
              for name, state in junit(os.path.join(folder, "unit.xml"))]
    checks += [(name, state, "guest") for name, state in of_guests(os.path.join(folder, "vm.log"))]
    for name, state, door in checks:
        for number in numbers_of(name):
            cases[number].add_check(name, state, door)
    return cases


def show(number, case):
    title = CASES.get(number, ("-",))[0]
    print(f"{number:4}  {title:35} {case.variants:4} + {case.units:<3} "
          f"{case.result:9} {case.growth / 2**20:5.1f} {case.seconds:6.2f}  "
          f"{', '.join(sorted(case.doors)) or '-'}: {', '.join(sorted(case.statuses)) or '-'}")
    for name in case.failed:
        print(f"        failed: {name}")
    for name in case.not_run or ["no test of it is there"] * (case.result == NOT_RUN):
        print(f"        not run: {name}")


def main():
    folder, numbers = sys.argv[1], wanted(sys.argv[2])
    cases = read(folder)
    broken = [name for name, state in junit(os.path.join(folder, "functional.xml"))
              if state == FAILED]
    if guests_failed(os.path.join(folder, "vm.log")):
        broken.append("vm")
    print(f"{'case':4}  {'title':35} {'variants':>10} {'result':>7}   "
          "MiB      s  doors: statuses  (variants + unit tests; peak memory growth; worst time)")
    for number in numbers:
        show(number, cases[number])
    results = collections.Counter(cases[number].result for number in numbers)
    for name in broken:
        print(f"module with a failure: {name}")
    tried = results[SURVIVED] + results[FAILED]
    total = f"tried {tried}, survived {results[SURVIVED]}, not run {results[NOT_RUN]}"
    if len(sys.argv) > 3:
        write_page(sys.argv[3], [(number, cases[number]) for number in numbers], total)
    print(total)
    return 1 if broken or results[FAILED] or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
