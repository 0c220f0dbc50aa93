# SPDX-License-Identifier: Apache-2.0
"""attestctl and attestd-dev-kbs keep secrets as the daemon does."""
import contextlib
import fcntl
import os
import subprocess
import time

from memory.lab import Lab, MemoryTest, resource
from memory.scan import Needles, require_root, scan_process
from support.ctl_runs import command
from support.processes import binary, free_ports, wait_until

_NOBODY = "65534"
_AS_NOBODY = ["setpriv", "--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups", "--"]


class ProgramsTest(MemoryTest):
    def setUp(self):
        require_root()
        self.stack = self.enterContext(contextlib.ExitStack())

    def run_until_it_writes(self, lab, *argv):
        """attestctl, held while it writes to a pipe that is full."""
        readable, writable = os.pipe()
        fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, 4096)
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(command(lab.agent, *argv), stdout=writable)
        os.close(writable)

        def end():
            os.close(readable)
            process.kill()
            process.wait()
        self.stack.callback(end)
        # One byte comes when it writes; it then waits with the rest.
        self.assertEqual(len(os.read(readable, 1)), 1)
        wait_until(lambda: "pipe" in self.sleeps_in(process.pid), "attestctl waits for its reader")
        return process.pid

    @staticmethod
    def sleeps_in(pid):
        with open(f"/proc/{pid}/wchan", encoding="ascii") as wchan:
            name = wchan.read()
        if name not in ("", "0"):
            return name
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # a kernel that does not tell
            return "pipe" if stat.read().rpartition(")")[2].split()[0] == "S" else ""

    def test_attestctl_has_the_secret_in_secret_memory_alone_while_it_writes(self):
        lab = Lab(self.stack)
        for argv in (["get-resource", f"kbs:///{resource('large')}"],
                     ["--json", "get-resource", f"kbs:///{resource('page')}"]):
            with self.subTest(argv):
                pid = self.run_until_it_writes(lab, *argv)
                scanned = scan_process(lab.needles(), pid)
                self.assert_nothing(scanned, " ".join(argv))
                self.assertGreater(scanned.writable, 100_000)
                self.assertIn("Max core file size        0                    0",
                              self.limits(pid))

    def test_attestctl_that_watches_keeps_nothing(self):
        lab = Lab(self.stack)
        path = os.path.join(lab.folder, "watched")
        with subprocess.Popen(command(lab.agent, "get-resource", f"kbs:///{resource('page')}",
                                      "--out", path, "--watch", "1s")) as process:
            self.stack.callback(process.kill)
            wait_until(lambda: os.path.exists(path), "the file is written")
            time.sleep(1.5)  # looks again
            self.assert_nothing(scan_process(lab.needles(), process.pid), "watching")
            process.terminate()

    def test_the_development_broker_keeps_no_secret_and_no_content_key(self):
        lab = Lab(self.stack)
        for ask in lab.doors().values():
            for size in lab.secrets:
                self.assertEqual(ask(size, 20), 20)
        needles = Needles(os.path.join(lab.folder, "broker-needles"))
        for size, secret in lab.secrets.items():
            needles.add(f"secret-{size}", secret)
        with open(lab.disclosed, encoding="ascii") as lines:
            for number, line in enumerate(lines):
                name, digits = line.split()
                if name == "cek":  # its table of sessions is its own
                    needles.add(f"cek-{number}", bytes.fromhex(digits))
        self.assert_nothing(scan_process(needles, lab.broker.pid), "the broker")
        self.assertIn("Max core file size        0                    0",
                      self.limits(lab.broker.pid))

    @staticmethod
    def limits(pid):
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            return limits.read()

    def memory_owner(self, argv):
        """Whose the memory of a process of nobody is: root's when it forbids dumps."""
        with subprocess.Popen(_AS_NOBODY + argv, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as process:
            self.stack.callback(process.kill)
            name = os.path.basename(argv[0])[:15]

            def runs():
                with open(f"/proc/{process.pid}/comm", encoding="ascii") as comm:
                    return comm.read().strip() == name or process.poll() is not None
            wait_until(runs, f"{name} runs")
            if process.poll() is not None:
                self.skipTest(f"nobody cannot run {name}: {process.stderr.read().decode()}")
            deadline = time.monotonic() + 5
            while True:
                owner = os.stat(f"/proc/{process.pid}/mem").st_uid
                if owner == 0 or time.monotonic() > deadline:
                    process.kill()
                    return owner
                time.sleep(0.01)

    def test_others_of_the_same_user_read_no_memory(self):
        waiting = [binary("attestctl"), "--socket", "unix:///nonexistent/socket", "--wait",
                   "--timeout", "30s"]
        self.assertEqual(self.memory_owner(waiting + ["get-resource", "kbs:///a/b/c"]), 0)
        self.assertEqual(self.memory_owner(waiting + ["exec", "--env", "A=kbs:///a/b/c", "--",
                                                      "true"]), 0)
        lab = Lab(self.stack)
        os.chmod(lab.folder, 0o755)
        self.assertEqual(self.memory_owner(
            [binary("attestd-dev-kbs"), "--http", "--listen", f"127.0.0.1:{free_ports()}",
             "--resources", os.path.join(lab.folder, "resources"), "--policy",
             os.path.join(lab.folder, "policy.toml")]), 0)

    def test_the_check_tells_a_program_that_forbids_nothing(self):
        self.assertEqual(self.memory_owner(["/bin/sleep", "60"]), int(_NOBODY))
