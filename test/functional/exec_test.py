# SPDX-License-Identifier: Apache-2.0
"""attestctl exec: secrets in the environment and descriptors of one command, and nowhere else."""
import json
import os
import subprocess
import sys
import time

from support.ctl_runs import command
from support.processes import PATIENCE_SECONDS, wait_until
from support.sample_site import SECRET, URI, SampleSiteTest

BINARY = b"\x00binary\xff\n"

# Prints what it got as JSON.
PROBE = """
import fcntl, json, os, signal, sys
def read(fd):
    return os.read(fd, 1 << 20).hex()
def refused(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
fds = [fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")]
with open("/proc/self/status") as status:
    signals = [line.split() for line in status if line.startswith(("SigBlk", "SigIgn"))]
print(json.dumps({
    "pid": os.getpid(), "env": dict(os.environ), "argv": sys.argv, "fds": fds, "signals": signals,
    "seals": {fd: fcntl.fcntl(fd, 1034) for fd in fds if fd > 2},
    "write": {fd: refused(os.pwrite, fd, b"x", 0) for fd in fds if fd > 2},
    "content": {fd: read(fd) for fd in fds if fd > 2}}))
"""


class ExecTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.agent = self.site.agent()
        self.broker.put("app/key/binary", BINARY)
        self.broker.put("app/key/large", b"x" * (128 << 10))

    def exec(self, *argv, **options):
        return subprocess.run(command(self.agent, "exec", *argv), capture_output=True,
                              timeout=PATIENCE_SECONDS, check=False, **options)

    def test_the_command_gets_its_secrets_and_nothing_else_of_attestctl(self):
        env = {**os.environ, "CODE": "before", "OTHER": "kept"}
        with subprocess.Popen(
                command(self.agent, "exec", "--env", f"CODE={URI}", "--fd", f"9={URI}", "--fd",
                        "3=kbs:///app/key/binary", "--", sys.executable, "-S", "-c", PROBE, "--fd",
                        "x"), stdout=subprocess.PIPE, env=env) as process:
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 0)
        got = json.loads(out)
        self.assertEqual(got["pid"], process.pid)
        self.assertEqual(got["argv"], ["-c", "--fd", "x"])
        self.assertEqual(got["env"].pop("CODE"), SECRET.decode())
        del env["CODE"]
        self.assertEqual({key: got["env"].get(key) for key in env}, env)
        self.assertEqual(got["fds"], [0, 1, 2, 3, 9])
        self.assertEqual(got["content"], {"3": BINARY.hex(), "9": SECRET.hex()})
        self.assertEqual(got["seals"], {"3": 15 | got["seals"]["3"], "9": 15 | got["seals"]["9"]})
        self.assertEqual(got["write"], {"3": 1, "9": 1})  # EPERM
        # Python itself ignores SIGPIPE and SIGXFSZ; nothing is blocked.
        self.assertEqual(got["signals"][0], ["SigBlk:", "0" * 16])

    def test_sigpipe_has_its_usual_effect_again(self):
        with subprocess.Popen(command(self.agent, "exec", "--env", f"CODE={URI}", "--", "sh", "-c",
                                      "grep SigIgn /proc/self/status"),
                              stdout=subprocess.PIPE, restore_signals=True) as process:
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(out.split()[1], b"0" * 16)

    def test_nobody_elses_environment_or_argv_has_the_secret(self):
        with subprocess.Popen(command(self.agent, "exec", "--env", f"CODE={URI}", "--", "sh", "-c",
                                      "echo ready; read line"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            self.assertEqual(process.stdout.readline(), b"ready\n")
            found = set()
            for pid in filter(str.isdigit, os.listdir("/proc")):
                for name in ("environ", "cmdline"):
                    try:
                        with open(f"/proc/{pid}/{name}", "rb") as file:
                            if SECRET in file.read():
                                found.add((int(pid), name))
                    except OSError:
                        pass  # gone, or not ours to look at
            # The command's own environment is the control.
            self.assertEqual(found, {(process.pid, "environ")})
            process.communicate(b"\n", timeout=PATIENCE_SECONDS)

    def test_a_secret_that_no_variable_can_hold_is_refused_before_the_command_runs(self):
        for uri, says in (("kbs:///app/key/binary", "NUL"), ("kbs:///app/key/large", "128 KiB")):
            done = self.exec("--env", f"CODE={uri}", "--", "echo", "ran")
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(says, done.stderr.decode())
            self.assertEqual(done.stderr.count(b"\n"), 1)
        done = self.exec("--fd", "5=kbs:///app/key/large", "--", "sh", "-c", "wc -c <&5")
        self.assertEqual((done.returncode, done.stdout.split()), (0, [b"131072"]))

    def test_everything_is_fetched_before_the_command_runs(self):
        for uri, code in (("kbs:///app/key/absent", 4), ("kbs:///private/key/main", 3)):
            done = self.exec("--env", f"A={URI}", "--env", f"B={uri}", "--", "echo", "ran")
            self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)

    def test_the_exit_status_is_the_commands_and_a_missing_command_is_bad_usage(self):
        self.assertEqual(self.exec("--env", f"A={URI}", "--", "sh", "-c", "exit 42").returncode, 42)
        done = self.exec("--env", f"A={URI}", "--", "no-such-command-here")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"no-such-command-here", done.stderr)

    def test_a_descriptor_in_use_is_refused(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        self.addCleanup(os.close, write_end)
        done = self.exec("--fd", f"{read_end}={URI}", "--", "echo", "ran", pass_fds=(read_end,))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"in use", done.stderr)

    def test_retry_waits_for_the_broker(self):
        self.broker.stop()
        self.assertEqual(self.exec("--env", f"A={URI}", "--retry", "300ms", "--", "echo",
                                   "ran").returncode, 5)
        with subprocess.Popen(command(self.agent, "exec", "--env", f"A={URI}", "--retry", "25s",
                                      "--", "sh", "-c", 'printf %s "$A"'),
                              stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            time.sleep(0.3)  # so that it has failed at least once
            self.broker.start()
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual((process.returncode, out), (0, SECRET))

    def test_it_is_stopped_while_it_waits(self):
        self.broker.faults("resource always stall-headers")
        with subprocess.Popen(command(self.agent, "exec", "--env", f"A={URI}", "--", "echo", "ran"),
                              stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            wait_until(lambda: self.broker.met("resource always stall-headers"), "it asks")
            process.terminate()
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual((process.returncode, out), (143, b""))
