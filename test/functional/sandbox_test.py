# SPDX-License-Identifier: Apache-2.0
"""What the process takes from itself: calls that are forbidden end it or fail, in a probe that has
the same filter and in the daemon that runs."""
import contextlib
import ctypes
import glob
import os
import signal
import socket
import subprocess
import time
import unittest

from support.agent import SAMPLE_TABLES, broker_table
from support.notify import NotifySocket
from support.processes import PATIENCE_SECONDS, binary, log_from_here, wait_for_log, wait_until
from support.sample_site import SECRET, URI, SampleSite, SampleSiteTest
from support.site import work_folder
from support.threads import Frozen, accepting_thread

PROBE = "attestd-sandbox-probe"


def probe(*words):
    """Exit status and the line of the probe."""
    done = subprocess.run([binary(PROBE), *words], capture_output=True, timeout=PATIENCE_SECONDS,
                          check=False)
    return done.returncode, done.stdout.decode().strip()


def landlock_version():
    return max(0, ctypes.CDLL(None).syscall(444, None, 0, 1))


@unittest.skipUnless(os.path.exists(binary(PROBE)), "the probe is not built")
class ProbeTest(unittest.TestCase):
    def setUp(self):
        self.folder = work_folder(self.enterContext(contextlib.ExitStack()))

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write("x")
        return self.path(name)

    def assert_refused(self, error, *words):
        status, line = probe("in", *words)
        self.assertEqual((status, line), (0, f"errno {error}"), words)

    def assert_works(self, where, *words):
        self.assertEqual(probe(where, *words), (0, "ok"), words)

    def test_a_deadly_call_ends_the_process(self):
        done = subprocess.run([binary(PROBE), "list"], capture_output=True, check=True)
        calls = done.stdout.decode().split()
        self.assertGreater(len(calls), 20)
        for call in calls:
            with self.subTest(call):
                self.assertEqual(probe("in", call), (-signal.SIGSYS, ""))
                # The control: outside the kernel does it, or says why not.
                status, line = probe("out", call)
                self.assertEqual(status, 0)
                self.assertRegex(line, "^(ok|errno E[A-Z]+)$")

    def test_programs_are_refused_where_a_vendors_library_may_try_them(self):
        for call in ("execve", "posix_spawn", "fork"):
            self.assertEqual(probe("in", call, "-", "refuse-programs"), (0, "errno EPERM"), call)
            self.assert_works("out", call)

    def test_what_is_not_needed_does_not_exist(self):
        for call in ("memfd_create", "mmap-write-execute", "mprotect-execute", "socket-netlink",
                     "signal-another", "dumpable-again", "lower-a-limit", "listen"):
            with self.subTest(call):
                self.assert_refused("ENOSYS", call)
                self.assert_works("out", call)
        for call in ("clone3", "socket-packet", "terminal-input"):
            self.assert_refused("ENOSYS", call)

    def test_what_is_needed_goes_on(self):
        library = glob.glob("/usr/lib/*/libtss2-tcti-device.so.0")
        for words in (("thread",), ("signal-itself",), ("look-for-another",),
                      ("resolve", "-", "r:/etc", "r:/usr"), ("library", *library, "r:/usr", "r:/etc")):
            with self.subTest(words[0]):
                self.assert_works("in", *words)

    @unittest.skipIf(landlock_version() == 0, "this kernel has no Landlock")
    def test_files_are_those_that_were_granted(self):
        read, write = self.file("read/file"), self.file("write/file")
        grants = [f"r:{self.path('read')}", f"w:{self.path('write')}"]
        self.assert_works("in", "read", read, *grants)
        self.assert_works("in", "write", write, *grants)
        self.assert_works("in", "create", self.path("write/new"), *grants)
        self.assert_works("in", "remove", self.path("write/new"), *grants)
        self.assert_works("in", "make-folder", self.path("write/folder"), *grants)
        for words in (("write", read), ("create", self.path("read/new")), ("remove", read),
                      ("read", self.file("other/file")), ("read", "/etc/passwd"),
                      ("make-folder", self.path("read/folder")),
                      ("make-socket", self.path("write/socket"))):
            with self.subTest(words):
                self.assert_refused("EACCES", *words, *grants)
                self.assert_works("out", *words)
                self.file("read/file")
        self.assert_refused("ENOSYS", "link", self.path("write/link"), *grants)

    @unittest.skipIf(landlock_version() < 4, "this kernel's Landlock knows no ports")
    def test_no_port_is_bound(self):
        self.assert_refused("EACCES", "bind-tcp")
        self.assert_works("out", "bind-tcp")

    @unittest.skipIf(landlock_version() < 6, "this kernel's Landlock knows no abstract sockets")
    def test_abstract_sockets_of_others_are_out_of_reach_and_paths_are_not(self):
        name = f"attestd-probe-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as named:
            abstract.bind(f"\0{name}")
            named.bind(self.path("socket"))
            abstract.listen()
            named.listen()
            self.assert_refused("EPERM", "connect-abstract", name)
            self.assert_works("out", "connect-abstract", name)
            self.assert_works("in", "connect", self.path("socket"))


def status_of(folder):
    with open(f"{folder}/status", encoding="ascii") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


NO_CAPABILITY = "0" * 16


class DaemonTest(SampleSiteTest):
    def assert_confined(self, pid):
        tasks = glob.glob(f"/proc/{pid}/task/*")
        self.assertTrue(tasks)
        for task in tasks:
            status = status_of(task)
            self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"), task)
            for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(status[capabilities], NO_CAPABILITY, (task, capabilities))

    def test_every_thread_of_the_daemon_is_confined(self):
        agent = self.site.agent()
        self.assertEqual(self.get(agent), SECRET)
        self.assert_confined(agent.process.pid)
        self.assertGreater(len(glob.glob(f"/proc/{agent.process.pid}/task/*")), 3)

    def test_the_control_without_a_sandbox_nothing_is_taken_and_the_log_says_so(self):
        agent = self.site.agent(self.site.tables() + "[sandbox]\nenabled = false\n")
        self.assertEqual(self.get(agent), SECRET)
        self.assertEqual(status_of(f"/proc/{agent.process.pid}")["Seccomp"], "0")
        self.assertIn("no sandbox: [sandbox] enabled = false", agent.log())

    def test_at_its_end_it_can_take_its_socket_away(self):
        agent = self.site.agent()
        self.assertEqual(agent.process.stop(), 0)
        self.assertFalse(os.path.exists(agent.socket))
        self.assertFalse(os.path.exists(agent.socket + ".lock"))

    @unittest.skipIf(landlock_version() == 0, "this kernel has no Landlock")
    def test_a_reload_that_names_a_file_out_of_reach_is_told_what_to_change(self):
        agent = self.site.agent()
        other = SampleSite(self.enterContext(contextlib.ExitStack()))
        with open(agent.config, "r+", encoding="utf-8") as config:
            listener = config.read().partition("[[listener]]")[2]
            config.seek(0)
            config.truncate()
            config.write(SAMPLE_TABLES + broker_table(other.broker.url, other.broker.ca_file) +
                         "[[listener]]" + listener)
        log = log_from_here(agent)
        os.kill(agent.process.pid, signal.SIGHUP)
        wait_for_log(log, "reload refused", other.broker.ca_file, "the sandbox", "restart attestd")
        self.assertEqual(self.get(agent), SECRET)
        # It is as said: after a restart it may.
        agent.process.stop()
        agent.start()
        self.assertEqual(self.get(agent), SECRET)


class WatchdogTest(SampleSiteTest):
    """A service manager that is told of signs of life, and threads that stop."""

    def agent(self, seconds):
        self.notify = self.enterContext(NotifySocket(self.site.folder))
        return self.site.agent(env={**os.environ, "NOTIFY_SOCKET": self.notify.path,
                                    "WATCHDOG_USEC": str(int(seconds * 1e6))})

    def test_signs_of_life_come_while_the_daemon_works_and_is_asked(self):
        agent = self.agent(1.5)
        for _ in range(3):
            self.assertEqual(self.get(agent), SECRET)
            self.notify.wait_for("WATCHDOG=1")
        self.assertNotIn("self-check", agent.log())
        self.assertEqual(agent.process.stop(), 0)

    def test_without_a_watchdog_none_come(self):
        self.notify = self.enterContext(NotifySocket(self.site.folder))
        self.site.agent(env={**os.environ, "NOTIFY_SOCKET": self.notify.path})
        self.notify.wait_for("READY=1")
        self.assertFalse(self.notify.hears("WATCHDOG=1", seconds=1))

    @unittest.skipUnless(os.geteuid() == 0, "stopping a thread of another process takes root")
    def test_an_accept_loop_that_hangs_is_noticed_and_one_that_goes_on_too(self):
        agent = self.agent(1.5)
        self.notify.wait_for("WATCHDOG=1")
        log = log_from_here(agent)
        with Frozen(accepting_thread(agent.process.pid, agent.socket)):
            wait_for_log(log, "a part hangs", "part=socket")
            self.notify.drain()
            self.assertFalse(self.notify.hears("WATCHDOG=1", seconds=2))
        self.notify.wait_for("WATCHDOG=1")
        wait_for_log(log, "self-check: goes on")
        with agent.client() as client:
            self.assertEqual(client.get_resource(URI), SECRET)

    @unittest.skipUnless(os.geteuid() == 0, "stopping a thread of another process takes root")
    def test_the_control_another_thread_that_stops_is_no_reason(self):
        agent = self.agent(1.5)
        thread = accepting_thread(agent.process.pid, agent.socket)
        self.assertNotEqual(thread, agent.process.pid)
        with Frozen(agent.process.pid):  # the one that waits for signals
            self.notify.drain()
            before = time.monotonic()
            self.notify.wait_for("WATCHDOG=1")
            self.notify.wait_for("WATCHDOG=1")
            self.assertLess(time.monotonic() - before, PATIENCE_SECONDS)
        wait_until(lambda: self.get(agent) == SECRET, "it serves")


if __name__ == "__main__":
    unittest.main()
