# SPDX-License-Identifier: Apache-2.0
"""Cases 89 and 90: signals, and what other processes of the same user can do."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from conformance import record
from conformance.lab import ConformanceCase
from support.processes import Process, binary, log_from_here, wait_until
from support.rpc import grpc
from support.sample_site import SECRET, URI, SampleSite

NOBODY = 65534

# What a process of the same user gets of another one: argv[1] is its pid. Prints JSON.
_SPY = """
import ctypes, json, os, sys
pid, told = int(sys.argv[1]), {}
libc = ctypes.CDLL(None, use_errno=True)
try:
    with open(f"/proc/{pid}/maps") as maps:
        begin = int(maps.readline().split("-")[0], 16)
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(begin)
        told["mem"] = len(memory.read(16))
except OSError as error:
    told["mem"] = error.strerror
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
here = ctypes.create_string_buffer(16)
mine, theirs = Part(ctypes.addressof(here), 16), Part(0x400000, 16)
size = libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
told["vm_readv"] = size if size >= 0 else os.strerror(ctypes.get_errno())
told["ptrace"] = "OK" if libc.ptrace(16, pid, None, None) == 0 else os.strerror(ctypes.get_errno())
print(json.dumps(told))
"""


class SignalsTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.site = SampleSite(self.stack)
        self.agent = self.site.agent()

    def get(self, seconds=15):
        with self.agent.client() as client:
            return client.get_resource(URI, seconds=seconds)

    def noted(self, name, status, seconds=0.0):
        self.variants.append(record.Variant(name, record.SURVIVED, status, seconds, 0))

    def test_case_89_sigterm_lets_calls_end(self):
        """SIGTERM with calls under way: they end, nobody is let in, exit 0 within 5 s"""
        slow = "resource 1 delay 700"
        self.site.broker.faults()
        self.get()
        self.site.broker.faults(slow)
        answers = []

        def ask():
            try:
                answers.append(self.get())
            except grpc.RpcError as error:
                answers.append(error.code().name)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        wait_until(lambda: self.site.broker.met(slow) > 0, "the broker is asked")
        before = time.monotonic()
        os.kill(self.agent.process.pid, signal.SIGTERM)
        self.assertEqual(self.agent.process.wait(), 0)
        seconds = time.monotonic() - before
        for thread in threads:
            thread.join()
        self.assertLess(seconds, 6)
        self.assertIn(SECRET, answers)
        self.assertLessEqual(set(answers), {SECRET, "UNAVAILABLE", "CANCELLED"})
        self.assertFalse(os.path.exists(self.agent.socket))
        self.noted("start: SIGTERM", "OK", seconds)

    def test_case_89_a_bad_file_at_sighup_changes_nothing(self):
        """SIGHUP with a bad file: the old configuration stays"""
        log = log_from_here(self.agent)
        with open(self.agent.config, "a", encoding="utf-8") as config:
            config.write("[nonsense]\n")
        os.kill(self.agent.process.pid, signal.SIGHUP)
        wait_until(lambda: "reload refused" in log(), "the log says so")
        self.assertEqual(self.get(), SECRET)
        self.noted("files: SIGHUP and a bad file", "OK")

    def test_case_89_other_signals_are_of_no_account(self):
        """SIGPIPE, SIGSTOP and SIGCONT: served on"""
        for one in (signal.SIGPIPE, signal.SIGSTOP, signal.SIGCONT):
            os.kill(self.agent.process.pid, one)
            time.sleep(0.05)
        self.assertEqual(self.get(), SECRET)
        self.noted("SIGPIPE, SIGSTOP, SIGCONT", "OK")


class OthersTest(ConformanceCase):
    """A daemon of a user's own, and another process of that user."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root becomes somebody else")
        self.site = SampleSite(self.stack)
        for folder, _, files in os.walk(self.site.folder):
            os.chown(folder, NOBODY, NOBODY)
            os.chmod(folder, 0o755)
            for name in files:
                os.chmod(os.path.join(folder, name), 0o644)
        self.agent = self.site.agent(launch=self.launch_as_nobody)
        with self.agent.client() as client:
            self.assertEqual(client.get_resource(URI), SECRET)

    @staticmethod
    def launch_as_nobody(agent):
        os.chown(agent.config, NOBODY, NOBODY)
        agent.process = Process(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary("attestd"),
             "--config", agent.config], agent.log_path)

    @staticmethod
    def daemon_pid(process):
        """setpriv becomes the program: their pid is the same."""
        return process.pid

    def spy(self, pid):
        done = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-c",
             _SPY, str(pid)], capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)

    def test_case_90_memory_is_nobody_elses(self):
        """ptrace, process_vm_readv and /proc/PID/mem of the same user: refused"""
        control = Process(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                           "sleep", "60"], os.path.join(self.site.folder, "control.log"))
        self.addCleanup(control.kill)
        wait_until(lambda: open(f"/proc/{control.pid}/comm", encoding="ascii").read() == "sleep\n",
                   "the control runs")
        self.assertEqual(self.spy(control.pid)["mem"], 16, "the control can be read")
        told = self.spy(self.agent.process.pid)
        self.assertIn(told["mem"], ("Permission denied", "Operation not permitted"))
        self.assertEqual(told["vm_readv"], "Operation not permitted")
        self.assertEqual(told["ptrace"], "Operation not permitted")
        for name, status in told.items():
            self.variants.append(record.Variant(f"files: {name}", record.SURVIVED, status, 0.0, 0))

    def test_case_90_nothing_is_left_on_a_disk(self):
        """SIGABRT leaves no core, and the secret memory is never swapped"""
        pid = self.agent.process.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":\t", 1) for line in status.read().splitlines() if ":\t" in line)
        self.assertEqual(int(fields["VmSwap"].split()[0]), 0)
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            self.assertRegex(limits.read(), r"Max core file size +0 +0 ")
        os.kill(pid, signal.SIGABRT)
        end = self.agent.process.wait()
        self.assertEqual(end, -signal.SIGABRT)
        self.assertEqual([name for name in os.listdir(self.site.folder) if "core" in name], [])
        self.variants.append(record.Variant("files: SIGABRT", record.SURVIVED, "no core", 0.0, 0))

    def test_case_90_no_program_is_started(self):
        """fork and exec under the daemon's own filter: SIGSYS"""
        for call in ("execve", "fork", "ptrace", "process_vm_readv"):
            done = subprocess.run([binary("attestd-sandbox-probe"), "in", call], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertIn(done.returncode, (-signal.SIGSYS, 128 + signal.SIGSYS), done.stdout + done.stderr)
            self.variants.append(record.Variant(f"files: {call}", record.SURVIVED, "SIGSYS", 0.0, 0))
        for thread in os.listdir(f"/proc/{self.agent.process.pid}/task"):
            with open(f"/proc/{self.agent.process.pid}/task/{thread}/status", encoding="ascii") as status:
                self.assertIn("Seccomp:\t2", status.read())


if __name__ == "__main__":
    unittest.main()
