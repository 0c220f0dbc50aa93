# SPDX-License-Identifier: Apache-2.0
"""The main job: a secret comes out of the broker because a TPM quote was verified."""
import os
import stat
import subprocess
import unittest

from support import processes
from support.site import SECRET, open_site

SITE = None


def setUpModule():
    global SITE
    SITE = open_site()


CONTENTS = {
    "empty": b"",
    "one-byte": b"\x01",
    "one-nul": b"\x00",
    "nuls": b"\x00before\x00\x00after\x00",
    "newline": b"no line is added\n",
    "mebibyte": os.urandom(1 << 20),
}


class SecretTest(unittest.TestCase):
    def setUp(self):
        for tag, content in CONTENTS.items():
            SITE.broker.put(f"app/bytes/{tag}", content)

    def test_attestctl_prints_the_secret_byte_for_byte(self):
        for tag, content in CONTENTS.items():
            with self.subTest(tag):
                got = SITE.agent.get(f"app/bytes/{tag}")
                self.assertEqual((got.exit, got.err), (0, ""))
                self.assertTrue(got.out == content, "other bytes than the broker's")

    def test_a_foreign_grpc_client_gets_the_secret_byte_for_byte(self):
        with SITE.agent.client() as client:
            for tag, content in CONTENTS.items():
                with self.subTest(tag):
                    got = client.get_resource(f"kbs:///app/bytes/{tag}")
                    self.assertTrue(got == content, "other bytes than the broker's")

    def test_a_broker_named_in_the_uri_is_the_one_with_that_address(self):
        got = SITE.agent.ctl("get-resource", f"kbs://127.0.0.1:{SITE.broker.port}/app/key/main")
        self.assertEqual((got.exit, got.out, got.err), (0, SECRET, ""))

    def test_an_out_file_has_exact_bytes_and_mode_0400(self):
        for tag, content in CONTENTS.items():
            with self.subTest(tag):
                path = os.path.join(SITE.folder, f"out-{tag}")
                got = SITE.agent.get(f"app/bytes/{tag}", "--out", path)
                self.assertEqual((got.exit, got.out, got.err), (0, b"", ""))
                with open(path, "rb") as file:
                    self.assertTrue(file.read() == content, "other bytes than the broker's")
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o400)

    def test_an_out_file_replaces_another_whole_and_leaves_nothing_beside_it(self):
        folder = os.path.join(SITE.folder, "out")
        os.mkdir(folder)
        path = os.path.join(folder, "secret")
        with open(path, "w", encoding="ascii") as file:
            file.write("older and much longer than the secret" * 10)
        self.assertEqual(SITE.agent.get("app/key/main", "--out", path, "--mode", "0640").exit, 0)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), SECRET)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        self.assertEqual(os.listdir(folder), ["secret"])

    def test_a_failed_request_leaves_no_out_file(self):
        path = os.path.join(SITE.folder, "never")
        self.assertEqual(SITE.agent.get("app/key/absent", "--out", path).exit, 4)
        self.assertFalse(os.path.exists(path))

    def test_attestctl_that_waits_may_start_before_the_daemon(self):
        agent = SITE.make_agent(name="late")
        with subprocess.Popen(
                [processes.binary("attestctl"), "--socket", f"unix://{agent.socket}", "--wait",
                 "--timeout", "25s", "get-resource", "kbs:///app/key/main"],
                stdout=subprocess.PIPE) as waiting:
            self.addCleanup(agent.kill)
            self.addCleanup(waiting.kill)
            agent.launch()
            out, _ = waiting.communicate(timeout=30)
        self.assertEqual((waiting.returncode, out), (0, SECRET))
