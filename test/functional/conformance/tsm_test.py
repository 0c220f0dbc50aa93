# SPDX-License-Identifier: Apache-2.0
"""Cases 75, 76 and 78: configfs-tsm that fails, what is left in it, and blobs beside the report."""
import json
import os
import threading

from conformance import record
from conformance.devices import (BUSY, DEVICE_FAILED, DEVICE_MISSING, OK, SHORT, TIMED_OUT,
                                 FakeTeeCase, ask_evidence)
from support.fake_tee import NOWHERE, TEES, kill_hard
from support.processes import wait_until
from support.tee_site import TeeSite

# What passes with another try.
TRANSIENT = ("outblob error EBUSY", "outblob error EINTR", "outblob error EAGAIN",
             "outblob error ETIMEDOUT", "inblob error EBUSY", "inblob error EINTR",
             "generation stale 1", "mkdir error EEXIST", "mkdir error EINTR", "mkdir error EBUSY")
# What does not, with what is in the log.
PERMANENT = (("mkdir error ENOSPC", DEVICE_FAILED, ("mkdir", "room")),
             ("mkdir error EACCES", DEVICE_MISSING, ("mkdir", "Permission denied")),
             ("inblob error EFBIG", DEVICE_FAILED, ("writing", "inblob", "larger than")),
             ("inblob error EINVAL", DEVICE_FAILED, ("writing", "inblob")),
             ("outblob error EIO", DEVICE_FAILED, ("reading", "outblob", "Input/output error")),
             ("outblob error ENXIO", DEVICE_MISSING, ("reading", "outblob", "no provider")),
             ("outblob error EFBIG", DEVICE_FAILED, ("reading", "outblob", "larger than")),
             ("outblob error ENOSPC", DEVICE_FAILED, ("reading", "outblob", "room")),
             ("outblob empty 1", DEVICE_FAILED, ("outblob", "empty")),
             ("outblob huge 104857600", DEVICE_FAILED, ("outblob", "more than")),
             ("provider text other_guest", DEVICE_MISSING, ("provider", "other_guest")),
             ("provider error EIO", DEVICE_FAILED, ("provider",)),
             ("generation error EIO", DEVICE_FAILED, ("generation",)))


class TsmCase(FakeTeeCase):
    def open_site(self, provider):
        site = TeeSite(self.stack, provider)
        self.open_tee(site, site.agent(site.tee.tables(device=False)))
        return site


class InterfaceTest(TsmCase):
    def test_case_75_faults_of_each_step(self):
        """mkdir, inblob, outblob, provider and generation that fail, on SNP and TDX"""
        for provider, tee in TEES.items():
            self.open_site(provider)
            for fault in TRANSIENT:
                self.play(f"{fault} 3", OK, f"{tee}: {fault}, three times", seconds=10)
                self.play(fault, TIMED_OUT | BUSY, f"{tee}: {fault}, for ever", 2, seconds=SHORT)
            for fault, expected, words in PERMANENT:
                self.play(fault, expected, f"{tee}: {fault}",
                          words=(self.tee.reports_root,) + words)

    def test_case_75_a_privilege_level_below_the_floor(self):
        """privlevel below privlevel_floor, and an interface that is not there: told in the log"""
        site = TeeSite(self.stack, "sev_guest", "--privlevel-floor", "1")
        self.starts_ill("privlevel 0, floor 1", site.agent(site.tee.tables(device=False),
                                                           start=False), "floor: 1")
        self.assertEqual(site.tee.reports(), [])
        for provider, tee in TEES.items():
            site = TeeSite(self.stack, provider)
            agent = site.agent(site.tee.tables(tsm=False, device=False), start=False)
            self.starts_ill(f"{tee}: absent", agent, f"{NOWHERE}/tsm/report", "CONFIG_TSM_REPORTS")


class LeftoverTest(TsmCase):
    def test_case_76_what_a_killed_daemon_left_is_removed_at_the_start(self):
        """kill -9 inside a request: the next start removes the directory, and no other's"""
        for provider, tee in TEES.items():
            result = record.FAILED
            with self.subTest(tee):
                site = self.open_site(provider)
                stranger = os.path.join(site.tee.reports_root, "stranger")
                os.mkdir(stranger)
                site.tee.control("outblob delay 700 1")
                asked = threading.Thread(target=ask_evidence, args=(self.agent,))
                asked.start()
                wait_until(lambda s=site: len(s.tee.reports()) == 2, "a request is under way")
                kill_hard(self.agent.process)
                asked.join()
                left = [name for name in site.tee.reports() if name != "stranger"]
                self.assertEqual(len(left), 1, left)
                self.assertIn(str(self.agent.process.pid), left[0])
                self.agent.start()
                self.assertEqual(site.tee.reports(), ["stranger"])
                self.evidence()
                result = record.SURVIVED
            self.variants.append(record.Variant(f"start: {tee}", result, "OK", 0.0, 0))


class BlobTest(TsmCase):
    def test_case_78_an_oversized_auxblob_is_dropped(self):
        """auxblob over 64 KiB or unreadable: dropped, the report is sent"""
        self.open_site("sev_guest")

        def has_none(evidence):
            return json.loads(evidence)["cert_chain"] in (None, [])
        self.assertFalse(has_none(self.evidence()))
        for fault in ("huge 65537", "huge 1048576", "huge 67108864", "empty 1", "garbage 1",
                      "error EIO", "error ENXIO"):
            self.play(f"auxblob {fault}", OK, judge=has_none)
        for fault in ("error EBUSY", "error EINTR"):
            self.play(f"auxblob {fault} 3", OK, judge=lambda e: not has_none(e), seconds=10)
        self.not_run("manifestblob", "attestd never reads one")
