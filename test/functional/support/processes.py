# SPDX-License-Identifier: Apache-2.0
"""Child processes that cannot outlive the test, their output, and waiting for states."""
import os
import random
import signal
import socket
import subprocess
import time

from support import sanitizer

# Generous: a loaded machine is slow, a broken program never gets there.
PATIENCE_SECONDS = 30


def binary(name):
    """Path of a program under test."""
    return os.path.join(os.environ["ATTESTD_BIN_DIR"], name)


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    """Polls until condition() is true and returns its value; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def log_from_here(program):
    """What a program (anything with log()) writes from now on: call the result for it so far.

    Logs are kept over a module's tests and over restarts: what an earlier test caused must not
    count for a later one.
    """
    before = len(program.log())
    return lambda: program.log()[before:]


def wait_for_log(log, *words, seconds=PATIENCE_SECONDS):
    """Waits until each of the words is in log(), as log_from_here() gives it."""
    deadline = time.monotonic() + seconds
    while True:
        text = log()
        missing = [word for word in words if word not in text]
        if not missing:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"the log does not say {missing}: {text}")
        time.sleep(0.01)


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count=1):
    """The first of `count` TCP ports in a row on loopback that are free.

    From below the range that the kernel gives to clients: a server that is down for a moment finds
    its port again.
    """
    while True:
        first = random.randrange(10000, 30000)
        if all(_is_free(first + i) for i in range(count)):
            return first


def accepts(port):
    """Whether something on loopback accepts connections at the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(argv, **options):
    """Runs a tool to its end; its output is part of the error when it fails."""
    done = subprocess.run(argv, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
                          **options)
    if done.returncode != 0:
        raise RuntimeError(f"{argv}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout


class Process:
    """A running program with its standard output and error in one log file."""

    def __init__(self, argv, log_path, env=None):
        self.log_path = log_path
        with open(log_path, "ab") as log:
            # setpriv asks the kernel to kill the child when this process dies.
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--"] + argv,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)

    @property
    def pid(self):
        return self._popen.pid

    def running(self):
        return self._popen.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait(self):
        """The exit status, negative for a signal."""
        status = self._popen.wait(PATIENCE_SECONDS)
        sanitizer.check(self.log())
        return status

    def stop(self):
        """Asks it to end and returns the exit status."""
        self._popen.terminate()
        return self.wait()

    def kill(self):
        if self.running():
            self._popen.send_signal(signal.SIGKILL)
        self.wait()


def memory(pid):
    """The bytes of a process that root can read, mapping by mapping."""
    sanitizer.skip_memory()
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        ranges = [line.split()[0].split("-") for line in maps if line.split()[1].startswith("r")]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for first, end in ranges:
            try:
                mem.seek(int(first, 16))
                yield mem.read(int(end, 16) - int(first, 16))
            except (OSError, ValueError, OverflowError):
                continue  # the kernel's own pages, and secret memory
