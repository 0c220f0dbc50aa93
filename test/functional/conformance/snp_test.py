# SPDX-License-Identifier: Apache-2.0
"""Cases 70 to 74: a host that lies about SNP reports and the certificates beside them."""
import contextlib
import json
import os
import struct
import time
import uuid

from conformance.devices import (DEVICE_FAILED, OK, SHORT, TIMED_OUT, FakeTeeCase, ask_evidence)
from support.processes import wait_until
from support.rpc import NOT_SERVING
from support.tee_site import TeeSite

VCEK, ASK = ("63da758d-e664-4564-adc5-f4b93be8accd", "4ab7b379-bbac-4fe4-a02f-05aef327c782")
UNKNOWN = "00112233-4455-6677-8899-aabbccddeeff"
ROW = 24
PAGE = 4096
# MSG_REPORT_RSP, and the report behind its 32 bytes (firmware ABI 56860).
STATUS, SIZE, REPORT = 0, 4, 0x20
VERSION, POLICY, VMPL, REPORT_DATA, SIGNATURE = 0x00, 0x08, 0x30, 0x50, 0x2a0
DEBUG_POLICY = (1 << 19 | 1 << 17).to_bytes(8, "little").hex()


def table(*rows, end=True, data=256):
    """A certificate table: (GUID, offset, length) each, and as many bytes behind it."""
    text = b"".join(uuid.UUID(guid).bytes + struct.pack("<II", offset, length)
                    for guid, offset, length in rows)
    return text + (bytes(ROW) if end else b"") + b"\x30" * data


def two(offset, length, first=(VCEK, 3 * ROW, 16)):
    return table(first, (ASK, offset, length))


TABLES = {
    "offset and length wrap": two(0xffffffff, 2),
    "length wraps": two(3 * ROW, 0xffffffff),
    "past the end": two(0x10000, 16),
    "into the entries": two(8, 16),
    "overlapping": two(3 * ROW + 8, 16),
    "10,000 entries": table(*[(VCEK, 4000, 1)] * 10000),
    "9 entries": table(*[(UNKNOWN, 3 * ROW, 1)] * 9),
    "no terminator": table((VCEK, 3 * ROW, 16), end=False, data=0) + b"\xff" * (PAGE - ROW),
    "zero length": two(3 * ROW + 32, 0),
    "unknown GUID": table((UNKNOWN, 3 * ROW, 16)),
    "VCEK twice": table((VCEK, 3 * ROW, 16), (VCEK, 3 * ROW + 16, 16)),
    "1 MiB": table((VCEK, 3 * ROW, 16), data=1 << 20),
}


def without_certificates(evidence):
    return json.loads(evidence).get("cert_chain") in (None, [])


def with_certificates(evidence):
    return not without_certificates(evidence)


class SnpCase(FakeTeeCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.shared = TeeSite(stack, "sev_guest")
        cls.by_ioctl = cls.shared.agent(cls.shared.tee.tables(tsm=False))
        cls.by_tsm = cls.shared.agent(cls.shared.tee.tables(device=False), name="tsm")

    def setUp(self):
        super().setUp()
        self.open_tee(self.shared, self.by_ioctl)
        self.addCleanup(self.tee.control, "clear")

    def at_both(self):
        """The ways to the device, one after the other: its name, and what its faults are called."""
        for name, agent, place in (("ioctl", self.by_ioctl, "sev-guest"),
                                   ("tsm", self.by_tsm, "outblob")):
            self.agent = agent
            yield name, place


class CertificateTest(SnpCase):
    def test_case_70_a_bad_table_costs_the_certificates_only(self):
        """a malformed certificate table: the report goes without certificates"""
        self.assertTrue(with_certificates(self.evidence()))
        path = os.path.join(self.site.folder, "table")
        for name, content in TABLES.items():
            with open(path, "wb") as file:
                file.write(content)
            for way, place in self.at_both():
                place = "auxblob" if place == "outblob" else place
                self.play(f"{place} file {path}", OK, f"{way}: {name}",
                          judge=without_certificates)
        self.play("auxblob garbage 1", OK, "tsm: garbage", judge=without_certificates)
        self.agent = self.by_ioctl
        self.play("sev-guest garbage 1", OK, "ioctl: garbage", judge=without_certificates)

    def test_case_71_a_length_that_the_host_will_not_settle(self):
        """certs_len of 0, 1, 4 GiB, or another each time: capped, one more try, then without"""
        for lie in ("0", "1", "4096", "8192", "0xfffff000", "0xffffffff"):
            self.play(f"sev-guest certs-len {lie} 2", OK, judge=without_certificates)
        self.tee.control("clear", "sev-guest certs-len 4096 1", "sev-guest certs-len 12288 1")
        self.variant("another length at the second ioctl", OK, judge=without_certificates,
                     happened=lambda: self.tee.count("sev-guest") == 3,
                     mend=lambda: self.tee.control("clear"))
        self.play("sev-guest certs-len 8192 1", OK, "a length that grew once", 2,
                  judge=with_certificates)
        self.play("sev-guest certs-len 0xffffffff", OK, "4 GiB for ever", 3, 3,
                  judge=without_certificates)


class ReportTest(SnpCase):
    def test_case_72_errors_that_pass_and_errors_that_stay(self):
        """EAGAIN, EINTR, EBUSY, throttling: tried again; EIO, ENOTTY, EINVAL, firmware: told"""
        for fault in ("error EAGAIN", "error EINTR", "error EBUSY", "vmm-error 2"):
            self.play(f"sev-guest {fault} 3", OK, f"{fault}, three times", 4,
                      judge=with_certificates)
            self.play(f"sev-guest {fault}", TIMED_OUT, f"{fault}, for ever", 4, seconds=SHORT)
        device = self.tee.path("sev-guest")
        for fault, word in (("error EIO", "Input/output error"),
                            ("error EINVAL", "Invalid argument"),
                            ("error ENOTTY", "VMPCK"), ("fw-error 0x16", "0x16"),
                            ("fw-error-ok 0x16", "0x16"), ("vmm-error 7", "error 7")):
            self.play(f"sev-guest {fault}", DEVICE_FAILED, words=(device, "SNP_GET_", word))

    def test_case_73_a_report_that_is_not_what_was_asked_for(self):
        """size, version, status, report data, VMPL, debug policy, signature: never sent"""
        patches = {"version 0": (VERSION, "00000000"), "version 255": (VERSION, "ff000000"),
                   "another report data": (REPORT_DATA, "ee"),
                   "VMPL 2": (VMPL, "02000000"), "debug policy": (POLICY, DEBUG_POLICY)}
        for name, (offset, value) in patches.items():
            self.play(f"sev-guest patch {REPORT + offset}:{value}", DEVICE_FAILED, f"ioctl: {name}",
                      words=("failed the check before sending",))
        for name, patch, word in (("status 0x16", f"{STATUS}:16000000", "0x16"),
                                  ("size 0", f"{SIZE}:00000000", "1184 bytes, found 0"),
                                  ("size 1183", f"{SIZE}:9f040000", "1183"),
                                  ("size 4 GiB", f"{SIZE}:ffffffff", "4294967295")):
            self.play(f"sev-guest patch {patch}", DEVICE_FAILED, f"ioctl: {name}", words=(word,))
        self.agent = self.by_tsm
        for name, (offset, value) in patches.items():
            self.play(f"outblob patch {offset}:{value}", DEVICE_FAILED, f"tsm: {name}",
                      words=("failed the check before sending",))
        for fault in ("huge 1185", "huge 4096", "huge 5000", "empty 1", "garbage 1",
                      "wrong-nonce 1"):
            self.play(f"outblob {fault}", DEVICE_FAILED, f"tsm: {fault}")
        self.agent = self.by_ioctl
        self.play("sev-guest wrong-nonce 1", DEVICE_FAILED, "ioctl: wrong-nonce")

    def test_case_74_a_key_that_the_driver_gave_up(self):
        """a disabled VMPCK: told, shown in health, looked at once a second and no more"""
        for way, place in self.at_both():
            self.tee.control("clear")
            self.evidence()
            self.tee.control(f"{place} error ENOTTY always")
            for service in ("", "attestation_agent.AttestationAgentService"):
                reply = ask_evidence(self.agent)
                self.assertEqual((reply.code, reply.reason),
                                 ("FAILED_PRECONDITION", "DEVICE_FAILED"), self.agent.log())
                wait_until(lambda s=service: self.agent.health(s) == NOT_SERVING, "health shows it")
            self.assertIn("VMPCK", self.agent.log())
            before, begin = self.tee.count(place), time.monotonic()
            wait_until(lambda p=place, b=before: self.tee.count(p) > b, "it is looked at again")
            time.sleep(max(0.0, begin + 2 - time.monotonic()))
            self.assertLess(self.tee.count(place) - before, 12, "it spins")
            self.tee.control("clear")
            self.agent.wait_for_health(1)
            self.note(f"{way}: ENOTTY", reply.code)
