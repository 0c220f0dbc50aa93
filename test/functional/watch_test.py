# SPDX-License-Identifier: Apache-2.0
"""attestctl get-resource --watch: files follow the broker, and somebody is told."""
import os
import signal
import subprocess
import sys
import time
import unittest

from support import sanitizer
from support.ctl_runs import command, entry, tree, write
from support.processes import PATIENCE_SECONDS, Process, wait_until
from support.sample_site import SECRET, URI, SampleSiteTest

INTERVAL = "200ms"
OTHER = "kbs:///app/db/password"
ROTATED = b"the second launch code is 77-of-the-watched-site"

# Says on which signal; its number is in the pid file when it is ready.
LISTENER = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGUSR1})
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(f"{os.getpid()}\\n")
while True:
    print(signal.sigwait({signal.SIGHUP, signal.SIGUSR1}).name, flush=True)
"""


def file_identity(path):
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns


class WatchTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.agent = self.site.agent()
        self.broker.put("app/db/password", b"stays the same")
        self.out = os.path.join(self.site.folder, "out")
        os.mkdir(self.out)
        self.main, self.other = os.path.join(self.out, "main"), os.path.join(self.out, "other")
        self.manifest = write(os.path.join(self.site.folder, "manifest.toml"),
                              entry(URI, self.main) + entry(OTHER, self.other))
        self.started = 0

    def watch(self, *argv, wait=True, prefix=()):
        self.started += 1
        process = Process(
            list(prefix) + command(self.agent, "--timeout", "10s", "get-resource", "--manifest",
                                   self.manifest, "--watch", INTERVAL, *argv),
            os.path.join(self.site.folder, f"watch{self.started}.log"))
        self.addCleanup(process.kill)
        if wait:
            wait_until(lambda: os.path.exists(self.main) and os.path.exists(self.other),
                       "the files are there")
        return process

    def rotate(self, content=ROTATED):
        self.broker.put("app/key/main", content)

    def wait_for(self, path, content):
        def holds():
            with open(path, "rb") as file:
                return file.read() == content
        wait_until(holds, f"{path} has the new content")

    def looks(self, count=3):
        """Waits until the broker was asked some more times."""
        counted = self.broker.counted()
        wait_until(lambda: counted()[2] >= 2 * count, "it looks again")

    def listen(self):
        pid_file = os.path.join(self.site.folder, "listener.pid")
        process = Process([sys.executable, "-c", LISTENER, pid_file],
                          os.path.join(self.site.folder, "listener.log"))
        self.addCleanup(process.kill)
        wait_until(lambda: os.path.exists(pid_file) and os.path.getsize(pid_file), "it listens")
        return process, pid_file

    def test_only_what_changed_is_rewritten_and_the_process_is_signalled(self):
        listener, pid_file = self.listen()
        process = self.watch("--notify-signal", "HUP", "--notify-pid-file", pid_file)
        before = file_identity(self.main), file_identity(self.other)
        self.looks()
        self.assertEqual((file_identity(self.main), file_identity(self.other)), before)
        self.assertEqual(listener.log(), "", "told though nothing was replaced")
        self.rotate()
        self.wait_for(self.main, ROTATED)
        wait_until(lambda: listener.log() == "SIGHUP\n", "it is signalled")
        self.looks()
        self.assertEqual(file_identity(self.other), before[1])
        self.assertEqual(listener.log(), "SIGHUP\n", "signalled more than once")
        self.assertEqual(sorted(tree(self.out)), ["main", "other"])
        self.assertEqual(process.stop(), 0)
        self.assertEqual(tree(self.out)["main"], ROTATED)

    def test_a_command_is_run_after_the_files_are_there(self):
        seen = os.path.join(self.site.folder, "seen")
        self.watch("--notify-exec", "--", "sh", "-c", f'cat "{self.main}" >> "{seen}"; '
                   'echo >> "$0"', seen)
        self.rotate()
        wait_until(lambda: os.path.exists(seen) and os.path.getsize(seen) > len(ROTATED), "it ran")
        with open(seen, "rb") as file:
            self.assertEqual(file.read(), ROTATED + b"\n")

    def test_a_failed_notification_is_made_up_for(self):
        pid_file = os.path.join(self.site.folder, "listener.pid")
        process = self.watch("--notify-signal", "USR1", "--notify-pid-file", pid_file)
        self.rotate()
        wait_until(lambda: "--notify-signal" in process.log(), "it says what failed")
        listener, _ = self.listen()
        wait_until(lambda: listener.log() == "SIGUSR1\n", "it is signalled")

    def test_while_the_broker_is_away_the_files_stay(self):
        process = self.watch()
        before = file_identity(self.main)
        self.broker.stop()
        wait_until(lambda: process.log().count("attestctl: watch: get-resource") >= 2,
                   "it tries and says so")
        self.assertEqual(file_identity(self.main), before)
        self.assertTrue(process.running())
        self.rotate()
        self.broker.start()
        self.wait_for(self.main, ROTATED)

    def test_a_secret_that_is_refused_later_stays_as_it_was(self):
        process = self.watch()
        os.remove(os.path.join(self.site.folder, "broker", "resources", "app/db/password"))
        wait_until(lambda: OTHER in process.log(), "it says so")
        self.rotate()
        self.looks(1)
        self.assertEqual(tree(self.out)["main"], SECRET, "not all, so none")
        self.broker.put("app/db/password", b"back")
        self.wait_for(self.main, ROTATED)
        self.wait_for(self.other, b"back")

    def test_a_restart_rewrites_nothing_that_is_right_and_tells_of_what_is_not(self):
        self.watch().stop()
        before = file_identity(self.main), file_identity(self.other)
        listener, pid_file = self.listen()
        notify = ("--notify-signal", "HUP", "--notify-pid-file", pid_file)
        process = self.watch(*notify)
        self.looks(2)
        self.assertEqual(process.stop(), 0)
        self.assertEqual((file_identity(self.main), file_identity(self.other)), before)
        self.assertEqual(listener.log(), "")
        self.rotate()
        self.watch(*notify)
        self.wait_for(self.main, ROTATED)
        wait_until(lambda: listener.log() == "SIGHUP\n", "it is signalled")

    def test_at_the_start_what_stays_wrong_ends_it_and_what_may_pass_does_not(self):
        self.broker.stop()
        process = self.watch(wait=False)
        wait_until(lambda: "attestctl: watch: get-resource" in process.log(), "it tries")
        self.broker.start()
        self.wait_for_files()
        process.stop()
        write(self.manifest, entry("kbs:///private/key/main", self.main))
        self.assertEqual(self.watch(wait=False).wait(), 3)

    def wait_for_files(self):
        wait_until(lambda: sorted(tree(self.out)) == ["main", "other"], "the files are there")

    @unittest.skipUnless(os.geteuid() == 0, "only root makes namespaces")
    def test_as_the_first_process_of_a_container_it_ends_on_sigterm(self):
        process = self.watch(prefix=("unshare", "--pid", "--fork", "--kill-child"))
        def child():
            with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
                return int(file.read())
        with open(f"/proc/{child()}/status", encoding="ascii") as status:
            self.assertRegex(status.read(), r"NSpid:\s+\d+\s+1\n")
        os.kill(child(), signal.SIGTERM)
        self.assertEqual(process.wait(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root reads the memory of another process")
    def test_no_secret_stays_in_its_memory_between_looks(self):
        sanitizer.skip_memory()
        process = self.watch()
        self.rotate()
        self.wait_for(self.main, ROTATED)
        self.looks(2)
        found = set()
        os.kill(process.pid, signal.SIGSTOP)
        with open(f"/proc/{process.pid}/maps", encoding="ascii") as maps, \
                open(f"/proc/{process.pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                span, access = line.split()[:2]
                start, end = (int(part, 16) for part in span.split("-"))
                if access.startswith("rw"):
                    try:
                        memory.seek(start)
                        content = memory.read(end - start)
                    except OSError:
                        continue
                    found |= {piece for piece in (SECRET, ROTATED, self.manifest.encode())
                              if piece in content}
        os.kill(process.pid, signal.SIGCONT)
        # The control: what is no secret is found.
        self.assertIn(self.manifest.encode(), found)
        self.assertNotIn(SECRET, found, "the secret before")
        self.assertEqual(process.stop(), 0)

    def test_it_holds_no_more_descriptors_with_time(self):
        process = self.watch()
        self.looks(2)
        def count():
            return len(os.listdir(f"/proc/{process.pid}/fd"))
        most = max(count() for _ in range(50) if not time.sleep(0.01))
        self.looks(10)
        wait_until(lambda: count() <= most, f"{most} descriptors")

    def test_a_template_is_watched_too(self):
        template = write(os.path.join(self.site.folder, "template"), f"code={{{{ {URI} }}}}\n")
        result = os.path.join(self.out, "result")
        with subprocess.Popen(command(self.agent, "get-resource", "--template", template, "--out",
                                      result, "--watch", INTERVAL)) as process:
            self.addCleanup(process.kill)
            wait_until(lambda: os.path.exists(result), "it is there")
            self.rotate()
            self.wait_for(result, b"code=" + ROTATED + b"\n")
            process.terminate()
            self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
