# SPDX-License-Identifier: Apache-2.0
"""The three units of a peer pod's VM, by the commands of cloud-api-adaptor's unit files.

The broker is in the VM's network, REST in the pod's: two network namespaces, of which each has its
own 127.0.0.1 and no other address.
"""
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from support import sanitizer
from support.agent import SAMPLE_TABLES
from support.guest_root import enter_guest_root
from support.processes import PATIENCE_SECONDS, Process, binary, wait_until
from support.sample_site import SECRET, SampleSite
from support.upstream import AGENT, HUB, REST, clean_environment

BIN = "/usr/local/bin"
POD = "/run/netns/podns"
IN_POD = ["nsenter", f"--net={POD}"]
RESOURCE = "http://127.0.0.1:8006/cdh/resource/app/key/main"
# ExecStart= of the units.
UNITS = {
    AGENT: [f"{BIN}/{AGENT}", "-c", "/run/peerpod/aa.toml"],
    HUB: [f"{BIN}/{HUB}", "-c", "/run/peerpod/cdh.toml"],
    REST: [*IN_POD, f"{BIN}/{REST}", "--features", "all"],  # NetworkNamespacePath=
}

_WORK = None


def setUpModule():
    global _WORK  # pylint: disable=global-statement
    _WORK = unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="attestd-pod-"))
    with open(os.path.join(_WORK, "cmdline"), "w", encoding="ascii") as cmdline:
        cmdline.write("root=/dev/vda1 quiet\n")
    enter_guest_root(os.path.join(_WORK, "cmdline"))
    for argv in (["ip", "netns", "add", "podns"], [*IN_POD, "ip", "link", "set", "lo", "up"]):
        subprocess.run(argv, check=True)
    os.makedirs("/etc/attestd", exist_ok=True)
    os.makedirs("/run/peerpod")
    for name in UNITS:
        os.symlink(binary("attestd"), f"{BIN}/{name}")


def curl(url, *argv):
    """(status, body) of one request from inside the pod; status 0 when there was no answer."""
    done = subprocess.run(
        [*IN_POD, "curl", "--silent", "--max-time", "15", "--write-out", "\n%{http_code}",
         *argv, url], capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


class PeerPodTest(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())
        shutil.rmtree("/run/confidential-containers", ignore_errors=True)
        self.site = SampleSite(self.stack)
        with open(self.site.broker.ca_file, encoding="ascii") as pem:
            ca = pem.read()
        self.write("/etc/attestd/dropin.toml", SAMPLE_TABLES)
        url = self.site.broker.url
        self.write("/run/peerpod/aa.toml",
                   f'[token_configs.kbs]\nurl = "{url}"\ncert = """\n{ca}"""\n')
        self.write("/run/peerpod/cdh.toml",
                   f'[kbc]\nname = "cc_kbc"\nurl = "{url}"\nkbs_cert = """\n{ca}"""\n')
        self.programs = {}

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def start(self, name):
        # The units make it first.
        os.makedirs("/run/confidential-containers/attestation-agent", exist_ok=True)
        program = Process(UNITS[name], os.path.join(_WORK, f"{name}.log"),
                          clean_environment())
        self.stack.callback(program.kill)
        self.programs[name] = program

    def logs(self):
        return {name: program.log() for name, program in self.programs.items()}

    def assert_secret_in_the_pod(self):
        wait_until(lambda: curl(RESOURCE) == (200, SECRET), "the pod gets the secret")

    def test_the_units_start_in_any_order(self):
        for order in itertools.permutations(UNITS):
            with self.subTest(order):
                for name in order:
                    self.start(name)
                self.assert_secret_in_the_pod()
                self.assertEqual(curl("http://127.0.0.1:8006/aa/token?token_type=kbs")[0], 200)
                for name in order:
                    self.assertEqual(self.programs[name].stop(), 0, self.logs())

    def test_rest_is_in_the_pods_network_alone(self):
        for name in UNITS:
            self.start(name)
        self.assert_secret_in_the_pod()
        here = subprocess.run(["curl", "--silent", RESOURCE], check=False).returncode
        self.assertEqual(here, 7, "no one listens in the network of the VM")
        port = self.site.broker.port
        there = subprocess.run([*IN_POD, "curl", "--silent", f"https://127.0.0.1:{port}"],
                               check=False).returncode
        self.assertEqual(there, 7, "the broker is not in the network of the pod")

    def test_each_unit_restarts_and_no_request_is_lost_for_good(self):
        for name in UNITS:
            self.start(name)
        self.assert_secret_in_the_pod()
        asked = Asked()
        self.addCleanup(asked.stop)
        for stop in ("stop", "kill"):
            for name in UNITS:
                before = asked.answered
                getattr(self.programs[name], stop)()
                self.start(name)
                wait_until(lambda b=before: asked.answered > b + 10, "requests are answered again")
        asked.stop()
        self.assertEqual(asked.lost, [], self.logs())
        self.assertGreater(asked.answered, 60)

    def test_the_program_in_the_pod_holds_no_secret(self):
        for name in UNITS:
            self.start(name)
        self.assert_secret_in_the_pod()
        self.assertFalse(memory_has(self.programs[REST].pid, SECRET))
        # The search finds what is there: the command line.
        self.assertTrue(memory_has(self.programs[REST].pid, b"--features\0all"))

    def test_systemd_makes_the_socket_in_the_pod(self):
        config = os.path.join(self.site.folder, "attestd.toml")
        self.write(config, self.site.tables() + '[[listener]]\nsystemd_socket = "rest"\n'
                   'protocol = "rest"\nallow = ["*"]\n')
        log = os.path.join(_WORK, "activated.log")
        # The socket is made in the pod's network, the daemon runs in the VM's.
        program = Process(
            [*IN_POD, "/usr/bin/systemd-socket-activate", "--listen=127.0.0.1:8006",
             "--fdname=rest", "nsenter", f"--net=/proc/{os.getpid()}/ns/net",
             binary("attestd"), "--config", config], log, clean_environment())
        self.stack.callback(program.kill)
        wait_until(lambda: "Listening on" in program.log(), "the socket is there")
        self.assert_secret_in_the_pod()


class Asked:
    """Asks for the secret over and over, each request again until it is answered."""

    def __init__(self):
        self.answered = 0
        self.lost = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._ending.is_set():
            by = time.monotonic() + PATIENCE_SECONDS
            while (reply := curl(RESOURCE)) != (200, SECRET):
                if time.monotonic() > by:
                    self.lost.append(reply)
                    break
            self.answered += 1

    def stop(self):
        self._ending.set()
        self._thread.join()


def memory_has(pid, text):
    """Whether the text stands in memory that the process may write."""
    sanitizer.skip_memory()
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            area, rights = line.split()[:2]
            start, end = (int(one, 16) for one in area.split("-"))
            if rights.startswith("rw"):
                mem.seek(start)
                with contextlib.suppress(OSError):
                    if text in mem.read(end - start):
                        return True
    return False


if __name__ == "__main__":
    unittest.main()
