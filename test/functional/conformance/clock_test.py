# SPDX-License-Identifier: Apache-2.0
"""Case 85: a host that sets the wall clock."""
import glob
import os
import threading
import unittest.mock

from conformance.expect import OK, TIMED_OUT, UNTRUSTED
from conformance.lab import ConformanceCase
from conformance.tls_server import OddAuthority
from support.certificates import issue_server
from support.processes import run
from support.sample_site import SampleSite
from support.site import work_folder

_LIBRARY = (glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") or [""])[0]
_YEARS = ("+3650d", "-3650d")


def clock(offset=None, file=None):
    """Environment of a process whose wall clock is off; its other clocks are not."""
    env = {"LD_PRELOAD": _LIBRARY, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
    env.update({"FAKETIME": offset} if offset else {"FAKETIME_TIMESTAMP_FILE": file})
    return dict(os.environ, **env)


class Jumps:
    """A file with an offset that changes ten times a second."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "offset")
        self._ended = threading.Event()
        self._write(_YEARS[0])
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _write(self, offset):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.rename(self.path + ".new", self.path)

    def _run(self):
        turn = 0
        while not self._ended.wait(0.1):
            turn += 1
            self._write(_YEARS[turn % 2])

    def close(self):
        self._ended.set()
        self._thread.join()


class ClockTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        if not _LIBRARY:
            self.not_run("all", "libfaketime is not installed")
            self.skipTest("libfaketime is not installed")

    def long_lived(self):
        """A certificate that was good ten years ago and will be in ten years."""
        authority = self.old_authority()
        return (authority.cert,) + authority.issue(
            "long", dates=("20100101000000Z", "20480101000000Z"))

    def test_case_85_certificates_are_judged_by_the_latest_clock(self):
        """+10 y: believed, a certificate of two days is over; -10 y: the build's date stands in"""
        # Certificates of yesterday, as the build is from before today's.
        with unittest.mock.patch.dict(os.environ, clock("-1d")):
            lab = SampleSite(self.stack, tls=issue_server(work_folder(self.stack)))
        ahead = lab.agent(name="ahead", env=clock(_YEARS[0]))
        self.check("+10 y, certificate of two days", UNTRUSTED, lambda: True, agent=ahead,
                   recovered=False)
        behind = lab.agent(name="behind", env=clock(_YEARS[1]))
        self.check("-10 y, certificate of now", OK, lambda: True, agent=behind, seconds=5)
        behind.kill()
        authority = self.old_authority()
        lab.broker.ca_file = authority.cert
        lab.broker.restart(
            tls=authority.issue("past", dates=("20140101000000Z", "20200101000000Z")))
        behind = lab.agent(name="behind2", env=clock(_YEARS[1]))
        self.check("-10 y, certificate of those days", UNTRUSTED, lambda: True, agent=behind,
                   recovered=False)

    def old_authority(self):
        with unittest.mock.patch.dict(os.environ, clock("-4000d")):
            return OddAuthority(work_folder(self.stack))

    def sessions_last(self, name, env):
        """One handshake serves many requests, the end of the session is noticed, deadlines hold."""
        agent = self.lab.agent(name="shifted", env=env)
        self.good(agent)
        count = self.broker.counted()
        for i in range(20):
            self.check(f"{name}, request {i}", OK, lambda: True, agent=agent, recovered=False,
                       seconds=5)
        self.assertEqual(count(), (0, 0, 20), name)
        rule = "resource always stall-before"
        self.broker.faults(rule)
        self.check(f"{name}, silence", TIMED_OUT, lambda: self.broker.met(rule) >= 1, agent=agent,
                   mend=self.broker.faults)
        agent.kill()

    def test_case_85_sessions_and_deadlines_know_no_wall_clock(self):
        """+10 y, -10 y, jumping: session, token and deadlines are as long as ever"""
        self.open_lab(tls=self.long_lived())
        for offset in _YEARS:
            self.sessions_last(offset, clock(offset))
        jumps = Jumps(self.lab.folder)
        self.addCleanup(jumps.close)
        self.sessions_last("jumping", clock(file=jumps.path))

    def test_case_85_a_session_ends_by_the_boot_clock(self):
        """-10 y and a session of 2 s: renewed once, and no request fails"""
        self.open_lab(tls=self.long_lived(), session_seconds=2)
        agent = self.lab.agent(name="behind", env=clock(_YEARS[1]))
        self.good(agent)
        count = self.broker.counted()

        def renewed():
            self.good(agent)
            return count()[0] >= 1
        self.wait(renewed, "the session of two seconds is renewed")
        self.check("after the end", OK, lambda: count()[0] <= 2, agent=agent, seconds=5)

    def test_case_85_the_clock_is_truly_off(self):
        """a control: another program in that environment sees the other year"""
        year = int(run(["date", "+%Y"]).decode())
        self.assertEqual(int(run(["date", "+%Y"], env=clock(_YEARS[0])).decode()), year + 10)
        self.note("control", "OK")
        self.not_run("the boot clock", "it cannot be set, and a time namespace only shifts it")
