# SPDX-License-Identifier: Apache-2.0
"""A site whose daemon has secrets for systemd."""
import contextlib
import os
import unittest

from support.sample_site import URI, SampleSite

# systemd reads no more than 64 MiB of anything, and 1 MiB for a unit.
LIMIT = (64 << 20) + (64 << 10)
VOLUME_KEY = b"the key of the volume \x00\n\xff"


class SystemdCase(unittest.TestCase):
    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))
        self.site.broker.put("disk/key/data", VOLUME_KEY)
        self.path = os.path.join(self.site.folder, "credentials.sock")

    def agent(self, mode="0600", wait="60s"):
        entries = [("unit", "app.service", "key", URI), ("unit", "many@.service", "key", URI),
                   ("unit", "app.service", "denied", "kbs:///private/key/main"),
                   ("volume", "data", None, "kbs:///disk/key/data")]
        tables = ""
        for kind, value, name, uri in entries:
            tables += f'[[systemd_credential]]\n{kind} = "{value}"\nuri = "{uri}"\nwait = "{wait}"\n'
            tables += f'name = "{name}"\n' if name else ""
        return self.site.agent(
            self.site.tables() + tables + f'[[listener]]\npath = "{self.path}"\nmode = "{mode}"\n'
            'protocol = "systemd"\n')

    def assert_refused(self, answer):
        self.assertGreater(len(answer), LIMIT)
        self.assertEqual(answer.count(0), len(answer))
