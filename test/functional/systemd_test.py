# SPDX-License-Identifier: Apache-2.0
"""Secrets for systemd's LoadCredential= and crypttab, asked for as systemd asks."""
import os
import subprocess
import sys
import threading
import unittest

from support.processes import log_from_here, wait_for_log
from support.sample_site import SECRET
from support.systemd import ask, connect, read_all
from support.systemd_case import LIMIT, VOLUME_KEY, SystemdCase


@unittest.skipUnless(os.geteuid() == 0, "systemd's sockets are root's")
class SystemdTest(SystemdCase):
    def test_units_instances_and_volumes_get_their_bytes_and_nothing_else(self):
        agent = self.agent()
        log = log_from_here(agent)
        self.assertEqual(ask(self.path, "/unit/app.service/key"), SECRET)
        self.assertEqual(ask(self.path, "/unit/many@1.service/key"), SECRET)
        self.assertEqual(ask(self.path, "/cryptsetup/data"), VOLUME_KEY)
        wait_for_log(log, "unit app.service, credential key", "volume data")
        self.assertNotIn(SECRET.decode(), log())

    def test_a_refusal_is_no_credential_and_says_what_to_do(self):
        agent = self.agent()
        for name, words in (
                ("/unit/app.service/other", ["unit app.service, credential other",
                                             "write [[systemd_credential]]"]),
                ("/cryptsetup/other", ["volume other", "write [[systemd_credential]]"]),
                ("/unit/app.service/denied", ["unit app.service, credential denied",
                                              "PERMISSION_DENIED"]),
                ("/elsewhere/app.service/key", ["an unknown client", "LoadCredential="])):
            with self.subTest(name):
                log = log_from_here(agent)
                self.assert_refused(ask(self.path, name))
                wait_for_log(log, "systemd is refused a secret", *words)

    def test_a_unit_waits_for_a_broker_that_is_away(self):
        agent = self.agent()
        self.site.broker.stop()
        log = log_from_here(agent)
        with connect(self.path, "/unit/app.service/key") as client:
            wait_for_log(log, "systemd waits for a secret")
            self.site.broker.start()
            self.assertEqual(read_all(client), SECRET)

    def test_without_time_to_wait_it_is_refused(self):
        agent = self.agent(wait="0s")
        self.site.broker.stop()
        log = log_from_here(agent)
        self.assert_refused(ask(self.path, "/unit/app.service/key"))
        wait_for_log(log, "raise wait")

    def test_the_end_of_attestd_is_no_credential(self):
        agent = self.agent()
        self.site.broker.stop()
        log = log_from_here(agent)
        with connect(self.path, "/unit/app.service/key") as client:
            wait_for_log(log, "systemd waits for a secret")
            end = threading.Thread(target=agent.process.stop)
            end.start()
            self.assert_refused(read_all(client))
            end.join()

    def test_another_user_is_refused_where_the_socket_lets_it_in(self):
        agent = self.agent(mode="0666")
        os.chmod(self.site.folder, 0o755)
        log = log_from_here(agent)
        code = ("import os, sys; sys.path.insert(0, sys.argv[1]); from support.systemd import ask;"
                "os.setgroups([]); os.setgid(65534); os.setuid(65534);"
                "print(len(ask(sys.argv[2], '/unit/app.service/key')))")
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, os.path.dirname(os.path.abspath(__file__)),
             self.path], capture_output=True, check=True)
        self.assertGreater(int(done.stdout), LIMIT)
        wait_for_log(log, "uid 65534")


if __name__ == "__main__":
    unittest.main()
