# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/conformance.sh tells what failed, and counts nothing that was not tried."""
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from conformance import record

_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
_SCRIPT = os.path.join(_ROOT, "scripts", "conformance_table.py")
_GOOD = '<testcase name="Case 71: x" status="run"/>'
_BAD = '<testcase name="Case 72 and 73: x" status="fail"><failure message=""/></testcase>'
_SKIPPED = '<testcase name="Case 74: x" status="notrun"><skipped/></testcase>'


class TableTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.write("functional.xml", "<testsuite></testsuite>")
        self.write("unit.xml", "<testsuite></testsuite>")
        self.enterContext(mock.patch.dict(os.environ, ATTESTD_CONFORMANCE_REPORT=self.folder))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def record(self, result, name="x", growth=0):
        record.write(70, "title", [record.Variant(name, result, "OK", 0.2, growth)])

    def table(self, cases="70-74", *page):
        done = subprocess.run([sys.executable, "-B", _SCRIPT, self.folder, cases, *page],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def total(self):
        code, text = self.table()
        return code, text.splitlines()[-1]

    def test_what_was_not_tried_is_not_counted_as_survived(self):
        self.assertEqual(self.total(), (1, "tried 0, survived 0, not run 5"))
        self.record(record.NOT_RUN, "no swtpm")
        self.write("unit.xml", f"<testsuite>{_GOOD}{_SKIPPED}</testsuite>")
        self.assertEqual(self.total(), (0, "tried 1, survived 1, not run 4"))
        self.assertIn("not run: no swtpm", self.table()[1])

    def test_one_failure_among_many_fails_the_case(self):
        self.record(record.SURVIVED)
        self.record(record.FAILED, "y")
        self.record(record.SURVIVED)
        self.assertEqual(self.total(), (1, "tried 1, survived 0, not run 4"))
        self.assertIn("failed: y", self.table()[1])

    def test_a_failed_unit_test_fails_each_case_that_it_names(self):
        self.write("unit.xml", f"<testsuite>{_GOOD}{_BAD}</testsuite>")
        self.assertEqual(self.total(), (1, "tried 3, survived 1, not run 2"))

    def test_a_module_that_failed_before_it_wrote_fails_the_run(self):
        self.record(record.SURVIVED)
        self.write("functional.xml",
                   '<testsuite><testcase name="m" status="fail"><failure/></testcase></testsuite>')
        code, text = self.table()
        self.assertEqual(code, 1)
        self.assertIn("module with a failure: m", text)

    def test_guests_count_by_their_numbers(self):
        self.write("vm.log", "1:   pass: Case 70: y\n1:   pass: load: z\nattestd vm: PASSED\n")
        self.assertEqual(self.total(), (0, "tried 1, survived 1, not run 4"))
        self.write("vm.log", "1:   pass: Case 70: y\n1:   FAIL: Case 71: z\n")
        self.assertEqual(self.total(), (1, "tried 2, survived 1, not run 3"))
        self.write("vm.log", "1:   pass: Case 70: y\nattestd vm: FAILED (1)\n")
        self.assertEqual(self.total()[0], 1)

    def test_the_page_is_the_same_for_two_runs_that_differ_little(self):
        pages = []
        for growth in (100 << 10, 900 << 10):
            self.write("case70.jsonl", "")
            self.record(record.SURVIVED, "rest: x", growth)
            path = os.path.join(self.folder, "page.md")
            self.table("70", path)
            with open(path, encoding="utf-8") as page:
                pages.append(page.read())
        self.assertEqual(*pages)
        self.assertRegex(pages[0], r"\| 70 \|.*\| rest \| 1 \+ 0 \| survived \| 1 \| 0.5 \|")
