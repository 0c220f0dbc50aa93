# SPDX-License-Identifier: Apache-2.0
"""Runs one module of functional tests: run.py secret_test [unittest arguments].

Exit status: 0 all passed, 1 something failed, 77 nothing failed but something was skipped, which
ctest then shows as skipped instead of passed.
"""
import os
import sys
import unittest

EXIT_FAILED = 1
EXIT_SKIPPED = 77


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    module = sys.argv[1]
    try:
        program = unittest.main(module=module, argv=[module, "-v"] + sys.argv[2:], exit=False)
    except unittest.SkipTest as why:  # of an import: no test can run
        print(f"SKIPPED: {why}", file=sys.stderr)
        return EXIT_SKIPPED
    result = program.result
    if not result.wasSuccessful():
        return EXIT_FAILED
    for case, reason in result.skipped:
        print(f"SKIPPED: {case}: {reason}", file=sys.stderr)
    if result.testsRun == 0 and not result.skipped:
        print(f"{module}: no test ran", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_SKIPPED if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
