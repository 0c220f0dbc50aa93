#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints "PASSED SKIPPED" of a ctest --output-junit file; names what was skipped on stderr."""
import sys
import xml.etree.ElementTree as ElementTree


def main():
    cases = ElementTree.parse(sys.argv[1]).getroot().findall("testcase")
    passed = [case for case in cases if case.get("status") == "run"]
    skipped = [case for case in cases if case.find("skipped") is not None]
    for case in skipped:
        print(f"    skipped: {case.get('name')}", file=sys.stderr)
    if len(passed) + len(skipped) != len(cases):
        sys.exit("count_tests: the report holds tests that neither passed nor were skipped")
    print(len(passed), len(skipped))


if __name__ == "__main__":
    main()
