# SPDX-License-Identifier: Apache-2.0
"""The installed unit under the real systemd, restarted as another version while callers ask."""
import os
import re
import shutil
import tempfile
import threading
import unittest

from support.agent import EVERYTHING
from support.processes import PATIENCE_SECONDS, binary, wait_until
from support.rpc import Client, grpc
from support.sample_site import Load, SampleSiteTest
from support.systemd import Manager

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = os.path.join(os.path.dirname(os.path.dirname(binary("attestd"))), "systemd",
                    "attestd.service")
RESTARTS = 6
# Restarts when it is told to, one version after the other; the last end ends systemd.
DRIVER = """#!/bin/sh
set -e
cd "$1"
for n in $(seq %d); do
    until [ -e "go$n" ]; do sleep 0.05; done
    ln -sfn "attestd-$((n %% 2))" current.new
    mv -T current.new current
    systemctl restart attestd.service
    systemctl show --property=MainPID attestd.service > "done$n.new"
    mv "done$n.new" "done$n"
done
until [ -e end ]; do sleep 0.05; done
""" % RESTARTS


# What gRPC 1.51 says of a request that comes while its server ends: it was not begun, and may be
# asked again.
NOT_BEGUN = (grpc.StatusCode.CANCELLED.name, grpc.StatusCode.UNAVAILABLE.name)


class Caller:
    """What a Load asks."""

    def __init__(self, path):
        self._path = path

    def client(self):
        return Client(self._path)


class AskingAgain(Load):
    """Callers that ask once more for what was not begun."""

    def __init__(self, *arguments, **options):
        self.repeated = 0
        super().__init__(*arguments, **options)

    def _ask(self, client):
        failure = super()._ask(client)
        if failure is None or failure[1] not in NOT_BEGUN:
            return failure
        self.repeated += 1
        return super()._ask(client)


@unittest.skipIf(Manager.why_not(), f"no systemd of our own: {Manager.why_not()}")
@unittest.skipUnless(os.path.exists(UNIT), "the unit is not built")
class UpgradeTest(SampleSiteTest):
    def path(self, name):
        return os.path.join(self.site.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def units(self, manager):
        with open(UNIT, encoding="ascii") as unit:
            service = unit.read().partition("[Install]")[0]
        service = re.sub("^ExecStart=.*$", f"ExecStart={self.path('current')} --config "
                         f"{self.path('attestd.toml')}", service, flags=re.MULTILINE)
        # What this machine has not, and where this test has its files.
        service += ("\nUser=root\nGroup=root\nSupplementaryGroups=\nPrivateTmp=no\n"
                    f"ReadWritePaths={self.site.folder}\nStandardError=append:{self.path('log')}\n")
        manager.unit("attestd.service", service.replace("[Service]", "[Unit]\n"
                     "DefaultDependencies=no\nRequires=attestd.socket\n"
                     "StartLimitIntervalSec=0\n[Service]", 1))
        with open(os.path.join(ROOT, "examples", "systemd", "attestd.socket"),
                  encoding="ascii") as unit:
            listening = unit.read().partition("[Install]")[0]
        listening = listening.replace("/run/attestd/attestd.sock", self.path("callers.sock"))
        manager.unit("attestd.socket", listening.replace("[Unit]", "[Unit]\nDefaultDependencies=no"))
        manager.unit("driver.service", f"""[Unit]
DefaultDependencies=no
Requires=attestd.socket
After=attestd.socket
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart={self.path('driver')} {self.site.folder}
""")
        manager.unit("default.target", "[Unit]\nWants=driver.service\n")

    def start(self):
        for number in (0, 1):
            shutil.copy(binary("attestd"), self.path(f"attestd-{number}"))
        os.symlink("attestd-0", self.path("current"))
        self.write("driver", DRIVER, 0o755)
        self.write("attestd.toml",
                   self.site.tables() + '[[listener]]\nsystemd_socket = "attestd"\n'
                   'principal = "outside"\n' + EVERYTHING)  # of that systemd's process namespace
        manager = Manager(tempfile.mkdtemp(dir=self.site.folder))
        self.units(manager)
        self.outcome = []
        thread = threading.Thread(target=lambda: self.outcome.append(manager.run()))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.write, "end", "")

    def log(self):
        if not os.path.exists(self.path("log")):
            return f"none; {self.outcome}"
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def test_versions_take_turns_and_no_request_is_lost(self):
        self.start()
        wait_until(lambda: os.path.exists(self.path("callers.sock")) or self.outcome,
                   "systemd listens")
        load = AskingAgain(Caller(self.path("callers.sock")), callers=4, seconds=PATIENCE_SECONDS)
        self.addCleanup(load.stop)
        lives = set()
        for number in range(1, RESTARTS + 1):
            before = load.answered
            wait_until(lambda seen=before: load.answered > seen + 50, f"it serves: {self.log()}")
            self.write(f"go{number}", "")
            wait_until(lambda n=number: os.path.exists(self.path(f"done{n}")) or self.outcome,
                       f"it was restarted: {self.log()}")
            self.assertEqual(self.outcome, [], self.log())
            with open(self.path(f"done{number}"), encoding="ascii") as done:
                lives.add(done.read())
        before = load.answered
        wait_until(lambda: load.answered > before + 50, "it serves")
        load.stop()
        print(f"{load.answered} requests over {RESTARTS} restarts, {load.repeated} asked twice")
        self.assertEqual(load.failed, [])
        self.assertEqual(len(lives), RESTARTS)
        self.write("end", "")
        wait_until(lambda: self.outcome, "systemd ends")
        self.assertEqual(self.outcome[0][0], 0, self.outcome[0][1])
        # Confined by the unit and by itself all the while.
        self.assertNotIn("no sandbox", self.log())
        self.assertEqual(self.log().count("listening"), RESTARTS + 1)


if __name__ == "__main__":
    unittest.main()
