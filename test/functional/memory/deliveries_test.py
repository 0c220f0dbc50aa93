# SPDX-License-Identifier: Apache-2.0
"""After deliveries no piece of what was secret is in the daemon, while its session lives on."""
import contextlib
import os
import subprocess
import sys

from memory.lab import Lab, MemoryTest, without_memfd_secret
from memory.scan import require_root, scan_core, scan_process

MANY = 10_000
# So many of a larger one for a count of small ones, up to the most.
LARGER = (("page", 10, 100), ("large", 50, 20))
# A program that takes no care.
_HOLDER = ("import sys, time; held = sys.stdin.buffer.read(); print('ready', flush=True); "
           "time.sleep(60)")


class DeliveriesTest(MemoryTest):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def deliver(self, lab, counts):
        """Asks over each door, and looks after each count of deliveries."""
        for count in counts:
            for door, ask in lab.doors().items():
                self.assertEqual(ask("small", count), count)
                for size, part, most in LARGER:
                    wanted = min(most, -(-count // part))
                    self.assertEqual(ask(size, wanted), wanted)
                self.assert_nothing(lab.scan(), f"after {count} over {door}")

    def check_needles(self, lab):
        """The broker told what to look for."""
        needles = lab.needles()
        self.assertGreaterEqual(needles.count("cookie"), 1)
        self.assertGreaterEqual(needles.count("token"), 1)
        self.assertGreater(needles.count("cek"), 10)

    def test_nothing_is_left_over_tls(self):
        lab = Lab(self.stack)
        self.deliver(lab, (1, 100))
        with lab.agent.client() as client:
            self.assertIn(b"token", client.get_token())
        self.assert_nothing(lab.scan(), "after a token")
        self.check_needles(lab)
        self.assert_hidden_or_say_so(lab)
        self.assert_reads_the_right_memory(lab)

    def test_nothing_is_left_over_http(self):
        lab = Lab(self.stack, tls=False)
        self.deliver(lab, (1, 100))
        self.check_needles(lab)
        self.assert_reads_the_right_memory(lab)

    def test_nothing_is_left_of_ten_thousand_over_each_door(self):
        lab = Lab(self.stack)
        self.deliver(lab, (MANY,))
        self.check_needles(lab)
        self.assert_reads_the_right_memory(lab)

    def test_without_memfd_secret_all_that_lives_is_in_locked_memory(self):
        lab = Lab(self.stack, launch=without_memfd_secret)
        self.deliver(lab, (1, 100))
        self.assertEqual(self.assert_hidden_or_say_so(lab), "locked")
        scanned = lab.scan()
        # The session's cookie and token, and nothing of what was delivered.
        self.assertEqual({name.split("-")[0] for name in scanned.inside}, {"cookie", "token"})

    def test_a_core_has_nothing(self):
        # One arena of glibc: each is 64 MiB that gdb would write, though nothing is in them.
        lab = Lab(self.stack, launch=lambda agent: agent.launch(
            os.environ | {"MALLOC_ARENA_MAX": "1"}))
        self.deliver(lab, (100,))
        needles = lab.needles()
        needles.add("url", lab.broker.url.encode())
        core = scan_core(needles, lab.pid, lab.folder)
        self.assertGreater(core.outside.pop("url", 0), 0, "the core is not the daemon's memory")
        self.assert_nothing(core, "core")


class ControlTest(MemoryTest):
    """The scan can find."""

    def test_a_plain_process_that_read_the_secrets_has_them(self):
        require_root()
        lab = Lab(self.enterContext(contextlib.ExitStack()))
        with subprocess.Popen([sys.executable, "-c", _HOLDER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as holder:
            self.addCleanup(holder.kill)
            holder.stdin.write(b"".join(lab.secrets.values()))
            holder.stdin.close()
            holder.stdout.readline()
            scanned = scan_process(lab.needles(), holder.pid)
            holder.kill()
        for size in lab.secrets:
            self.assertGreater(scanned.outside[f"secret-{size}"], 0, size)
