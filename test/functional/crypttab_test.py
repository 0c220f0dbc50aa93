# SPDX-License-Identifier: Apache-2.0
"""A volume whose key file is our socket, opened by the real systemd-cryptsetup."""
import unittest

from support.processes import log_from_here, wait_for_log
from support.systemd import Volume
from support.systemd_case import VOLUME_KEY, SystemdCase


@unittest.skipIf(Volume.why_not(), f"no volume: {Volume.why_not()}")
class CrypttabTest(SystemdCase):
    def setUp(self):
        super().setUp()
        self.volume = Volume(self.site.folder, VOLUME_KEY)
        self.addCleanup(self.volume.close)

    def test_the_volume_is_opened(self):
        agent = self.agent()
        log = log_from_here(agent)
        self.addCleanup(self.volume.detach, "data")
        status, said = self.volume.attach("data", self.path)
        wait_for_log(log, "systemd was given a secret", "volume data")
        if "device-mapper" in said:
            self.skipTest("this kernel has no device mapper; the key was asked for and given")
        self.assertEqual(status, 0, said)

    def test_a_volume_that_is_refused_is_tried_with_no_key(self):
        agent = self.agent()
        log = log_from_here(agent)
        status, said = self.volume.attach("other", self.path)
        self.assertNotEqual(status, 0)
        self.assertIn("too large", said)
        wait_for_log(log, "systemd is refused a secret", "volume other")


if __name__ == "__main__":
    unittest.main()
