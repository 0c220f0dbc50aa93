# SPDX-License-Identifier: Apache-2.0
"""What systemd-analyze says of the unit that is installed, alone and with its drop-in."""
import contextlib
import os
import re
import shutil
import subprocess
import unittest

from support.processes import binary
from support.site import work_folder

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = os.path.join(os.path.dirname(os.path.dirname(binary("attestd"))), "systemd",
                    "attestd.service")
# configfs-tsm gives its files to root whoever made the directory: root's user number costs 0.3.
MOST_AS_ROOT, MOST_AS_USER = 1.8, 1.5


@unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
@unittest.skipUnless(os.path.exists(UNIT), "the unit is not built")
class SystemdUnitTest(unittest.TestCase):
    def setUp(self):
        self.folder = work_folder(self.enterContext(contextlib.ExitStack()))
        with open(UNIT, encoding="ascii") as unit:
            self.text = unit.read()

    def exposure(self, text):
        """From 0, none, to 10."""
        path = os.path.join(self.folder, "attestd.service")
        with open(path, "w", encoding="ascii") as unit:
            unit.write(text)
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", path],
                              capture_output=True, check=True)
        return float(re.search(r"exposure level for attestd\.service: ([0-9.]+)",
                               done.stdout.decode())[1])

    def test_the_unit_exposes_no_more_than_it_must(self):
        self.assertLessEqual(self.exposure(self.text), MOST_AS_ROOT)

    def test_without_roots_number_it_exposes_less(self):
        with open(os.path.join(ROOT, "examples", "systemd", "attestd-user.conf"),
                  encoding="ascii") as conf:
            drop_in = conf.read()
        self.assertLessEqual(self.exposure(self.text.partition("[Install]")[0] + drop_in),
                             MOST_AS_USER)

    def test_the_control_without_its_lines_it_exposes_nearly_all(self):
        bare = "[Service]\n" + re.search("^ExecStart=.*$", self.text, re.MULTILINE)[0] + "\n"
        self.assertGreater(self.exposure(bare), 9)

    def test_the_filter_of_the_unit_lets_the_daemons_own_be_installed(self):
        calls = re.findall("^SystemCallFilter=([^~].*)$", self.text, re.MULTILINE)
        allowed = {call for line in calls for call in line.split()}
        self.assertLessEqual({"seccomp", "landlock_create_ruleset", "landlock_add_rule",
                              "landlock_restrict_self"}, allowed)

    def test_a_watchdog_is_set_and_its_end_is_a_restart(self):
        self.assertRegex(self.text, r"(?m)^WatchdogSec=\d+$")
        self.assertRegex(self.text, r"(?m)^Restart=on-failure$")  # systemd.service(5): a watchdog's too

    def test_it_is_started_again_however_often_but_for_a_bad_configuration(self):
        head, _, service = self.text.partition("[Service]")
        self.assertRegex(head, r"(?m)^StartLimitIntervalSec=0$")
        self.assertRegex(service, r"(?m)^RestartPreventExitStatus=78$")
        bad = os.path.join(self.folder, "config.toml")
        with open(bad, "w", encoding="ascii") as config:
            config.write("no configuration")
        done = subprocess.run([binary("attestd"), "--config", bad], capture_output=True, check=False,
                              timeout=60)
        self.assertEqual(done.returncode, 78, done.stderr)


if __name__ == "__main__":
    unittest.main()
